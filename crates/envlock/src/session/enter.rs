//! Entering an environment: nobody sets up or takes down meanwhile, and it is decided what is to be done first.

use evenkeel_common::{BootTimestamp, Error};

use crate::cli::HoldArgs;
use crate::hold::{Company, Hold};
use crate::model::environment::{Entry, Facts, Recorded, Refused, Wanted};
use crate::system::kernel_lock::WaitDeadline;

/// An environment that is being entered.
#[derive(Debug)]
pub(crate) struct Entrance {
    /// Who else is inside.
    pub(super) company: Company,
    pub(super) entry: Entry,
    /// What was recorded.
    pub(super) recorded: Recorded,
}

/// The attempt to enter an environment.
#[derive(Debug)]
pub(crate) enum Entered {
    /// There is an environment, and it may be entered.
    Inside(Entrance),
    /// There is no environment, or an outer envlock holds its lock.
    NoEnvironment,
    TimedOut,
    /// Others use an environment that was started from something else.
    OthersInside,
    /// It is kept until told, and was started from something else: what differs.
    Refused(String),
}

/// Keeps others from entering and leaving, and looks at what is recorded.
pub(crate) fn enter(
    args: &HoldArgs,
    locks: &mut [Box<dyn Hold + '_>],
    deadline: &mut WaitDeadline<'_>,
) -> Result<Entered, Error> {
    let main = locks.iter_mut().find(|lock| args.has_environment() && args.is_main(lock.name()));
    let Some(main) = main else { return Ok(Entered::NoEnvironment) };
    let Some(company) = main.enter_setup(deadline)? else { return Ok(Entered::TimedOut) };
    let recorded = main.read_environment();
    if let Recorded::Refused(cause) = &recorded {
        return Err(Error::failed(format!("use the record of {}", main.name()), cause));
    }
    if let Some(cause) = recorded.withheld_teardown().filter(|_| args.teardown.is_none()) {
        return Err(Error::failed(format!("enter {}", main.name()), cause).hint("give --teardown as well"));
    }
    let wanted = Wanted { key: args.setup_key.as_ref(), replace: args.replace };
    if company != Company::Alone {
        let is_other = recorded.difference(wanted.key).is_some();
        let inside = Entrance { company, entry: Entry::Beside, recorded };
        return Ok(if is_other { Entered::OthersInside } else { Entered::Inside(inside) });
    }
    let now = BootTimestamp::now();
    let facts = Facts { recorded: &recorded, is_marked_dirty: main.is_dirty()?, now: &now };
    Ok(match facts.entry(&wanted) {
        Err(Refused(difference)) => Entered::Refused(difference),
        Ok(entry) => Entered::Inside(Entrance { company, entry, recorded }),
    })
}
