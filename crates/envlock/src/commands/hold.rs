//! `envlock NAME -- CMD`: takes the locks, runs the command under them, releases them.

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::state::shared::Sharing;
use evenkeel_common::{Error, Exit, files};

use crate::cli::HoldArgs;
use crate::commands::{as_wrapper_failure, waiting};
use crate::lock::acquire::{LockTiming, Owner, acquire};
use crate::lock::held_lock::HeldLock;
use crate::lock::inherited;
use crate::model::held_entry::{HELD_VAR, HeldEntry};
use crate::model::queue::Mode;
use crate::model::setup_key::SetupKey;
use crate::output::json::RunJson;
use crate::output::text;
use crate::session::{self, Entered, Entrance, print_message};
use crate::store::env_files::EnvFiles;
use crate::store::history::millis;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform;

/// A lock to take.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LockRequest {
    name: String,
    mode: Mode,
    timing: LockTiming,
}

impl LockRequest {
    /// Waits in the queue like whoever wants the lock alone: those who come later wait behind it.
    fn want_alone(&mut self) {
        (self.mode, self.timing) = (Mode::Exclusive, LockTiming::Immediate);
    }
}

pub(super) fn hold(args: &HoldArgs) -> Result<Exit, Error> {
    let home = Home::from_env().map_err(as_wrapper_failure)?;
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let held = HeldEntry::parse_list(&outer);
    let mut requests = Vec::new();
    for request in lock_requests(args)? {
        if !inherited::covers(&held, &home, &request.name, request.mode)? {
            inherited::refuse_under_the_dead(&home, &request.name)?;
            requests.push(request);
        }
    }
    if requests.is_empty() {
        return exec_command(args);
    }
    hold_all(&home, requests, &outer, args).map_err(as_wrapper_failure)
}

/// All locks that the command line asks for, sorted by name: two processes that take the same locks in the same order
/// cannot wait for each other.
fn lock_requests(args: &HoldArgs) -> Result<Vec<LockRequest>, Error> {
    let timing = if args.has_environment() { LockTiming::UnderSetupLock } else { LockTiming::Immediate };
    let main = args.name.iter().map(|name| LockRequest { name: name.clone(), mode: args.mode(), timing });
    let with = args.with.iter().map(|with| LockRequest {
        name: with.name.clone(),
        mode: with.mode,
        timing: LockTiming::Immediate,
    });
    let mut requests: Vec<LockRequest> = main.chain(with).collect();
    requests.sort_by(|a, b| a.name.cmp(&b.name));
    match requests.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Error::usage(format!("lock {} twice", pair[0].name), "it is named more than once")),
        None => Ok(requests),
    }
}

/// Becomes the command: an outer envlock holds all that is needed and waits for it.
pub(super) fn exec_command(args: &HoldArgs) -> Result<Exit, Error> {
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    platform::exec(command)
}

fn hold_all(
    home: &Home,
    mut requests: Vec<LockRequest>,
    outer: &str,
    args: &HoldArgs,
) -> Result<Exit, Error> {
    let mut deadline = wait_deadline(args);
    loop {
        let mut locks = match take_all(home, &requests, args, &mut deadline)? {
            Taken::All(locks) => locks,
            Taken::Busy(files) => return busy(&files, &deadline, args),
        };
        let entered = session::enter(args, &mut locks, &mut deadline);
        let entrance = match entered {
            Ok(Entered::Inside(entrance)) => Some(entrance),
            Ok(Entered::NoEnvironment) => None,
            otherwise => {
                locks.into_iter().for_each(HeldLock::release);
                let files = EnvFiles::open(home, args.name.as_deref().unwrap_or_default())?;
                match otherwise? {
                    Entered::OthersInside => {
                        requests
                            .iter_mut()
                            .filter(|r| args.is_main(&r.name))
                            .for_each(LockRequest::want_alone);
                        continue;
                    }
                    Entered::Refused(difference) => return refused(&files, &difference, &deadline, args),
                    _ => return busy(&files, &deadline, args),
                }
            }
        };
        return run(locks, entrance, outer, args);
    }
}

/// The attempt to take several locks.
#[derive(Debug)]
enum Taken {
    All(Vec<HeldLock>),
    /// The deadline passed before this one was free; none is held.
    Busy(EnvFiles),
}

