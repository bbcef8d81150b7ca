//! Past holds: what `envlock history` shows, and what estimates of waiting times are based on.

use std::io::Read as _;
use std::time::Duration;

use evenkeel_common::state::journal::{Durability, Journal, Records};
use evenkeel_common::state::shared;
use evenkeel_common::{Error, Timestamp, now, percentile};
use serde::{Deserialize, Serialize};

use crate::model::record::{BreakNote, Record};
use crate::store::env_files::EnvFiles;

/// Enough for about a year of hourly runs. The files take twice that at most, because they are rotated.
const MAX_BYTES: u64 = 2 << 20;

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldEnd {
    /// By itself.
    Done,
    /// Its envlock was killed, or the machine stopped.
    Died,
    /// By `envlock break`.
    Broken,
    /// Its command was ended because the lock could not be kept; only in a store.
    Lost,
}

/// A past hold. What only its owner measures is unknown where that died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastHold {
    /// When it ended, or was found stale.
    pub(crate) at: Timestamp,
    pub(crate) end: HoldEnd,
    pub(crate) ticket: u64,
    /// exclusive, shared or slot.
    pub(crate) mode: String,
    pub(crate) slot: Option<u32>,
    pub(crate) user: String,
    pub(crate) host: String,
    /// The envlock process.
    pub(crate) pid: u32,
    pub(crate) command: Vec<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) waited_ms: Option<u64>,
    pub(crate) held_ms: Option<u64>,
    pub(crate) exit_code: Option<u8>,
    pub(crate) broken_by: Option<String>,
    pub(crate) reason: Option<String>,
}

/// What only the owner of a hold knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) waited: Duration,
    pub(crate) held: Duration,
    pub(crate) exit_code: u8,
}

impl PastHold {
    /// A hold that has ended; `measured` is none where its owner died.
    pub(crate) fn new(record: &Record, measured: Option<Measured>, note: Option<BreakNote>) -> Self {
        let end = match (&note, measured) {
            (Some(_), _) => HoldEnd::Broken,
            (None, Some(_)) => HoldEnd::Done,
            (None, None) => HoldEnd::Died,
        };
        let (broken_by, reason) = note.map(|note| (note.by, note.reason)).unzip();
        Self {
            at: now(),
            end,
            ticket: record.ticket,
            mode: record.mode.clone(),
            slot: record.slot,
            user: record.user.clone(),
            host: record.process.host.clone(),
            pid: record.process.pid,
            command: record.command.clone(),
            purpose: record.purpose.clone(),
            waited_ms: measured.map(|measured| millis(measured.waited)),
            held_ms: measured.map(|measured| millis(measured.held)),
            exit_code: measured.map(|measured| measured.exit_code),
            broken_by,
            reason,
        }
    }
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Adds a hold to the history: in a shared directory, to this user's part of it.
pub(crate) fn append(files: &EnvFiles, past: &PastHold) -> Result<(), Error> {
    journal(files).append(past, Durability::Cached)
}

/// Reads the history of all users, oldest first.
pub(crate) fn read(files: &EnvFiles) -> Result<Records<PastHold>, Error> {
    let mut all = journal(files).read()?;
    if files.is_shared() {
        read_others(files, &mut all)?;
        all.records.sort_by_key(|past: &PastHold| past.at);
    }
    Ok(all)
}

/// Adds what the other users recorded. What is not theirs, cannot be read, or is longer than their envlock lets it become
/// is left out.
fn read_others(files: &EnvFiles, all: &mut Records<PastHold>) -> Result<(), Error> {
    let me = shared::current_user();
    let of_others = |name: &str| user_of(name).filter(|user| *user != me).map(|user| (name.to_owned(), user));
    for (name, user) in files.find_files(of_others)? {
        let Ok((file, owner)) = shared::open_foreign(&files.path(&name)) else { continue };
        if owner == user && file.metadata().is_ok_and(|facts| facts.len() <= MAX_BYTES) {
            let _ = all.collect(file.take(MAX_BYTES));
        }
    }
    Ok(())
}

fn user_of(name: &str) -> Option<u32> {
    let name = name.strip_suffix(".1").unwrap_or(name);
    name.strip_prefix("history.")?.strip_suffix(".jsonl")?.parse().ok()
}

/// What `envlock history` shows.
#[derive(Debug)]
pub(crate) struct HistorySummary {
    /// How many holds are recorded.
    pub(crate) holds: usize,
    /// Lines that could not be read.
    pub(crate) skipped: usize,
    pub(crate) held_ms: Percentiles,
    pub(crate) waited_ms: Percentiles,
    /// The last holds, oldest first.
    pub(crate) last: Vec<PastHold>,
}

/// None without values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Percentiles {
    pub(crate) p50: Option<u64>,
    pub(crate) p95: Option<u64>,
}

impl Percentiles {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        let values: Vec<u64> = values.collect();
        Self { p50: percentile(&values, 50), p95: percentile(&values, 95) }
    }
}

impl HistorySummary {
    /// The last holds, and figures about all of them.
    pub(crate) fn new(mut past: Vec<PastHold>, skipped: usize, last: usize) -> Self {
        Self {
            holds: past.len(),
            skipped,
            held_ms: Percentiles::of(past.iter().filter_map(|past| past.held_ms)),
            waited_ms: Percentiles::of(past.iter().filter_map(|past| past.waited_ms)),
            last: past.split_off(past.len().saturating_sub(last)),
        }
    }
}

fn journal(files: &EnvFiles) -> Journal {
    if !files.is_shared() {
        return Journal::new(files.path("history.jsonl"), MAX_BYTES);
    }
    let name = format!("history.{}.jsonl", shared::current_user());
    Journal::readable_by_all(files.path(&name), MAX_BYTES)
}

/// How long a command usually holds the lock: the median of its last holds, or of the last holds of all commands where
/// it has none.
pub(crate) fn typical_hold(past: &[PastHold], command: &[String]) -> Option<Duration> {
    const RECENT: usize = 20;
    let median = |wanted: &dyn Fn(&PastHold) -> bool| {
        let recent = past.iter().rev().filter(|past| wanted(past)).filter_map(|past| past.held_ms);
        percentile(&recent.take(RECENT).collect::<Vec<_>>(), 50)
    };
    let typical = median(&|past| past.command == command).or_else(|| median(&|_| true));
    typical.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(command: &str, held_ms: u64) -> PastHold {
        PastHold {
            at: Timestamp::UNIX_EPOCH,
            end: HoldEnd::Done,
            ticket: 1,
            mode: "exclusive".into(),
            slot: None,
            user: "alice".into(),
            host: "here".into(),
            pid: 1,
            command: vec![command.into()],
            purpose: None,
            waited_ms: Some(0),
            held_ms: Some(held_ms),
            exit_code: Some(0),
            broken_by: None,
            reason: None,
        }
    }

    #[test]
    fn the_usual_hold_is_that_of_the_same_command() {
        let all = [past("a", 10), past("b", 500), past("a", 30), past("a", 20)];
        assert_eq!(typical_hold(&all, &["a".into()]), Some(Duration::from_millis(20)));
        assert_eq!(typical_hold(&all, &["new".into()]), Some(Duration::from_millis(20)));
        assert_eq!(typical_hold(&[], &["a".into()]), None);
    }
}
