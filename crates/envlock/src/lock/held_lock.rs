//! A lock that is held: entering and leaving the environment, and releasing the lock.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use evenkeel_common::{Error, now};
use tracing::info;

use crate::lock::recover::recover_all;
use crate::lock::slot::lock_slot;
use crate::model::held_entry::HeldEntry;
use crate::model::queue::Mode;
use crate::model::record::{Phase, Record};
use crate::store::env_files::EnvFiles;
use crate::store::ticket::{Ticket, TicketState};
use crate::system::kernel_lock::{self, LockFile, LockMode, WaitDeadline};

/// A lock that is held.
#[derive(Debug)]
pub(crate) struct HeldLock {
    pub(crate) files: EnvFiles,
    /// What the ticket says.
    pub(crate) record: Record,
    pub(crate) mode: Mode,
    /// How long it took to get the lock.
    pub(crate) waited: Duration,
    pub(super) ticket: Ticket,
    pub(super) lock: LockFile,
    pub(super) slot: Option<LockFile>,
}

/// Keeps all others from entering and leaving the environment until it is dropped.
#[derive(Debug)]
pub(crate) struct SetupGuard {
    /// Whether nobody else holds the lock.
    pub(crate) is_alone: bool,
    /// None in exclusive mode, where the lock file does the same.
    setup_lock: Option<LockFile>,
}

