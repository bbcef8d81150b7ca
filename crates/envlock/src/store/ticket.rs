//! Tickets: the files of those that hold or wait for a lock.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use evenkeel_common::state::shared::{self, Sharing};
use evenkeel_common::{Error, state};

use crate::model::queue::{Mode, TicketId};
use crate::model::record::Record;
use crate::store::env_files::{EnvFiles, cannot};
use crate::system::kernel_lock::{self, LockFile, LockMode, WaitDeadline};
use crate::system::platform;

/// Whether a locked file cannot be read by others: then the record is in a file of its own.
const RECORD_APART: bool = cfg!(windows);

/// A ticket of this process. Dropping it without [`EnvFiles::release_ticket`] leaves it as a crash would.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) id: TicketId,
    file: LockFile,
    /// Locked until the slot has been chosen; only slot tickets have it.
    turn: Option<LockFile>,
    record: File,
    record_length: usize,
}

/// The state of somebody's ticket.
#[derive(Debug)]
pub(crate) enum TicketState {
    /// Its owner is alive; a lock on the file waits for its end.
    Held(LockFile),
    /// Its owner has died and left it.
    Stale,
    Removed,
}

impl Ticket {
    /// Writes the record. It never becomes shorter: trailing blanks do no harm, and where the disk had room for the
    /// first record it has room for the last.
    pub(crate) fn write(&mut self, record: &Record) -> Result<(), Error> {
        let mut write = || -> io::Result<()> {
            let mut text = serde_json::to_vec(record)?;
            self.record_length = self.record_length.max(text.len().next_multiple_of(256));
            text.resize(self.record_length, b' ');
            self.record.seek(SeekFrom::Start(0))?;
            self.record.write_all(&text)
        };
        write().map_err(|e| Error::failed(format!("write ticket {}", record.ticket), e))
    }

    /// Lets the next slot ticket choose.
    pub(crate) fn end_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.unlock();
        }
    }
}

