//! Taking a lock: a ticket, the queue, then the lock file.

use evenkeel_common::{Error, now};
use tracing::{debug, info};

use crate::lock::held_lock::HeldLock;
use crate::lock::recover::recover;
use crate::lock::slot::{Slot, lock_slot};
use crate::model::queue::{Mode, TicketId};
use crate::model::record::{Phase, Process, Record};
use crate::store::env_files::EnvFiles;
use crate::store::ticket::{Ticket, TicketState};
use crate::system::kernel_lock::{self, LockFile, LockMode, WaitDeadline};
use crate::system::{current_process, user};

/// What a ticket says about its owner.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) user: String,
    pub(crate) process: Process,
    pub(crate) command: Vec<String>,
    pub(crate) purpose: Option<String>,
}

impl Owner {
    /// This process and its user.
    pub(crate) fn new(command: Vec<String>, purpose: Option<String>) -> Self {
        Self { user: user(), process: current_process(), command, purpose }
    }
}

/// When the lock file of a ticket that does not want it alone is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockTiming {
    /// As soon as the queue allows.
    Immediate,
    /// Later, by [`HeldLock::enter_setup`], because there is an environment to set up: further locks must not be waited
    /// for while the setup lock is held.
    UnderSetupLock,
}

/// Takes a lock. None: the deadline passed first.
pub(crate) fn acquire(
    files: EnvFiles,
    mode: Mode,
    timing: LockTiming,
    owner: &Owner,
    deadline: &mut WaitDeadline<'_>,
) -> Result<Option<HeldLock>, Error> {
    let before = deadline.elapsed();
    let Some((ticket, others)) = files.create_ticket(mode, deadline)? else { return Ok(None) };
    let record = new_record(&ticket, owner);
    info!(name = files.name, ticket = record.ticket, %mode, "took a ticket");
    let mut acquisition = Acquisition { files, ticket, record, is_published: false, deadline };
    match acquisition.run(others, timing) {
        Ok(Some((lock, slot))) => {
            let waited = acquisition.deadline.elapsed().saturating_sub(before);
            info!(name = acquisition.files.name, ?waited, "acquired the lock");
            let Acquisition { files, ticket, mut record, .. } = acquisition;
            record.slot = slot.as_ref().map(|(number, _)| (*number).into());
            let slot = slot.map(|(_, file)| file);
            Ok(Some(HeldLock { files, record, mode, waited, ticket, lock, slot, setup: None }))
        }
        otherwise => {
            acquisition.files.release_ticket(acquisition.ticket);
            otherwise.map(|_| None)
        }
    }
}

fn new_record(ticket: &Ticket, owner: &Owner) -> Record {
    Record {
        ticket: ticket.id.number,
        mode: ticket.id.mode.to_string(),
        slot: None,
        phase: Phase::Waiting,
        user: owner.user.clone(),
        process: owner.process.clone(),
        command: owner.command.clone(),
        purpose: owner.purpose.clone(),
        queued_at: now(),
        entered_at: None,
        in_environment: false,
        owner: None,
    }
}

/// A ticket on its way to the lock.
struct Acquisition<'a, 'b> {
    files: EnvFiles,
    ticket: Ticket,
    record: Record,
    is_published: bool,
    deadline: &'a mut WaitDeadline<'b>,
}

impl Acquisition<'_, '_> {
    /// Waits in the queue, then for the lock file, which plain flock users hold too. Returns the lock file, and the slot
    /// of a slot ticket.
    fn run(
        &mut self,
        others: Vec<TicketId>,
        timing: LockTiming,
    ) -> Result<Option<(LockFile, Option<Slot>)>, Error> {
        let id = self.ticket.id;
        // Opened before the wait, so that less is left to do after it.
        let lock = self.files.open_lock()?;
        if !self.wait_for_tickets(others, |all| id.blocked_by(all), EnvFiles::ticket_state)? {
            return Ok(None);
        }
        let mode = if id.mode == Mode::Exclusive { LockMode::Exclusive } else { LockMode::Shared };
        if timing == LockTiming::UnderSetupLock && mode == LockMode::Shared {
            self.publish_record()?;
        } else if !self.lock(&lock, mode)? {
            return Ok(None);
        }
        let Mode::Slots(count) = id.mode else { return Ok(Some((lock, None))) };
        let others = self.files.ticket_ids()?;
        if !self.wait_for_tickets(others, |all| id.chooses_after(all), EnvFiles::turn_state)? {
            return Ok(None);
        }
        let slot = self.choose_slot(count)?;
        self.ticket.end_turn();
        Ok(slot.map(|slot| (lock, Some(slot))))
    }

    /// Waits until no ticket that `blocking` names is held, and clears up after those whose owners have died.
    fn wait_for_tickets(
        &mut self,
        mut ids: Vec<TicketId>,
        blocking: impl Fn(&[TicketId]) -> Vec<TicketId>,
        state: impl Fn(&EnvFiles, TicketId) -> Result<TicketState, Error>,
    ) -> Result<bool, Error> {
        'look: loop {
            for id in blocking(&ids) {
                if let TicketState::Held(file) = state(&self.files, id)? {
                    debug!(ticket = id.number, "waiting for a ticket ahead");
                    if !self.lock(&file, LockMode::Shared)? {
                        return Ok(false);
                    }
                    ids = self.files.ticket_ids()?;
                    continue 'look;
                }
            }
            break;
        }
        let own = self.ticket.id.number;
        for id in ids.into_iter().filter(|id| id.number < own) {
            if matches!(self.files.ticket_state(id)?, TicketState::Stale) {
                recover(&self.files, id, self.deadline)?;
            }
        }
        Ok(true)
    }

    /// Takes the lowest free slot, or the first that becomes free.
    fn choose_slot(&mut self, count: u16) -> Result<Option<Slot>, Error> {
        self.publish_record()?;
        lock_slot(&self.files, count, self.deadline)
    }

    fn lock(&mut self, file: &LockFile, mode: LockMode) -> Result<bool, Error> {
        let path = self.files.lock_path().display().to_string();
        let failed = |e| Error::failed(format!("lock {path}"), e);
        if file.try_lock(mode).map_err(failed)? {
            return Ok(true);
        }
        self.publish_record()?;
        kernel_lock::lock(file, mode, self.deadline).map_err(failed)
    }

    /// Shows others who waits here. A ticket that need not wait skips this.
    fn publish_record(&mut self) -> Result<(), Error> {
        if !self.is_published {
            self.ticket.write(&self.record)?;
            self.is_published = true;
        }
        Ok(())
    }
}
