//! `envlock break`: ends the command that holds a lock, so that the lock is released. No lock file is removed.

use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::state::shared;
use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::BreakArgs;
use crate::lock::recover::recover_all;
use crate::lock::status::{LockStatus, read_status};
use crate::model::held_entry::HeldEntry;
use crate::model::queue::{Mode, TicketId};
use crate::model::record::{BreakNote, Record};
use crate::output::json::BreakJson;
use crate::output::text;
use crate::store::env_files::EnvFiles;
use crate::store::ticket::TicketState;
use crate::system::kernel_lock::{self, LockMode, WaitDeadline};
use crate::system::{current_process, platform, processes, user};

pub(super) fn break_lock(args: BreakArgs) -> Result<Exit, Error> {
    let Some(files) = EnvFiles::existing(&Home::from_env()?, &args.name)? else {
        return not_held(&args);
    };
    let status = read_status(&files)?;
    let Some(record) = choose_ticket(&status, args.ticket)? else { return not_held(&args) };
    check_same_machine(record)?;
    let note = BreakNote { by: user(), reason: args.reason };
    let was_killed = break_ticket(&files, record, &note, args.grace)?;
    say_broken(&args.name, record, was_killed, args.json)
}

/// Says who held the lock.
pub(super) fn say_broken(name: &str, record: &Record, was_killed: bool, json: bool) -> Result<Exit, Error> {
    if json {
        print_json(&BreakJson::broken(name, record.ticket, was_killed))?;
    } else {
        let how = if was_killed { " (it had to be killed)" } else { "" };
        print(&format!("broke {name}, held by {}{how}\n", text::holder_line(record)))?;
    }
    Ok(Exit::Done)
}

pub(super) fn not_held(args: &BreakArgs) -> Result<Exit, Error> {
    if args.json {
        print_json(&BreakJson::free(&args.name))?;
    } else {
        print(&format!("nobody holds {}\n", args.name))?;
    }
    Ok(Exit::No)
}

/// The ticket that is named, or that of the only holder. None: nobody holds the lock.
pub(super) fn choose_ticket(status: &LockStatus, ticket: Option<u64>) -> Result<Option<&Record>, Error> {
    let action = || format!("break {}", status.name);
    if let Some(ticket) = ticket {
        let mut all = status.holders.iter().chain(&status.queue);
        return all.find(|record| record.ticket == ticket).map(Some).ok_or_else(|| {
            Error::failed(action(), format!("there is no ticket {ticket}"))
                .hint(format!("envlock status {} lists the tickets", status.name))
        });
    }
    match (&status.holders[..], status.outsiders.first()) {
        ([holder], _) => Ok(Some(holder)),
        ([], None) => Ok(None),
        ([], Some(outsider)) => {
            let cause = format!("pid {} holds the lock file and does not run under envlock", outsider.pid);
            Err(Error::failed(action(), cause).hint(format!("end it yourself: kill {}", outsider.pid)))
        }
        (holders, _) => {
            let tickets: Vec<String> = holders.iter().map(|holder| holder.ticket.to_string()).collect();
            let cause = format!("it has {} holders", holders.len());
            Err(Error::new(Exit::Usage, action(), cause)
                .hint(format!("choose with --ticket one of {}", tickets.join(", "))))
        }
    }
}

/// Refuses where the owner's pid would name another process on this machine.
fn check_same_machine(record: &Record) -> Result<(), Error> {
    let (me, owner) = (current_process(), &record.process);
    let cause = if owner.host != me.host {
        format!("its holder runs on {}, this is {}", owner.host, me.host)
    } else if owner.pid_namespace != me.pid_namespace {
        "its holder runs in another container".to_owned()
    } else if let Some(owner) = record.owner.filter(|owner| ![0, *owner].contains(&shared::current_user())) {
        let cause = format!("it belongs to {} (user {owner})", record.user);
        let hint = "ask them, or run envlock break as root";
        return Err(Error::failed(format!("break ticket {}", record.ticket), cause).hint(hint));
    } else if !processes::belongs_to(owner.pid, record.owner) {
        format!("its record names the process {}, which is not its owner's", owner.pid)
    } else {
        return Ok(());
    };
    Err(Error::failed(format!("break ticket {}", record.ticket), cause).hint("run envlock break there"))
}

