//! What one run leaves for the next: where containers lie, their CPU time, and what an inspect told. It makes the
//! next snapshot fast; losing it costs a 100 ms window and one inspect of each container, nothing else.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use evenkeel_common::state::{self, Home};
use serde::{Deserialize, Serialize};

use crate::model::container::{Identity, Inspected};

/// Raised when the meaning of the file changes; other versions are ignored.
const FORMAT: u32 = 1;

/// The file of one engine.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Stored {
    format: u32,
    host: String,
    boot_id: String,
    /// Changes when the engine is started anew; what it says of itself holds as long.
    pub socket: Option<String>,
    /// What the engine said of itself.
    pub identity: Identity,
    /// Running containers by id.
    pub containers: BTreeMap<String, Known>,
}

/// What is known of one container from before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// Its cgroup, below the root.
    pub cgroup: Option<PathBuf>,
    /// Which cgroup that was: a container that is started anew gets another.
    pub run: Option<u64>,
    /// What an inspect told about this run.
    pub inspected: Option<Inspected>,
    /// Its first process, in the numbering of this machine.
    pub init: Option<u32>,
    /// CPU time at a moment, both in nanoseconds.
    pub cpu: Option<Cpu>,
}

/// CPU time used until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The moment, since the machine (or the engine's epoch) began.
    pub at_ns: u64,
    /// CPU time until then.
    pub used_ns: u64,
}

impl Stored {
    /// An empty record for an engine.
    pub fn new(host: &str) -> Self {
        Self {
            format: FORMAT,
            host: host.to_owned(),
            boot_id: crate::measure::clock::boot_id(),
            ..Self::default()
        }
    }

    /// Loads what the last run left; whatever cannot be used is as good as nothing.
    pub fn load(home: &Home, host: &str) -> Self {
        let fresh = Self::new(host);
        let stored = path(home, host).and_then(|path| read(&path));
        stored
            .filter(|s| (s.format, &s.host, &s.boot_id) == (FORMAT, &fresh.host, &fresh.boot_id))
            .unwrap_or(fresh)
    }

    /// Stores it. Failing is no error: the next run measures for itself.
    pub fn store(&self, home: &Home) {
        let stored = path(home, &self.host)
            .ok_or_else(|| "there is no state directory".to_owned())
            .and_then(|path| replace(&path, self).map_err(|e| e.to_string()));
        if let Err(why) = stored {
            tracing::info!("counters are not stored: {why}");
        }
    }
}

fn path(home: &Home, host: &str) -> Option<PathBuf> {
    // Long and strange hosts may share a file: it says inside whose it is.
    let name: String = host.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = &name[name.len().saturating_sub(100)..];
    Some(home.dir("history").ok()?.join(format!("counters{name}.json")))
}

fn read(path: &Path) -> Option<Stored> {
    let mut text = String::new();
    state::open(path, OpenOptions::new().read(true)).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// A reader sees the old file or the new one, never half of one.
fn replace(path: &Path, stored: &Stored) -> std::io::Result<()> {
    let new = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = state::open(&new, OpenOptions::new().write(true).create(true).truncate(true))?;
    file.write_all(&serde_json::to_vec(stored)?)?;
    std::fs::rename(&new, path)
}

/// Marks an engine's run by its socket: a new engine makes a new one.
#[cfg(unix)]
pub fn socket_identity(host: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let facts = std::fs::metadata(host.strip_prefix("unix://")?).ok()?;
    Some(format!("{}:{}.{:09}", facts.ino(), facts.ctime(), facts.ctime_nsec()))
}

/// Elsewhere the engine is asked anew each time.
#[cfg(not(unix))]
pub fn socket_identity(_: &str) -> Option<String> {
    None
}
