//! The history of all services of the machine: `~/.netra/restarts/history.jsonl`, and a lock for each service.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use evenkeel_common::state::journal::{Durability, Journal};
use evenkeel_common::state::{self, Home};
use evenkeel_common::{Error, fnv1a};
use tokio::time::{Instant, sleep};

use crate::model::record::{Record, Service};

/// Size at which the history is rotated; with its predecessor about 8,000 records, far more than any window holds.
const MAX_BYTES: u64 = 2 << 20;
/// The same for refusals. They have a file of their own, so that a storm of them does not push out the restarts that
/// decisions are based on.
const REFUSALS_BYTES: u64 = 1 << 20;
/// Time between two tries to take a service's lock.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The history and the locks.
#[derive(Debug)]
pub struct History {
    dir: PathBuf,
    journal: Journal,
    refusals: Journal,
}

impl History {
    /// Opens the history in the user's state directory.
    pub fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.dir("restarts")?;
        let journal = Journal::new(dir.join("history.jsonl"), MAX_BYTES);
        let refusals = Journal::new(dir.join("refusals.jsonl"), REFUSALS_BYTES);
        Ok(Self { dir, journal, refusals })
    }

    /// Reads what decisions are based on, oldest first, and how many lines were skipped.
    pub fn read(&self) -> Result<(Vec<Record>, usize), Error> {
        let found = self.journal.read()?;
        Ok((found.records, found.skipped))
    }

    /// Reads everything, refusals too, oldest first, and how many lines were skipped.
    pub(crate) fn read_all(&self) -> Result<(Vec<Record>, usize), Error> {
        let (mut records, skipped) = self.read()?;
        let refused = self.refusals.read()?;
        records.extend(refused.records);
        records.sort_by_key(|record| record.time.at);
        Ok((records, skipped + refused.skipped))
    }

    /// Appends what decisions are based on; it is on disk when this returns.
    pub fn append(&self, record: &Record) -> Result<(), Error> {
        self.journal.append(record, Durability::Synced)
    }

    /// Appends how an attempt ended, without waiting for the disk. Lost in a power cut, it leaves a begin without an end,
    /// which counts as a failure and so refuses rather than allows.
    pub(crate) fn append_end(&self, record: &Record) -> Result<(), Error> {
        self.journal.append(record, Durability::Cached)
    }

    /// Decides and records as one step: `work` gets the history and returns what to append, which is on disk when this
    /// returns. No other process can decide meanwhile, whichever service it asks about.
    pub(crate) fn decide<R>(
        &self,
        work: impl FnOnce(Vec<Record>) -> (R, Option<Record>),
    ) -> Result<R, Error> {
        self.journal.locked(|journal| {
            let (decided, record) = work(journal.read()?.records);
            if let Some(record) = record {
                journal.append(&record, Durability::Synced)?;
            }
            Ok(decided)
        })
    }

    /// Appends a refusal, which only people read.
    pub fn append_refusal(&self, record: &Record) -> Result<(), Error> {
        self.refusals.append(record, Durability::Cached)
    }

    /// Takes the lock of a service, which is held from a decision to the end of the restart. `None` where another process
    /// holds it for longer than `limit`.
    pub(crate) async fn lock(&self, service: &Service, limit: Duration) -> Result<Option<File>, Error> {
        let file = self.lock_file(service)?;
        let give_up_at = Instant::now() + limit;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < give_up_at => sleep(LOCK_POLL).await,
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(e)) => return Err(Error::failed("lock the service", e)),
            }
        }
    }

    /// Whether a process is restarting the service at this moment.
    pub(crate) fn is_busy(&self, service: &Service) -> Result<bool, Error> {
        Ok(matches!(self.lock_file(service)?.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn lock_file(&self, service: &Service) -> Result<File, Error> {
        let path = self.dir.join(lock_name(service));
        state::open(&path, OpenOptions::new().read(true).write(true).create(true))
            .map_err(|e| Error::failed(format!("open {}", path.display()), e))
    }
}

/// Name of a service's lock file: readable, and unique by a hash of all that tells services apart.
fn lock_name(service: &Service) -> String {
    let plain: String =
        service.shown().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let Service { host, project, name } = service;
    format!("{plain}-{:016x}.lock", fnv1a(format!("{host}\n{project:?}\n{name}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_for_a_lock_lets_other_work_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(&Home::at(dir.path())).unwrap();
        let service = Service { host: "unix:///d".into(), project: None, name: "redis".into() };
        let held = history.lock(&service, Duration::ZERO).await.unwrap().unwrap();
        assert!(history.lock(&service, Duration::ZERO).await.unwrap().is_none());
        // On one thread: where the wait blocked it, nothing could give the lock back.
        let (taken, ()) = tokio::join!(history.lock(&service, Duration::from_secs(10)), async { drop(held) });
        assert!(taken.unwrap().is_some());
    }
}
