//! Holds the locks of environments while their resources are removed: those of this machine, and, where `ENVLOCK_VIA`
//! names a store, those in it as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use evenkeel_common::state::{self, Home};
use evenkeel_common::{Error, Timestamp};

use crate::edges::store_lock::{self, StoreLock};

/// Locks of environments: those that this run holds, and those that somebody else holds.
#[derive(Debug)]
pub(crate) struct Locks {
    dir: PathBuf,
    held: BTreeMap<String, Held>,
    /// Environments that somebody else holds, each with a sentence that says who.
    pub(crate) busy: BTreeMap<String, String>,
}

/// A lock that this run holds.
#[derive(Debug)]
struct Held {
    _file: File,
    /// None where no store is used.
    _store: Option<StoreLock>,
}

impl Locks {
    /// Prepares the lock directory; no lock is taken yet.
    pub(crate) fn new(home: &Home) -> Result<Self, Error> {
        Ok(Self { dir: home.dir("locks")?, held: BTreeMap::new(), busy: BTreeMap::new() })
    }

    /// Tries to lock further environments, without waiting. Says whether any of them was new.
    pub(crate) async fn try_take(&mut self, environments: &BTreeSet<String>) -> Result<bool, Error> {
        let mut any_new = false;
        for name in environments {
            if self.held.contains_key(name) || self.busy.contains_key(name) {
                continue;
            }
            any_new = true;
            match self.take_both(name).await? {
                Ok(held) => drop(self.held.insert(name.clone(), held)),
                Err(holder) => drop(self.busy.insert(name.clone(), holder)),
            }
        }
        Ok(any_new)
    }

    /// Takes the lock of this machine, then that of the store. The inner error says who holds one of them.
    async fn take_both(&self, name: &str) -> Result<Result<Held, String>, Error> {
        let local = take(&self.lock_file(name), OpenOptions::new().read(true).write(true).create(true))?;
        let Some(file) = local else { return Ok(Err(who_holds(name, Place::ThisMachine).await)) };
        if !store_lock::is_used() {
            return Ok(Ok(Held { _file: file, _store: None }));
        }
        match StoreLock::take(name).await? {
            Some(store) => Ok(Ok(Held { _file: file, _store: Some(store) })),
            None => Ok(Err(who_holds(name, Place::Store).await)),
        }
    }

    /// Finds out which environments are locked, and locks none.
    pub(crate) async fn probe(&mut self, environments: &BTreeSet<String>) -> Result<(), Error> {
        let used = environments
            .iter()
            .filter(|name| store_lock::is_used() || self.lock_file(name).exists())
            .cloned()
            .collect();
        self.try_take(&used).await?;
        self.held.clear();
        Ok(())
    }

    fn lock_file(&self, environment: &str) -> PathBuf {
        self.dir.join(format!("{environment}.lock"))
    }

    /// Names of the environments that this run holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = &String> {
        self.held.keys()
    }
}

fn take(path: &Path, options: &mut OpenOptions) -> Result<Option<File>, Error> {
    let failed = |cause: std::io::Error| {
        Error::failed(format!("lock {}", path.display()), cause).hint("pass --ignore-locks to do without")
    };
    let file = state::open(path, options).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// Longest wait for envlock's answer: it only explains, no decision depends on it.
const ENVLOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Which locks envlock is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    ThisMachine,
    /// As `ENVLOCK_VIA` says.
    Store,
}

async fn who_holds(environment: &str, place: Place) -> String {
    let sentence = match ask_envlock(environment, place).await {
        Some(status) => describe(&status),
        None => None,
    };
    sentence.unwrap_or_else(|| "locked".into())
}

async fn ask_envlock(environment: &str, place: Place) -> Option<serde_json::Value> {
    let mut command = tokio::process::Command::new(store_lock::find_envlock()?);
    command.args(["status", environment, "--json"]).stdin(Stdio::null()).kill_on_drop(true);
    if place == Place::ThisMachine {
        command.env("ENVLOCK_VIA", "local");
    }
    let answer = tokio::time::timeout(ENVLOCK_TIMEOUT, command.output()).await.ok()?.ok()?;
    serde_json::from_slice(&answer.stdout).ok()
}

/// Describes the holder in `envlock.status/1`: "locked by ann (pid 42, make test) since 14:02".
fn describe(status: &serde_json::Value) -> Option<String> {
    let lock = status.get("locks")?.get(0)?;
    let first = |list: &str| lock.get(list)?.get(0).cloned();
    let holder = first("holders").or_else(|| first("outsiders"))?;
    let field = |key: &str| Some(holder.get(key)?.as_str()?.to_owned());
    let command = holder.get("command").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let command = command.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(" ");
    let mut text = format!("locked by {}", field("user").unwrap_or_else(|| "somebody".into()));
    if let Some(pid) = holder.get("pid").and_then(serde_json::Value::as_u64) {
        let _ = write!(text, " (pid {pid}, {command})");
    }
    if let Some(since) = field("entered_at").and_then(|at| at.parse::<Timestamp>().ok()) {
        let _ = write!(text, " since {since:.0}");
    }
    if let Some(purpose) = field("purpose") {
        let _ = write!(text, ": {purpose}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_and_outsiders_are_named() {
        let status = serde_json::json!({"locks": [{"holders": [{"user": "ann", "pid": 42,
            "command": ["make", "test"], "purpose": "CI", "entered_at": "2026-11-20T14:02:07.123Z"}]}]});
        let said = describe(&status).unwrap();
        assert_eq!(said, "locked by ann (pid 42, make test) since 2026-11-20T14:02:07Z: CI");
        let status =
            serde_json::json!({"locks": [{"holders": [], "outsiders": [{"pid": 7, "command": ["flock"]}]}]});
        assert_eq!(describe(&status).unwrap(), "locked by somebody (pid 7, flock)");
        for strange in ["null", "{}", "[]", r#"{"locks": []}"#, r#"{"locks": [{"holders": 1}]}"#] {
            assert_eq!(describe(&serde_json::from_str(strange).unwrap()), None, "{strange}");
        }
    }

    #[test]
    fn a_lock_is_taken_only_when_it_is_free() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("test.lock");
        let options = || OpenOptions::new().read(true).write(true).create(true).clone();
        let held = take(&path, &mut options()).unwrap();
        assert!(held.is_some());
        assert!(take(&path, &mut options()).unwrap().is_none());
        drop(held);
        assert!(take(&path, &mut options()).unwrap().is_some());
    }
}
