//! One run of a command under its locks: set-up, command, take-down, release.

mod enter;
mod leave;
mod locked;
mod steps;
mod teardown_limit;

use std::time::{Duration, Instant};

use std::path::PathBuf;

use evenkeel_common::{Error, now};

pub(crate) use self::enter::{Entered, Entrance, enter};
pub(crate) use self::locked::Locked;
pub(crate) use self::steps::{Marks, Script, Steps, print_message};
use crate::cli::HoldArgs;
use crate::lock::held_lock::HeldLock;
use crate::model::environment::{Entry, Environment, EnvironmentPhase, Keep, Recorded, SCHEMA, Teardown};
use crate::model::queue::Mode;
use crate::model::record::{BreakNote, MainTicket, Phase};
use crate::model::step::Step;
use crate::output::text;
use crate::session::leave::LeftEnvironment;
use crate::store::history::{self, Measured, PastHold, millis};
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
}

/// Sets up, runs the command, takes down and releases the locks. `outer` is `ENVLOCK_HELD` as envlock found it.
pub(crate) fn run(
    args: &HoldArgs,
    locks: Vec<HeldLock>,
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
    if !has_environment || session.progress != Progress::Untouched {
        session.run_after(&ending);
    }
    let left = if has_environment { session.leave_environment() } else { Ok(None) };
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
        if let Some(entrance) = &self.entrance {
            let (entry, recorded) = (entrance.entry.clone(), entrance.recorded.clone());
            if let Some(ending) = self.prepare(&entry, recorded)? {
                return Ok(ending);
            }
            self.finish_setup()?;
        }
        if let Some(cancelled) = self.locked.steps.cancelled() {
            return Ok(cancelled);
        }
        for lock in &mut self.locked.locks {
            lock.set_phase(Phase::Running)?;
        }
        self.locked.steps.run_command(&self.args.command, &self.locked.locks)
    }

    /// Makes the environment ready. Returns the ending of a step that failed or was cancelled.
    fn prepare(&mut self, entry: &Entry, recorded: Recorded) -> Result<Option<Ending>, Error> {
        match (entry, recorded) {
            (Entry::Join, Recorded::Known(environment)) => return self.join(*environment),
            (Entry::Clear(why), recorded) => {
                print_message(&text::clearing(self.locked.steps.name, why));
                if let Some(failed) = self.clear(&recorded)? {
                    return Ok(Some(failed));
                }
            }
            (Entry::Beside, _) => {
                self.progress = Progress::Up;
                return Ok(None);
            }
            _ => {}
        }
        self.set_up()
    }

    /// Uses an environment that was kept.
    fn join(&mut self, environment: Environment) -> Result<Option<Ending>, Error> {
        print_message(&text::joining(self.locked.steps.name, &environment));
        let phase = if self.args.reuse.is_some() { EnvironmentPhase::Reuse } else { EnvironmentPhase::Up };
        let environment = Environment { phase, idle_since: None, ..environment };
        self.locked.record(&environment)?;
        self.progress = Progress::Begun;
        if let Some(command) = &self.args.reuse {
            let ending = self.locked.run_script(&Script::new(Step::Reuse, command))?;
            if !ending.succeeded() {
                return self.replace(&Recorded::Known(Box::new(environment)), ending);
            }
        }
        self.progress = Progress::Up;
        // The command may have ignored a signal.
        Ok(self.locked.steps.cancelled())
    }

    /// Sets an environment up anew whose `--reuse` command failed, unless that was because of a signal.
    fn replace(&mut self, recorded: &Recorded, failed: Ending) -> Result<Option<Ending>, Error> {
        if self.locked.steps.cancelled().is_some() {
            return Ok(Some(failed));
        }
        let name = self.locked.steps.name;
        print_message(&format!("{name} cannot be reused: taking it down and setting it up anew"));
        self.progress = Progress::Cleared;
        if let Some(failed) = self.clear(recorded)? {
            return Ok(Some(failed));
        }
        self.set_up()
    }

    /// Takes down what is left of an earlier environment: as is recorded; where nothing is, or that fails, as the caller
    /// says. Returns the ending of a take-down that failed.
    fn clear(&mut self, recorded: &Recorded) -> Result<Option<Ending>, Error> {
        let earlier = recorded.teardown();
        let own =
            self.own_script().filter(|own| Some(&own.command) != earlier.map(|earlier| &earlier.command));
        let mut failed = None;
        for mut script in earlier.map(Script::recorded).into_iter().chain(own) {
            script.limit = script.limit.or(self.args.teardown_timeout);
            let ending = self.locked.take_down(&script)?;
            if ending.succeeded() {
                return Ok(None);
            }
            failed = Some(ending);
        }
        Ok(failed)
    }

    /// Prepares the environment. Returns the ending of a set-up that failed or was cancelled.
    fn set_up(&mut self) -> Result<Option<Ending>, Error> {
        if let Some(cancelled) = self.locked.steps.cancelled() {
            return Ok(Some(cancelled));
        }
        self.locked.record(&self.new_environment())?;
        self.progress = Progress::Begun;
        if let Some(command) = &self.args.setup {
            let ending = self.locked.run_script(&Script::new(Step::Setup, command))?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        if let Some(main) = self.locked.main() {
            main.files.mark_clean();
        }
        self.progress = Progress::Up;
        // The set-up may have ignored a signal.
        Ok(self.locked.steps.cancelled())
    }

    /// The record of the environment that this user sets up.
    fn new_environment(&self) -> Environment {
        let (user, host) = self.locked.main().map_or_else(Default::default, |main| {
            (main.record.user.clone(), main.record.process.host.clone())
        });
        Environment {
            schema: SCHEMA.to_owned(),
            key: self.args.setup_key.clone(),
            teardown: self.args.teardown.as_ref().map(|command| Teardown {
                command: command.clone(),
                directory: current_directory(),
                limit_ms: self.args.teardown_timeout.map(millis),
            }),
            user,
            host,
            up_since: now(),
            phase: EnvironmentPhase::Setup,
            kept: Keep::No,
            kept_by: None,
            idle_since: None,
        }
    }

    /// Lets others enter the environment, which is up.
    fn finish_setup(&mut self) -> Result<(), Error> {
        let Some(entrance) = self.entrance.take() else { return Ok(()) };
        if entrance.entry != Entry::Beside
            && let Recorded::Known(environment) = self.locked.recorded()
        {
            self.locked.record(&Environment { phase: EnvironmentPhase::Up, ..*environment })?;
        }
        let wanted: Mode = self.args.mode();
        let Some(main) = self.locked.main_mut() else { return Ok(()) };
        main.finish_setup(&entrance.guard)?;
        if main.mode == wanted { Ok(()) } else { main.share(wanted) }
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
        left: Result<Option<LeftEnvironment>, Error>,
        held: Duration,
    ) -> Result<SessionResult, Error> {
        let exit_code = ending.as_ref().map_or_else(Error::exit, |ending| ending.exit).code();
        let main = self.locked.main();
        let ticket = main.map(|main| MainTicket { number: main.record.ticket, slot: main.record.slot });
        let mut past = Vec::new();
        for lock in self.locked.locks {
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
        Ok(SessionResult { ending, held, ticket })
    }
}

/// Where envlock was started, as text, for the record; `/` where that directory is gone.
fn current_directory() -> PathBuf {
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    directory.to_string_lossy().into_owned().into()
}

fn report_break(lock: &HeldLock, note: Option<&BreakNote>) {
    if let Some(note) = note {
        print_message(&format!("{} broke the lock {}: {}", note.by, lock.files.name, note.reason));
    }
}
