//! `envlock down`: takes an environment down as its record says, or as the caller says.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print};

use crate::cli::DownArgs;
use crate::commands::place::{About, Asker, Place, Wanted};
use crate::commands::{local_place, via};
use crate::hold::Hold;
use crate::lock::acquire::LockTiming;
use crate::model::environment::Recorded;
use crate::model::held_entry::HELD_VAR;
use crate::model::queue::Mode;
use crate::model::via::Via;
use crate::output::text;
use crate::session::{Locked, Marks, Script, Steps, print_message};
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform::SignalForwarder;

pub(super) fn down(args: &DownArgs) -> Result<Exit, Error> {
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let about =
        About { command: vec!["envlock".to_owned(), "down".to_owned(), args.name.clone()], purpose: None };
    let place = match via::chosen(args.via.as_ref(), &args.access)? {
        Via::Local => local_place::find_to_take_down(&Home::from_env()?, &args.name, &outer, about)?,
        Via::Store(url) => {
            via::want_teardown(args)?;
            via::find_to_take_down(&url, &args.name, &outer, about)?
        }
    };
    let Some(mut place) = place else { return nothing_up(&args.name) };
    let mut deadline = WaitDeadline::new(Some(args.timeout));
    let wanted = Wanted { mode: Mode::Exclusive, timing: LockTiming::Immediate };
    if let Some(lock) = place.acquire(wanted, &mut deadline)? {
        return take_down(lock, &outer, args);
    }
    busy(&*place, deadline.elapsed())
}

fn nothing_up(name: &str) -> Result<Exit, Error> {
    print(&format!("{name}: nothing is up\n"))?;
    Ok(Exit::Done)
}

fn busy(place: &dyn Place, waited: Duration) -> Result<Exit, Error> {
    let explanation = place.explanation(None, Asker::Gone)()?;
    print_message(&text::busy(place.name(), Some(waited), &explanation));
    Ok(Exit::Busy)
}

fn take_down(lock: Box<dyn Hold + '_>, outer: &str, args: &DownArgs) -> Result<Exit, Error> {
    let signals = SignalForwarder::start();
    let steps = Steps { signals: &signals, name: &args.name, outer, marks: Marks::Steps };
    let mut locked = Locked { locks: vec![lock], steps };
    let done = run_teardown(&mut locked, args.teardown.as_deref());
    locked.release();
    done
}

/// Runs the take-down of the caller, else the one that is recorded.
fn run_teardown(locked: &mut Locked<'_>, own: Option<&str>) -> Result<Exit, Error> {
    let name = locked.steps.name;
    let recorded = locked.recorded();
    let script = own.map(Script::teardown).or_else(|| recorded.teardown().map(Script::recorded));
    match &recorded {
        // Its last user took it down while this waited.
        Recorded::Nothing => return nothing_up(name),
        Recorded::Refused(cause) => return Err(unusable(name, cause)),
        Recorded::Unreadable if own.is_none() => {
            return Err(unusable(name, "its record cannot be read"));
        }
        Recorded::Unreadable | Recorded::Known(_) => {}
    }
    if let Some(cause) = recorded.withheld_teardown().filter(|_| own.is_none()) {
        let hint = "let them run envlock down, or give a --teardown of your own";
        return Err(Error::failed(format!("take {name} down"), cause).hint(hint));
    }
    if let Some(cancelled) = locked.steps.cancelled() {
        return Ok(cancelled.exit);
    }
    let Some(script) = script else {
        locked.forget()?;
        print(&format!("{name}: no take-down is recorded; it is forgotten\n"))?;
        return Ok(Exit::Done);
    };
    let ending = locked.take_down(&script)?;
    if ending.succeeded() {
        print(&format!("{name}: taken down\n"))?;
    }
    Ok(ending.exit)
}

fn unusable(name: &str, cause: &str) -> Error {
    Error::failed(format!("take {name} down"), cause).hint(
        "the next envlock with --setup and --teardown takes it down, unless the record is somebody else's",
    )
}
