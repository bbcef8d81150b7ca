//! `restartgate.history/1`, `restartgate.stats/1` and `restartgate.explain/1`, also as text.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::table::Table;
use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_duration;
use evenkeel_common::{Timestamp, VERSION, now};
use serde::Serialize;

use super::place_json::PlaceJson;
use super::report_json::ServiceJson;
use crate::decide::stats::Tally;
use crate::model::record::{Action, DecisionRecord, Record, Rule, Service};

/// `restartgate.history/1`
#[derive(Debug, Serialize)]
pub(crate) struct HistoryJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    records: Vec<RecordJson>,
    #[serde(flatten)]
    place: PlaceJson,
}

#[derive(Debug, Serialize)]
struct RecordJson {
    at: Timestamp,
    service: ServiceJson,
    action: Action,
    rule: Option<Rule>,
    healthy: Option<bool>,
    took_ms: Option<u64>,
    reason: Option<String>,
    forced: bool,
    user: String,
    pid: u32,
}

impl HistoryJson {
    pub(crate) fn new(records: &[Record], skipped_lines: usize, place: PlaceJson) -> Self {
        Self {
            schema: "restartgate.history/1",
            tool_version: VERSION,
            at: now(),
            verdict: "ok",
            skipped_lines,
            records: records.iter().map(RecordJson::from).collect(),
            place,
        }
    }
}

impl From<&Record> for RecordJson {
    fn from(record: &Record) -> Self {
        Self {
            at: record.time.at,
            service: (&record.service).into(),
            action: record.action,
            rule: record.decision.as_ref().map(|decision| decision.rule),
            healthy: record.healthy,
            took_ms: record.took_ms,
            reason: record.reason.clone(),
            forced: record.forced,
            user: record.user.clone(),
            pid: record.pid,
        }
    }
}

/// The history as a table.
pub(crate) fn history_text(records: &[Record], place: &PlaceJson) -> String {
    let mut table = Table::new(["AT", "SERVICE", "WHAT", "TOOK", "USER", "REASON"]);
    for record in records {
        let took = record.took_ms.map(|ms| show_duration(Duration::from_millis(ms)));
        table.add_row([
            record.time.at.to_string(),
            record.service.shown(),
            event_name(record).to_owned(),
            took.unwrap_or_default(),
            record.user.clone(),
            record.reason.clone().unwrap_or_default(),
        ]);
    }
    unless_empty(&table, place)
}

/// What happened, in a word or two.
pub(crate) fn event_name(record: &Record) -> &'static str {
    match (record.action, record.healthy) {
        (Action::Begin, _) if record.forced => "begin, forced",
        (Action::Begin, _) => "begin",
        (Action::End, Some(true)) => "healthy",
        (Action::End, _) => "failed",
        (Action::Refused, _) => "refused",
        (Action::Trip, _) => "tripped",
        (Action::Reset, _) => "reset",
    }
}

fn unless_empty<const N: usize>(table: &Table<N>, place: &PlaceJson) -> String {
    let rows = if table.is_empty() { "nothing is recorded yet\n".into() } else { table.to_string() };
    rows + place.text()
}

/// `restartgate.stats/1`
#[derive(Debug, Serialize)]
pub(crate) struct StatsJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    rows: Vec<StatsRowJson>,
    #[serde(flatten)]
    place: PlaceJson,
}

#[derive(Debug, Serialize)]
struct StatsRowJson {
    day: String,
    service: ServiceJson,
    restarts: usize,
    healthy: usize,
    failed: usize,
    refused: usize,
    success_pct: Option<f64>,
    healthy_p50_ms: Option<u64>,
    healthy_p95_ms: Option<u64>,
}

/// Counts by day and service.
type Tallies = BTreeMap<(String, Service), Tally>;

impl StatsJson {
    pub(crate) fn new(tallies: &Tallies, skipped_lines: usize, place: PlaceJson) -> Self {
        let row = |((day, service), tally): (&(String, Service), &Tally)| StatsRowJson {
            day: day.clone(),
            service: service.into(),
            restarts: tally.restarts,
            healthy: tally.healthy,
            failed: tally.failed,
            refused: tally.refused,
            success_pct: tally.success_pct(),
            healthy_p50_ms: tally.took_percentile(50),
            healthy_p95_ms: tally.took_percentile(95),
        };
        Self {
            schema: "restartgate.stats/1",
            tool_version: VERSION,
            at: now(),
            verdict: "ok",
            skipped_lines,
            rows: tallies.iter().map(row).collect(),
            place,
        }
    }
}

/// The counts as a table.
pub(crate) fn stats_text(tallies: &Tallies, place: &PlaceJson) -> String {
    let dash = || "-".to_owned();
    let time = |ms: Option<u64>| ms.map_or_else(dash, |ms| show_duration(Duration::from_millis(ms)));
    let header = ["DAY", "SERVICE", "RESTARTS", "REFUSED", "SUCCESS", "HEALTHY P50", "HEALTHY P95"];
    let mut table = Table::new(header);
    for ((day, service), tally) in tallies {
        table.add_row([
            day.clone(),
            service.shown(),
            tally.restarts.to_string(),
            tally.refused.to_string(),
            tally.success_pct().map_or_else(dash, |pct| format!("{pct} %")),
            time(tally.took_percentile(50)),
            time(tally.took_percentile(95)),
        ]);
    }
    unless_empty(&table, place)
}

/// `restartgate.explain/1`
#[derive(Debug, Serialize)]
pub(crate) struct ExplainJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Explained,
    service: ServiceJson,
    decided_at: Timestamp,
    reason: Option<String>,
    #[serde(rename = "ruling")]
    decision: DecisionRecord,
    #[serde(flatten)]
    place: PlaceJson,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Explained {
    Allowed,
    Refused,
}

impl Explained {
    const fn of(action: Action) -> Self {
        if matches!(action, Action::Begin) { Self::Allowed } else { Self::Refused }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

impl ExplainJson {
    pub(crate) fn new(record: &Record, decision: &DecisionRecord, place: PlaceJson) -> Self {
        Self {
            schema: "restartgate.explain/1",
            tool_version: VERSION,
            at: now(),
            verdict: Explained::of(record.action),
            service: (&record.service).into(),
            decided_at: record.time.at,
            reason: record.reason.clone(),
            decision: decision.clone(),
            place,
        }
    }
}

/// The last decision for people; `age` is how long ago it was made.
pub(crate) fn explain_text(record: &Record, decision: &DecisionRecord, age: Duration) -> String {
    let verdict = Explained::of(record.action).text();
    let age = show_duration(Duration::from_secs(age.as_secs()));
    let reason = record.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let retry = decision.retry_after_s.map(|s| format!("\n  try again after {s} s")).unwrap_or_default();
    let rule = decision.rule.name();
    let first = one_line(&format!("{}: {verdict} by the rule '{rule}'{reason}", record.service.shown()));
    format!(
        "{first}\n  decided {age} ago, at {}{retry}\n  \
         cooldown: {} of {} s were left, after {} failures in a row\n  \
         window: {} of {} attempts used in {} s\n  breaker: {}, {} trips in a row\n  \
         machine: {} of {} restarts in the last minute\n",
        record.time.at,
        decision.cooldown_left_s,
        decision.cooldown_s,
        decision.failures,
        decision.attempts_used,
        decision.attempts_limit,
        decision.window_s,
        decision.breaker.name(),
        decision.trips,
        decision.machine_used,
        decision.machine_limit,
    )
}
