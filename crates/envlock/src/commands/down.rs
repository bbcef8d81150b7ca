//! `envlock down`: takes an environment down as its record says.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print};

use crate::cli::DownArgs;
use crate::commands::waiting;
use crate::lock::acquire::{LockTiming, Owner, acquire};
use crate::hold::Hold;
use crate::lock::inherited;
use crate::model::environment::Recorded;
use crate::model::held_entry::{HELD_VAR, HeldEntry};
use crate::model::queue::Mode;
use crate::output::text;
use crate::session::{Locked, Marks, Script, Steps, print_message};
use crate::store::env_files::EnvFiles;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform::SignalForwarder;

pub(super) fn down(args: &DownArgs) -> Result<Exit, Error> {
    let home = Home::from_env()?;
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    if inherited::is_held(&HeldEntry::parse_list(&outer), &home, &args.name)? {
        let cause = "this command runs under its lock";
        return Err(Error::failed(format!("take {} down", args.name), cause)
            .hint("run envlock down after the outer envlock has ended"));
    }
    inherited::refuse_under_the_dead(&home, &args.name)?;
    let files = EnvFiles::existing(&home, &args.name)?;
    let Some(files) = files.filter(|files| files.read_environment() != Recorded::Nothing) else {
        return nothing_up(&args.name);
    };
    let mut deadline = WaitDeadline::new(Some(args.timeout));
    let owner = Owner::new(vec!["envlock".into(), "down".into(), args.name.clone()], None);
    match acquire(files.clone(), Mode::Exclusive, LockTiming::Immediate, &owner, &mut deadline)? {
        Some(lock) => take_down(Box::new(lock), &outer),
        None => busy(&files, deadline.elapsed()),
    }
}

fn nothing_up(name: &str) -> Result<Exit, Error> {
    print(&format!("{name}: nothing is up\n"))?;
    Ok(Exit::Done)
}

fn busy(files: &EnvFiles, waited: Duration) -> Result<Exit, Error> {
    let explanation = waiting::explain(files, None, None)?;
    print_message(&text::busy(&files.name, Some(waited), &explanation));
    Ok(Exit::Busy)
}

fn take_down(lock: Box<dyn Hold>, outer: &str) -> Result<Exit, Error> {
    let (name, signals) = (lock.name().to_owned(), SignalForwarder::start());
    let steps = Steps { signals: &signals, name: &name, outer, marks: Marks::Steps };
    let mut locked = Locked { locks: vec![lock], steps };
    let done = run_recorded(&mut locked);
    locked.release();
    done
}

fn run_recorded(locked: &mut Locked<'_>) -> Result<Exit, Error> {
    let name = locked.steps.name;
    let recorded = locked.recorded();
    match &recorded {
        // Its last user took it down while this waited.
        Recorded::Nothing => return nothing_up(name),
        Recorded::Unreadable => return Err(unusable(name, "its record cannot be read")),
        Recorded::Refused(cause) => return Err(unusable(name, cause)),
        Recorded::Known(_) => {}
    }
    if let Some(cause) = recorded.withheld_teardown() {
        let hint = "let them run envlock down, or enter it with a --teardown of your own";
        return Err(Error::failed(format!("take {name} down"), cause).hint(hint));
    }
    if let Some(cancelled) = locked.steps.cancelled() {
        return Ok(cancelled.exit);
    }
    let Some(teardown) = recorded.teardown() else {
        locked.forget()?;
        print(&format!("{name}: no take-down is recorded; it is forgotten\n"))?;
        return Ok(Exit::Done);
    };
    let ending = locked.take_down(&Script::recorded(teardown))?;
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
