//! The steps of a session: starting each, waiting for it, and ending what it leaves running.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, terminal};

use crate::hold::{Hold, Standing};
use crate::lock::recover::GRACE;
use crate::model::environment::Teardown;
use crate::model::held_entry::HELD_VAR;
use crate::model::step::{EXIT_VAR, STEP_VAR, Step};
use crate::output::text;
use crate::session::teardown_limit::{GUARANTEED, Response, TeardownLimit};
use crate::system::platform::{self, Job, SignalForwarder};
use crate::system::{Ending, JobEvent, processes};

/// What the steps of a session have in common.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    pub(crate) signals: &'a SignalForwarder,
    /// The name of the main lock.
    pub(crate) name: &'a str,
    /// `ENVLOCK_HELD` as envlock found it.
    pub(crate) outer: &'a str,
    pub(crate) marks: Marks,
}

/// The locks that a session holds.
type Locks<'h> = [Box<dyn Hold + 'h>];

/// Whether processes get an entry in `ENVLOCK_STEP`, by which those that a step leaves running are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    None,
    Steps,
}

/// A command line for the shell, run as a step.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(super) step: Step,
    pub(super) command: String,
    /// None: where envlock was started.
    pub(super) directory: Option<PathBuf>,
    /// Longest time of a step that no signal reaches; none: no limit.
    pub(super) limit: Option<Duration>,
    /// `ENVLOCK_EXIT`: the exit code of the command.
    pub(super) exit: Option<u8>,
}

impl Script {
    pub(super) fn new(step: Step, command: &str) -> Self {
        Self { step, command: command.to_owned(), directory: None, limit: None, exit: None }
    }

    /// A take-down that the caller gives.
    pub(crate) fn teardown(command: &str) -> Self {
        Self::new(Step::Teardown, command)
    }

    /// A recorded take-down, in its directory, or in `/` where that is gone.
    pub(crate) fn recorded(teardown: &Teardown) -> Self {
        let directory =
            if teardown.directory.is_dir() { teardown.directory.clone() } else { PathBuf::from("/") };
        let script = Self::new(Step::Teardown, &teardown.command);
        Self { directory: Some(directory), limit: teardown.limit(), ..script }
    }

    fn to_command(&self) -> Result<Command, Error> {
        let mut command = platform::shell(&self.command);
        // stdin and stdout belong to the command.
        command.stdin(Stdio::null()).stdout(platform::stderr_for_child()?);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if let Some(code) = self.exit {
            command.env(EXIT_VAR, code.to_string());
        }
        Ok(command)
    }
}