impl EnvFiles {
    /// Creates a ticket, and lists the others that exist. None: the deadline passed first, because another process was
    /// stopped while it created one.
    pub(crate) fn create_ticket(
        &self,
        mode: Mode,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<(Ticket, Vec<TicketId>)>, Error> {
        let path = self.path("seq");
        let mut seq = self.open_to_lock(&path)?;
        let locked = kernel_lock::lock(&seq, LockMode::Exclusive, deadline);
        if !locked.map_err(|e| cannot("lock", &path, e))? {
            return Ok(None);
        }
        let others = self.ticket_ids()?;
        let last = others.iter().map(|id| id.number).max().unwrap_or(0);
        let number = next_number(seq.file_mut(), last).map_err(|e| cannot("write", &path, e))?;
        let ticket = self.create_ticket_files(TicketId { number, mode })?;
        Ok(Some((ticket, others)))
    }

    fn create_ticket_files(&self, id: TicketId) -> Result<Ticket, Error> {
        let turn = if matches!(id.mode, Mode::Slots(_)) {
            Some(self.create_locked(&self.turn_path(id))?)
        } else {
            None
        };
        let path = self.ticket_path(id);
        let file = self.create_locked(&path)?;
        let record = if RECORD_APART {
            self.open_to_lock(&self.path(&record_name(id)))?
        } else {
            file.try_clone().map_err(|e| cannot("open", &path, e))?
        };
        let record = record.into_file();
        Ok(Ticket { id, file, turn, record, record_length: 0 })
    }

    /// All tickets, held or stale, in the order of their numbers.
    pub(crate) fn ticket_ids(&self) -> Result<Vec<TicketId>, Error> {
        let mut ids = self.find_files(parse_file_name)?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Asks the kernel whether a ticket's owner is alive. Only for numbers below one's own, or under the queue lock:
    /// a ticket that is just being created would look stale.
    pub(crate) fn ticket_state(&self, id: TicketId) -> Result<TicketState, Error> {
        state_of(&self.ticket_path(id), self.sharing)
    }

    /// The same for a slot ticket until its owner has chosen its slot.
    pub(crate) fn turn_state(&self, id: TicketId) -> Result<TicketState, Error> {
        state_of(&self.turn_path(id), self.sharing)
    }

    /// Reads a ticket's record; none where it has none yet, or none that can be read.
    pub(crate) fn read_record(&self, id: TicketId) -> Option<Record> {
        // A read during a write sees parts of both; the next one will do.
        let (mut record, owner) = (0..3).find_map(|_| self.read_json::<Record>(&record_name(id)))?;
        if self.is_shared() {
            // What a user writes into his ticket must not be about somebody else.
            record.owner = Some(owner);
            record.user = platform::user_name(owner);
            if (record.ticket, &record.mode) != (id.number, &id.mode.to_string()) {
                return None;
            }
        }
        Some(record)
    }

    /// Whether the file system lets this user remove a ticket.
    pub(crate) fn may_remove(&self, id: TicketId) -> bool {
        let me = shared::current_user();
        let owner = || shared::open_foreign(&self.ticket_path(id)).map(|(_, owner)| owner);
        !self.is_shared() || me == 0 || owner().is_ok_and(|owner| owner == me)
    }

    /// Removes a ticket of this process, and wakes whoever waits for it.
    pub(crate) fn release_ticket(&self, ticket: Ticket) {
        let _ = std::fs::remove_file(self.ticket_path(ticket.id));
        // Closing unlocks too, unless a child that is just being started has a copy for a moment.
        ticket.file.unlock();
        if let Some(turn) = ticket.turn {
            turn.unlock();
        }
        // After the unlock, so that the next one need not wait for it.
        self.remove_companions(ticket.id);
    }

    /// Removes the files of a stale ticket, those beside it first. They may be gone already.
    pub(crate) fn remove_ticket(&self, id: TicketId) {
        self.remove_companions(id);
        let _ = std::fs::remove_file(self.ticket_path(id));
    }

    fn remove_companions(&self, id: TicketId) {
        let _ = std::fs::remove_file(self.path(&format!("{}.break", id.number)));
        if matches!(id.mode, Mode::Slots(_)) {
            let _ = std::fs::remove_file(self.turn_path(id));
        }
        if RECORD_APART {
            let _ = std::fs::remove_file(self.path(&record_name(id)));
        }
    }

    fn create_locked(&self, path: &Path) -> Result<LockFile, Error> {
        let created = match self.sharing {
            Sharing::OneUser => state::open(path, OpenOptions::new().write(true).create_new(true)),
            Sharing::AllUsers => shared::create(path),
        };
        let file = LockFile::from(created.map_err(|e| cannot("create", path, e))?);
        match file.try_lock(LockMode::Exclusive) {
            Ok(true) => Ok(file),
            Ok(false) => Err(cannot("lock", path, "another process has locked it")),
            Err(e) => Err(cannot("lock", path, e)),
        }
    }

    fn ticket_path(&self, id: TicketId) -> PathBuf {
        self.path(&file_name(id))
    }

    fn turn_path(&self, id: TicketId) -> PathBuf {
        self.path(&format!("{}.turn", id.number))
    }
}

pub(crate) fn file_name(id: TicketId) -> String {
    format!("{}.{}", id.number, id.mode.letter())
}

pub(crate) fn parse_file_name(name: &str) -> Option<TicketId> {
    let (number, letter) = name.split_once('.')?;
    let number = number.parse().ok().filter(|number| *number <= LAST_NUMBER)?;
    Some(TicketId { number, mode: Mode::from_letter(letter)? })
}

fn record_name(id: TicketId) -> String {
    if RECORD_APART { format!("{}.json", id.number) } else { file_name(id) }
}

fn state_of(path: &Path, sharing: Sharing) -> Result<TicketState, Error> {
    let opened = match sharing {
        Sharing::OneUser => state::open(path, OpenOptions::new().read(true).write(true)),
        Sharing::AllUsers => shared::open_foreign(path).map(|(file, _)| file),
    };
    let file = match opened {
        Ok(file) => LockFile::from(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(TicketState::Removed),
        // No ticket of envlock looks so. Its owner gains nothing: the lock itself is taken without it.
        Err(_) if sharing == Sharing::AllUsers => return Ok(TicketState::Stale),
        Err(e) => return Err(cannot("open", path, e)),
    };
    match file.try_lock(LockMode::Shared) {
        Ok(false) => Ok(TicketState::Held(file)),
        Ok(true) if path.exists() => Ok(TicketState::Stale),
        Ok(true) => Ok(TicketState::Removed),
        Err(e) => Err(cannot("lock", path, e)),
    }
}

/// No run of numbers gets here; a larger one was planted or is damaged.
const LAST_NUMBER: u64 = u64::MAX >> 1;

/// The next ticket number. Where the file was lost or damaged, the tickets that exist tell how far the numbers were.
fn next_number(seq: &mut File, highest_ticket: u64) -> io::Result<u64> {
    let mut text = String::new();
    // What cannot be read counts as 0.
    let _ = seq.take(32).read_to_string(&mut text);
    let last = text.trim().parse().ok().filter(|last| *last < LAST_NUMBER).unwrap_or(0);
    let next = last.max(highest_ticket) + 1;
    if next > LAST_NUMBER {
        return Err(io::Error::other(format!("there is no number after that of ticket {highest_ticket}")));
    }
    seq.seek(SeekFrom::Start(0))?;
    // Of fixed width, so that no digits of an old number are left.
    seq.write_all(format!("{next:020}\n").as_bytes())?;
    Ok(next)
}
