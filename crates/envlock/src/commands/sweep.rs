//! `envlock sweep`: takes down the environments that nobody uses and whose time is over, or whose users died.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{BootTimestamp, Error, Exit, print, print_json};

use crate::cli::SweepArgs;
use crate::hold::Hold;
use crate::lock::acquire::{LockTiming, Owner, acquire};
use crate::lock::inherited;
use crate::lock::status::{LockStatus, read_status};
use crate::model::environment::{Facts, Sweep, SweepCause};
use crate::model::held_entry::HELD_VAR;
use crate::model::queue::Mode;
use crate::model::swept::{Action, Swept};
use crate::output::json::SweepJson;
use crate::output::text;
use crate::session::{Locked, Marks, Script, Steps};
use crate::store::env_files::{EnvFiles, all_names};
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform::SignalForwarder;
use crate::system::{Ending, Outsider};

pub(super) fn sweep(args: &SweepArgs) -> Result<Exit, Error> {
    let home = Home::from_env()?;
    let mut names = if args.names.is_empty() { all_names(&home)? } else { args.names.clone() };
    names.sort_unstable();
    names.dedup();
    let signals = SignalForwarder::start();
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let run = Run { home, args, signals: &signals, outer: &outer };
    let mut all = Vec::new();
    for name in &names {
        if let Some(signal) = signals.cancelled() {
            report(args, &all)?;
            return Ok(Ending::cancelled(signal).exit);
        }
        all.push(run.one(name));
    }
    // Of all environments only those are listed of which something is left.
    all.retain(|swept| !args.names.is_empty() || swept.action != Action::NothingUp);
    report(args, &all)?;
    Ok(if all.iter().any(|swept| swept.action == Action::Failed) { Exit::Partial } else { Exit::Done })
}

fn report(args: &SweepArgs, all: &[Swept]) -> Result<(), Error> {
    if args.json {
        return print_json(&SweepJson::new(all, args.dry_run));
    }
    let is_deed =
        |swept: &Swept| matches!(swept.action, Action::TakenDown | Action::WouldTakeDown | Action::Failed);
    if args.quiet_if_nothing && !all.iter().any(is_deed) {
        return Ok(());
    }
    if all.is_empty() {
        return print("nothing is up\n");
    }
    print(&all.iter().map(text::swept).collect::<String>())
}

/// What a sweep needs for each environment.
struct Run<'a> {
    home: Home,
    args: &'a SweepArgs,
    signals: &'a SignalForwarder,
    outer: &'a str,
}

impl Run<'_> {
    /// What is done with an environment. One that cannot be looked at does not keep the others from being swept.
    fn one(&self, name: &str) -> Swept {
        self.try_one(name).unwrap_or_else(|error| Swept::new(name, Action::Skipped, error.cause()))
    }

    fn try_one(&self, name: &str) -> Result<Swept, Error> {
        let Some(files) = EnvFiles::existing(&self.home, name)? else {
            return Ok(Swept::new(name, Action::NothingUp, "nothing is up"));
        };
        // A look first: taking the lock would make others wait.
        let status = read_status(&files)?;
        let facts = Facts {
            recorded: &status.recorded,
            is_marked_dirty: files.is_dirty(),
            now: &BootTimestamp::now(),
        };
        let decision = facts.sweep(self.args.rule());
        if matches!(decision, Sweep::Nothing) {
            return Ok(Swept::new(name, Action::NothingUp, "nothing is up"));
        }
        if is_in_use(&status) {
            return Ok(Swept::new(name, Action::InUse, "its lock is held"));
        }
        match decision {
            Sweep::TakeDown(cause) if self.args.dry_run => {
                Ok(Swept::new(name, Action::WouldTakeDown, &text::sweep_cause(cause)))
            }
            Sweep::TakeDown(_) => self.take_down(files),
            other => Ok(left(name, &other)),
        }
    }

    /// Takes the lock, if it is free, looks again, and takes the environment down.
    fn take_down(&self, files: EnvFiles) -> Result<Swept, Error> {
        let name = files.name.clone();
        inherited::refuse_under_the_dead(&self.home, &name)?;
        let owner = Owner::new(vec!["envlock".into(), "sweep".into()], None);
        let mut now = WaitDeadline::new(Some(Duration::ZERO));
        let Some(mut lock) = acquire(files, Mode::Exclusive, LockTiming::Immediate, &owner, &mut now)? else {
            return Ok(Swept::new(&name, Action::InUse, "its lock is held"));
        };
        let steps = Steps { signals: self.signals, name: &name, outer: self.outer, marks: Marks::Steps };
        let decision = self.decide(&mut lock)?;
        let mut locked = Locked { locks: vec![Box::new(lock)], steps };
        let swept = match decision {
            Sweep::TakeDown(cause) => run_recorded(&mut locked, cause),
            other => Ok(left(&name, &other)),
        };
        locked.release();
        swept
    }

    fn decide(&self, lock: &mut dyn Hold) -> Result<Sweep, Error> {
        let (recorded, now) = (lock.read_environment(), BootTimestamp::now());
        let facts = Facts { recorded: &recorded, is_marked_dirty: lock.is_dirty()?, now: &now };
        Ok(facts.sweep(self.args.rule()))
    }
}

fn run_recorded(locked: &mut Locked<'_>, cause: SweepCause) -> Result<Swept, Error> {
    let (name, cause) = (locked.steps.name, text::sweep_cause(cause));
    let Some(teardown) = locked.recorded().teardown().cloned() else {
        locked.forget()?;
        return Ok(Swept::new(name, Action::TakenDown, &format!("{cause}; no take-down is recorded")));
    };
    let ending = locked.take_down(&Script::recorded(&teardown))?;
    let action = if ending.succeeded() { Action::TakenDown } else { Action::Failed };
    Ok(Swept { exit_code: Some(ending.exit.code()), ..Swept::new(name, action, &cause) })
}

/// Whether somebody alive holds the lock or waits for it. What a dead holder left running has its lock too, but is ended
/// by whoever takes the lock next; such a lock is listed under the pid of the dead, which has no command line.
fn is_in_use(status: &LockStatus) -> bool {
    let is_alive = |outsider: &Outsider| !outsider.command.is_empty();
    !status.holders.is_empty() || !status.queue.is_empty() || status.outsiders.iter().any(is_alive)
}

/// An environment that is left as it is.
fn left(name: &str, decision: &Sweep) -> Swept {
    match decision {
        Sweep::Keep(left) => Swept::new(name, Action::Kept, &text::kept(*left)),
        Sweep::Skip(why) => Swept::new(name, Action::Skipped, why),
        Sweep::Nothing | Sweep::TakeDown(_) => Swept::new(name, Action::NothingUp, "nothing is up"),
    }
}