impl HeldLock {
    /// Takes the setup lock, then locks the lock file of a ticket acquired with `LockTiming::UnderSetupLock`: alone where
    /// the environment is still to be set up. None: the deadline passed first.
    pub(crate) fn enter_setup(
        &mut self,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<SetupGuard>, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(Some(SetupGuard { is_alone: true, setup_lock: None }));
        }
        let setup_lock = self.files.open_setup_lock()?;
        if !self.lock(&setup_lock, LockMode::Exclusive, deadline)? {
            return Ok(None);
        }
        recover_all(&self.files, self.record.ticket, deadline)?;
        let mut is_alone = self.try_lock_alone()?;
        if !is_alone {
            // Users without the environment (flock, envlock without --setup) must leave before it is set up. Users of
            // the environment cannot enter meanwhile.
            is_alone = !self.is_environment_used_by_others()?;
            let mode = if is_alone { LockMode::Exclusive } else { LockMode::Shared };
            if !self.lock(&self.lock, mode, deadline)? {
                return Ok(None);
            }
        }
        Ok(Some(SetupGuard { is_alone, setup_lock: Some(setup_lock) }))
    }

    /// Whether others hold the lock for whom the environment has been set up. To be called under the setup lock, so that
    /// nobody is setting up or taking down.
    pub(crate) fn is_environment_used_by_others(&self) -> Result<bool, Error> {
        let own = self.record.ticket;
        self.files.with_queue_lock_now(|| {
            for id in self.files.ticket_ids()?.into_iter().filter(|id| id.number != own) {
                let uses = self.files.read_record(id).is_some_and(|record| record.in_environment);
                if uses && matches!(self.files.ticket_state(id)?, TicketState::Held(_)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Ends the set-up: the environment is there, and others may enter it once the guard is dropped.
    pub(crate) fn finish_setup(&mut self, guard: &SetupGuard) -> Result<(), Error> {
        self.record.in_environment = true;
        self.set_phase(Phase::Running)?;
        if guard.is_alone && guard.setup_lock.is_some() {
            // Not every system can turn an exclusive lock into a shared one. Only a process without a ticket can take it
            // in between; then this waits.
            self.unlock()?;
            self.lock(&self.lock, LockMode::Shared, &mut WaitDeadline::new(None))?;
        }
        Ok(())
    }

    /// Turns a lock that was taken alone, so that nobody else was inside while the environment was replaced, into the one
    /// that was wanted. Whoever came meanwhile waits for the ticket that is given up here, so nobody enters before.
    pub(crate) fn share(&mut self, mode: Mode) -> Result<(), Error> {
        let forever = &mut WaitDeadline::new(None);
        let Some((mut ticket, _)) = self.files.create_ticket(mode, forever)? else { return Ok(()) };
        self.record.ticket = ticket.id.number;
        self.record.mode = mode.to_string();
        if let Mode::Slots(count) = mode {
            // No turn is waited for: those that wait for theirs wait for this process first, and nobody has a slot.
            let slot = lock_slot(&self.files, count, forever)?;
            self.record.slot = slot.as_ref().map(|(number, _)| (*number).into());
            self.slot = slot.map(|(_, file)| file);
        }
        ticket.end_turn();
        ticket.write(&self.record)?;
        self.unlock()?;
        self.lock(&self.lock, LockMode::Shared, forever)?;
        self.mode = mode;
        self.files.release_ticket(std::mem::replace(&mut self.ticket, ticket));
        Ok(())
    }

    /// Takes the setup lock before the environment is left, and finds out whether nobody else holds the lock.
    pub(crate) fn enter_teardown(&mut self) -> Result<SetupGuard, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(SetupGuard { is_alone: true, setup_lock: None });
        }
        let setup_lock = self.files.open_setup_lock()?;
        self.lock(&setup_lock, LockMode::Exclusive, &mut WaitDeadline::new(None))?;
        self.unlock()?;
        Ok(SetupGuard { is_alone: self.try_lock_alone()?, setup_lock: Some(setup_lock) })
    }

    fn try_lock_alone(&self) -> Result<bool, Error> {
        self.lock.try_lock(LockMode::Exclusive).map_err(|e| self.cannot_lock(e))
    }

    fn lock(&self, file: &LockFile, mode: LockMode, deadline: &mut WaitDeadline<'_>) -> Result<bool, Error> {
        kernel_lock::lock(file, mode, deadline).map_err(|e| self.cannot_lock(e))
    }

    /// Unlocks the lock file and opens it again: Wine cannot unlock a handle after another handle has tried to lock the
    /// file, but closing it works.
    fn unlock(&mut self) -> Result<(), Error> {
        self.lock.unlock();
        self.lock = self.files.open_lock()?;
        Ok(())
    }

    fn cannot_lock(&self, cause: std::io::Error) -> Error {
        Error::failed(format!("lock {}", self.files.lock_path().display()), cause)
    }

    /// Shows others how far this holder is.
    pub(crate) fn set_phase(&mut self, phase: Phase) -> Result<(), Error> {
        if self.record.phase == phase {
            return Ok(());
        }
        self.record.phase = phase;
        self.record.entered_at.get_or_insert_with(now);
        self.ticket.write(&self.record)
    }

    /// The lock's entry in `ENVLOCK_HELD`.
    pub(crate) fn held_entry(&self) -> HeldEntry {
        HeldEntry::new(&self.files.name, self.mode, &self.record)
    }

    /// The files that the command inherits, so that they stay locked as long as it lives. The offset of the lock file,
    /// which is empty, is set to the ticket's number: that is how recovery knows an inherited copy from any other.
    pub(crate) fn inherited_fds(&self) -> Vec<&File> {
        let _ = self.lock.file().seek(SeekFrom::Start(self.record.ticket));
        self.lock.files().chain(self.slot.iter().flat_map(LockFile::files)).collect()
    }

    /// Releases the lock, even where background processes still have a copy of it.
    pub(crate) fn release(self) {
        self.lock.unlock();
        if let Some(slot) = &self.slot {
            slot.unlock();
        }
        self.files.release_ticket(self.ticket);
        info!(name = self.files.name, "released the lock");
    }

    /// Leaves the lock to background processes that have a copy of it, as flock(1) does.
    pub(crate) fn leave_to_children(self) {
        drop(self.lock);
        self.files.release_ticket(self.ticket);
    }
}
