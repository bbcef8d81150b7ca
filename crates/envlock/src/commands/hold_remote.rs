//! `envlock --via URL NAME -- CMD`: the same as [`super::hold`], with the lock in a store.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, now, terminal};

use crate::cli::HoldArgs;
use crate::commands::hold::{exec_command, wait_deadline, write_report};
use crate::commands::queries_remote::status_of;
use crate::model::held_entry::HELD_VAR;
use crate::model::record::{BreakNote, MainTicket, Phase, Record};
use crate::model::step::Step;
use crate::model::via::{StoreUrl, VIA_VAR};
use crate::output::json::RunJson;
use crate::output::text;
use crate::remote::acquire::acquire;
use crate::remote::board::{Loss, Owner};
use crate::remote::etcd::client::CallError;
use crate::remote::inherited::covers;
use crate::remote::keeper::Keeper;
use crate::remote::lock::{Remains, RemoteLock, wait_for};
use crate::remote::renewal::Store;
use crate::remote::terms::Terms;
use crate::session::print_message;
use crate::store::history::{Measured, millis};
use crate::system::kernel_lock::WaitDeadline;
use crate::system::platform::{self, Job, SignalForwarder};
use crate::system::{Ending, current_process, user};

/// The lease time, where none is given.
const TTL: Duration = Duration::from_secs(15);

pub(super) fn hold(args: &HoldArgs, url: &StoreUrl, ttl: Option<Duration>) -> Result<Exit, Error> {
    refuse_options(args)?;
    let name = args.name.as_deref().unwrap_or_default();
    let mut store = Store::new(url, name, args.mode(), Terms::new(ttl.unwrap_or(TTL)));
    let outer = std::env::var(HELD_VAR).unwrap_or_default();
    if covers(&mut store, &url.prefix, &outer)? {
        return exec_command(args);
    }
    let process = current_process();
    let owner = Owner {
        name: name.to_owned(),
        prefix: url.prefix.clone(),
        mode: args.mode(),
        pid: process.pid,
        start: process.start,
    };
    let mut keeper = Keeper::start(owner.clone(), || store.clone())?;
    let words = args.command.iter().map(|word| word.to_string_lossy().into_owned());
    let record = Record {
        ticket: 0,
        mode: args.mode().to_string(),
        slot: None,
        phase: Phase::Waiting,
        user: user(),
        process,
        command: words.collect(),
        purpose: args.purpose.clone(),
        queued_at: now(),
        entered_at: None,
        in_environment: false,
        owner: None,
    };
    let mut deadline = wait_deadline(args);
    explain_on_terminal(&mut deadline, &store, &record);
    let acquired = acquire(&mut store, &record, &mut keeper, &mut deadline);
    match acquired.map_err(|e| store.client.fatal(&e))? {
        Some(lock) => Run { args, url, outer: &outer, store, keeper, owner }.run(lock),
        None => busy(&mut store, &deadline, args),
    }
}

/// Options that are not there yet for a lock in a store.
fn refuse_options(args: &HoldArgs) -> Result<(), Error> {
    let refused = [
        ("--setup", args.setup.is_some()),
        ("--teardown", args.teardown.is_some()),
        ("--after", args.after.is_some()),
        ("--with", !args.with.is_empty()),
        ("--inherit", args.inherit),
    ];
    match refused.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Error::usage(
            format!("use {option} with a lock in a store"),
            format!("it works only with the locks of this machine (--via local, {VIA_VAR}=local)"),
        )),
        None => Ok(()),
    }
}

/// What a command runs under.
struct Run<'a> {
    args: &'a HoldArgs,
    url: &'a StoreUrl,
    outer: &'a str,
    store: Store,
    keeper: Keeper,
    owner: Owner,
}

