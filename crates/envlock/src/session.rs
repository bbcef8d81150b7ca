//! One run of a command: which locks, in which order, and what happens between getting in and getting out.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_common::Error;

use crate::cli::HoldArgs;
use crate::enter::{Door, Hold, Passage};
use crate::held::HELD;
use crate::history::{self, Measured, Past};
use crate::process::{self, Ending, Job, JobEvent, Minder, STEP, Step};
use crate::queue::Mode;
use crate::record::Phase;
use crate::recover::GRACE;
use crate::teardown::{Answer, GUARANTEED, TeardownLimit};
use crate::wait::Patience;
use crate::words;

/// A lock that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The environment.
    pub name: String,
    /// How to hold it.
    pub mode: Mode,
    /// When its file is locked.
    pub door: Door,
}

/// All locks that the command line asks for, in the one order that keeps two who want the same from waiting for each
/// other.
pub fn wants(args: &HoldArgs) -> Result<Vec<Want>, Error> {
    let main = args.name.iter().map(|name| Want { name: name.clone(), mode: mode(args), door: door(args) });
    let with =
        args.with.iter().map(|with| Want { name: with.name.clone(), mode: with.mode, door: Door::Open });
    let mut wants: Vec<Want> = main.chain(with).collect();
    wants.sort_by(|a, b| a.name.cmp(&b.name));
    match wants.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Error::usage(format!("lock {} twice", pair[0].name), "it is named more than once")),
        None => Ok(wants),
    }
}

/// How the main lock is asked for.
pub fn mode(args: &HoldArgs) -> Mode {
    match args.slots {
        Some(slots) => Mode::Slots(slots.get()),
        None if args.shared => Mode::Shared,
        None => Mode::Exclusive,
    }
}

fn door(args: &HoldArgs) -> Door {
    let plain = args.setup.is_none() && args.teardown.is_none();
    if plain { Door::Open } else { Door::Gated }
}

/// The locks that are held, and what is to be done under them.
#[derive(Debug)]
pub struct Session<'a> {
    args: &'a HoldArgs,
    holds: Vec<Hold>,
    /// What `ENVLOCK_HELD` says to the command.
    tokens: String,
    started: Instant,
    /// Keeps others out while the environment is set up or taken down.
    passage: Option<Passage>,
    /// Whether there may be something that a take-down has to remove.
    up: bool,
}

/// An environment that was left. The gate is closed to others until this is dropped.
#[derive(Debug)]
struct Left {
    _passage: Passage,
    /// The ending of a take-down that failed.
    failed: Option<Ending>,
}

/// What a session came to.
#[derive(Debug)]
pub struct Finished {
    /// How the command, or the set-up, ended.
    pub ending: Ending,
    /// How long the locks were held.
    pub held: Duration,
}

impl<'a> Session<'a> {
    /// Under these locks, and under those that an outer envlock holds.
    pub fn new(args: &'a HoldArgs, holds: Vec<Hold>, outer: &str) -> Self {
        let outer = Some(outer.to_owned()).filter(|outer| !outer.is_empty());
        let tokens: Vec<String> = outer.into_iter().chain(holds.iter().map(Hold::token)).collect();
        Self { args, holds, tokens: tokens.join(","), started: Instant::now(), passage: None, up: false }
    }

    /// The main lock; none where an outer envlock holds it.
    pub fn main(&self) -> Option<&Hold> {
        self.holds.iter().find(|hold| Some(&hold.files.name) == self.args.name.as_ref())
    }

    fn main_mut(&mut self) -> Option<&mut Hold> {
        self.holds.iter_mut().find(|hold| Some(&hold.files.name) == self.args.name.as_ref())
    }

    /// Whether there is an environment to set up or take down.
    fn has_environment(&self) -> bool {
        door(self.args) == Door::Gated && self.main().is_some()
    }

    /// Sets up, runs the command, takes down and gives the locks back. None: patience ran out at the gate.
    pub fn run(mut self, patience: &mut Patience<'_>) -> Result<Option<Finished>, Error> {
        let has_environment = self.has_environment();
        if let Some(main) = self.main_mut().filter(|_| has_environment) {
            match main.pass_gate(patience)? {
                Some(passage) => self.passage = Some(passage),
                None => return Ok(self.give_up()),
            }
        }
        self.started = Instant::now();
        let minder = Minder::hold_signals();
        let inside = self.set_up_and_run(&minder);
        let left = if has_environment { self.leave_environment(&minder) } else { Ok(None) };
        self.finish(inside, left)
    }

    fn give_up(self) -> Option<Finished> {
        self.holds.into_iter().for_each(Hold::release);
        None
    }

