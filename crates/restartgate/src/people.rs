//! What people ask: status, history, stats, explain; and what they decide: trip, reset.

use std::time::Duration;

use comfy_table::{Table, presets};
use evenkeel_common::state::Home;
use evenkeel_common::units::show_duration;
use evenkeel_common::{Error, Exit, Timestamp, VERSION, now, print, print_json};
use serde::Serialize;

use crate::cli::{ExplainArgs, HistoryArgs, StatsArgs, StatusArgs, VerdictArgs};
use crate::clock::Moment;
use crate::history::{self, Action, History, Record, Ruling, Service};
use crate::report::{Status, StatusRow, WireService};
use crate::run::connect;
use crate::standing::standing;
use crate::stats::tally;

fn open() -> Result<History, Error> {
    History::open(&Home::from_env()?)
}

/// `restartgate status`
pub(crate) fn status(args: &StatusArgs) -> Result<Exit, Error> {
    let in_force = args.limits.in_force()?;
    let history = open()?;
    let (mut records, skipped) = history.read()?;
    let now = Moment::now();
    let mut services: Vec<Service> = records.iter().map(|record| record.service.clone()).collect();
    services.sort();
    services.dedup();
    let mut rows = Vec::new();
    for service in &services {
        if history.is_busy(service)? {
            history::without_running(&mut records, service);
        }
        let Some(last) = records.iter().rfind(|record| record.service == *service) else { continue };
        let standing = standing(&history::events(&records, service, &now), &in_force.limits);
        rows.push(StatusRow::new(service, &standing, &in_force.limits, last));
    }
    let status = Status::new(rows, skipped);
    if args.json {
        print_json(&status)?;
    } else {
        print(&status.words())?;
    }
    Ok(Exit::Done)
}

/// Everything about one service, or all, that is not older than asked for.
fn look_back(service: Option<&str>, since: Option<Duration>) -> Result<(Vec<Record>, usize), Error> {
    let (mut records, skipped) = open()?.read_all()?;
    if let Some(name) = service {
        let one = one_of(&records, name)?;
        records.retain(|record| record.service == one);
    }
    if let Some(since) = since {
        let now = Moment::now();
        records.retain(|record| record.moment.age_at(&now) <= since);
    }
    Ok((records, skipped))
}

/// The service that a person means: `NAME` or `PROJECT/NAME`. No engine is asked.
fn one_of(records: &[Record], name: &str) -> Result<Service, Error> {
    let mut known: Vec<&Service> = records.iter().map(|record| &record.service).collect();
    known.sort();
    known.dedup();
    let shown = |all: &[&Service]| all.iter().map(|s| s.shown()).collect::<Vec<_>>().join(", ");
    let exact: Vec<&Service> = known.iter().copied().filter(|service| service.shown() == name).collect();
    let loose: Vec<&Service> = known.iter().copied().filter(|service| service.name == name).collect();
    match (exact.as_slice(), loose.as_slice()) {
        ([one], _) | ([], [one]) => Ok((*one).clone()),
        ([], []) => Err(Error::usage(format!("find {name}"), "nothing is recorded about it")
            .hint(format!("recorded are: {}", shown(&known)))),
        _ => Err(Error::usage(format!("tell which '{name}' is meant"), format!("found {}", shown(&loose)))
            .hint("write it as PROJECT/NAME")),
    }
}

/// `restartgate.history/1`
#[derive(Serialize)]
struct HistoryWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    records: Vec<RecordWire>,
}

#[derive(Serialize)]
struct RecordWire {
    at: Timestamp,
    service: WireService,
    action: Action,
    rule: Option<crate::gate::Rule>,
    healthy: Option<bool>,
    took_ms: Option<u64>,
    reason: Option<String>,
    forced: bool,
    user: String,
    pid: u32,
}

impl From<&Record> for RecordWire {
    fn from(record: &Record) -> Self {
        Self {
            at: record.moment.at,
            service: (&record.service).into(),
            action: record.action,
            rule: record.ruling.as_ref().map(|ruling| ruling.rule),
            healthy: record.healthy,
            took_ms: record.took_ms,
            reason: record.reason.clone(),
            forced: record.forced,
            user: record.user.clone(),
            pid: record.pid,
        }
    }
}

/// `restartgate history`
pub(crate) fn history(args: &HistoryArgs) -> Result<Exit, Error> {
    let (records, skipped_lines) = look_back(args.service.as_deref(), args.since)?;
    let last = &records[records.len().saturating_sub(args.last)..];
    if args.json {
        print_json(&HistoryWire {
            schema: "restartgate.history/1",
            tool_version: VERSION,
            at: now(),
            verdict: "ok",
            skipped_lines,
            records: last.iter().map(RecordWire::from).collect(),
        })?;
        return Ok(Exit::Done);
    }
    let rows = last.iter().map(|record| {
        let took = record.took_ms.map(|ms| show_duration(Duration::from_millis(ms)));
        [
            record.moment.at.to_string(),
            record.service.shown(),
            word(record),
            took.unwrap_or_default(),
            record.user.clone(),
            record.reason.clone().unwrap_or_default(),
        ]
    });
    show(&["AT", "SERVICE", "WHAT", "TOOK", "USER", "REASON"], rows, "nothing is recorded yet\n")
}

