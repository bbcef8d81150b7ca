//! The history of all services: of one user in `~/.netra/restarts`, or of all users of the machine where these share a
//! state directory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use evenkeel_common::state::journal::{Durability, Journal, Records};
use evenkeel_common::state::lock_file::LockMode;
use evenkeel_common::state::shared::{self, Guard, Sharing, user_name};
use evenkeel_common::state::{Home, StateDir};
use evenkeel_common::{BootTimestamp, Error};
use tokio::time::{Instant, sleep};

use super::locks::{ServiceLock, take_turn};
use super::records_of_users::{self, Place};
use crate::model::record::{Record, Service};
use crate::model::record_line::may_matter;

/// Size at which the history is rotated; with its predecessor about 8,000 records, far more than any window holds.
const MAX_BYTES: u64 = 2 << 20;
/// The same for refusals. They have a file of their own, so that a storm of them does not push out the restarts that
/// decisions are based on.
const REFUSALS_BYTES: u64 = 1 << 20;
const HISTORY: &str = "history.jsonl";
const REFUSALS: &str = "refusals.jsonl";
/// Time between two tries to take a service's lock.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The history and the locks.
#[derive(Debug)]
pub struct History {
    dir: StateDir,
    /// The user's own directory, where the records were before all users shared one.
    earlier: Option<PathBuf>,
    journal: Journal,
    refusals: Journal,
}

impl History {
    /// Opens the history in the state directory.
    pub fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.restarts()?;
        let (journal, refusals, earlier) = match dir.sharing {
            Sharing::OneUser => (
                Journal::new(dir.path.join(HISTORY), MAX_BYTES),
                Journal::new(dir.path.join(REFUSALS), REFUSALS_BYTES),
                None,
            ),
            Sharing::AllUsers => {
                let own = shared::own_directory(&dir.path)
                    .map_err(|e| Error::failed(format!("make a directory in {}", dir.path.display()), e))?;
                (
                    Journal::readable_by_all(own.join(HISTORY), MAX_BYTES),
                    Journal::readable_by_all(own.join(REFUSALS), REFUSALS_BYTES),
                    home.own_path().map(|own| own.join("restarts")),
                )
            }
        };
        Ok(Self { dir, earlier, journal, refusals })
    }

    /// Where it is, and whose.
    pub(crate) fn dir(&self) -> &StateDir {
        &self.dir
    }

    /// Reads what decisions are based on, oldest first, and how many lines were skipped.
    pub fn read(&self) -> Result<(Vec<Record>, usize), Error> {
        let found = self.read_if(&|_| true)?;
        Ok((found.records, found.skipped))
    }

    /// Reads what a decision about a service is based on, oldest first: its own records, and what counts against the
    /// machine's budget.
    pub(crate) fn read_about(&self, service: &Service) -> Result<Vec<Record>, Error> {
        let now = BootTimestamp::now();
        Ok(self.read_if(&|line| may_matter(line, service, &now))?.records)
    }

    fn read_if(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Records<Record>, Error> {
        match self.dir.sharing {
            Sharing::OneUser => self.journal.locked(|journal| journal.read_if(wanted)),
            Sharing::AllUsers => {
                // Whoever keeps the turn to himself cannot keep others from reading: a record that is being written is
                // left out.
                let _turn = take_turn(&self.dir, LockMode::Shared).ok();
                self.read_of_users(HISTORY, MAX_BYTES, wanted)
            }
        }
    }

    /// Reads everything, refusals too, oldest first, and how many lines were skipped.
    pub(crate) fn read_all(&self) -> Result<(Vec<Record>, usize), Error> {
        let (mut records, skipped) = self.read()?;
        let refused = match self.dir.sharing {
            Sharing::OneUser => self.refusals.read()?,
            Sharing::AllUsers => self.read_of_users(REFUSALS, REFUSALS_BYTES, &|_| true)?,
        };
        records.extend(refused.records);
        records.sort_by_key(|record| record.time.at);
        if self.dir.sharing == Sharing::AllUsers {
            name_owners(&mut records);
        }
        Ok((records, skipped + refused.skipped))
    }

    fn read_of_users(
        &self,
        name: &str,
        max_bytes: u64,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Records<Record>, Error> {
        let earlier = self.earlier.as_ref().map(|directory| directory.join(name));
        let place = Place { directory: &self.dir.path, name, max_bytes, earlier: earlier.as_deref(), wanted };
        records_of_users::read(&place)
    }

    /// Appends what decisions are based on; it is on disk when this returns.
    pub fn append(&self, record: &Record) -> Result<(), Error> {
        let _turn = self.turn()?;
        self.journal.append(record, Durability::Synced)
    }

    /// Appends how an attempt ended, without waiting for the disk. Lost in a power cut, it leaves a begin without an end,
    /// which counts as a failure and so refuses rather than allows.
    pub(crate) fn append_end(&self, record: &Record) -> Result<(), Error> {
        // Without the turn another user may miss it, and sees a failure as well.
        let _turn = self.turn().ok();
        self.journal.append(record, Durability::Cached)
    }

    /// Decides about a service and records as one step: `work` gets what [`Self::read_about`] reads, and returns what to
    /// append, which is on disk when this returns. No other process can decide meanwhile, whichever service it asks about.
    pub(crate) fn decide<R>(
        &self,
        service: &Service,
        work: impl FnOnce(Vec<Record>) -> (R, Option<Record>),
    ) -> Result<R, Error> {
        let _turn = self.turn()?;
        self.journal.locked(|journal| {
            let now = BootTimestamp::now();
            let wanted = |line: &str| may_matter(line, service, &now);
            let found = match self.dir.sharing {
                Sharing::OneUser => journal.read_if(&wanted)?,
                Sharing::AllUsers => self.read_of_users(HISTORY, MAX_BYTES, &wanted)?,
            };
            let (decided, record) = work(found.records);
            if let Some(record) = record {
                journal.append(&record, Durability::Synced)?;
            }
            Ok(decided)
        })
    }

    /// Excludes the other users; those of one user's history exclude each other by the journal's own lock.
    fn turn(&self) -> Result<Option<Guard>, Error> {
        match self.dir.sharing {
            Sharing::OneUser => Ok(None),
            Sharing::AllUsers => take_turn(&self.dir, LockMode::Exclusive).map(Some),
        }
    }

    /// Appends a refusal, which only people read.
    pub fn append_refusal(&self, record: &Record) -> Result<(), Error> {
        self.refusals.append(record, Durability::Cached)
    }

    /// Takes the lock of a service, which is held from a decision to the end of the restart. `None` where another process
    /// holds it for longer than `limit`.
    pub(crate) async fn lock(
        &self,
        service: &Service,
        limit: Duration,
    ) -> Result<Option<ServiceLock>, Error> {
        let lock = ServiceLock::open(&self.dir, service)?;
        let give_up_at = Instant::now() + limit;
        loop {
            if lock.try_lock(LockMode::Exclusive)? {
                return Ok(Some(lock));
            }
            if Instant::now() >= give_up_at {
                return Ok(None);
            }
            sleep(LOCK_POLL).await;
        }
    }

    /// Whether a process is restarting the service at this moment.
    pub(crate) fn is_busy(&self, service: &Service) -> Result<bool, Error> {
        Ok(!ServiceLock::open(&self.dir, service)?.try_lock(LockMode::Shared)?)
    }
}

/// The number of a user in a shared history says who it was; what the record says he may have made up.
fn name_owners(records: &mut [Record]) {
    let mut names = HashMap::new();
    for record in records {
        names.entry(record.owner).or_insert_with(|| user_name(record.owner)).clone_into(&mut record.user);
    }
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