/// Ends a ticket's command, and its envlock where that does not help, until the ticket is gone. Returns whether SIGKILL
/// was needed.
fn break_ticket(files: &EnvFiles, record: &Record, note: &BreakNote, grace: Duration) -> Result<bool, Error> {
    let id = ticket_id(record)?;
    files.write_break_note(record.ticket, note)?;
    platform::terminate(record.process.pid);
    let has_ended = wait_until_released(files, id, grace)?;
    if !has_ended {
        let held_entry = HeldEntry::new(&files.name, id.mode, record).to_string();
        let command = processes::processes_of_ticket(&held_entry, record, files.lock_path());
        command.into_iter().for_each(platform::kill);
        // Its envlock may still have to take the environment down.
        if !wait_until_released(files, id, grace)? {
            platform::kill(record.process.pid);
            wait_until_released(files, id, Duration::MAX)?;
        }
    }
    recover_all(files, 0, &mut WaitDeadline::new(None))?;
    Ok(!has_ended)
}

pub(super) fn ticket_id(record: &Record) -> Result<TicketId, Error> {
    let mode = match record.mode.as_str() {
        "exclusive" => Mode::Exclusive,
        "shared" => Mode::Shared,
        "slot" => Mode::Slots(0),
        other => return Err(Error::failed("break the ticket", format!("its mode '{other}' is unknown"))),
    };
    Ok(TicketId { number: record.ticket, mode })
}

/// Waits until the owner of a ticket has released it. Returns false where that took longer than `limit`.
fn wait_until_released(files: &EnvFiles, id: TicketId, limit: Duration) -> Result<bool, Error> {
    let failed = |e| Error::failed(format!("wait for ticket {}", id.number), e);
    match files.ticket_state(id)? {
        TicketState::Held(file) => {
            let deadline = &mut WaitDeadline::new(Some(limit));
            kernel_lock::lock(&file, LockMode::Shared, deadline).map_err(failed)
        }
        TicketState::Stale | TicketState::Removed => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::{Phase, Process};
    use crate::system::Outsider;

    fn record(ticket: u64) -> Record {
        Record {
            ticket,
            mode: "shared".into(),
            slot: None,
            phase: Phase::Running,
            user: "alice".into(),
            process: Process { pid: 1, start: 0, boot_id: String::new(), pid_namespace: 0, host: "h".into() },
            command: vec!["true".into()],
            purpose: None,
            queued_at: evenkeel_common::now(),
            entered_at: None,
            in_environment: false,
            owner: None,
        }
    }

    #[test]
    fn chooses_the_only_holder_and_never_guesses() {
        let mut status = LockStatus { name: "test".into(), ..LockStatus::default() };
        assert!(choose_ticket(&status, None).unwrap().is_none());
        assert!(choose_ticket(&status, Some(1)).is_err());
        status.holders.push(record(1));
        assert_eq!(choose_ticket(&status, None).unwrap().unwrap().ticket, 1);
        status.holders.push(record(2));
        assert!(choose_ticket(&status, None).unwrap_err().to_string().contains("one of 1, 2"));
        assert_eq!(choose_ticket(&status, Some(2)).unwrap().unwrap().ticket, 2);
        status.holders.clear();
        status.outsiders.push(Outsider { pid: 77, command: Vec::new() });
        assert!(choose_ticket(&status, None).unwrap_err().to_string().contains("kill 77"));
    }

    #[test]
    fn refuses_another_host() {
        assert!(check_same_machine(&record(1)).unwrap_err().to_string().contains("its holder runs on h"));
    }
}