fn owner(home: &Home, args: &HoldArgs) -> Owner {
    if args.private && home.sharing() == Sharing::AllUsers {
        return Owner::new(vec!["(private)".to_owned()], None);
    }
    let words = args.command.iter().map(|word| word.to_string_lossy().into_owned());
    Owner::new(words.collect(), args.purpose.clone())
}

fn take_all(
    home: &Home,
    requests: &[LockRequest],
    args: &HoldArgs,
    deadline: &mut WaitDeadline<'static>,
) -> Result<Taken, Error> {
    let owner = owner(home, args);
    let mut locks: Vec<HeldLock> = Vec::new();
    for request in requests {
        let files = EnvFiles::open(home, &request.name)?;
        explain_on_terminal(deadline, &files, args);
        match acquire(files.clone(), request.mode, request.timing, &owner, deadline) {
            Ok(Some(lock)) => locks.push(lock),
            other => {
                locks.into_iter().for_each(HeldLock::release);
                return other.map(|_| Taken::Busy(files));
            }
        }
    }
    Ok(Taken::All(locks))
}

fn run(
    locks: Vec<HeldLock>,
    entrance: Option<Entrance>,
    outer: &str,
    args: &HoldArgs,
) -> Result<Exit, Error> {
    let name = args.name.as_deref().unwrap_or_default();
    let waited =
        locks.iter().find(|lock| args.is_main(&lock.files.name)).map_or(0, |main| millis(main.waited));
    let result = session::run(args, locks, entrance, outer)?;
    let exit = result.ending.exit;
    write_report(args, || {
        let report = RunJson::entered(name, args.mode(), result.ticket, waited);
        report.done(millis(result.held), exit.code())
    })?;
    if let Some(signal) = result.ending.by_terminal {
        platform::reraise(signal);
    }
    Ok(exit)
}

/// Says who holds the lock, and ends with 75.
fn busy(files: &EnvFiles, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let after = if args.no_wait { None } else { Some(deadline.elapsed()) };
    let explanation = waiting::explain(files, key_of(files, args), None)?;
    print_message(&text::busy(&files.name, after, &explanation));
    gave_up(files, deadline, args)
}

/// Says that a kept environment was started from something else, and ends with 75.
fn refused(
    files: &EnvFiles,
    difference: &str,
    deadline: &WaitDeadline<'_>,
    args: &HoldArgs,
) -> Result<Exit, Error> {
    print_message(&text::refused(&files.name, difference));
    gave_up(files, deadline, args)
}

fn gave_up(files: &EnvFiles, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    let waited = millis(deadline.elapsed());
    write_report(args, || RunJson::busy(&files.name, args.mode(), waited, exit.code()))?;
    Ok(exit)
}

/// Writes a record of the run to the file of `--report`, where it is given.
pub(super) fn write_report(args: &HoldArgs, report: impl FnOnce() -> RunJson) -> Result<(), Error> {
    let Some(path) = &args.report else { return Ok(()) };
    let text = serde_json::to_string(&report()).map_err(|e| Error::failed("write the report", e))? + "\n";
    files::replace(path, text)
}

pub(super) fn wait_deadline(args: &HoldArgs) -> WaitDeadline<'static> {
    WaitDeadline::new(if args.no_wait {
        Some(Duration::ZERO)
    } else if args.wait_forever {
        None
    } else {
        Some(args.timeout)
    })
}

/// On a terminal, tells a person what envlock waits for when that takes long.
fn explain_on_terminal(deadline: &mut WaitDeadline<'static>, files: &EnvFiles, args: &HoldArgs) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let (files, key) = (files.clone(), key_of(files, args).cloned());
    deadline.on_slow(move || {
        // Where the status cannot be read, the wait goes on; acquiring the lock will report the error.
        if let Ok(explanation) = waiting::explain(&files, key.as_ref(), Some(std::process::id())) {
            let _ = write!(std::io::stderr(), "envlock: waiting for {}\n{explanation}", files.name);
        }
    });
}

/// The key that is wanted, where this is the environment.
fn key_of<'a>(files: &EnvFiles, args: &'a HoldArgs) -> Option<&'a SetupKey> {
    args.setup_key.as_ref().filter(|_| args.is_main(&files.name))
}