fn word(record: &Record) -> String {
    match (record.action, record.healthy) {
        (Action::Begin, _) if record.forced => "begin, forced",
        (Action::Begin, _) => "begin",
        (Action::End, Some(true)) => "healthy",
        (Action::End, _) => "failed",
        (Action::Refused, _) => "refused",
        (Action::Trip, _) => "tripped",
        (Action::Reset, _) => "reset",
    }
    .to_owned()
}

fn show<const N: usize>(
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
    otherwise: &str,
) -> Result<Exit, Error> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = if table.is_empty() { otherwise.to_owned() } else { format!("{}\n", table.trim_fmt()) };
    print(&text)?;
    Ok(Exit::Done)
}

/// `restartgate.stats/1`
#[derive(Serialize)]
struct StatsWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    rows: Vec<StatsRow>,
}

#[derive(Serialize)]
struct StatsRow {
    day: String,
    service: WireService,
    restarts: usize,
    healthy: usize,
    failed: usize,
    refused: usize,
    success_pct: Option<f64>,
    healthy_p50_ms: Option<u64>,
    healthy_p95_ms: Option<u64>,
}

/// `restartgate stats`
pub(crate) fn stats(args: &StatsArgs) -> Result<Exit, Error> {
    let (records, skipped_lines) = look_back(args.service.as_deref(), args.since)?;
    let counted = tally(&records);
    if args.json {
        let row = |((day, service), row): (&(String, Service), &crate::stats::Tally)| StatsRow {
            day: day.clone(),
            service: service.into(),
            restarts: row.restarts,
            healthy: row.healthy,
            failed: row.failed,
            refused: row.refused,
            success_pct: row.success_pct(),
            healthy_p50_ms: row.percentile(50),
            healthy_p95_ms: row.percentile(95),
        };
        print_json(&StatsWire {
            schema: "restartgate.stats/1",
            tool_version: VERSION,
            at: now(),
            verdict: "ok",
            skipped_lines,
            rows: counted.iter().map(row).collect(),
        })?;
        return Ok(Exit::Done);
    }
    let rows = counted.iter().map(|((day, service), row)| {
        let time =
            |ms: Option<u64>| ms.map_or_else(|| "-".into(), |ms| show_duration(Duration::from_millis(ms)));
        [
            day.clone(),
            service.shown(),
            row.restarts.to_string(),
            row.refused.to_string(),
            row.success_pct().map_or_else(|| "-".into(), |pct| format!("{pct} %")),
            time(row.percentile(50)),
            time(row.percentile(95)),
        ]
    });
    let header = ["DAY", "SERVICE", "RESTARTS", "REFUSED", "SUCCESS", "HEALTHY P50", "HEALTHY P95"];
    show(&header, rows, "nothing is recorded yet\n")
}

/// `restartgate.explain/1`
#[derive(Serialize)]
struct ExplainWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    service: WireService,
    decided_at: Timestamp,
    reason: Option<String>,
    ruling: Ruling,
}

/// `restartgate explain`
pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Error> {
    let (records, _) = look_back(args.service.as_deref(), None)?;
    let ruled = |record: &&Record| matches!(record.action, Action::Begin | Action::Refused);
    let last = records.iter().rev().filter(ruled).find_map(|record| Some((record, record.ruling.clone()?)));
    let Some((record, ruling)) = last else {
        return Err(Error::usage("explain the last decision", "nothing was decided yet"));
    };
    let verdict = if record.action == Action::Begin { "allowed" } else { "refused" };
    if args.json {
        print_json(&ExplainWire {
            schema: "restartgate.explain/1",
            tool_version: VERSION,
            at: now(),
            verdict,
            service: (&record.service).into(),
            decided_at: record.moment.at,
            reason: record.reason.clone(),
            ruling,
        })?;
    } else {
        print(&in_words(record, &ruling, verdict))?;
    }
    Ok(Exit::Done)
}

fn in_words(record: &Record, ruling: &Ruling, verdict: &str) -> String {
    let age = show_duration(Duration::from_secs(record.moment.age_at(&Moment::now()).as_secs()));
    let reason = record.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let retry =
        ruling.retry_after_s.map(|s| format!("\n  worth another try after {s} s")).unwrap_or_default();
    format!(
        "{}: {verdict} by the rule '{}'{reason}\n  decided {age} ago, at {}{retry}\n  \
         cooldown: {} of {} s were left, after {} failures in a row\n  \
         window: {} of {} attempts used in {} s\n  breaker: {}, {} trips in a row\n  \
         machine: {} of {} restarts in the last minute\n",
        record.service.shown(),
        ruling.rule.name(),
        record.moment.at,
        ruling.cooldown_left_s,
        ruling.cooldown_s,
        ruling.failures,
        ruling.attempts_used,
        ruling.attempts_limit,
        ruling.window_s,
        ruling.breaker,
        ruling.trips,
        ruling.machine_used,
        ruling.machine_limit,
    )
}

/// `restartgate trip` and `restartgate reset`
pub(crate) async fn verdict_of_person(args: &VerdictArgs, did: Action) -> Result<Exit, Error> {
    let (_, found) = connect(&args.docker, &args.target).await?;
    let mut record = Record::new(did, &found.service);
    record.reason = Some(args.reason.clone());
    open()?.append(&record)?;
    let word = if did == Action::Trip { "the breaker is open now" } else { "its past is forgiven" };
    print(&format!("{}: {word}\n", found.service.shown()))?;
    Ok(Exit::Done)
}
