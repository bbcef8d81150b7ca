//! Breaking a lock: its command is ended, and the lock falls free by itself. No lock file is ever removed.

use std::time::Duration;

use evenkeel_common::{Error, Exit};

use crate::files::{EnvFiles, Life};
use crate::history::BreakNote;
use crate::look::Look;
use crate::process;
use crate::queue::{Mode, Place};
use crate::record::Record;
use crate::recover::recover_all;
use crate::wait::{self, Grip, Patience};

/// Chooses the ticket to break: the one that is named, or the only holder. None: nobody holds the lock.
pub fn choose(look: &Look, ticket: Option<u64>) -> Result<Option<&Record>, Error> {
    let action = || format!("break {}", look.name);
    if let Some(ticket) = ticket {
        let mut all = look.holders.iter().chain(&look.queue);
        return all.find(|record| record.ticket == ticket).map(Some).ok_or_else(|| {
            Error::failed(action(), format!("there is no ticket {ticket}"))
                .hint(format!("envlock status {} lists the tickets", look.name))
        });
    }
    match (&look.holders[..], look.outsiders.first()) {
        ([holder], _) => Ok(Some(holder)),
        ([], None) => Ok(None),
        ([], Some(outsider)) => {
            let cause = format!("pid {} holds the file and is not under envlock", outsider.pid);
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

/// Refuses where a pid would mean another process than it meant to its owner.
pub fn check_reach(record: &Record) -> Result<(), Error> {
    let (me, owner) = (process::me(), &record.process);
    let elsewhere = if owner.host != me.host {
        format!("its holder runs on {}, this is {}", owner.host, me.host)
    } else if owner.pid_namespace != me.pid_namespace {
        "its holder runs in another container".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::failed(format!("break ticket {}", record.ticket), elsewhere).hint("run envlock break there"))
}

/// Ends the command of a ticket, harder and harder, until the ticket is gone. Says whether SIGKILL was needed.
pub fn break_ticket(
    files: &EnvFiles,
    record: &Record,
    note: &BreakNote,
    grace: Duration,
) -> Result<bool, Error> {
    let place = place_of(record)?;
    files.write_break_note(record.ticket, note)?;
    process::terminate(record.process.pid);
    let obeyed = is_gone(files, place, grace)?;
    if !obeyed {
        let token = record.token(&files.name, place.mode);
        let command = process::processes_of(&token, record, files.lock_path());
        command.into_iter().for_each(process::kill);
        // Its envlock may still have an environment to take down.
        if !is_gone(files, place, grace)? {
            process::kill(record.process.pid);
            is_gone(files, place, Duration::MAX)?;
        }
    }
    recover_all(files, 0, &mut Patience::new(None))?;
    Ok(!obeyed)
}

fn place_of(record: &Record) -> Result<Place, Error> {
    let mode = match record.mode.as_str() {
        "exclusive" => Mode::Exclusive,
        "shared" => Mode::Shared,
        "slot" => Mode::Slots(0),
        other => {
            return Err(Error::failed("break the ticket", format!("its mode {other} is not known here")));
        }
    };
    Ok(Place { number: record.ticket, mode })
}

/// Waits until the owner of a ticket has let go of it.
fn is_gone(files: &EnvFiles, place: Place, limit: Duration) -> Result<bool, Error> {
    let failed = |e| Error::failed(format!("wait for ticket {}", place.number), e);
    match files.life(place)? {
        Life::Alive(file) => wait::lock(&file, Grip::Shared, &mut Patience::new(Some(limit))).map_err(failed),
        Life::Dead | Life::Gone => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Outsider;
    use crate::record::{Phase, Process};

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
        }
    }

    #[test]
    fn chooses_the_only_holder_and_never_guesses() {
        let mut look = Look { name: "test".into(), ..Look::default() };
        assert!(choose(&look, None).unwrap().is_none());
        assert!(choose(&look, Some(1)).is_err());
        look.holders.push(record(1));
        assert_eq!(choose(&look, None).unwrap().unwrap().ticket, 1);
        look.holders.push(record(2));
        assert!(choose(&look, None).unwrap_err().to_string().contains("one of 1, 2"));
        assert_eq!(choose(&look, Some(2)).unwrap().unwrap().ticket, 2);
        look.holders.clear();
        look.outsiders.push(Outsider { pid: 77, command: Vec::new() });
        assert!(choose(&look, None).unwrap_err().to_string().contains("kill 77"));
    }

    #[test]
    fn refuses_another_host() {
        assert!(check_reach(&record(1)).unwrap_err().to_string().contains("its holder runs on h"));
    }
}
