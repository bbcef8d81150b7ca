//! `envlock NAME -- CMD`: takes the locks, runs the command under them, releases them.

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files};

use crate::cli::{HoldArgs, StoreArgs};
use crate::commands::place::{About, Asker, Place, Wanted};
use crate::commands::{as_wrapper_failure, local_place, via};
use crate::hold::Hold;
use crate::lock::acquire::LockTiming;
use crate::model::held_entry::HELD_VAR;
use crate::model::queue::Mode;
use crate::model::setup_key::SetupKey;
use crate::model::via::Via;
use crate::output::json::RunJson;
use crate::output::text;
use crate::session::{self, Entered, Entrance, print_message};
use crate::store::history::millis;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform;

/// A lock to take.
struct LockRequest {
    place: Box<dyn Place>,
    wanted: Wanted,
}

impl LockRequest {
    /// Waits in the queue like whoever wants the lock alone: those who come later wait behind it.
    fn want_alone(&mut self) {
        self.wanted = Wanted { mode: Mode::Exclusive, timing: LockTiming::Immediate };
    }
}

pub(super) fn hold(args: &HoldArgs, store: &StoreArgs) -> Result<Exit, Error> {
    let via = via::of_run(store)?;
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    let requests = match &via {
        Via::Local => {
            let home = Home::from_env().map_err(as_wrapper_failure)?;
            lock_requests(args, |name, mode| local_place::find(&home, name, mode, &outer, args))?
        }
        Via::Store(url) => {
            via::refuse_options(args)?;
            lock_requests(args, |name, mode| via::find(url, name, mode, &outer, store.ttl, about(args)))?
        }
    };
    if requests.is_empty() {
        return exec_command(args);
    }
    hold_all(requests, &outer, args).map_err(as_wrapper_failure)
}

/// What all users of a store may read.
fn about(args: &HoldArgs) -> About {
    if args.private {
        return About { command: vec!["(private)".to_owned()], purpose: None };
    }
    About { command: args.words(), purpose: args.purpose.clone() }
}

/// All locks that the command line asks for and no outer envlock holds, sorted by name: two processes that take the same
/// locks in the same order cannot wait for each other.
fn lock_requests(
    args: &HoldArgs,
    mut find: impl FnMut(&str, Mode) -> Result<Option<Box<dyn Place>>, Error>,
) -> Result<Vec<LockRequest>, Error> {
    let timing = if args.has_environment() { LockTiming::UnderSetupLock } else { LockTiming::Immediate };
    let main = args.name.iter().map(|name| (name, Wanted { mode: args.mode(), timing }));
    let timing = LockTiming::Immediate;
    let with = args.with.iter().map(|with| (&with.name, Wanted { mode: with.mode, timing }));
    let mut all: Vec<(&String, Wanted)> = main.chain(with).collect();
    all.sort_by_key(|(name, _)| *name);
    if let Some(pair) = all.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Error::usage(format!("lock {} twice", pair[0].0), "it is named more than once"));
    }
    let mut requests = Vec::new();
    for (name, wanted) in all {
        requests.extend(find(name, wanted.mode)?.map(|place| LockRequest { place, wanted }));
    }
    Ok(requests)
}

/// Becomes the command: an outer envlock holds all that is needed and waits for it.
fn exec_command(args: &HoldArgs) -> Result<Exit, Error> {
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    platform::exec(command)
}

fn hold_all(mut requests: Vec<LockRequest>, outer: &str, args: &HoldArgs) -> Result<Exit, Error> {
    let mut deadline = wait_deadline(args);
    loop {
        match attempt(&mut requests, outer, args, &mut deadline)? {
            Attempt::Ran(exit) => return Ok(exit),
            Attempt::Busy(index) => return busy(&*requests[index].place, &deadline, args),
            Attempt::Refused(difference) => return refused(&difference, &deadline, args),
            Attempt::OthersInside => {
                let mains = requests.iter_mut().filter(|request| args.is_main(request.place.name()));
                mains.for_each(LockRequest::want_alone);
            }
        }
    }
}

/// What came of taking all locks.
#[derive(Debug)]
enum Attempt {
    Ran(Exit),
    /// The deadline passed before this one was free; none is held.
    Busy(usize),
    /// Others use an environment that was started from something else; no lock is held.
    OthersInside,
    /// The environment is kept, and was started from something else; no lock is held.
    Refused(String),
}