    /// Returns how the command ended, or what kept it from being run.
    fn set_up_and_run(&mut self, minder: &Minder) -> Result<Ending, Error> {
        if let Some(passage) = &self.passage {
            if passage.alone
                && let Some(ending) = self.set_up(minder)?
            {
                return Ok(ending);
            }
            self.enter_environment()?;
        }
        match cancelled(minder) {
            Some(ending) => Ok(ending),
            None => self.run_command(minder),
        }
    }

    /// The first one in prepares the environment, after it has cleared what was left of an earlier one. Returns the
    /// ending of a step that failed or was cancelled.
    fn set_up(&mut self, minder: &Minder) -> Result<Option<Ending>, Error> {
        let dirty = self.main().is_some_and(|main| main.files.is_dirty());
        if let Some(script) = self.args.teardown.as_deref().filter(|_| dirty) {
            let ending = self.run_teardown(minder, script)?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        if let Some(ending) = cancelled(minder) {
            return Ok(Some(ending));
        }
        self.up = true;
        if let Some(script) = self.args.setup.as_deref() {
            let ending = self.run_setup(minder, script)?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        // A set-up may have gone on in spite of a signal.
        Ok(cancelled(minder))
    }

    /// Lets others into the environment too.
    fn enter_environment(&mut self) -> Result<(), Error> {
        self.up = true;
        self.main_mut().map_or(Ok(()), Hold::enter_environment)?;
        let passage = self.passage.take();
        // Others come in when the passage is dropped.
        self.main_mut().zip(passage).map_or(Ok(()), |(main, passage)| main.open_gate(&passage))
    }

    /// Lets the last one out take the environment down. Returns the ending of a take-down that failed, and keeps the
    /// gate closed until the lock has been given back.
    fn leave_environment(&mut self, minder: &Minder) -> Result<Option<Left>, Error> {
        self.end_what_is_left_of(Step::Command);
        let passage = match self.passage.take() {
            Some(passage) => Some(passage),
            None => self.main_mut().map(Hold::close_gate).transpose()?,
        };
        let Some(passage) = passage else { return Ok(None) };
        let Some(script) = self.args.teardown.as_deref().filter(|_| self.up) else {
            return Ok(Some(Left { _passage: passage, failed: None }));
        };
        let failed = if passage.alone {
            Some(self.run_teardown(minder, script)?).filter(|ending| !ending.succeeded())
        } else {
            None
        };
        if failed.is_some() || (!passage.alone && self.is_abandoned()?) {
            self.main().map_or(Ok(()), |main| main.files.mark_dirty())?;
        }
        Ok(Some(Left { _passage: passage, failed }))
    }

    /// Whether nobody is left who would take the environment down, only somebody who keeps us from doing it.
    fn is_abandoned(&self) -> Result<bool, Error> {
        let Some(main) = self.main() else { return Ok(false) };
        let abandoned = !main.others_in_environment()?;
        if abandoned {
            say(&format!(
                "{} is still locked without --teardown, so it was not taken down; the next --teardown clears it",
                main.files.name
            ));
        }
        Ok(abandoned)
    }

    fn mark_clean(&self) {
        if let Some(main) = self.main() {
            main.files.mark_clean();
        }
    }

    fn run_setup(&mut self, minder: &Minder, script: &str) -> Result<Ending, Error> {
        let ending = self.start_script(minder, Step::Setup, script)?.wait()?;
        self.check_script(Step::Setup, script, ending);
        Ok(ending)
    }

    /// Waits for a take-down whatever comes, unless it exceeds its limit.
    fn run_teardown(&mut self, minder: &Minder, script: &str) -> Result<Ending, Error> {
        let mark = self.mark(Step::Teardown);
        let mut limit = TeardownLimit::new(Instant::now(), self.args.teardown_timeout);
        let mut job = self.start_script(minder, Step::Teardown, script)?;
        let ending = loop {
            match job.next_event(limit.due())? {
                JobEvent::Ended(ending) => break ending,
                JobEvent::Signal(_) => self.answer(limit.on_signal(Instant::now()), &job, script),
                JobEvent::Due => {
                    say(&format!(
                        "the take-down took too long; ending pid {} and what it started",
                        job.pid()
                    ));
                    job.end(&mark, GRACE);
                    limit.expire();
                }
            }
        };
        self.check_script(Step::Teardown, script, ending);
        Ok(ending)
    }

    /// Tells what a signal during a take-down does.
    fn answer(&self, answer: Answer, job: &Job<'_>, script: &str) {
        let name = self.args.name.as_deref().unwrap_or_default();
        match answer {
            Answer::Protected => say(&format!(
                "taking {name} down; signals do not reach the take-down, three within a second end it after {}",
                words::rounded(GUARANTEED)
            )),
            Answer::EndsIn(time) => say(&format!(
                "the take-down of {name} still runs (pid {}: {script}); in {} it will be ended and {name} left as \
                 it is then, until the next --teardown\nhint: envlock break {name} --reason TEXT ends it now",
                job.pid(),
                words::rounded(time)
            )),
            Answer::Silent => {}
        }
    }

    fn start_script<'m>(&mut self, minder: &'m Minder, step: Step, script: &str) -> Result<Job<'m>, Error> {
        if let Some(main) = self.main_mut() {
            main.report_phase(if step == Step::Setup { Phase::Setup } else { Phase::Teardown })?;
        }
        let mut command = process::shell(script);
        // stdin and stdout belong to the command.
        command.stdin(Stdio::null()).stdout(process::stderr_copy()?);
        self.start(minder, command, step)
    }

