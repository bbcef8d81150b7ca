//! `envlock NAME -- CMD`: takes the locks, runs the command under them, releases them.

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files};

use crate::cli::HoldArgs;
use crate::lock::acquire::{LockTiming, Owner, acquire};
use crate::lock::held_lock::HeldLock;
use crate::lock::inherited;
use crate::lock::status::read_status;
use crate::model::held_entry::{HELD_VAR, HeldEntry};
use crate::model::queue::Mode;
use crate::output::json::RunJson;
use crate::output::text;
use crate::session::{self, SessionResult};
use crate::store::env_files::EnvFiles;
use crate::store::history::{self, millis};
use crate::system::kernel_lock::WaitDeadline;
use crate::system::{current_process, platform, user};

/// A lock to take.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LockRequest {
    name: String,
    mode: Mode,
    timing: LockTiming,
}

pub(super) fn hold(args: &HoldArgs) -> Result<Exit, Error> {
    let home = Home::from_env().map_err(as_wrapper_failure)?;
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let held = HeldEntry::parse_list(&outer);
    let mut requests = Vec::new();
    for request in lock_requests(args)? {
        if !inherited::covers(&held, &home, &request.name, request.mode)? {
            requests.push(request);
        }
    }
    if requests.is_empty() {
        return exec_command(args);
    }
    hold_all(&home, &requests, &outer, args).map_err(as_wrapper_failure)
}

/// Failures of envlock itself must not look like exit codes of the command.
fn as_wrapper_failure(error: Error) -> Error {
    if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error }
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
fn exec_command(args: &HoldArgs) -> Result<Exit, Error> {
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    platform::exec(command)
}

fn hold_all(home: &Home, requests: &[LockRequest], outer: &str, args: &HoldArgs) -> Result<Exit, Error> {
    let owner = Owner {
        user: user(),
        process: current_process(),
        command: args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        purpose: args.purpose.clone(),
    };
    let mut deadline = wait_deadline(args);
    let mut locks: Vec<HeldLock> = Vec::new();
    for request in requests {
        let files = EnvFiles::open(home, &request.name)?;
        deadline = explaining_on_terminal(deadline, &files);
        match acquire(files.clone(), request.mode, request.timing, &owner, &mut deadline) {
            Ok(Some(lock)) => locks.push(lock),
            other => {
                locks.into_iter().for_each(HeldLock::release);
                return other.and_then(|_| busy(&files, &deadline, args));
            }
        }
    }
    let name = args.name.as_deref().unwrap_or_default();
    let main = locks.iter().find(|lock| lock.files.name == name);
    let waited = main.map_or(0, |main| millis(main.waited));
    let main = main.map(|main| &main.record);
    let report = args.report.is_some().then(|| RunJson::entered(name, args.mode(), main, waited));
    match session::run(args, locks, outer, &mut deadline)? {
        Some(result) => done(report, &result, args),
        None => busy(&EnvFiles::open(home, name)?, &deadline, args),
    }
}

fn done(report: Option<RunJson>, result: &SessionResult, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = result.ending.exit;
    if let Some(report) = report {
        write_report(args, &report.done(millis(result.held), exit.code()))?;
    }
    if let Some(signal) = result.ending.by_terminal {
        platform::reraise(signal);
    }
    Ok(exit)
}

/// Says who holds the lock, and ends with 75.
fn busy(files: &EnvFiles, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    let waited = deadline.elapsed();
    let after = if args.no_wait { String::new() } else { format!(" after {}", text::duration(waited)) };
    let explanation = explain_wait(files, None)?;
    let _ = write!(std::io::stderr(), "envlock: {} is busy, gave up{after}\n{explanation}", files.name);
    write_report(args, &RunJson::busy(&files.name, args.mode(), millis(waited), exit.code()))?;
    Ok(exit)
}

/// Writes a record of the run to the file of `--report`, where it is given.
fn write_report(args: &HoldArgs, report: &RunJson) -> Result<(), Error> {
    let Some(path) = &args.report else { return Ok(()) };
    let text = serde_json::to_string(report).map_err(|e| Error::failed("write the report", e))? + "\n";
    files::replace(path, text)
}

fn wait_deadline(args: &HoldArgs) -> WaitDeadline<'static> {
    WaitDeadline::new(if args.no_wait {
        Some(Duration::ZERO)
    } else if args.wait_forever {
        None
    } else {
        Some(args.timeout)
    })
}

/// On a terminal, tells a person what envlock waits for when that takes long.
fn explaining_on_terminal(deadline: WaitDeadline<'static>, files: &EnvFiles) -> WaitDeadline<'static> {
    if !std::io::stderr().is_terminal() {
        return deadline;
    }
    let files = files.clone();
    deadline.on_slow(move || {
        // Where the status cannot be read, the wait goes on; acquiring the lock will report the error.
        if let Ok(explanation) = explain_wait(&files, Some(std::process::id())) {
            let _ = write!(std::io::stderr(), "envlock: waiting for {}\n{explanation}", files.name);
        }
    })
}

fn explain_wait(files: &EnvFiles, waiter: Option<u32>) -> Result<String, Error> {
    let status = read_status(files)?;
    // Without the history there is no estimate.
    let past = history::read(files).map(|past| past.records).unwrap_or_default();
    Ok(text::explain_wait(&status, &past, waiter))
}
