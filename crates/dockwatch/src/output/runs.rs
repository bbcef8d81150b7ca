//! The recorded runs as JSON, CSV and words.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use evenkeel_common::journal::Records;
use evenkeel_common::units::{show_duration, show_size};
use evenkeel_common::{Error, Timestamp, VERSION};
use serde::Serialize;

use crate::history::store::Run;
use crate::model::level::Level;

/// `dockwatch.history/1`
#[derive(Serialize)]
pub struct HistoryWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    runs: Vec<RunRow>,
}

/// One run: also one line of the CSV.
#[derive(Serialize)]
pub struct RunRow {
    at: Timestamp,
    started_at: Timestamp,
    category: String,
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
    scope: String,
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> Self {
        let run = run.clone();
        Self {
            at: run.at,
            started_at: run.started_at,
            category: run.category,
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
            scope: run.scope,
        }
    }
}

/// All runs as one object, oldest first.
pub fn json(runs: &Records<Run>, at: Timestamp) -> HistoryWire {
    HistoryWire {
        schema: "dockwatch.history/1",
        tool_version: VERSION,
        at,
        verdict: "ok",
        skipped_lines: runs.skipped,
        runs: runs.records.iter().map(RunRow::from).collect(),
    }
}

/// RFC 4180 with a header; the columns are the keys of the JSON.
pub fn csv(runs: &[Run]) -> Result<String, Error> {
    let failed = |cause: String| Error::failed("write CSV", cause);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for run in runs {
        writer.serialize(RunRow::from(run)).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

/// A table, newest last.
pub fn words(runs: &Records<Run>) -> String {
    let mut text = if runs.records.is_empty() {
        "no runs are recorded: dockwatch record -- CMD records one\n".to_owned()
    } else {
        format!("{}\n", rows(&runs.records))
    };
    if runs.skipped > 0 {
        let _ = writeln!(text, "{} torn lines were skipped", runs.skipped);
    }
    text
}

fn rows(runs: &[Run]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["ENDED", "CATEGORY", "TOOK", "EXIT", "PEAK MEMORY", "CONTAINERS", "CPU PEAK", "LEVEL"]);
    for run in runs {
        let dash = || "-".to_owned();
        table.add_row([
            run.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            run.category.clone(),
            show_duration(std::time::Duration::try_from_secs_f64(run.duration_s).unwrap_or_default()),
            run.exit_code.to_string(),
            run.memory_peak_bytes.map_or_else(dash, show_size),
            run.containers_peak.map_or_else(dash, |count| count.to_string()),
            run.cpu_peak_pct.map_or_else(dash, |pct| format!("{pct:.1} %")),
            run.level.map_or_else(dash, |level| level.name().to_owned()),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
