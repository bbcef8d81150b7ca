//! The locks of services: files in a directory of one user's own, bytes of the guard where all users share the directory.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use evenkeel_common::state::lock_file::LockMode;
use evenkeel_common::state::shared::{self, Guard, Sharing};
use evenkeel_common::state::{self, StateDir};
use evenkeel_common::{Error, fnv1a};

use crate::model::record::Service;

/// Time between two tries to take a turn; a turn takes a few milliseconds.
const TURN_POLL: Duration = Duration::from_millis(2);
/// After this long somebody holds the turn who does not read or write records.
const LONGEST_TURN: Duration = Duration::from_secs(10);
/// Name of the turn's lock: that of no service, whose names end in `.lock`.
const TURN: &str = "turn";

/// The lock of a service. Dropping it releases it.
#[derive(Debug)]
pub(crate) enum ServiceLock {
    File(File),
    Guard(Guard),
}

impl ServiceLock {
    pub(super) fn open(dir: &StateDir, service: &Service) -> Result<Self, Error> {
        let name = lock_name(service);
        let path = dir.path.join(&name);
        let opened = match dir.sharing {
            Sharing::OneUser => {
                state::open(&path, OpenOptions::new().read(true).write(true).create(true)).map(Self::File)
            }
            Sharing::AllUsers => shared::open_guard(&dir.path, OsStr::new(&name)).map(Self::Guard),
        };
        opened.map_err(|e| Error::failed(format!("open {}", path.display()), e))
    }

    /// Takes the lock if it is free.
    pub(super) fn try_lock(&self, mode: LockMode) -> Result<bool, Error> {
        loop {
            let taken = match self {
                Self::File(file) => try_flock(file, mode),
                Self::Guard(guard) => guard.try_lock(mode),
            };
            match taken {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(|e| Error::failed("lock the service", e)),
            }
        }
    }
}

fn try_flock(file: &File, mode: LockMode) -> io::Result<bool> {
    let locked = match mode {
        LockMode::Exclusive => file.try_lock(),
        LockMode::Shared => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Waits until no other user reads or writes records; the turn ends when this is dropped.
pub(super) fn take_turn(dir: &StateDir, mode: LockMode) -> Result<Guard, Error> {
    let failed = |e| Error::failed(format!("lock the records in {}", dir.path.display()), e);
    let turn = shared::open_guard(&dir.path, OsStr::new(TURN)).map_err(failed)?;
    let give_up_at = Instant::now() + LONGEST_TURN;
    while !turn.try_lock(mode).map_err(failed)? {
        if Instant::now() >= give_up_at {
            let hint =
                format!("'fuser -v {}' as root shows who has it open", dir.path.join(".guard").display());
            return Err(failed(io::Error::other("another process has held them for 10 s")).hint(hint));
        }
        std::thread::sleep(TURN_POLL);
    }
    Ok(turn)
}

/// Name of a service's lock: readable, and unique by a hash of all that tells services apart.
fn lock_name(service: &Service) -> String {
    let plain: String =
        service.shown().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let Service { host, project, name } = service;
    format!("{plain}-{:016x}.lock", fnv1a(format!("{host}\n{project:?}\n{name}").as_bytes()))
}
