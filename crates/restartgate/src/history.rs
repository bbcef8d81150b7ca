//! The past of all services of the machine: `~/.netra/restarts/history.jsonl`, and a lock for each service.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::time::Duration;

use evenkeel_common::journal::{Durability, Journal};
use evenkeel_common::state::{self, Home};
use evenkeel_common::{Error, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::gate::Rule;
use crate::standing::{Event, Outcome};

/// Size at which the history is rotated; with its predecessor about 8,000 records, far more than any window holds.
const MAX_BYTES: u64 = 2 << 20;
/// The same for refusals. They stand apart: a storm of them must not push out the restarts that decisions rest on.
const REFUSALS_BYTES: u64 = 1 << 20;

/// Which service: the same whichever container serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Service {
    /// The engine, as a URL.
    pub host: String,
    /// Compose project; `null` for a container outside Compose.
    pub project: Option<String>,
    /// Compose service, or the container's name.
    pub name: String,
}

impl Service {
    /// For people: `project/service`, or the container's name.
    pub fn shown(&self) -> String {
        match &self.project {
            Some(project) => format!("{project}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Name of its lock file: readable, and unique by a hash of all that tells services apart.
    fn lock_name(&self) -> String {
        let plain: String =
            self.shown().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
        format!("{plain}-{:016x}.lock", fnv1a(&format!("{}\n{:?}\n{}", self.host, self.project, self.name)))
    }
}

/// FNV-1a, 64 bits: stable across builds, which the standard library's hasher does not promise.
fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A restart is about to be made.
    Begin,
    /// It ended.
    End,
    /// A restart was refused.
    Refused,
    /// The breaker was tripped.
    Trip,
    /// A person forgave the past.
    Reset,
}

/// One line of the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Version of this line's shape.
    pub v: u32,
    /// What it tells.
    pub action: Action,
    /// The service.
    #[serde(flatten)]
    pub service: Service,
    /// When.
    #[serde(flatten)]
    pub moment: Moment,
    /// Number that a begin and its end share.
    pub attempt: Option<u64>,
    /// Process that wrote it.
    pub pid: u32,
    /// User that ran it.
    pub user: String,
    /// At an end: whether the service came up healthy.
    pub healthy: Option<bool>,
    /// At an end: time from the begin to healthy, or to giving up.
    pub took_ms: Option<u64>,
    /// Why: cause of a failure, a refusal or a trip, or the person's words.
    pub reason: Option<String>,
    /// The gate was overridden.
    pub forced: bool,
    /// At a begin: the service had been killed at its memory limit.
    #[serde(default)]
    pub oom_killed: bool,
    /// At a begin or a refusal: what the gate went by.
    #[serde(default)]
    pub ruling: Option<Ruling>,
}

/// What a decision went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The rule that decided.
    pub rule: Rule,
    /// When another try makes sense.
    pub retry_after_s: Option<u64>,
    /// Attempts within the window, before this one.
    pub attempts_used: usize,
    /// Most of them.
    pub attempts_limit: usize,
    /// The window.
    pub window_s: u64,
    /// Length of the last cooldown.
    pub cooldown_s: u64,
    /// What was left of it.
    pub cooldown_left_s: u64,
    /// Failures in a row.
    pub failures: u32,
    /// closed, open, half_open, proving.
    pub breaker: String,
    /// Trips in a row.
    pub trips: u32,
    /// Restarts that the machine began within the last minute.
    pub machine_used: usize,
    /// Most of them.
    pub machine_limit: usize,
}

/// The history and the locks.
#[derive(Debug)]
pub struct History {
    dir: PathBuf,
    journal: Journal,
    refusals: Journal,
}