/// Takes all locks, and runs the command under them.
fn attempt(
    requests: &mut [LockRequest],
    outer: &str,
    args: &HoldArgs,
    deadline: &mut WaitDeadline<'static>,
) -> Result<Attempt, Error> {
    let main = requests.iter().position(|request| args.is_main(request.place.name())).unwrap_or(0);
    let mut locks: Vec<Box<dyn Hold + '_>> = Vec::new();
    for (index, request) in requests.iter_mut().enumerate() {
        explain_on_terminal(deadline, &*request.place, args);
        match request.place.acquire(request.wanted, deadline) {
            Ok(Some(lock)) => locks.push(lock),
            other => {
                abandon(locks);
                return other.map(|_| Attempt::Busy(index));
            }
        }
    }
    let entrance = match session::enter(args, &mut locks, deadline) {
        Ok(Entered::Inside(entrance)) => Some(entrance),
        Ok(Entered::NoEnvironment) => None,
        otherwise => {
            abandon(locks);
            return Ok(match otherwise? {
                Entered::OthersInside => Attempt::OthersInside,
                Entered::Refused(difference) => Attempt::Refused(difference),
                Entered::TimedOut | Entered::Inside(_) | Entered::NoEnvironment => Attempt::Busy(main),
            });
        }
    };
    run(locks, entrance, outer, args).map(Attempt::Ran)
}

fn abandon(locks: Vec<Box<dyn Hold + '_>>) {
    for lock in locks {
        lock.abandon();
    }
}

fn run(
    locks: Vec<Box<dyn Hold + '_>>,
    entrance: Option<Entrance>,
    outer: &str,
    args: &HoldArgs,
) -> Result<Exit, Error> {
    let name = args.name.as_deref().unwrap_or_default();
    let waited = locks.iter().find(|lock| args.is_main(lock.name())).map_or(0, |main| millis(main.waited()));
    let result = session::run(args, locks, entrance, outer)?;
    let exit = result.ending.exit;
    write_report(args, || {
        let report = RunJson::entered(name, args.mode(), result.ticket, waited);
        let held = millis(result.held);
        if result.is_lost { report.lost(held, exit.code()) } else { report.done(held, exit.code()) }
    })?;
    if let Some(signal) = result.ending.by_terminal {
        platform::reraise(signal);
    }
    Ok(exit)
}

/// Says who holds the lock, and ends with 75.
fn busy(place: &dyn Place, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let after = if args.no_wait { None } else { Some(deadline.elapsed()) };
    let explanation = place.explanation(key_of(place, args), Asker::Gone)()?;
    print_message(&text::busy(place.name(), after, &explanation));
    gave_up(place.name(), deadline, args)
}

/// Says that a kept environment was started from something else, and ends with 75.
fn refused(difference: &str, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let name = args.name.as_deref().unwrap_or_default();
    print_message(&text::refused(name, difference));
    gave_up(name, deadline, args)
}

fn gave_up(name: &str, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    let waited = millis(deadline.elapsed());
    write_report(args, || RunJson::busy(name, args.mode(), waited, exit.code()))?;
    Ok(exit)
}

/// Writes a record of the run to the file of `--report`, where it is given.
fn write_report(args: &HoldArgs, report: impl FnOnce() -> RunJson) -> Result<(), Error> {
    let Some(path) = &args.report else { return Ok(()) };
    let text = serde_json::to_string(&report()).map_err(|e| Error::failed("write the report", e))? + "\n";
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
fn explain_on_terminal(deadline: &mut WaitDeadline<'static>, place: &dyn Place, args: &HoldArgs) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let (name, explain) = (place.name().to_owned(), place.explanation(key_of(place, args), Asker::Waiter));
    deadline.on_slow(move || {
        // Where the status cannot be read, the wait goes on; acquiring the lock will report the error.
        if let Ok(explanation) = explain() {
            let _ = write!(std::io::stderr(), "envlock: waiting for {name}\n{explanation}");
        }
    });
}

/// The key that is wanted, where this is the environment.
fn key_of<'a>(place: &dyn Place, args: &'a HoldArgs) -> Option<&'a SetupKey> {
    args.setup_key.as_ref().filter(|_| args.is_main(place.name()))
}
