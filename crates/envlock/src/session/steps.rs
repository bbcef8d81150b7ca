//! The steps of a session: starting each, waiting for it, and ending what it leaves running.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use evenkeel_common::{Error, terminal};

use crate::cli::HoldArgs;
use crate::lock::held_lock::HeldLock;
use crate::lock::recover::GRACE;
use crate::model::held_entry::HELD_VAR;
use crate::model::step::{STEP_VAR, Step};
use crate::output::text;
use crate::session::teardown_limit::{GUARANTEED, Response, TeardownLimit};
use crate::system::platform::{self, Job, SignalForwarder};
use crate::system::{Ending, JobEvent, processes};

/// What the steps of a session have in common.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    args: &'a HoldArgs,
    signals: SignalForwarder,
    /// `ENVLOCK_HELD` for the command.
    held: String,
    /// The entry of the environment's lock in it; none where there is no environment to set up or take down.
    environment: Option<String>,
    slot: Option<u32>,
}

impl<'a> Steps<'a> {
    /// From here on signals are forwarded instead of ending envlock.
    pub(super) fn start(args: &'a HoldArgs, locks: &[HeldLock], outer: &str) -> Self {
        let outer = Some(outer.to_owned()).filter(|outer| !outer.is_empty());
        let entries = locks.iter().map(|lock| lock.held_entry().to_string());
        let held: Vec<String> = outer.into_iter().chain(entries).collect();
        let main = locks.iter().find(|lock| args.is_main(&lock.files.name));
        Self {
            args,
            signals: SignalForwarder::start(),
            held: held.join(","),
            environment: main.filter(|_| args.has_environment()).map(|main| main.held_entry().to_string()),
            slot: main.and_then(|main| main.record.slot),
        }
    }

    /// The ending of the session where a signal came before the command was started.
    pub(super) fn cancelled(&self) -> Option<Ending> {
        let ending = Ending::cancelled(self.signals.cancelled()?);
        print_message(&format!(
            "stopped by a signal before the command was started ({})",
            ending.exit.code()
        ));
        Some(ending)
    }

    pub(super) fn run_command(&self, locks: &[HeldLock]) -> Result<Ending, Error> {
        let words: &[OsString] = &self.args.command;
        let mut command = Command::new(words.first().map(OsString::as_os_str).unwrap_or_default());
        command.args(words.iter().skip(1));
        self.start_job(Step::Command, command, locks)?.wait()
    }

    /// Runs a set-up or a take-down. Where it fails, none of its processes goes on without the lock.
    pub(super) fn run_script(&self, step: Step, script: &str, locks: &[HeldLock]) -> Result<Ending, Error> {
        let mut command = platform::shell(script);
        // stdin and stdout belong to the command.
        command.stdin(Stdio::null()).stdout(platform::stderr_for_child()?);
        let job = self.start_job(step, command, locks)?;
        let ending = if step == Step::Teardown { self.wait_for_teardown(job, script)? } else { job.wait()? };
        if !ending.succeeded() {
            print_message(&format!("the {} failed with {}: {script}", step.name(), ending.exit.code()));
            self.terminate_leftovers(step);
        }
        Ok(ending)
    }

    fn start_job(&self, step: Step, mut command: Command, locks: &[HeldLock]) -> Result<Job<'_>, Error> {
        command.env(HELD_VAR, &self.held);
        if let Some(slot) = self.slot {
            command.env("ENVLOCK_SLOT", slot.to_string());
        }
        if let Some(entry) = self.step_entry(step) {
            let outer = std::env::var(STEP_VAR).ok().filter(|outer| !outer.is_empty());
            command.env(STEP_VAR, outer.into_iter().chain([entry]).collect::<Vec<_>>().join(","));
        }
        let inherited: Vec<_> = locks.iter().flat_map(HeldLock::inherited_fds).collect();
        Job::start(&self.signals, command, step, &inherited)
    }

    /// The entry in `ENVLOCK_STEP` of the processes of a step.
    fn step_entry(&self, step: Step) -> Option<String> {
        self.environment.as_ref().map(|entry| format!("{entry}:{}", step.as_str()))
    }

    /// Waits for a take-down, whatever signals come, until it exceeds its limit.
    fn wait_for_teardown(&self, mut job: Job<'_>, script: &str) -> Result<Ending, Error> {
        let mut limit = TeardownLimit::new(Instant::now(), self.args.teardown_timeout);
        loop {
            match job.next_event(limit.deadline())? {
                JobEvent::Ended(ending) => return Ok(ending),
                JobEvent::Signal(_) => self.respond(limit.on_signal(Instant::now()), &job, script),
                JobEvent::Timeout => {
                    print_message(&format!(
                        "the take-down took too long; ending pid {} and what it started",
                        job.pid()
                    ));
                    job.terminate(&self.step_entry(Step::Teardown).unwrap_or_default(), GRACE);
                    limit.on_terminated();
                }
            }
        }
    }

    /// Says what a signal during a take-down does.
    fn respond(&self, response: Response, job: &Job<'_>, script: &str) {
        let name = self.args.name.as_deref().unwrap_or_default();
        match response {
            Response::Ignored => print_message(&format!(
                "taking {name} down; signals do not reach the take-down, three within a second end it after {}",
                text::duration(GUARANTEED)
            )),
            Response::EndsIn(time) => print_message(&format!(
                "the take-down of {name} still runs (pid {}: {}) and will be ended in {}; what it has not removed by \
                 then is left to the next --teardown\nhint: envlock break {name} --reason TEXT ends it now",
                job.pid(),
                terminal::one_line(script),
                text::duration(time)
            )),
            Response::Silent => {}
        }
    }

    /// Ends the processes that a step has left running: they would disturb the take-down, or run without the lock.
    pub(super) fn terminate_leftovers(&self, step: Step) {
        let Some(entry) = self.step_entry(step) else { return };
        let leftovers = || processes::processes_of_step(&entry);
        let count = leftovers().len();
        if count > 0 {
            print_message(&format!("ending {count} processes that the {} left running", step.name()));
            processes::terminate_all(leftovers, GRACE);
        }
    }
}

/// A line on stderr.
pub(super) fn print_message(text: &str) {
    let _ = writeln!(std::io::stderr(), "envlock: {text}");
}
