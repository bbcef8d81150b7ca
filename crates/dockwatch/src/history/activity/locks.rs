//! Waits and holds of locks, from the history of envlock.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use evenkeel_common::state::journal::Records;
use evenkeel_common::state::shared::{self, Sharing};
use evenkeel_common::state::{self, Home};
use evenkeel_common::{Error, Timestamp};
use serde::Deserialize;

use super::file::collect;

/// One use of a lock, from its place in the queue to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockUse {
    /// Name of the environment.
    pub(crate) lock: String,
    pub(crate) user: String,
    /// The purpose, or else the command; empty where both are private.
    pub(crate) what: String,
    /// When it ended, or was found stale.
    pub(crate) ended: Timestamp,
    /// `None` where its envlock died, as `held`.
    pub(crate) waited: Option<Duration>,
    pub(crate) held: Option<Duration>,
    pub(crate) end: LockEnd,
    pub(crate) exit_code: Option<u8>,
}

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LockEnd {
    Done,
    Died,
    Broken,
    Lost,
    /// One that a later version records.
    #[serde(other)]
    Other,
}

impl LockEnd {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Died => "died",
            Self::Broken => "broken",
            Self::Lost => "lost",
            Self::Other => "other",
        }
    }
}

/// A line of envlock's history, as far as it is used here.
#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    end: LockEnd,
    user: String,
    command: Vec<String>,
    purpose: Option<String>,
    waited_ms: Option<u64>,
    held_ms: Option<u64>,
    exit_code: Option<u8>,
}

/// Reads the history of all locks.
pub(super) fn read(home: &Home) -> Result<Records<LockUse>, Error> {
    let mut all = Records { records: Vec::new(), skipped: 0 };
    let directory = home.lock_path();
    let cannot_list = |e| Error::failed(format!("list {}", directory.display()), e);
    let entries = match directory.read_dir() {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(all),
        entries => entries.map_err(cannot_list)?,
    };
    for entry in entries {
        let name = entry.map_err(cannot_list)?.file_name();
        // What has another name is not envlock's.
        let Some(name) = name.to_str() else { continue };
        match home.sharing() {
            Sharing::OneUser => read_own(&directory, name, &mut all),
            Sharing::AllUsers => read_shared(&directory, name, &mut all),
        }
    }
    Ok(all)
}

/// `<env>.d/history.jsonl` and its predecessor.
fn read_own(directory: &Path, name: &str, all: &mut Records<LockUse>) {
    let Some(lock) = name.strip_suffix(".d") else { return };
    let mut found = Records { records: Vec::new(), skipped: 0 };
    for file in ["history.jsonl.1", "history.jsonl"] {
        let path = directory.join(name).join(file);
        collect(state::open(&path, OpenOptions::new().read(true)), &mut found);
    }
    add(lock, found, all);
}

/// `<env>@history.<user>.jsonl`, or its predecessor; what does not belong to that user is somebody else's invention.
fn read_shared(directory: &Path, name: &str, all: &mut Records<LockUse>) {
    let Some((lock, user)) = name.split_once("@history.") else { return };
    let user = user.strip_suffix(".1").unwrap_or(user).strip_suffix(".jsonl");
    let Some(user) = user.and_then(|user| user.parse::<u32>().ok()) else { return };
    let mut found = Records { records: Vec::new(), skipped: 0 };
    match shared::open_foreign(&directory.join(name)) {
        Ok((file, owner)) if owner == user => collect(Ok(file), &mut found),
        Ok(_) => {}
        Err(error) => collect(Err(error), &mut found),
    }
    add(lock, found, all);
}

fn add(lock: &str, found: Records<Line>, all: &mut Records<LockUse>) {
    all.skipped += found.skipped;
    all.records.extend(found.records.into_iter().map(|line| LockUse {
        lock: lock.to_owned(),
        user: line.user,
        what: line.purpose.unwrap_or_else(|| line.command.join(" ")),
        ended: line.at,
        waited: line.waited_ms.map(Duration::from_millis),
        held: line.held_ms.map(Duration::from_millis),
        end: line.end,
        exit_code: line.exit_code,
    }));
}
