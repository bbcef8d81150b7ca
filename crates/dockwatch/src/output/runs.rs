//! Recorded runs: a list as JSON, CSV or table, and the report of a single run.

use std::fmt::Write as _;
use std::time::Duration;

use evenkeel_common::state::journal::Records;
use evenkeel_common::table::Table;
use evenkeel_common::units::{show_duration, show_size};
use evenkeel_common::{Error, Timestamp, VERSION};
use serde::Serialize;

use crate::history::records::RunRecord;
use crate::model::level::Level;

/// `dockwatch.history/1`
#[derive(Serialize)]
pub(crate) struct HistoryJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    runs: Vec<RunJson<'a>>,
}

/// One run in a list; its keys are also the columns of the CSV.
#[derive(Serialize)]
struct RunJson<'a> {
    at: Timestamp,
    started_at: Timestamp,
    category: &'a str,
    duration_s: f64,
    exit_code: u8,
    memory_peak_bytes: Option<u64>,
    memory_p95_bytes: Option<u64>,
    memory_start_bytes: Option<u64>,
    cpu_peak_pct: Option<f64>,
    cpu_mean_pct: Option<f64>,
    containers_peak: Option<u64>,
    left_behind: Option<u64>,
    engine_outages: u64,
    level: Option<Level>,
    samples: u64,
    scope: &'a str,
}

impl<'a> From<&'a RunRecord> for RunJson<'a> {
    fn from(run: &'a RunRecord) -> Self {
        Self {
            at: run.at,
            started_at: run.started_at,
            category: &run.category,
            duration_s: run.duration_s,
            exit_code: run.exit_code,
            memory_peak_bytes: run.memory_peak_bytes,
            memory_p95_bytes: run.memory_p95_bytes,
            memory_start_bytes: run.memory_start_bytes,
            cpu_peak_pct: run.cpu_peak_pct,
            cpu_mean_pct: run.cpu_mean_pct,
            containers_peak: run.containers_peak,
            left_behind: run.left_behind,
            engine_outages: run.engine_outages,
            level: run.level,
            samples: run.samples,
            scope: &run.scope,
        }
    }
}

/// `dockwatch.run/1`
#[derive(Serialize)]
struct RunReportJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: RunVerdict,
    started_at: Timestamp,
    category: &'a str,
    duration_s: f64,
    exit_code: u8,
    memory_peak_bytes: Option<u64>,
    memory_p95_bytes: Option<u64>,
    memory_start_bytes: Option<u64>,
    cpu_peak_pct: Option<f64>,
    cpu_mean_pct: Option<f64>,
    containers_peak: Option<u64>,
    left_behind: Option<u64>,
    engine_outages: u64,
    level: Option<Level>,
    samples: u64,
    scope: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RunVerdict {
    Passed,
    Failed,
}

/// All runs as one object, oldest first.
pub(crate) fn json(runs: &Records<RunRecord>, at: Timestamp) -> HistoryJson<'_> {
    HistoryJson {
        schema: "dockwatch.history/1",
        tool_version: VERSION,
        at,
        verdict: "ok",
        skipped_lines: runs.skipped,
        runs: runs.records.iter().map(RunJson::from).collect(),
    }
}

/// RFC 4180 with a header.
pub(crate) fn csv(runs: &[RunRecord]) -> Result<String, Error> {
    let failed = |cause: String| Error::failed("write CSV", cause);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for run in runs {
        writer.serialize(RunJson::from(run)).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

/// A table, oldest first.
pub(crate) fn text(runs: &Records<RunRecord>) -> String {
    let mut text = if runs.records.is_empty() {
        "no runs are recorded: dockwatch record -- CMD records one\n".to_owned()
    } else {
        table(&runs.records)
    };
    let _ = write!(text, "{}", skipped_lines(runs.skipped));
    text
}

/// A note about lines of the history that could not be parsed; empty where there are none.
pub(super) fn skipped_lines(count: usize) -> String {
    if count == 0 { String::new() } else { format!("{count} unreadable lines of the history were skipped\n") }
}

fn table(runs: &[RunRecord]) -> String {
    let header = ["ENDED", "CATEGORY", "TOOK", "EXIT", "PEAK MEMORY", "CONTAINERS", "CPU PEAK", "LEVEL"];
    let mut table = Table::new(header);
    for run in runs {
        let dash = || "-".to_owned();
        table.add_row([
            run.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            run.category.clone(),
            duration(run),
            run.exit_code.to_string(),
            run.memory_peak_bytes.map_or_else(dash, show_size),
            run.containers_peak.map_or_else(dash, |count| count.to_string()),
            run.cpu_peak_pct.map_or_else(dash, |pct| format!("{pct:.1} %")),
            run.level.map_or_else(dash, |level| level.name().to_owned()),
        ]);
    }
    table.to_string()
}

/// A single run as a JSON object with a line break.
pub(crate) fn report(run: &RunRecord) -> Result<String, Error> {
    let report = RunReportJson {
        schema: "dockwatch.run/1",
        tool_version: VERSION,
        at: run.at,
        verdict: if run.exit_code == 0 { RunVerdict::Passed } else { RunVerdict::Failed },
        started_at: run.started_at,
        category: &run.category,
        duration_s: run.duration_s,
        exit_code: run.exit_code,
        memory_peak_bytes: run.memory_peak_bytes,
        memory_p95_bytes: run.memory_p95_bytes,
        memory_start_bytes: run.memory_start_bytes,
        cpu_peak_pct: run.cpu_peak_pct,
        cpu_mean_pct: run.cpu_mean_pct,
        containers_peak: run.containers_peak,
        left_behind: run.left_behind,
        engine_outages: run.engine_outages,
        level: run.level,
        samples: run.samples,
        scope: &run.scope,
    };
    let mut text = serde_json::to_string(&report).map_err(|e| Error::failed("write JSON", e))?;
    text.push('\n');
    Ok(text)
}

/// A single run in one line.
pub(crate) fn summary(run: &RunRecord) -> String {
    let unknown = || "unknown".to_owned();
    format!(
        "{} run took {}, exit code {}: peak memory {}, {} containers at most, {} samples",
        run.category,
        duration(run),
        run.exit_code,
        run.memory_peak_bytes.map_or_else(unknown, show_size),
        run.containers_peak.map_or_else(unknown, |count| count.to_string()),
        run.samples
    )
}

fn duration(run: &RunRecord) -> String {
    show_duration(Duration::try_from_secs_f64(run.duration_s).unwrap_or_default())
}
