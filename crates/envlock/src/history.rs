//! Past holds: what `history` shows, and what a guess at the end of a present one rests on.

use std::time::Duration;

use evenkeel_common::journal::{Durability, Journal, Records};
use evenkeel_common::{Error, Timestamp, now};
use serde::{Deserialize, Serialize};

use crate::files::EnvFiles;
use crate::record::Record;

/// One year of hourly runs, or so; twice that on disk at most.
const MAX_BYTES: u64 = 2 << 20;

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// By itself.
    Done,
    /// Its envlock was killed or the machine went down.
    Died,
    /// By `envlock break`.
    Broken,
}

/// One hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When it ended, or was found dead.
    pub at: Timestamp,
    /// How it ended.
    pub end: End,
    /// Its ticket.
    pub ticket: u64,
    /// exclusive, shared or slot.
    pub mode: String,
    /// Its slot.
    pub slot: Option<u32>,
    /// Who.
    pub user: String,
    /// Where.
    pub host: String,
    /// The envlock process.
    pub pid: u32,
    /// What it ran.
    pub command: Vec<String>,
    /// Why.
    pub purpose: Option<String>,
    /// How long it waited; not known of the dead.
    pub waited_ms: Option<u64>,
    /// How long it held; not known of the dead.
    pub held_ms: Option<u64>,
    /// How it ended, as a shell sees it; not known of the dead.
    pub exit_code: Option<u8>,
    /// Who broke it.
    pub broken_by: Option<String>,
    /// And why.
    pub reason: Option<String>,
}

/// What `break` leaves beside a ticket, for whoever writes its history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BreakNote {
    /// Who breaks it.
    pub by: String,
    /// And why.
    pub reason: String,
}

/// What only the owner knows.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How long it waited.
    pub waited: Duration,
    /// How long it held.
    pub held: Duration,
    /// How it ended.
    pub exit_code: u8,
}

impl Past {
    /// Puts down a hold; `measured` is none where its owner died.
    pub fn new(record: &Record, measured: Option<Measured>, note: Option<BreakNote>) -> Self {
        let end = match (&note, measured) {
            (Some(_), _) => End::Broken,
            (None, Some(_)) => End::Done,
            (None, None) => End::Died,
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
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Adds a hold to the history.
pub fn append(files: &EnvFiles, past: &Past) -> Result<(), Error> {
    journal(files).append(past, Durability::Cached)
}

/// All holds that are remembered, oldest first.
pub fn read(files: &EnvFiles) -> Result<Records<Past>, Error> {
    journal(files).read()
}

fn journal(files: &EnvFiles) -> Journal {
    Journal::new(files.path("history.jsonl"), MAX_BYTES)
}

/// The value that this share of all is not above, by nearest rank; none of nothing.
pub fn percentile(values: &mut [u64], percent: usize) -> Option<u64> {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

/// How long such a command usually holds the lock: the median of its last holds, or of all last holds where it is
/// new; none without a past.
pub fn usual(past: &[Past], command: &[String]) -> Option<Duration> {
    const RECENT: usize = 20;
    let held = |same: &dyn Fn(&Past) -> bool| {
        let recent = past.iter().rev().filter(|past| same(past)).filter_map(|past| past.held_ms).take(RECENT);
        percentile(&mut recent.collect::<Vec<_>>(), 50)
    };
    let usual = held(&|past| past.command == command).or_else(|| held(&|_| true));
    usual.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(command: &str, held_ms: u64) -> Past {
        Past {
            at: Timestamp::UNIX_EPOCH,
            end: End::Done,
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
    fn percentiles_are_values_that_were_seen() {
        assert_eq!(percentile(&mut [], 50), None);
        assert_eq!(percentile(&mut [7], 50), Some(7));
        assert_eq!(percentile(&mut [7], 95), Some(7));
        let mut values: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&mut values, 50), Some(50));
        assert_eq!(percentile(&mut values, 95), Some(95));
        assert_eq!(percentile(&mut [3, 1, 2], 50), Some(2));
    }

    #[test]
    fn the_usual_hold_is_that_of_the_same_command() {
        let all = [past("a", 10), past("b", 500), past("a", 30), past("a", 20)];
        assert_eq!(usual(&all, &["a".into()]), Some(Duration::from_millis(20)));
        assert_eq!(usual(&all, &["new".into()]), Some(Duration::from_millis(20)));
        assert_eq!(usual(&[], &["a".into()]), None);
    }
}
