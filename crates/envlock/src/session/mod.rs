//! One run of a command under its locks: set-up, command, take-down, release.

mod enter;
mod leave;
mod locked;
mod set_up;
mod steps;
mod teardown_limit;

use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, terminal};

pub(crate) use self::enter::{Entered, Entrance, enter};
pub(crate) use self::locked::Locked;
pub(crate) use self::steps::{Marks, Script, Steps, print_message};
use crate::cli::HoldArgs;
use crate::hold::{Hold, Parting, Standing};
use crate::model::record::{MainTicket, Phase};
use crate::model::step::Step;
use crate::store::history::{HoldEnd, Measured, PastHold};
use crate::system::Ending;
use crate::system::platform::SignalForwarder;

/// The result of a session.
#[derive(Debug)]
pub(crate) struct SessionResult {
    /// How the command ended, or the step that kept it from being run.
    pub(crate) ending: Ending,
    /// How long the locks were held.
    pub(crate) held: Duration,
    /// The ticket of the main lock; none where an outer envlock holds that.
    pub(crate) ticket: Option<MainTicket>,
    /// Whether a lock was lost.
    pub(crate) is_lost: bool,
}

/// Sets up, runs the command, takes down and releases the locks. `outer` is `ENVLOCK_HELD` as envlock found it.
pub(crate) fn run(
    args: &HoldArgs,
    locks: Vec<Box<dyn Hold + '_>>,
    entrance: Option<Entrance>,
    outer: &str,
) -> Result<SessionResult, Error> {
    let started = Instant::now();
    let has_environment = entrance.is_some();
    let signals = SignalForwarder::start();
    let marks = if has_environment || args.after.is_some() { Marks::Steps } else { Marks::None };
    let name = args.name.as_deref().unwrap_or_default();
    let steps = Steps { signals: &signals, name, outer, marks };
    let mut session =
        Session { args, locked: Locked { locks, steps }, entrance, progress: Progress::Untouched };
    let ending = session.set_up_and_run();
    if !session.locked.is_stopped() && (!has_environment || session.progress != Progress::Untouched) {
        session.run_after(&ending);
    }
    // What is left of an environment whose lock was broken or lost, the next user takes down.
    let left =
        if has_environment && !session.locked.is_stopped() { session.leave_environment() } else { Ok(None) };
    session.finish(ending, left, started.elapsed())
}

/// How far this user has come with the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It has changed nothing.
    Untouched,
    /// There may be something for a take-down to remove.
    Begun,
    /// It is up.
    Up,
    /// It was taken down again, or cannot be.
    Cleared,
}

/// The locks that are held, and what is done under them.
#[derive(Debug)]
struct Session<'a> {
    args: &'a HoldArgs,
    locked: Locked<'a>,
    /// Held until the environment has been set up, and kept where that fails.
    entrance: Option<Entrance>,
    progress: Progress,
}

impl Session<'_> {
    /// Returns how the command ended, or the step that kept it from being run.
    fn set_up_and_run(&mut self) -> Result<Ending, Error> {
        if let Some(ending) = self.prepare()? {
            return Ok(ending);
        }
        self.finish_setup()?;
        if let Some(cancelled) = self.locked.steps.cancelled() {
            return Ok(cancelled);
        }
        for lock in &mut self.locked.locks {
            lock.set_phase(Phase::Running)?;
        }
        self.locked.steps.run_command(&self.args.command, &self.locked.locks)
    }

    /// Runs the `--after` command. Whatever comes of it, the session goes on.
    fn run_after(&mut self, ending: &Result<Ending, Error>) {
        let Some(command) = self.args.after.as_ref().filter(|_| self.locked.main().is_some()) else { return };
        let exit = Some(ending.as_ref().map_or_else(Error::exit, |ending| ending.exit).code());
        let limit = self.args.teardown_timeout;
        let script = Script { limit, exit, ..Script::new(Step::After, command) };
        if let Err(error) = self.locked.run_script(&script) {
            print_message(&error.to_string());
        }
    }

    /// The take-down that this user was given.
    fn own_script(&self) -> Option<Script> {
        let limit = self.args.teardown_timeout;
        self.args.teardown.as_ref().map(|command| Script { limit, ..Script::new(Step::Teardown, command) })
    }

    /// Releases everything, whatever happened, and records it.
    fn finish(
        self,
        ending: Result<Ending, Error>,
        left: Result<Option<Ending>, Error>,
        held: Duration,
    ) -> Result<SessionResult, Error> {
        let main = self.locked.main();
        let ticket = main.map(|main| MainTicket { number: main.record().ticket, slot: main.record().slot });
        let is_lost = self.locked.locks.iter().any(|lock| matches!(lock.standing(), Standing::Lost(_)));
        let exit = match &ending {
            _ if is_lost => Exit::Wrapper,
            Ok(ending) => ending.exit,
            Err(error) => error.exit(),
        };
        let parting = if self.args.inherit { Parting::LeaveToChildren } else { Parting::Release };
        for lock in self.locked.locks {
            part(lock, held, exit, parting);
        }
        if is_lost {
            return Ok(SessionResult { ending: Ending { exit, by_terminal: None }, held, ticket, is_lost });
        }
        let failed_teardown = left?;
        let ending = ending?;
        let ending = failed_teardown.filter(|_| ending.succeeded()).unwrap_or(ending);
        Ok(SessionResult { ending, held, ticket, is_lost })
    }
}

/// Ends a hold, and says what a person has to know of it.
fn part(mut lock: Box<dyn Hold + '_>, held: Duration, exit: Exit, parting: Parting) {
    let measured = Measured { waited: lock.waited(), held, exit_code: exit.code() };
    let note = lock.break_note();
    if let Some(note) = &note {
        let by = format!("{} broke the lock {}: {}", note.by, lock.name(), note.reason);
        print_message(&terminal::one_line(&by));
    }
    let mut past = PastHold::new(lock.record(), Some(measured), note);
    if let Standing::Lost(why) = lock.standing() {
        print_message(&format!("the lock {} was lost: {why}; the command was stopped", lock.name()));
        past.end = HoldEnd::Lost;
    }
    if let Err(message) = lock.leave(&past, parting) {
        print_message(&message);
    }
}
