//! Holds the locks of environments while their resources are removed: those of this machine, and, where `ENVLOCK_VIA`
//! names a store, those in it as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use evenkeel_common::docker::lock_name;
use evenkeel_common::state::lock_file::{LockFile, LockMode};
use evenkeel_common::state::shared::Sharing;
use evenkeel_common::state::{Home, StateDir};
use evenkeel_common::{Error, Timestamp};

use crate::edges::store_lock::{self, StoreLock};

/// Locks of environments: those that this run holds, and those that somebody else holds.
#[derive(Debug)]
pub(crate) struct Locks {
    dir: StateDir,
    /// URL of the engine.
    host: String,
    held: BTreeMap<String, Held>,
    /// Environments that somebody else holds, each with a sentence that says who.
    pub(crate) busy: BTreeMap<String, String>,
}

/// The locks of an environment that this run holds.
#[derive(Debug)]
struct Held {
    _local: Vec<LockFile>,
    /// None where no store is used.
    _store: Option<StoreLock>,
}

impl Locks {
    /// Prepares the lock directory; no lock is taken yet.
    pub(crate) fn new(home: &Home, host: &str) -> Result<Self, Error> {
        let (held, busy) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { dir: home.locks()?, host: host.to_owned(), held, busy })
    }

    /// Where the locks are, and whose.
    pub(crate) fn dir(&self) -> &StateDir {
        &self.dir
    }

    /// Tries to lock further environments, without waiting. Says whether any of them was new.
    pub(crate) async fn try_take(&mut self, environments: &BTreeSet<String>) -> Result<bool, Error> {
        let mut any_new = false;
        for name in environments {
            if self.held.contains_key(name) || self.busy.contains_key(name) {
                continue;
            }
            any_new = true;
            if self.is_kept(name) {
                self.note_kept(name);
                continue;
            }
            if let Some(held) = self.take_all(name, self.lock_names(name)).await? {
                // Its last user may have left it up in the meantime: what the record says under the lock counts.
                if self.is_kept(name) {
                    self.note_kept(name);
                } else {
                    self.held.insert(name.clone(), held);
                }
            }
        }
        Ok(any_new)
    }

    fn note_kept(&mut self, name: &str) {
        self.busy.insert(name.to_owned(), format!("kept until 'envlock down {name}'"));
    }

    /// Finds out which environments are locked, and locks none.
    pub(crate) async fn probe(&mut self, environments: &BTreeSet<String>) -> Result<(), Error> {
        for name in environments {
            let names = self.lock_names(name).into_iter().filter(|name| self.lock_file(name).exists());
            self.take_all(name, names.collect()).await?;
        }
        Ok(())
    }

    /// Takes the locks of an environment: those of this machine, then that of the store. Where somebody else holds one,
    /// that is noted, and none is kept.
    async fn take_all(&mut self, environment: &str, names: Vec<String>) -> Result<Option<Held>, Error> {
        let mut local = Vec::new();
        for name in names {
            let Some(lock) = take(&self.lock_file(&name), self.dir.sharing)? else {
                self.busy.insert(environment.to_owned(), who_holds(&name, Place::ThisMachine).await);
                return Ok(None);
            };
            local.push(lock);
        }
        let store = if store_lock::is_used() { StoreLock::take(environment).await? } else { None };
        if store.is_none() && store_lock::is_used() {
            self.busy.insert(environment.to_owned(), who_holds(environment, Place::Store).await);
            return Ok(None);
        }
        Ok(Some(Held { _local: local, _store: store }))
    }

    /// The locks of an environment: the one of its name, which people take by hand whatever the engine, and the one that
    /// tools take on this engine.
    fn lock_names(&self, environment: &str) -> Vec<String> {
        let mut names = vec![environment.to_owned(), lock_name(&self.host, environment)];
        names.dedup();
        names
    }

    /// Whether envlock's record says that an environment is kept until it is taken down. Nobody holds its lock then.
    fn is_kept(&self, environment: &str) -> bool {
        self.lock_names(environment).iter().any(|name| is_kept(&records(&self.dir, name)))
    }

    fn lock_file(&self, name: &str) -> PathBuf {
        self.dir.path.join(format!("{name}.lock"))
    }

    /// Names of the environments that this run holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = &String> {
        self.held.keys()
    }
}

/// The texts of envlock's records of an environment: one, or in a directory that users share one a user.
fn records(dir: &StateDir, name: &str) -> Vec<String> {
    let own = dir.path.join(format!("{name}.d/environment.json"));
    let begin = format!("{name}@environment.");
    let is_record =
        |path: &PathBuf| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&begin));
    let shared = std::fs::read_dir(&dir.path).into_iter().flatten().flatten().map(|entry| entry.path());
    let shared = shared.filter(|_| dir.sharing == Sharing::AllUsers).filter(is_record);
    shared.chain([own]).filter_map(|path| read_record(&path)).collect()
}

/// A record is small; what is not a regular file is none.
fn read_record(path: &Path) -> Option<String> {
    let is_record =
        std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() <= 1 << 20);
    is_record.then(|| std::fs::read_to_string(path).ok())?
}

/// The latest record counts.
fn is_kept(records: &[String]) -> bool {
    let parsed = records.iter().filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let latest = parsed.max_by_key(|record| record["generation"].as_u64());
    latest.is_some_and(|record| record["kept"] == "until_told" && record["phase"] != "down")
}

fn take(path: &Path, sharing: Sharing) -> Result<Option<LockFile>, Error> {
    let failed = |cause: std::io::Error| {
        Error::failed(format!("lock {}", path.display()), cause).hint("pass --ignore-locks to do without")
    };
    let file = LockFile::open(path, sharing).map_err(failed)?;
    let is_free = file.try_lock(LockMode::Exclusive).map_err(failed)?;
    Ok(is_free.then_some(file))
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
    fn what_is_kept_on_purpose_counts_as_used() {
        for (records, kept) in [
            (vec![], false),
            (vec![r#"{"kept":"until_told","phase":"up"}"#], true),
            (vec![r#"{"kept":"no"}"#], false),
            (vec![r#"{"kept":{"for":{"ms":1}}}"#], false),
            (vec!["{"], false),
            (vec![r#"{"kept":"until_told","generation":1}"#, r#"{"kept":"no","generation":2}"#], false),
            (vec![r#"{"kept":"until_told","phase":"down"}"#], false),
        ] {
            let records: Vec<String> = records.into_iter().map(str::to_owned).collect();
            assert_eq!(is_kept(&records), kept, "{records:?}");
        }
    }

    #[test]
    fn a_lock_is_taken_only_when_it_is_free() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("test.lock");
        let take = || take(&path, Sharing::OneUser).unwrap();
        let held = take();
        assert!(held.is_some());
        assert!(take().is_none());
        drop(held);
        assert!(take().is_some());
    }
}
