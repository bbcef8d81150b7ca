//! Clearing up after an owner that has died: its processes are ended, its ticket is removed, its hold is recorded.

use std::io::Write;
use std::time::Duration;

use evenkeel_common::Error;
use tracing::info;

use crate::model::held_entry::HeldEntry;
use crate::model::queue::TicketId;
use crate::model::record::{Phase, Record};
use crate::store::env_files::EnvFiles;
use crate::store::history::{self, PastHold};
use crate::store::ticket::TicketState;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::processes;

/// How long processes that are left running may take to end after SIGTERM, before SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Ends what the dead owner's command left running, then removes the ticket.
pub(crate) fn recover(files: &EnvFiles, id: TicketId, deadline: &mut WaitDeadline<'_>) -> Result<(), Error> {
    let may_remove = files.may_remove(id);
    if !may_remove && files.is_cleared(id.number) {
        return Ok(());
    }
    let record = files.read_record(id);
    info!(name = files.name, ticket = id.number, "removing a stale ticket");
    if let Some(record) = record.as_ref().filter(|_| may_remove) {
        kill_leftovers(files, id, record);
    }
    let removed = files.with_queue_lock(deadline, || {
        // Another process may have removed it meanwhile.
        if matches!(files.ticket_state(id)?, TicketState::Stale) {
            remove_stale(files, id, record.as_ref())?;
        }
        Ok(())
    });
    removed.map(drop)
}

/// Clears up after every dead owner. The ticket `own` is left alone.
pub(crate) fn recover_all(files: &EnvFiles, own: u64, deadline: &mut WaitDeadline<'_>) -> Result<(), Error> {
    let stale = files.with_queue_lock(deadline, || {
        let mut stale = Vec::new();
        for id in files.ticket_ids()?.into_iter().filter(|id| id.number != own) {
            if matches!(files.ticket_state(id)?, TicketState::Stale) {
                stale.push(id);
            }
        }
        Ok(stale)
    })?;
    stale.unwrap_or_default().into_iter().try_for_each(|id| recover(files, id, deadline))
}

/// Removes a stale ticket, and keeps in the history and in the dirty mark what matters of it.
fn remove_stale(files: &EnvFiles, id: TicketId, record: Option<&Record>) -> Result<(), Error> {
    // An owner that died in the queue has changed nothing. A ticket without a record got no further than that.
    if let Some(record) = record.filter(|record| record.phase != Phase::Waiting) {
        if record.is_plain_holder() {
            files.mark_dirty()?;
        }
        let note = files.read_break_note(record.ticket);
        // The history is for people: a full disk must not keep the lock from being taken.
        let _ = history::append(files, &PastHold::new(record, None, note));
    }
    if files.may_remove(id) {
        files.remove_ticket(id);
        return Ok(());
    }
    // It stays until its owner or root comes, and must not be cleared up after again.
    files.mark_cleared(id.number)
}

/// Ends the processes of a dead owner. A process may start others before it ends, so this goes on until no process has a
/// copy of the lock.
fn kill_leftovers(files: &EnvFiles, id: TicketId, record: &Record) {
    let held_entry = HeldEntry::new(&files.name, id.mode, record).to_string();
    let leftovers = || processes::processes_of_ticket(&held_entry, record, files.lock_path());
    let count = leftovers().len();
    if count == 0 {
        return;
    }
    let (name, pid) = (&files.name, record.process.pid);
    let text =
        format!("the holder of {name} (pid {pid}) died; ending {count} processes that it left running");
    let _ = writeln!(std::io::stderr(), "envlock: {text}");
    processes::terminate_all(leftovers, GRACE);
}
