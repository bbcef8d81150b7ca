//! What the other tools recorded: waits and holds of locks (envlock), restarts and refusals (restartgate).
//!
//! Their files are read and never written. Files and lines that cannot be read are counted.

mod file;
pub(crate) mod locks;
pub(crate) mod restarts;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Timestamp};

use self::locks::LockUse;
use self::restarts::RestartEvent;

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
