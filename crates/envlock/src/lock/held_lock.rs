//! A lock of this machine that is held: entering and leaving the environment, and releasing the lock.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use evenkeel_common::{Error, now};
use tracing::info;

use crate::hold::{Company, Departure, Hold, Parting, Standing};
use crate::lock::recover::recover_all;
use crate::lock::slot::lock_slot;
use crate::model::environment::{Environment, Recorded};
use crate::model::held_entry::HeldEntry;
use crate::model::queue::Mode;
use crate::model::record::{BreakNote, Phase, Record, SLOT_VAR};
use crate::store::env_files::EnvFiles;
use crate::store::history::{self, PastHold};
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
    /// Keeps all others from entering and leaving the environment. None in exclusive mode, where the lock file does the
    /// same.
    pub(super) setup: Option<SetupLock>,
}

/// The locked setup lock.
#[derive(Debug)]
pub(super) struct SetupLock {
    _file: LockFile,
    company: Company,
}

impl HeldLock {
    /// Takes the setup lock, then locks the lock file of a ticket acquired with `LockTiming::UnderSetupLock`: alone where
    /// the environment is still to be set up. None: the deadline passed first.
    fn lock_setup(&mut self, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(Some(Company::Alone));
        }
        let setup_lock = self.files.open_setup_lock()?;
        if !self.lock(&setup_lock, LockMode::Exclusive, deadline)? {
            return Ok(None);
        }
        let Some(company) = self.lock_among_others(deadline)? else { return Ok(None) };
        self.setup = Some(SetupLock { _file: setup_lock, company });
        Ok(Some(company))
    }

    /// Locks the lock file, under the setup lock: alone, unless others use the environment. None: the deadline passed first.
    fn lock_among_others(&mut self, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error> {
        loop {
            recover_all(&self.files, self.record.ticket, deadline)?;
            if self.try_lock_alone()? {
                return Ok(Some(Company::Alone));
            }
            // Users without the environment (flock, envlock without --setup) must leave before it is set up. Users of
            // the environment cannot enter meanwhile.
            let is_used = self.is_environment_used_by_others()?;
            let mode = if is_used { LockMode::Shared } else { LockMode::Exclusive };
            if !self.lock(&self.lock, mode, deadline)? {
                return Ok(None);
            }
            if !is_used {
                return Ok(Some(Company::Alone));
            }
            // Those that were seen may have died before the lock was taken, and then somebody else may have had it alone
            // and have removed what they used.
            if self.is_environment_used_by_others()? {
                return Ok(Some(Company::Users));
            }
        }
    }

    /// Whether others hold the lock for whom the environment has been set up. To be called under the setup lock, so that
    /// nobody is setting up or taking down.
    fn is_environment_used_by_others(&self) -> Result<bool, Error> {
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

    /// Turns a lock that was taken alone, so that nobody else was inside while the environment was replaced, into the one
    /// that was wanted. Whoever came meanwhile waits for the ticket that is given up here, so nobody enters before.
    fn share(&mut self, mode: Mode) -> Result<(), Error> {
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
        self.turn_shared()?;
        self.mode = mode;
        self.files.release_ticket(std::mem::replace(&mut self.ticket, ticket));
        Ok(())
    }

    /// Takes the setup lock before the environment is left.
    fn lock_setup_to_leave(&mut self, departure: Departure) -> Result<Company, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(Company::Alone);
        }
        let file = self.files.open_setup_lock()?;
        self.lock(&file, LockMode::Exclusive, &mut WaitDeadline::new(None))?;
        // The shared lock is kept until it is known that it is of no use: whoever had the lock alone in between could take
        // an environment that is to stay for one that nobody uses.
        let company = if self.is_environment_used_by_others()? {
            Company::Users
        } else if departure == Departure::TakesDown && self.try_lock_alone()? {
            Company::Alone
        } else {
            Company::PlainHolders
        };
        self.setup = Some(SetupLock { _file: file, company });
        Ok(company)
    }

    /// Takes the lock alone if it is free, also where it is held shared. Where it is not free, it may be lost.
    fn try_lock_alone(&mut self) -> Result<bool, Error> {
        self.prepare_to_turn()?;
        self.lock.try_lock(LockMode::Exclusive).map_err(|e| self.cannot_lock(e))
    }

    /// Turns a lock that is held alone into a shared one.
    fn turn_shared(&mut self) -> Result<(), Error> {
        self.prepare_to_turn()?;
        self.lock(&self.lock, LockMode::Shared, &mut WaitDeadline::new(None)).map(drop)
    }

    /// Where the system cannot turn one mode into the other, the lock is given up before, and a process without a ticket
    /// can have it in between. Elsewhere nobody can.
    fn prepare_to_turn(&mut self) -> Result<(), Error> {
        if cfg!(unix) { Ok(()) } else { self.unlock() }
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

    /// Releases the lock, even where background processes still have a copy of it. Others may enter the environment only
    /// after that: the setup lock comes last.
    fn release(self) {
        self.lock.unlock();
        if let Some(slot) = &self.slot {
            slot.unlock();
        }
        self.files.release_ticket(self.ticket);
        info!(name = self.files.name, "released the lock");
    }
}