impl History {
    /// Opens the history of the user's state directory.
    pub fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.dir("restarts")?;
        let journal = Journal::new(dir.join("history.jsonl"), MAX_BYTES);
        let refusals = Journal::new(dir.join("refusals.jsonl"), REFUSALS_BYTES);
        Ok(Self { dir, journal, refusals })
    }

    /// What decisions rest on, oldest first, and how many lines were skipped.
    pub fn read(&self) -> Result<(Vec<Record>, usize), Error> {
        let found = self.journal.read()?;
        Ok((found.records, found.skipped))
    }

    /// Everything, refusals too, oldest first, and how many lines were skipped.
    pub fn read_all(&self) -> Result<(Vec<Record>, usize), Error> {
        let (mut records, skipped) = self.read()?;
        let refused = self.refusals.read()?;
        records.extend(refused.records);
        records.sort_by_key(|record| record.moment.at);
        Ok((records, skipped + refused.skipped))
    }

    /// Appends what decisions rest on; it is on disk when this returns.
    pub fn append(&self, record: &Record) -> Result<(), Error> {
        self.journal.append(record, Durability::Synced)
    }

    /// Appends how an attempt ended. Lost in a power cut, it leaves a begin without an end, which counts as a failure: the
    /// safe side, so nobody waits for the disk.
    pub fn append_end(&self, record: &Record) -> Result<(), Error> {
        self.journal.append(record, Durability::Cached)
    }

    /// Decides and records as one step: `work` sees the past and says what to append, which is on disk when this
    /// returns. No other process can decide meanwhile, whichever service it asks about.
    pub fn decide<R>(&self, work: impl FnOnce(Vec<Record>) -> (R, Option<Record>)) -> Result<R, Error> {
        self.journal.locked(|journal| {
            let (decided, record) = work(journal.read()?.records);
            if let Some(record) = record {
                journal.append(&record, Durability::Synced)?;
            }
            Ok(decided)
        })
    }

    /// Remembers a refusal, for people.
    pub fn remember_refusal(&self, record: &Record) -> Result<(), Error> {
        self.refusals.append(record, Durability::Cached)
    }

    /// The file whose lock is held from a decision to the end of the restart.
    pub fn lock_file(&self, service: &Service) -> Result<File, Error> {
        let path = self.dir.join(service.lock_name());
        state::open(&path, OpenOptions::new().read(true).write(true).create(true))
            .map_err(|e| Error::failed(format!("open {}", path.display()), e))
    }

    /// Whether somebody is restarting the service at this moment.
    pub fn is_busy(&self, service: &Service) -> Result<bool, Error> {
        Ok(matches!(self.lock_file(service)?.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
    }
}

impl Record {
    /// A record about a service, now.
    pub fn new(action: Action, service: &Service) -> Self {
        Self {
            v: 1,
            action,
            service: service.clone(),
            moment: Moment::now(),
            attempt: None,
            pid: std::process::id(),
            user: user(),
            healthy: None,
            took_ms: None,
            reason: None,
            forced: false,
            oom_killed: false,
            ruling: None,
        }
    }
}

fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".into())
}

/// What the gate replays: the events of one service. A begin without an end was made by a process that died, where the
/// caller holds the service's lock.
pub fn events(records: &[Record], service: &Service, now: &Moment) -> Vec<Event> {
    let mine = || records.iter().filter(|record| record.service == *service);
    let ends: HashMap<u64, &Record> =
        mine().filter(|r| r.action == Action::End).filter_map(|r| Some((r.attempt?, r))).collect();
    let event = |record: &Record| {
        let age = record.moment.age_at(now);
        match record.action {
            Action::Begin => {
                let end = record.attempt.and_then(|attempt| ends.get(&attempt));
                let healthy = end.and_then(|end| end.healthy) == Some(true);
                Some(Event::Attempt {
                    begun: age,
                    ended: end.map_or(age, |end| end.moment.age_at(now)),
                    outcome: if healthy { Outcome::Healthy } else { Outcome::Failed },
                    jitter: jitter(record.attempt.unwrap_or(0)),
                })
            }
            Action::Trip => Some(Event::Trip { at: age, cause: record.reason.clone().unwrap_or_default() }),
            Action::Reset => Some(Event::Reset),
            Action::End | Action::Refused => None,
        }
    };
    mine().filter_map(event).collect()
}

/// Leaves out the attempt that somebody is at.
pub fn without_running(records: &mut Vec<Record>, service: &Service) {
    let last = records.iter().rposition(|r| r.service == *service && r.action == Action::Begin);
    if let Some(last) = last
        && !records[last..].iter().any(|r| r.action == Action::End && r.attempt == records[last].attempt)
    {
        records.remove(last);
    }
}

/// Whether the last restart of the service was made because it had been killed at its memory limit.
pub fn last_was_oom(records: &[Record], service: &Service) -> bool {
    let mut mine = records.iter().rev().filter(|record| record.service == *service);
    mine.find(|record| matches!(record.action, Action::Begin | Action::Reset))
        .is_some_and(|record| record.oom_killed)
}

/// Ages of all restarts begun on this machine.
pub fn machine(records: &[Record], now: &Moment) -> Vec<Duration> {
    records.iter().filter(|r| r.action == Action::Begin).map(|r| r.moment.age_at(now)).collect()
}

/// Whether somebody ended a restart of the service with success after `since`.
pub fn restarted_since(records: &[Record], service: &Service, since: &Moment, now: &Moment) -> bool {
    records.iter().any(|record| {
        record.service == *service
            && record.action == Action::End
            && record.healthy == Some(true)
            && record.moment.age_at(now) <= since.age_at(now)
    })
}

/// A number in 0..1 that every process draws alike for one attempt.
#[expect(clippy::cast_precision_loss, reason = "three digits are plenty")]
fn jitter(attempt: u64) -> f64 {
    (fnv1a(&attempt.to_string()) % 1000) as f64 / 1000.0
}

/// A number for a new attempt: no two attempts of a machine share a nanosecond.
pub fn new_attempt() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(0)
}