    /// After a success the environment is as it should be; after a failure nothing of the script goes on unseen.
    fn check_script(&self, step: Step, script: &str, ending: Ending) {
        if ending.succeeded() {
            return self.mark_clean();
        }
        let what = if step == Step::Setup { "set-up" } else { "take-down" };
        say(&format!("the {what} failed with {}: {script}", ending.exit.code()));
        self.end_what_is_left_of(step);
    }

    fn run_command(&mut self, minder: &Minder) -> Result<Ending, Error> {
        for hold in &mut self.holds {
            hold.report_phase(Phase::Running)?;
        }
        let words: &[OsString] = &self.args.command;
        let mut command = Command::new(words.first().map(OsString::as_os_str).unwrap_or_default());
        command.args(words.iter().skip(1));
        self.start(minder, command, Step::Command)?.wait()
    }

    fn start<'m>(&self, minder: &'m Minder, mut command: Command, step: Step) -> Result<Job<'m>, Error> {
        command.env(HELD, &self.tokens);
        if let Some(slot) = self.main().and_then(|main| main.record.slot) {
            command.env("ENVLOCK_SLOT", slot.to_string());
        }
        if self.has_environment() {
            let outer = std::env::var(STEP).ok().filter(|outer| !outer.is_empty());
            command.env(STEP, outer.into_iter().chain([self.mark(step)]).collect::<Vec<_>>().join(","));
        }
        let lent: Vec<_> = self.holds.iter().flat_map(Hold::lend).collect();
        Job::start(minder, command, step, &lent)
    }

    /// What `ENVLOCK_STEP` says to the processes of a step.
    fn mark(&self, step: Step) -> String {
        self.main().map(|main| format!("{}:{}", main.token(), step.word())).unwrap_or_default()
    }

    /// Ends what a step has left running: under a take-down, or without the lock, it would do harm.
    fn end_what_is_left_of(&self, step: Step) {
        if step == Step::Command && (self.args.teardown.is_none() || self.args.inherit) {
            return;
        }
        let mark = self.mark(step);
        let left = || process::processes_of_step(&mark);
        let count = left().len();
        if count > 0 {
            say(&format!("ending {count} processes that the {} left running", step.word()));
            process::end_all(left, GRACE);
        }
    }

    /// Gives everything back, whatever happened, and puts it down.
    fn finish(
        self,
        inside: Result<Ending, Error>,
        left: Result<Option<Left>, Error>,
    ) -> Result<Option<Finished>, Error> {
        let held = self.started.elapsed();
        let exit_code = inside.as_ref().map_or_else(Error::exit, |ending| ending.exit).code();
        let mut past = Vec::new();
        for hold in self.holds {
            let measured = Measured { waited: hold.waited, held, exit_code };
            let note = hold.files.read_break_note(hold.record.ticket);
            tell_of_break(&hold, note.as_ref());
            past.push((hold.files.clone(), Past::new(&hold.record, Some(measured), note)));
            if self.args.inherit { hold.bequeath() } else { hold.release() }
        }
        // Only now may others through the gate.
        let failed_take_down = left?.and_then(|left| left.failed);
        for (files, past) in past {
            if let Err(error) = history::append(&files, &past) {
                say(&error.to_string());
            }
        }
        let ending = inside?;
        let ending = failed_take_down.filter(|_| ending.succeeded()).unwrap_or(ending);
        Ok(Some(Finished { ending, held }))
    }
}

/// Whether a signal that came before the command was started keeps it from being run.
fn cancelled(minder: &Minder) -> Option<Ending> {
    let ending = Ending::cancelled(minder.cancelled()?);
    say(&format!("ended by a signal before the command was started ({})", ending.exit.code()));
    Some(ending)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "envlock: {text}");
}

fn tell_of_break(hold: &Hold, note: Option<&history::BreakNote>) {
    if let Some(note) = note {
        say(&format!("{} broke the lock {}: {}", note.by, hold.files.name, note.reason));
    }
}
