//! The locks of this machine, to be taken.

use evenkeel_common::Error;
use evenkeel_common::state::Home;
use evenkeel_common::state::shared::Sharing;

use crate::cli::HoldArgs;
use crate::commands::place::{About, Asker, Explanation, Place, Wanted, refuse_under_the_lock};
use crate::commands::{as_wrapper_failure, waiting};
use crate::hold::Hold;
use crate::lock::acquire::{Owner, acquire};
use crate::lock::inherited;
use crate::model::environment::Recorded;
use crate::model::held_entry::HeldEntry;
use crate::model::queue::Mode;
use crate::model::setup_key::SetupKey;
use crate::store::env_files::EnvFiles;
use crate::system::kernel_lock::WaitDeadline;

/// A lock of this machine.
struct LocalPlace {
    files: EnvFiles,
    owner: Owner,
}

/// The lock `name`, unless an outer envlock holds it for this process.
pub(super) fn find(
    home: &Home,
    name: &str,
    mode: Mode,
    outer: &str,
    args: &HoldArgs,
) -> Result<Option<Box<dyn Place>>, Error> {
    if inherited::covers(&HeldEntry::parse_list(outer), home, name, mode)? {
        return Ok(None);
    }
    inherited::refuse_under_the_dead(home, name)?;
    let files = EnvFiles::open(home, name).map_err(as_wrapper_failure)?;
    Ok(Some(Box::new(LocalPlace { files, owner: owner(home, args) })))
}

/// The lock `name`, where something is recorded of its environment.
pub(super) fn find_to_take_down(
    home: &Home,
    name: &str,
    outer: &str,
    about: About,
) -> Result<Option<Box<dyn Place>>, Error> {
    if inherited::is_held(&HeldEntry::parse_list(outer), home, name)? {
        return Err(refuse_under_the_lock(name));
    }
    inherited::refuse_under_the_dead(home, name)?;
    let files = EnvFiles::existing(home, name)?;
    let files = files.filter(|files| files.read_environment() != Recorded::Nothing);
    let owner = Owner::new(about.command, about.purpose);
    Ok(files.map(|files| Box::new(LocalPlace { files, owner }) as Box<dyn Place>))
}

fn owner(home: &Home, args: &HoldArgs) -> Owner {
    if args.private && home.sharing() == Sharing::AllUsers {
        return Owner::new(vec!["(private)".to_owned()], None);
    }
    Owner::new(args.words(), args.purpose.clone())
}

impl Place for LocalPlace {
    fn name(&self) -> &str {
        &self.files.name
    }

    fn acquire<'p>(
        &'p mut self,
        wanted: Wanted,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<Box<dyn Hold + 'p>>, Error> {
        let lock = acquire(self.files.clone(), wanted.mode, wanted.timing, &self.owner, deadline)?;
        Ok(lock.map(|lock| Box::new(lock) as Box<dyn Hold>))
    }

    fn explanation(&self, key: Option<&SetupKey>, asker: Asker) -> Explanation {
        let (files, key) = (self.files.clone(), key.cloned());
        let waiter = (asker == Asker::Waiter).then(std::process::id);
        Box::new(move || waiting::explain(&files, key.as_ref(), waiter))
    }
}
