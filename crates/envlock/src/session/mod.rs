//! One run of a command under its locks: set-up, command, take-down, release.

mod steps;
mod teardown_limit;

use std::time::{Duration, Instant};

use evenkeel_common::Error;

use crate::cli::HoldArgs;
use crate::lock::held_lock::{HeldLock, SetupGuard};
use crate::model::record::{BreakNote, Phase};
use crate::model::step::Step;
use crate::session::steps::{Steps, print_message};
use crate::store::history::{self, Measured, PastHold};
use crate::system::Ending;
use crate::system::kernel_lock::WaitDeadline;

/// The result of a session.
#[derive(Debug)]
pub(crate) struct SessionResult {
    /// How the command ended, or the step that kept it from being run.
    pub(crate) ending: Ending,
    /// How long the locks were held.
    pub(crate) held: Duration,
}

/// Sets up, runs the command, takes down and releases the locks. None: the deadline passed before the environment could
/// be entered. `outer` is `ENVLOCK_HELD` as envlock found it.
pub(crate) fn run(
    args: &HoldArgs,
    mut locks: Vec<HeldLock>,
    outer: &str,
    deadline: &mut WaitDeadline<'_>,
) -> Result<Option<SessionResult>, Error> {
    let mut guard = None;
    if args.has_environment()
        && let Some(main) = locks.iter_mut().find(|lock| args.is_main(&lock.files.name))
    {
        match main.enter_setup(deadline) {
            Ok(Some(entered)) => guard = Some(entered),
            otherwise => {
                locks.into_iter().for_each(HeldLock::release);
                return otherwise.map(|_| None);
            }
        }
    }
    let started = Instant::now();
    let has_environment = guard.is_some();
    let steps = Steps::start(args, &locks, outer);
    let mut session = Session { args, locks, steps, guard, may_be_up: false };
    let ending = session.set_up_and_run();
    let left = if has_environment { session.leave_environment() } else { Ok(None) };
    session.finish(ending, left, started.elapsed()).map(Some)
}

/// The locks that are held, and what is done under them.
#[derive(Debug)]
struct Session<'a> {
    args: &'a HoldArgs,
    locks: Vec<HeldLock>,
    steps: Steps<'a>,
    /// Held until the environment has been set up, and kept where that fails.
    guard: Option<SetupGuard>,
    /// Whether there may be something for a take-down to remove.
    may_be_up: bool,
}

/// An environment that was left. Others can enter it when this is dropped.
#[derive(Debug)]
struct LeftEnvironment {
    _guard: SetupGuard,
    failed_teardown: Option<Ending>,
}

