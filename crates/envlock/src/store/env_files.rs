//! The files of one environment. Under `locks/`:
//!
//! - `<env>.lock`: empty, locked by whoever holds the environment's lock. Plain `flock` and Python's `filelock` on it
//!   take part.
//! - `<env>.d/<n>.<mode>`: a ticket, kept locked by its owner from arrival to departure. It contains the owner's record;
//!   on Windows, where nobody else can read a locked file, `<n>.json` beside it does.
//! - `<env>.d/<n>.turn`: locked by the owner of a slot ticket until it has chosen its slot.
//! - `<env>.d/<n>.break`: who broke the ticket and why, until that is in the history.
//! - `<env>.d/slot.<k>`: locked by the holder of slot k.
//! - `<env>.d/gate`: the setup lock: held during set-up and take-down, and while a user enters or leaves the environment.
//! - `<env>.d/environment.json`: the record of the environment, from before its set-up until after its take-down;
//!   `environment.new` while it is written.
//! - `<env>.d/dirty`: exists where a holder outside the environment died and may have left something behind.
//! - `<env>.d/history.jsonl`: past holds.
//! - `<env>.d/seq`: the last ticket number; the queue lock: held while a ticket is created, or removed by others.
//!
//! Lock files are never removed. A ticket is removed by its owner, or by a later ticket when the owner has died.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::state::{self, Home};
use serde::de::DeserializeOwned;

use crate::model::record::BreakNote;
use crate::system::kernel_lock::{self, LockMode, WaitDeadline};

/// The files of one environment.
#[derive(Clone, Debug)]
pub(crate) struct EnvFiles {
    pub(crate) name: String,
    lock: PathBuf,
    pub(super) dir: PathBuf,
}

impl EnvFiles {
    /// Finds the files of an environment, and creates missing directories.
    pub(crate) fn open(home: &Home, name: &str) -> Result<Self, Error> {
        let locks = home.dir("locks")?;
        let dir = Home::at(&locks).dir(&format!("{name}.d"))?;
        Ok(Self { name: name.to_owned(), lock: locks.join(format!("{name}.lock")), dir })
    }

    /// Finds the files of an environment; none where it has never been locked.
    pub(crate) fn existing(home: &Home, name: &str) -> Result<Option<Self>, Error> {
        let exists = home.path("locks").join(format!("{name}.d")).is_dir();
        exists.then(|| Self::open(home, name)).transpose()
    }

    pub(crate) fn lock_path(&self) -> &Path {
        &self.lock
    }

    /// The path of one of the environment's own files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn open_lock(&self) -> Result<File, Error> {
        open_to_lock(&self.lock)
    }

    /// Opens the setup lock.
    pub(crate) fn open_setup_lock(&self) -> Result<File, Error> {
        open_to_lock(&self.path("gate"))
    }

    pub(crate) fn open_slot(&self, number: u16) -> Result<File, Error> {
        open_to_lock(&self.path(&format!("slot.{number}")))
    }

    /// Runs `work` while no ticket is created or removed by others. None: the deadline passed first.
    pub(crate) fn with_queue_lock<R>(
        &self,
        deadline: &mut WaitDeadline<'_>,
        work: impl FnOnce() -> Result<R, Error>,
    ) -> Result<Option<R>, Error> {
        let path = self.path("seq");
        let queue = open_to_lock(&path)?;
        let locked = kernel_lock::lock(&queue, LockMode::Exclusive, deadline);
        if locked.map_err(|e| cannot("lock", &path, e))? { work().map(Some) } else { Ok(None) }
    }

    /// Like [`Self::with_queue_lock`], but fails where that takes longer than a second: creating a ticket takes
    /// microseconds, so its owner must have been stopped.
    pub(crate) fn with_queue_lock_now<R>(&self, work: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        let done = self.with_queue_lock(&mut WaitDeadline::new(Some(Duration::from_secs(1))), work)?;
        done.ok_or_else(|| {
            let cause = "a process that takes a ticket has been stopped and holds the queue lock";
            Error::failed(format!("read the tickets of {}", self.name), cause)
        })
    }

    /// Writes beside a ticket who breaks it.
    pub(crate) fn write_break_note(&self, ticket: u64, note: &BreakNote) -> Result<(), Error> {
        let path = self.path(&format!("{ticket}.break"));
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(note)?;
            let options = &mut OpenOptions::new();
            state::open(&path, options.write(true).create(true).truncate(true))?.write_all(&text)
        };
        write().map_err(|e| cannot("write", &path, e))
    }

    /// Reads who broke a ticket; none where nobody did.
    pub(crate) fn read_break_note(&self, ticket: u64) -> Option<BreakNote> {
        let name = format!("{ticket}.break");
        // It rarely exists, and testing that is cheaper than failing to open it.
        self.path(&name).exists().then(|| self.read_json(&name))?
    }

    pub(super) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut text = Vec::new();
        let mut file = state::open(&self.path(name), OpenOptions::new().read(true)).ok()?;
        file.read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether a holder outside the environment may have left something behind.
    pub(crate) fn is_dirty(&self) -> bool {
        self.path("dirty").exists()
    }

    pub(crate) fn mark_dirty(&self) -> Result<(), Error> {
        open_to_lock(&self.path("dirty")).map(drop)
    }

    /// To be called after a take-down or a set-up.
    pub(crate) fn mark_clean(&self) {
        let _ = std::fs::remove_file(self.path("dirty"));
    }
}

/// The names of all environments that have ever been locked, sorted.
pub(crate) fn all_names(home: &Home) -> Result<Vec<String>, Error> {
    let locks = home.dir("locks")?;
    let entries = std::fs::read_dir(&locks).map_err(|e| cannot("list", &locks, e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".lock").map(str::to_owned))
        .filter(|name| state::parse_name(name).is_ok())
        .collect();
    names.sort_unstable();
    Ok(names)
}

pub(super) fn open_to_lock(path: &Path) -> Result<File, Error> {
    // Writable, because network file systems give exclusive locks on writable files only.
    state::open(path, OpenOptions::new().read(true).write(true).create(true))
        .map_err(|e| cannot("open", path, e))
}

pub(super) fn cannot(verb: &str, path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::failed(format!("{verb} {}", path.display()), cause)
}
