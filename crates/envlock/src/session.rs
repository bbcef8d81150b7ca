//! One run of a command: which locks, in which order, and what happens between getting in and getting out.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use evenkeel_common::{Error, Exit};

use crate::cli::HoldArgs;
use crate::enter::{Door, Hold, Passage};
use crate::held::HELD;
use crate::history::{self, Measured, Past};
use crate::process::{self, Ending, Job, Minder};
use crate::queue::Mode;
use crate::record::Phase;
use crate::wait::Patience;

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
}

/// What a session came to.
#[derive(Debug)]
pub struct Finished {
    /// How the command, or the set-up, ended.
    pub ending: Ending,
    /// How long the locks were held.
    pub held: std::time::Duration,
}

impl<'a> Session<'a> {
    /// Under these locks, and under those that an outer envlock holds.
    pub fn new(args: &'a HoldArgs, holds: Vec<Hold>, outer: &str) -> Self {
        let outer = Some(outer.to_owned()).filter(|outer| !outer.is_empty());
        let tokens: Vec<String> = outer.into_iter().chain(holds.iter().map(Hold::token)).collect();
        Self { args, holds, tokens: tokens.join(","), started: Instant::now() }
    }

    /// The main lock; none where an outer envlock holds it.
    pub fn main(&self) -> Option<&Hold> {
        self.holds.iter().find(|hold| Some(&hold.files.name) == self.args.name.as_ref())
    }

    fn main_mut(&mut self) -> Option<&mut Hold> {
        self.holds.iter_mut().find(|hold| Some(&hold.files.name) == self.args.name.as_ref())
    }

    /// Sets up, runs the command, takes down and gives the locks back. None: patience ran out at the gate.
    pub fn run(mut self, patience: &mut Patience<'_>) -> Result<Option<Finished>, Error> {
        let gated = door(self.args) == Door::Gated;
        let passage = match self.main_mut().filter(|_| gated) {
            Some(main) => match main.pass_gate(patience)? {
                Some(passage) => Some(passage),
                None => return Ok(self.give_up()),
            },
            None => None,
        };
        self.started = Instant::now();
        let minder = Minder::hold_signals();
        let gated = passage.is_some();
        let inside = self.set_up(&minder, passage).and_then(|ready| match ready {
            Ok(()) => self.run_command(&minder),
            Err(failed) => Ok(failed),
        });
        let left = if gated { self.take_down(&minder) } else { Ok(None) };
        self.finish(inside, left)
    }

    fn give_up(self) -> Option<Finished> {
        self.holds.into_iter().for_each(Hold::release);
        None
    }

    /// Lets the first one in prepare the environment. The inner error is the ending of a set-up that failed.
    fn set_up(&mut self, minder: &Minder, passage: Option<Passage>) -> Result<Result<(), Ending>, Error> {
        let Some(passage) = passage else { return Ok(Ok(())) };
        if passage.alone {
            let dirty = self.main().is_some_and(|main| main.files.is_dirty());
            let recovery = self.args.teardown.as_deref().filter(|_| dirty);
            for (phase, script) in [(Phase::Teardown, recovery), (Phase::Setup, self.args.setup.as_deref())] {
                let Some(script) = script else { continue };
                let ending = self.run_script(minder, phase, script)?;
                if ending.exit != Exit::Command(0) {
                    return Ok(Err(ending));
                }
                self.mark_clean();
            }
        }
        self.main_mut().map_or(Ok(()), |main| main.open_gate(passage)).map(Ok)
    }

    /// Lets the last one out take the environment down. Returns the ending of a take-down that failed, and keeps the
    /// gate closed until the lock has been given back.
    fn take_down(&mut self, minder: &Minder) -> Result<Option<(Passage, Option<Ending>)>, Error> {
        let Some(passage) = self.main_mut().map(Hold::close_gate).transpose()? else { return Ok(None) };
        let Some(script) = self.args.teardown.as_deref().filter(|_| passage.alone) else {
            return Ok(Some((passage, None)));
        };
        let ending = self.run_script(minder, Phase::Teardown, script)?;
        if ending.exit == Exit::Command(0) {
            self.mark_clean();
            return Ok(Some((passage, None)));
        }
        if let Some(main) = self.main() {
            main.files.mark_dirty()?;
        }
        Ok(Some((passage, Some(ending))))
    }

    fn mark_clean(&self) {
        if let Some(main) = self.main() {
            main.files.mark_clean();
        }
    }

    fn run_script(&mut self, minder: &Minder, phase: Phase, script: &str) -> Result<Ending, Error> {
        if let Some(main) = self.main_mut() {
            main.report_phase(phase)?;
        }
        let mut command = process::shell(script);
        // stdin and stdout belong to the command.
        command.stdin(Stdio::null()).stdout(process::stderr_copy()?);
        let ending = self.start(minder, command)?;
        if ending.exit != Exit::Command(0) {
            let what = if phase == Phase::Setup { "set-up" } else { "take-down" };
            let _ = writeln!(
                std::io::stderr(),
                "envlock: the {what} failed with {}: {script}",
                ending.exit.code()
            );
        }
        Ok(ending)
    }

    fn run_command(&mut self, minder: &Minder) -> Result<Ending, Error> {
        for hold in &mut self.holds {
            hold.report_phase(Phase::Running)?;
        }
        let words: &[OsString] = &self.args.command;
        let mut command = Command::new(words.first().map(OsString::as_os_str).unwrap_or_default());
        command.args(words.iter().skip(1));
        self.start(minder, command)
    }

    fn start(&self, minder: &Minder, mut command: Command) -> Result<Ending, Error> {
        command.env(HELD, &self.tokens);
        if let Some(slot) = self.main().and_then(|main| main.record.slot) {
            command.env("ENVLOCK_SLOT", slot.to_string());
        }
        let lent: Vec<_> = self.holds.iter().flat_map(Hold::lend).collect();
        Job::start(minder, command, &lent)?.wait()
    }

    /// Gives everything back, whatever happened, and puts it down.
    fn finish(
        self,
        inside: Result<Ending, Error>,
        left: Result<Option<(Passage, Option<Ending>)>, Error>,
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
        let failed_take_down = left?.and_then(|(_gate, failed)| failed);
        for (files, past) in past {
            if let Err(error) = history::append(&files, &past) {
                let _ = writeln!(std::io::stderr(), "envlock: {error}");
            }
        }
        let ending = inside?;
        let ending = failed_take_down.filter(|_| ending.exit == Exit::Command(0)).unwrap_or(ending);
        Ok(Some(Finished { ending, held }))
    }
}

fn tell_of_break(hold: &Hold, note: Option<&history::BreakNote>) {
    if let Some(note) = note {
        let _ = writeln!(
            std::io::stderr(),
            "envlock: {} broke the lock {}: {}",
            note.by,
            hold.files.name,
            note.reason
        );
    }
}