impl Session<'_> {
    /// Returns how the command ended, or the step that kept it from being run.
    fn set_up_and_run(&mut self) -> Result<Ending, Error> {
        if let Some(guard) = &self.guard {
            if guard.is_alone
                && let Some(ending) = self.set_up()?
            {
                return Ok(ending);
            }
            self.finish_setup()?;
        }
        if let Some(cancelled) = self.steps.cancelled() {
            return Ok(cancelled);
        }
        for lock in &mut self.locks {
            lock.set_phase(Phase::Running)?;
        }
        self.steps.run_command(&self.locks)
    }

    /// Prepares the environment, after clearing what is left of an earlier one. Returns the ending of a step that failed
    /// or was cancelled.
    fn set_up(&mut self) -> Result<Option<Ending>, Error> {
        if let Some(script) = self.args.teardown.as_deref().filter(|_| self.is_dirty()) {
            let ending = self.run_script(Step::Teardown, script)?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        if let Some(cancelled) = self.steps.cancelled() {
            return Ok(Some(cancelled));
        }
        self.may_be_up = true;
        if let Some(script) = self.args.setup.as_deref() {
            let ending = self.run_script(Step::Setup, script)?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        // The set-up may have ignored a signal.
        Ok(self.steps.cancelled())
    }

    fn finish_setup(&mut self) -> Result<(), Error> {
        self.may_be_up = true;
        let Some(guard) = self.guard.take() else { return Ok(()) };
        self.main_lock_mut().map_or(Ok(()), |main| main.finish_setup(&guard))
    }

    /// Takes the environment down where no other user is left.
    fn leave_environment(&mut self) -> Result<Option<LeftEnvironment>, Error> {
        if self.args.teardown.is_some() && !self.args.inherit {
            self.steps.terminate_leftovers(Step::Command);
        }
        let guard = match self.guard.take() {
            Some(guard) => Some(guard),
            None => self.main_lock_mut().map(HeldLock::enter_teardown).transpose()?,
        };
        let Some(guard) = guard else { return Ok(None) };
        let script = self.args.teardown.as_deref().filter(|_| self.may_be_up);
        let failed_teardown = script.map(|script| self.take_down(&guard, script)).transpose()?.flatten();
        Ok(Some(LeftEnvironment { _guard: guard, failed_teardown }))
    }

    /// Runs the take-down, or leaves it to others that use the environment. Returns its ending where it fails.
    fn take_down(&mut self, guard: &SetupGuard, script: &str) -> Result<Option<Ending>, Error> {
        if !guard.is_alone {
            if self.is_abandoned()? {
                self.mark_dirty()?;
            }
            return Ok(None);
        }
        let ending = self.run_script(Step::Teardown, script);
        if matches!(ending, Ok(ending) if ending.succeeded()) {
            return Ok(None);
        }
        self.mark_dirty()?;
        ending.map(Some)
    }

    /// Whether the lock is still held, but by nobody who will take the environment down.
    fn is_abandoned(&self) -> Result<bool, Error> {
        let Some(main) = self.main_lock() else { return Ok(false) };
        let is_abandoned = !main.is_environment_used_by_others()?;
        if is_abandoned {
            let name = &main.files.name;
            print_message(&format!(
                "{name} was not taken down: others hold its lock without --teardown; the next --teardown clears it"
            ));
        }
        Ok(is_abandoned)
    }

    fn run_script(&mut self, step: Step, script: &str) -> Result<Ending, Error> {
        let phase = if step == Step::Setup { Phase::Setup } else { Phase::Teardown };
        self.main_lock_mut().map_or(Ok(()), |main| main.set_phase(phase))?;
        let ending = self.steps.run_script(step, script, &self.locks)?;
        if ending.succeeded()
            && let Some(main) = self.main_lock()
        {
            main.files.mark_clean();
        }
        Ok(ending)
    }

    fn is_dirty(&self) -> bool {
        self.main_lock().is_some_and(|main| main.files.is_dirty())
    }

    fn mark_dirty(&self) -> Result<(), Error> {
        self.main_lock().map_or(Ok(()), |main| main.files.mark_dirty())
    }

    fn main_lock(&self) -> Option<&HeldLock> {
        self.locks.iter().find(|lock| self.args.is_main(&lock.files.name))
    }

    fn main_lock_mut(&mut self) -> Option<&mut HeldLock> {
        self.locks.iter_mut().find(|lock| self.args.is_main(&lock.files.name))
    }

    /// Releases everything, whatever happened, and records it.
    fn finish(
        self,
        ending: Result<Ending, Error>,
        left: Result<Option<LeftEnvironment>, Error>,
        held: Duration,
    ) -> Result<SessionResult, Error> {
        let exit_code = ending.as_ref().map_or_else(Error::exit, |ending| ending.exit).code();
        let mut past = Vec::new();
        for lock in self.locks {
            let measured = Measured { waited: lock.waited, held, exit_code };
            let note = lock.files.read_break_note(lock.record.ticket);
            report_break(&lock, note.as_ref());
            past.push((lock.files.clone(), PastHold::new(&lock.record, Some(measured), note)));
            if self.args.inherit { lock.leave_to_children() } else { lock.release() }
        }
        // Only now, after the release, may others enter the environment.
        let failed_teardown = left?.and_then(|left| left.failed_teardown);
        for (files, past) in past {
            if let Err(error) = history::append(&files, &past) {
                print_message(&error.to_string());
            }
        }
        let ending = ending?;
        let ending = failed_teardown.filter(|_| ending.succeeded()).unwrap_or(ending);
        Ok(SessionResult { ending, held })
    }
}

fn report_break(lock: &HeldLock, note: Option<&BreakNote>) {
    if let Some(note) = note {
        print_message(&format!("{} broke the lock {}: {}", note.by, lock.files.name, note.reason));
    }
}
