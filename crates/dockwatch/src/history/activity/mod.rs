//! What the other tools recorded: waits and holds of locks (envlock), restarts and refusals (restartgate).
//!
//! Their files are read and never written. Files and lines that cannot be read are counted.

pub(crate) mod locks;
pub(crate) mod restarts;

use std::fs::File;
use std::io::{ErrorKind, Read as _};

use evenkeel_common::state::Home;
use evenkeel_common::state::journal::Records;
use evenkeel_common::{Error, Timestamp};
use serde::de::DeserializeOwned;

use self::locks::LockUse;
use self::restarts::RestartEvent;

/// Nothing is read beyond this: the tools keep their files shorter, and a file of another user could have any length.
const MAX_BYTES: u64 = 4 << 20;

/// What was recorded since a moment, each kind oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    pub(crate) locks: Vec<LockUse>,
    pub(crate) restarts: Vec<RestartEvent>,
    /// Lines, and whole files, that could not be read.
    pub(crate) skipped_lines: usize,
}

impl Activity {
    /// Reads what this user may see; `None` reads all.
    pub(crate) fn since(since: Option<Timestamp>, home: &Home) -> Result<Self, Error> {
        let (locks, restarts) = (locks::read(home)?, restarts::read(home)?);
        let mut activity = Self {
            locks: locks.records,
            restarts: restarts.records,
            skipped_lines: locks.skipped + restarts.skipped,
        };
        if let Some(since) = since {
            activity.locks.retain(|used| used.ended >= since);
            activity.restarts.retain(|event| event.at >= since);
        }
        activity.locks.sort_by_key(|used| used.ended);
        activity.restarts.sort_by_key(|event| event.at);
        Ok(activity)
    }
}

/// Adds the records of a file that may be missing.
fn collect<T: DeserializeOwned>(file: std::io::Result<File>, found: &mut Records<T>) {
    match file.and_then(|file| found.collect(file.take(MAX_BYTES))) {
        Err(error) if error.kind() != ErrorKind::NotFound => found.skipped += 1,
        _ => {}
    }
}