impl Steps<'_> {
    /// The ending of the session where a signal came before the command was started.
    pub(crate) fn cancelled(&self) -> Option<Ending> {
        let ending = Ending::cancelled(self.signals.cancelled()?);
        print_message(&format!(
            "stopped by a signal before the command was started ({})",
            ending.exit.code()
        ));
        Some(ending)
    }

    pub(super) fn run_command(&self, words: &[OsString], locks: &Locks<'_>) -> Result<Ending, Error> {
        let mut command = Command::new(words.first().map(OsString::as_os_str).unwrap_or_default());
        command.args(words.iter().skip(1));
        wait_for(self.start_job(Step::Command, command, locks)?, locks)
    }

    /// Runs a script. Where it fails, none of its processes goes on without the lock.
    pub(super) fn run_script(&self, script: &Script, locks: &Locks<'_>) -> Result<Ending, Error> {
        let job = self.start_job(script.step, script.to_command()?, locks)?;
        let entry = self.step_entry(script.step, locks);
        let ending = if script.step.is_shielded() {
            self.wait_for_shielded(job, script, &entry.unwrap_or_default(), locks)?
        } else {
            wait_for(job, locks)?
        };
        if !ending.succeeded() {
            let (name, code) = (script.step.name(), ending.exit.code());
            print_message(&format!("the {name} failed with {code}: {}", script.command));
            self.terminate_leftovers(script.step, locks);
        }
        Ok(ending)
    }

    fn start_job(&self, step: Step, mut command: Command, locks: &Locks<'_>) -> Result<Job<'_>, Error> {
        if let Some(lock) = locks.iter().find(|lock| lock.standing() != Standing::Held) {
            let cause = format!("the lock {} is not held any more", lock.name());
            return Err(Error::new(Exit::Wrapper, format!("run the {}", step.name()), cause));
        }
        command.env(HELD_VAR, self.held(locks));
        command.envs(self.main_of(locks).map(Hold::variables).unwrap_or_default());
        if let Some(entry) = self.step_entry(step, locks) {
            let outer = std::env::var(STEP_VAR).ok().filter(|outer| !outer.is_empty());
            command.env(STEP_VAR, outer.into_iter().chain([entry]).collect::<Vec<_>>().join(","));
        }
        let inherited: Vec<_> = locks.iter().flat_map(|lock| lock.inherited_fds()).collect();
        let job = Job::start(self.signals, command, step, &inherited)?;
        for lock in locks {
            lock.note_group(job.group());
        }
        Ok(job)
    }

    /// `ENVLOCK_HELD` for a step.
    fn held(&self, locks: &Locks<'_>) -> String {
        let outer = Some(self.outer.to_owned()).filter(|outer| !outer.is_empty());
        let entries = locks.iter().map(|lock| lock.held_entry());
        outer.into_iter().chain(entries).collect::<Vec<_>>().join(",")
    }

    fn main_of<'l, 'h>(&self, locks: &'l Locks<'h>) -> Option<&'l (dyn Hold + 'h)> {
        locks.iter().find(|lock| lock.name() == self.name).map(|lock| &**lock)
    }

    /// The entry in `ENVLOCK_STEP` of the processes of a step.
    fn step_entry(&self, step: Step, locks: &Locks<'_>) -> Option<String> {
        let main = self.main_of(locks).filter(|_| self.marks == Marks::Steps)?;
        Some(format!("{}:{}", main.held_entry(), step.as_str()))
    }

    /// Waits for a step that no signal reaches, whatever signals come, until it exceeds its limit.
    fn wait_for_shielded(
        &self,
        mut job: Job<'_>,
        script: &Script,
        entry: &str,
        locks: &Locks<'_>,
    ) -> Result<Ending, Error> {
        let mut limit = TeardownLimit::new(Instant::now(), script.limit);
        loop {
            match next_event(&mut job, limit.deadline(), locks)? {
                JobEvent::Ended(ending) => return Ok(ending),
                JobEvent::Signal(_) => self.respond(limit.on_signal(Instant::now()), &job, script),
                JobEvent::Timeout => {
                    let (name, pid) = (script.step.name(), job.pid());
                    print_message(&format!("the {name} took too long; ending pid {pid} and what it started"));
                    job.terminate(entry, GRACE);
                    limit.on_terminated();
                }
            }
        }
    }

    /// Says what a signal during a step that no signal reaches does.
    fn respond(&self, response: Response, job: &Job<'_>, script: &Script) {
        let (name, step) = (self.name, script.step.name());
        let doing = if script.step == Step::After {
            format!("running the {step} of {name}")
        } else {
            format!("taking {name} down")
        };
        match response {
            Response::Ignored => print_message(&format!(
                "{doing}; signals do not reach the {step}, three within a second end it after {}",
                text::duration(GUARANTEED)
            )),
            Response::EndsIn(time) => print_message(&format!(
                "the {step} of {name} still runs (pid {}: {}) and will be ended in {}; what it has not done by \
                 then is left undone\nhint: envlock break {name} --reason TEXT ends it now",
                job.pid(),
                terminal::one_line(&script.command),
                text::duration(time)
            )),
            Response::Silent => {}
        }
    }

    /// Ends the processes that a step has left running: they would disturb the take-down, or run without the lock.
    pub(super) fn terminate_leftovers(&self, step: Step, locks: &Locks<'_>) {
        let Some(entry) = self.step_entry(step, locks) else { return };
        let leftovers = || processes::processes_of_step(&entry);
        let count = leftovers().len();
        if count > 0 {
            print_message(&format!("ending {count} processes that the {} left running", step.name()));
            processes::terminate_all(leftovers, GRACE);
        }
    }
}

/// Passes signals on until a step has ended.
fn wait_for(mut job: Job<'_>, locks: &Locks<'_>) -> Result<Ending, Error> {
    loop {
        match next_event(&mut job, None, locks)? {
            JobEvent::Ended(ending) => return Ok(ending),
            JobEvent::Signal(received) => job.pass_on(received),
            JobEvent::Timeout => {}
        }
    }
}

/// Waits for the end of a step, for a signal, or until the deadline. Where a lock can be kept no longer, the step is ended.
fn next_event(job: &mut Job<'_>, deadline: Option<Instant>, locks: &Locks<'_>) -> Result<JobEvent, Error> {
    loop {
        let check = locks.iter().filter_map(|lock| lock.next_check()).min();
        let check = check.map(|time| Instant::now() + time);
        let event = job.next_event(deadline.into_iter().chain(check).min())?;
        if event != JobEvent::Timeout || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(event);
        }
        for lock in locks {
            lock.check();
        }
    }
}

/// A line on stderr.
pub(crate) fn print_message(text: &str) {
    let _ = writeln!(std::io::stderr(), "envlock: {text}");
}
