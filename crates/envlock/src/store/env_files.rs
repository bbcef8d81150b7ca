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
//! In a directory that all users share there is no `<env>.d/`: its files are beside `<env>.lock`, as `<env>@seq` and so on,
//! and what only its writer may write has the number of the user in its name: `<env>@history.1000.jsonl`,
//! `<env>@environment.1000.json`. `<env>@mark` is there instead of `dirty`.
//!
//! Lock files are never removed. A ticket is removed by its owner, or by a later ticket when the owner has died.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::state::shared::{self, Sharing};
use evenkeel_common::state::{self, Home};
use serde::de::DeserializeOwned;

use crate::model::record::BreakNote;
use crate::system::kernel_lock::{self, LockFile, LockMode, WaitDeadline};

/// The files of one environment.
#[derive(Clone, Debug)]
pub(crate) struct EnvFiles {
    pub(crate) name: String,
    lock: PathBuf,
    pub(super) dir: PathBuf,
    /// What the names of the environment's own files in `dir` begin with.
    pub(super) prefix: String,
    pub(super) sharing: Sharing,
}

impl EnvFiles {
    /// Finds the files of an environment, and creates missing directories.
    pub(crate) fn open(home: &Home, name: &str) -> Result<Self, Error> {
        let locks = home.locks()?;
        let (dir, prefix) = match locks.sharing {
            Sharing::OneUser => (Home::at(&locks.path).dir(&format!("{name}.d"))?, String::new()),
            Sharing::AllUsers => (locks.path.clone(), shared_prefix(name)),
        };
        let lock = locks.path.join(format!("{name}.lock"));
        Ok(Self { name: name.to_owned(), lock, dir, prefix, sharing: locks.sharing })
    }

    /// Finds the files of an environment; none where it has never been locked.
    pub(crate) fn existing(home: &Home, name: &str) -> Result<Option<Self>, Error> {
        let locks = home.lock_path();
        let exists = match home.sharing() {
            Sharing::OneUser => locks.join(format!("{name}.d")).is_dir(),
            Sharing::AllUsers => locks.join(shared_prefix(name) + "seq").exists(),
        };
        exists.then(|| Self::open(home, name)).transpose()
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.sharing == Sharing::AllUsers
    }

    pub(crate) fn lock_path(&self) -> &Path {
        &self.lock
    }

    /// The path of one of the environment's own files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        if self.prefix.is_empty() { self.dir.join(name) } else { self.dir.join(self.prefix.clone() + name) }
    }

    /// What `find` makes of the names of the environment's own files.
    pub(super) fn find_files<T>(&self, find: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Error> {
        let failed = |e| cannot("list", &self.dir, e);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            found.extend(name.to_str().and_then(|name| find(name.strip_prefix(&self.prefix)?)));
        }
        Ok(found)
    }

    pub(crate) fn open_lock(&self) -> Result<LockFile, Error> {
        self.open_to_lock(&self.lock)
    }

    /// Opens the setup lock.
    pub(crate) fn open_setup_lock(&self) -> Result<LockFile, Error> {
        self.open_to_lock(&self.path("gate"))
    }

    pub(crate) fn open_slot(&self, number: u16) -> Result<LockFile, Error> {
        self.open_to_lock(&self.path(&format!("slot.{number}")))
    }

    /// Runs `work` while no ticket is created or removed by others. None: the deadline passed first.
    pub(crate) fn with_queue_lock<R>(
        &self,
        deadline: &mut WaitDeadline<'_>,
        work: impl FnOnce() -> Result<R, Error>,
    ) -> Result<Option<R>, Error> {
        let path = self.path("seq");
        let queue = self.open_to_lock(&path)?;
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
            let mut file = if self.is_shared() {
                let _ = std::fs::remove_file(&path);
                shared::create(&path)?
            } else {
                state::open(&path, OpenOptions::new().write(true).create(true).truncate(true))?
            };
            file.write_all(&text)
        };
        write().map_err(|e| cannot("write", &path, e))
    }

    /// Reads who broke a ticket; none where nobody did.
    pub(crate) fn read_break_note(&self, ticket: u64) -> Option<BreakNote> {
        let name = format!("{ticket}.break");
        // It rarely exists, and testing that is cheaper than failing to open it.
        let (note, owner) = self.path(&name).exists().then(|| self.read_json(&name))??;
        // Only root breaks the locks of others.
        (!self.is_shared() || [0, shared::current_user()].contains(&owner)).then_some(note)
    }

    /// Reads a file, and says whose it is.
    pub(super) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Option<(T, u32)> {
        let path = self.path(name);
        let (file, owner) = if self.is_shared() {
            shared::open_foreign(&path).ok()?
        } else {
            (state::open(&path, OpenOptions::new().read(true)).ok()?, shared::current_user())
        };
        let mut text = Vec::new();
        file.take(MAX_RECORD).read_to_end(&mut text).ok()?;
        Some((serde_json::from_slice(&text).ok()?, owner))
    }

    pub(super) fn open_to_lock(&self, path: &Path) -> Result<LockFile, Error> {
        LockFile::open(path, self.sharing).map_err(|e| {
            let error = cannot("open", path, e);
            let hint = "run evenkeel-setup as root, or set NETRA_HOME to a directory of your own";
            if self.is_shared() { error.hint(hint) } else { error }
        })
    }
}

/// Largest record in bytes: the longest command line that Linux allows by default, 2 MiB, and its escapes.
pub(super) const MAX_RECORD: u64 = 8 << 20;

/// No environment's name contains this character, so no name is the beginning of another one's files.
fn shared_prefix(name: &str) -> String {
    format!("{name}@")
}

/// The names of all environments that have ever been locked, sorted.
pub(crate) fn all_names(home: &Home) -> Result<Vec<String>, Error> {
    let locks = home.locks()?.path;
    let entries = std::fs::read_dir(&locks).map_err(|e| cannot("list", &locks, e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".lock").map(str::to_owned))
        .filter(|name| state::parse_name(name).is_ok())
        .collect();
    names.sort_unstable();
    Ok(names)
}

pub(super) fn cannot(verb: &str, path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::failed(format!("{verb} {}", path.display()), cause)
}