impl Run<'_> {
    fn run(mut self, lock: RemoteLock) -> Result<Exit, Error> {
        let (started, waited) = (Instant::now(), lock.waited);
        let ticket = MainTicket { number: lock.record.ticket, slot: lock.record.slot };
        let (ending, remains) = match self.run_command(&lock) {
            Ok((ending, remains)) => (Ok(ending), remains),
            Err(error) => (Err(error), Remains::Nothing),
        };
        let note = match self.keeper.board.loss() {
            Some(Loss::Broken) => lock.broken_by(&mut self.store),
            _ => None,
        };
        let lost = self.keeper.board.loss().filter(|loss| *loss != Loss::Broken);
        let exit = match (&ending, lost) {
            (_, Some(_)) => Exit::Wrapper,
            (Ok(ending), None) => ending.exit,
            (Err(error), None) => error.exit(),
        };
        let measured = Measured { waited, held: started.elapsed(), exit_code: exit.code() };
        self.say_why_stopped(lost, note.as_ref(), remains);
        if remains == Remains::Nothing {
            self.give_back(lock, measured, note);
        }
        let report = RunJson::entered(&self.owner.name, self.args.mode(), Some(ticket), millis(waited));
        let held = millis(measured.held);
        write_report(self.args, || match lost {
            Some(_) => report.lost(held, exit.code()),
            None => report.done(held, exit.code()),
        })?;
        if let (Some(signal), None) = (ending?.by_terminal, lost) {
            platform::reraise(signal);
        }
        Ok(exit)
    }

    fn run_command(&self, lock: &RemoteLock) -> Result<(Ending, Remains), Error> {
        let signals = SignalForwarder::start();
        if let Some(signal) = signals.cancelled() {
            return Ok((Ending::cancelled(signal), Remains::Nothing));
        }
        let mut words = self.args.command.iter();
        let mut command = Command::new(words.next().map_or(OsStr::new(""), |word| word));
        let entry = self.keeper.board.held_entry(&self.owner).to_string();
        let outer = Some(self.outer.to_owned()).filter(|outer| !outer.is_empty());
        let held = outer.into_iter().chain([entry]).collect::<Vec<_>>().join(",");
        command.args(words).env(HELD_VAR, held).env(VIA_VAR, self.url.to_string());
        command.envs(self.url.access.variables());
        command.env("ENVLOCK_FENCE", lock.record.ticket.to_string());
        if let Some(slot) = lock.record.slot {
            command.env("ENVLOCK_SLOT", slot.to_string());
        }
        let job = Job::start(&signals, command, Step::Command, &[])?;
        self.keeper.board.set_group(job.group());
        wait_for(job, self.keeper.board, &self.owner, self.store.terms)
    }

    fn say_why_stopped(&self, lost: Option<Loss>, note: Option<&BreakNote>, remains: Remains) {
        let (name, url) = (&self.owner.name, self.url);
        if let Some(BreakNote { by, reason }) = note {
            let by = format!("{by} broke the lock {name}: {reason}");
            print_message(&format!("{}; the command was stopped", terminal::one_line(&by)));
        }
        if let Some(loss) = lost {
            let silent = text::duration(self.store.terms.silence());
            let why = match loss {
                Loss::NotRenewed => format!("it could not be renewed for {silent} in the store {url}"),
                Loss::TicketGone | Loss::Broken => format!("its ticket is gone from the store {url}"),
            };
            print_message(&format!("the lock {name} was lost: {why}; the command was stopped"));
        }
        if remains == Remains::Unknown {
            print_message("some of its processes cannot be ended and may still run");
        }
    }

    /// The command has ended: where the store does not answer, its result counts all the same.
    fn give_back(&mut self, lock: RemoteLock, measured: Measured, note: Option<BreakNote>) {
        let name = &self.owner.name;
        if let Err(cause) = lock.give_back(&mut self.store, &self.keeper, measured, note) {
            let most = text::duration(self.store.terms.ttl() + self.store.terms.takeover());
            print_message(&format!(
                "{name} was not given back: {cause}; it is free {most} after the store answers again at the latest"
            ));
        }
    }
}

/// Says who holds the lock, and ends with 75.
fn busy(store: &mut Store, deadline: &WaitDeadline<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let name = args.name.as_deref().unwrap_or_default();
    let after = if args.no_wait { None } else { Some(deadline.elapsed()) };
    let explanation = explain(store, name, None).map_err(|e| store.client.fatal(&e))?;
    print_message(&text::busy(name, after, &explanation));
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    write_report(args, || RunJson::busy(name, args.mode(), millis(deadline.elapsed()), exit.code()))?;
    Ok(exit)
}

/// Who holds the lock, and where the owner is in the queue that `waiter` describes.
fn explain(store: &mut Store, name: &str, waiter: Option<&Record>) -> Result<String, CallError> {
    let mut look = store.look()?;
    // Another host may have a process with the same pid.
    let is_own = |record: &Record| Some(&record.process) == waiter.map(|waiter| &waiter.process);
    let ahead = look.queue.iter().take_while(|record| !is_own(record)).count();
    look.queue.truncate(ahead);
    if waiter.is_none() {
        let own = current_process();
        look.queue.retain(|record| record.process != own);
    }
    let status = status_of(name, look);
    Ok(text::explain_wait(&status, &[], None, waiter.map(|_| 0)))
}

/// On a terminal, tells a person what envlock waits for when that takes long.
fn explain_on_terminal(deadline: &mut WaitDeadline<'_>, store: &Store, record: &Record) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let (mut store, record) = (store.clone(), record.clone());
    deadline.on_slow(move || {
        let name = store.keys.name().to_owned();
        // Where the store does not answer, the wait goes on; acquiring the lock will report the error.
        if let Ok(explanation) = explain(&mut store, &name, Some(&record)) {
            let _ = write!(std::io::stderr(), "envlock: waiting for {name}\n{explanation}");
        }
    });
}
