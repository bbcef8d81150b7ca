//! What one invocation leaves for the next: where the containers' cgroups are, their CPU time, and what an inspect
//! said. It makes the next snapshot fast. Without it a snapshot waits 200 ms for a CPU window and inspects each
//! container once.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use evenkeel_common::clock::boot_id;
use evenkeel_common::state::{self, Home};
use serde::{Deserialize, Serialize};

use crate::measure::cpu::CpuHistory;
use crate::model::container::ContainerDetails;
use crate::model::engine::EngineInfo;

/// Version of the file's format; files of other versions are ignored.
const FORMAT: u32 = 3;

/// The cache of one engine.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct EngineCache {
    format: u32,
    host: String,
    boot_id: String,
    /// Identity of the engine's socket, which changes when the engine is restarted.
    pub(super) socket: Option<String>,
    #[serde(rename = "identity")]
    pub(super) info: EngineInfo,
    /// Running containers by id.
    pub(super) containers: BTreeMap<String, CachedContainer>,
}

/// What is known about a running container.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct CachedContainer {
    /// Its cgroup, below the hierarchy's root.
    pub(super) cgroup: Option<PathBuf>,
    /// Inode of the cgroup, which changes when the container is restarted.
    #[serde(rename = "run")]
    pub(super) inode: Option<u64>,
    #[serde(rename = "inspected")]
    pub(super) details: Option<ContainerDetails>,
    /// Pid of its first process, in this machine's numbering.
    pub(super) init: Option<u32>,
    pub(super) cpu: Option<CpuHistory>,
}

impl EngineCache {
    /// A cache without containers.
    pub(super) fn new(host: &str) -> Self {
        Self {
            format: FORMAT,
            host: host.to_owned(),
            boot_id: boot_id().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Loads the cache of an engine; an empty one where there is none, or where it is of another boot or format.
    pub(super) fn load(home: &Home, host: &str) -> Self {
        let empty = Self::new(host);
        let stored = path(home, host).and_then(|path| read(&path));
        stored
            .filter(|s| (s.format, &s.host, &s.boot_id) == (FORMAT, &empty.host, &empty.boot_id))
            .unwrap_or(empty)
    }

    /// Saves the cache. A failure is only logged, because the next invocation does not depend on it.
    pub(super) fn save(&self, home: &Home) {
        let saved = path(home, &self.host)
            .ok_or_else(|| "there is no state directory".to_owned())
            .and_then(|path| replace(&path, self).map_err(|e| e.to_string()));
        if let Err(cause) = saved {
            tracing::info!("cannot save the counters: {cause}");
        }
    }
}

fn path(home: &Home, host: &str) -> Option<PathBuf> {
    // Different hosts can share a file name; the host is stored in the file.
    let name: String = host.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = &name[name.len().saturating_sub(100)..];
    Some(home.dir("history").ok()?.join(format!("counters{name}.json")))
}

fn read(path: &Path) -> Option<EngineCache> {
    let mut text = String::new();
    state::open(path, OpenOptions::new().read(true)).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Replaces the file as a whole, but does not sync it: it is not needed after a crash of the machine.
fn replace(path: &Path, cache: &EngineCache) -> std::io::Result<()> {
    let new = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = state::open(&new, OpenOptions::new().write(true).create(true).truncate(true))?;
    file.write_all(&serde_json::to_vec(cache)?)?;
    // ext4 writes a file that takes another one's place to the disk at once, which takes up to some milliseconds. Whoever
    // finds none in between measures as for the first time.
    let _ = std::fs::remove_file(path);
    std::fs::rename(&new, path)
}

/// Identifies one run of an engine by its socket, which a restarted engine creates anew.
#[cfg(unix)]
pub(super) fn socket_id(host: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let facts = std::fs::metadata(host.strip_prefix("unix://")?).ok()?;
    Some(format!("{}:{}.{:09}", facts.ino(), facts.ctime(), facts.ctime_nsec()))
}

/// Elsewhere there is no such socket, and the engine is asked about itself each time.
#[cfg(not(unix))]
pub(super) fn socket_id(_: &str) -> Option<String> {
    None
}