impl Hold for HeldLock {
    fn name(&self) -> &str {
        &self.files.name
    }

    fn record(&self) -> &Record {
        &self.record
    }

    fn waited(&self) -> Duration {
        self.waited
    }

    fn enter_setup(&mut self, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error> {
        self.lock_setup(deadline)
    }

    fn finish_setup(&mut self, wanted: Mode) -> Result<(), Error> {
        self.record.in_environment = true;
        self.set_phase(Phase::Running)?;
        if self.setup.as_ref().is_some_and(|setup| setup.company == Company::Alone) {
            self.turn_shared()?;
        }
        self.setup = None;
        if self.mode == wanted { Ok(()) } else { self.share(wanted) }
    }

    fn enter_teardown(&mut self, departure: Departure) -> Result<Company, Error> {
        self.lock_setup_to_leave(departure)
    }

    fn set_phase(&mut self, phase: Phase) -> Result<(), Error> {
        if self.record.phase == phase {
            return Ok(());
        }
        self.record.phase = phase;
        self.record.entered_at.get_or_insert_with(now);
        self.ticket.write(&self.record)
    }

    fn read_environment(&mut self) -> Recorded {
        self.files.read_environment()
    }

    fn write_environment(&mut self, environment: &Environment) -> Result<(), Error> {
        self.files.write_environment(environment)
    }

    fn remove_environment(&mut self) -> Result<(), Error> {
        self.files.remove_environment()
    }

    fn is_dirty(&mut self) -> Result<bool, Error> {
        Ok(self.files.is_dirty())
    }

    fn mark_dirty(&mut self) -> Result<(), Error> {
        self.files.mark_dirty()
    }

    fn mark_clean(&mut self) {
        self.files.mark_clean();
    }

    fn held_entry(&self) -> String {
        HeldEntry::new(&self.files.name, self.mode, &self.record).to_string()
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        self.record.slot.iter().map(|slot| (SLOT_VAR, slot.to_string().into())).collect()
    }

    /// The offset of the lock file, which is empty, is set to the ticket's number: that is how recovery knows an inherited
    /// copy from any other.
    fn inherited_fds(&self) -> Vec<&File> {
        let _ = self.lock.file().seek(SeekFrom::Start(self.record.ticket));
        self.lock.files().chain(self.slot.iter().flat_map(LockFile::files)).collect()
    }

    /// Nobody but the next user ends what is run under the lock.
    fn note_group(&self, _: Option<u32>) {}

    fn next_check(&self) -> Option<Duration> {
        None
    }

    fn check(&self) {}

    /// The kernel takes it from nobody.
    fn standing(&self) -> Standing {
        Standing::Held
    }

    fn break_note(&mut self) -> Option<BreakNote> {
        self.files.read_break_note(self.record.ticket)
    }

    fn leave(self: Box<Self>, past: &PastHold, parting: Parting) -> Result<(), String> {
        let files = self.files.clone();
        match parting {
            Parting::Release => self.release(),
            Parting::LeaveToChildren => {
                drop(self.lock);
                self.files.release_ticket(self.ticket);
            }
        }
        history::append(&files, past).map_err(|error| error.to_string())
    }

    fn abandon(self: Box<Self>) {
        self.release();
    }
}
