//! The file in which projects reserve host ports, so that two that start at once do not choose the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Timestamp, files, state};
use serde::{Deserialize, Serialize};

use crate::compose::shorthand::port_range;
use crate::isolate::changes::show_range;
use crate::isolate::ports::Range;

const SCHEMA: &str = "composecheck.lease/1";
/// A reservation that was not given back for so long, in seconds, is that of a run that died: 24 hours, longer than any
/// image takes to pull. Ports in use are seen by binding them, whatever their age.
const MAX_AGE_S: i64 = 24 * 60 * 60;

/// The ports that one project has reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    project: String,
    at: Timestamp,
    /// The first new port for each old port or range.
    ports: BTreeMap<String, u16>,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: String,
    leases: Vec<Lease>,
}

/// The file, locked against other projects until it is dropped.
#[derive(Debug)]
pub(crate) struct LeaseFile {
    path: PathBuf,
    leases: Vec<Lease>,
    /// Closing it ends the lock.
    _lock: File,
}

impl LeaseFile {
    /// Locks and reads the file. One that does not exist yet is empty.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let cannot = |cause: &dyn std::fmt::Display| Error::failed(format!("use {}", path.display()), cause);
        let lock_path = path.with_added_extension("lock");
        let lock = state::open(&lock_path, OpenOptions::new().write(true).create(true).truncate(false))
            .and_then(|lock| lock.lock().map(|()| lock))
            .map_err(|e| cannot(&e))?;
        let text = match std::fs::read_to_string(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            other => other.map_err(|e| cannot(&e))?,
        };
        let leases = if text.trim().is_empty() {
            Vec::new()
        } else {
            let hint = "remove it if nothing runs: it only reserves ports";
            serde_json::from_str::<Content>(&text).map_err(|e| cannot(&e).hint(hint))?.leases
        };
        Ok(Self { path: path.to_owned(), leases, _lock: lock })
    }

    /// The ports that other projects have reserved.
    pub(crate) fn reserved(&self, project: &str, now: Timestamp) -> BTreeSet<u16> {
        let is_valid = |lease: &&Lease| lease.project != project && is_young(lease, now);
        self.leases.iter().filter(is_valid).flat_map(ports).collect()
    }

    /// The first new port for each old one that this project has reserved.
    pub(crate) fn earlier(&self, project: &str) -> BTreeMap<Range, u16> {
        let own = self.leases.iter().filter(|lease| lease.project == project);
        own.flat_map(|lease| &lease.ports).filter_map(|(was, now)| Some((port_range(was)?, *now))).collect()
    }

    /// Reserves ports for a project, instead of those that it had, and drops what is too old.
    pub(crate) fn reserve(
        mut self,
        project: &str,
        ports: &BTreeMap<Range, u16>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.leases.retain(|lease| lease.project != project && is_young(lease, now));
        if !ports.is_empty() {
            let ports = ports.iter().map(|(was, now)| (show_range(*was), *now)).collect();
            self.leases.push(Lease { project: project.to_owned(), at: now, ports });
        }
        self.leases.sort_by(|a, b| a.project.cmp(&b.project));
        let content = Content { schema: SCHEMA.to_owned(), leases: self.leases };
        let text = serde_json::to_string(&content).map_err(|e| Error::failed("write JSON", e))?;
        files::replace(&self.path, text + "\n")
    }
}

fn is_young(lease: &Lease, now: Timestamp) -> bool {
    now.as_second() - lease.at.as_second() < MAX_AGE_S
}

/// A range of old ports has as many new ones at most.
fn ports(lease: &Lease) -> Vec<u16> {
    let of = |(was, now): (&String, &u16)| {
        let (first, last) = port_range(was).unwrap_or((0, 0));
        *now..=now.saturating_add(last - first)
    };
    lease.ports.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservations_are_kept_respected_and_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ports.json");
        let (now, open) = (Timestamp::from_second(1_000_000).unwrap(), || LeaseFile::open(&path).unwrap());
        let own = BTreeMap::from([((80, 80), 20000), ((90, 92), 20001)]);
        open().reserve("a", &own, now).unwrap();
        assert_eq!(open().earlier("a"), own);
        assert_eq!(open().earlier("b"), BTreeMap::new());
        assert_eq!(open().reserved("b", now), BTreeSet::from([20000, 20001, 20002, 20003]));
        assert_eq!(open().reserved("a", now), BTreeSet::new());
        let later = Timestamp::from_second(1_000_000 + MAX_AGE_S).unwrap();
        assert_eq!(open().reserved("b", later), BTreeSet::new());
        open().reserve("a", &BTreeMap::new(), now).unwrap();
        assert_eq!(open().reserved("b", now), BTreeSet::new());
        std::fs::write(&path, "not JSON").unwrap();
        assert!(LeaseFile::open(&path).unwrap_err().to_string().contains("hint: remove it"));
    }
}
