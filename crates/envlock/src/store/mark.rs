//! The mark of an environment that a holder outside of it may have left dirty.
//!
//! In a directory of one user it is the file `dirty`. In a shared one nobody can remove the file of another user, so there
//! it is the content of a file that all may write; it also names the stale tickets that have been cleared up after, but
//! that only their owners can remove.

use std::io::{self, Read, Seek, SeekFrom, Write};

use evenkeel_common::Error;
use serde::{Deserialize, Serialize};

use crate::store::env_files::{EnvFiles, MAX_RECORD, cannot};
use crate::system::kernel_lock::LockMode;

const PRIVATE: &str = "dirty";
const SHARED: &str = "mark";

/// The content of the shared mark. What cannot be read is an empty one.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    dirty: bool,
    cleared: Vec<u64>,
}

impl EnvFiles {
    /// Whether a holder outside the environment may have left something behind.
    pub(crate) fn is_dirty(&self) -> bool {
        if self.is_shared() { self.read_mark().dirty } else { self.path(PRIVATE).exists() }
    }

    pub(crate) fn mark_dirty(&self) -> Result<(), Error> {
        if self.is_shared() {
            return self.change_mark(|mark| mark.dirty = true);
        }
        self.open_to_lock(&self.path(PRIVATE)).map(drop)
    }

    /// To be called after a take-down or a set-up.
    pub(crate) fn mark_clean(&self) {
        if !self.is_shared() {
            let _ = std::fs::remove_file(self.path(PRIVATE));
        } else if self.is_dirty() {
            let _ = self.change_mark(|mark| mark.dirty = false);
        }
    }

    /// Whether a stale ticket that cannot be removed has been cleared up after.
    pub(crate) fn is_cleared(&self, ticket: u64) -> bool {
        self.is_shared() && self.read_mark().cleared.contains(&ticket)
    }

    /// To be called where a stale ticket may not be removed by this user.
    pub(crate) fn mark_cleared(&self, ticket: u64) -> Result<(), Error> {
        let left: Vec<u64> = self.ticket_ids()?.iter().map(|id| id.number).collect();
        self.change_mark(|mark| {
            mark.cleared.retain(|cleared| left.contains(cleared));
            mark.cleared.push(ticket);
        })
    }

    fn read_mark(&self) -> Mark {
        self.read_json(SHARED).map(|(mark, _)| mark).unwrap_or_default()
    }

    fn change_mark(&self, change: impl FnOnce(&mut Mark)) -> Result<(), Error> {
        let path = self.path(SHARED);
        let mut lock = self.open_to_lock(&path)?;
        let write = || -> io::Result<()> {
            lock.lock(LockMode::Exclusive)?;
            let mut text = Vec::new();
            lock.file_mut().take(MAX_RECORD).read_to_end(&mut text)?;
            let mut mark = serde_json::from_slice(&text).unwrap_or_default();
            change(&mut mark);
            lock.file_mut().set_len(0)?;
            lock.file_mut().seek(SeekFrom::Start(0))?;
            lock.file_mut().write_all(&serde_json::to_vec(&mark)?)
        };
        write().map_err(|e| cannot("write", &path, e))
    }
}
