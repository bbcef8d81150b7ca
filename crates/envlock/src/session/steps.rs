//! The steps of a session: starting each, waiting for it, and ending what it leaves running.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_common::{Error, terminal};

use crate::lock::held_lock::HeldLock;
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

    pub(super) fn run_command(&self, words: &[OsString], locks: &[HeldLock]) -> Result<Ending, Error> {
        let mut command = Command::new(words.first().map(OsString::as_os_str).unwrap_or_default());
        command.args(words.iter().skip(1));
        self.start_job(Step::Command, command, locks)?.wait()
    }

    /// Runs a script. Where it fails, none of its processes goes on without the lock.
    pub(super) fn run_script(&self, script: &Script, locks: &[HeldLock]) -> Result<Ending, Error> {
        let job = self.start_job(script.step, script.to_command()?, locks)?;
        let entry = self.step_entry(script.step, locks);
        let ending = if script.step.is_shielded() {
            self.wait_for_shielded(job, script, &entry.unwrap_or_default())?
        } else {
            job.wait()?
        };
        if !ending.succeeded() {
            let (name, code) = (script.step.name(), ending.exit.code());
            print_message(&format!("the {name} failed with {code}: {}", script.command));
            self.terminate_leftovers(script.step, locks);
        }
        Ok(ending)
    }

    fn start_job(&self, step: Step, mut command: Command, locks: &[HeldLock]) -> Result<Job<'_>, Error> {
        command.env(HELD_VAR, self.held(locks));
        if let Some(slot) = self.main_of(locks).and_then(|main| main.record.slot) {
            command.env("ENVLOCK_SLOT", slot.to_string());
        }
        if let Some(entry) = self.step_entry(step, locks) {
            let outer = std::env::var(STEP_VAR).ok().filter(|outer| !outer.is_empty());
            command.env(STEP_VAR, outer.into_iter().chain([entry]).collect::<Vec<_>>().join(","));
        }
        let inherited: Vec<_> = locks.iter().flat_map(HeldLock::inherited_fds).collect();
        Job::start(self.signals, command, step, &inherited)
    }

    /// `ENVLOCK_HELD` for a step.
    fn held(&self, locks: &[HeldLock]) -> String {
        let outer = Some(self.outer.to_owned()).filter(|outer| !outer.is_empty());
        let entries = locks.iter().map(|lock| lock.held_entry().to_string());
        outer.into_iter().chain(entries).collect::<Vec<_>>().join(",")
    }

    fn main_of<'l>(&self, locks: &'l [HeldLock]) -> Option<&'l HeldLock> {
        locks.iter().find(|lock| lock.files.name == self.name)
    }

    /// The entry in `ENVLOCK_STEP` of the processes of a step.
    fn step_entry(&self, step: Step, locks: &[HeldLock]) -> Option<String> {
        let main = self.main_of(locks).filter(|_| self.marks == Marks::Steps)?;
        Some(format!("{}:{}", main.held_entry(), step.as_str()))
    }

    /// Waits for a step that no signal reaches, whatever signals come, until it exceeds its limit.
    fn wait_for_shielded(&self, mut job: Job<'_>, script: &Script, entry: &str) -> Result<Ending, Error> {
        let mut limit = TeardownLimit::new(Instant::now(), script.limit);
        loop {
            match job.next_event(limit.deadline())? {
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
    pub(super) fn terminate_leftovers(&self, step: Step, locks: &[HeldLock]) {
        let Some(entry) = self.step_entry(step, locks) else { return };
        let leftovers = || processes::processes_of_step(&entry);
        let count = leftovers().len();
        if count > 0 {
            print_message(&format!("ending {count} processes that the {} left running", step.name()));
            processes::terminate_all(leftovers, GRACE);
        }
    }
}

/// A line on stderr.
pub(crate) fn print_message(text: &str) {
    let _ = writeln!(std::io::stderr(), "envlock: {text}");
}
