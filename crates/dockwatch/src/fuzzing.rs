//! What the fuzz targets call: all that reads what others have written.

use evenkeel_common::state::journal::Records;
use serde::de::DeserializeOwned;

use crate::collect::log_frames::LogFrames;
use crate::history::records::RecordedHistory;
use crate::history::{predict, scorecard};

/// Reads an answer of the engine.
pub fn answer(text: &str) {
    crate::api::fuzzing::read(text);
}

/// Reads a file of the kernel's counters.
pub fn cgroup_file(text: &str) {
    crate::measure::cgroup::fuzzing::read(text);
}

/// Decodes a log that arrives in two pieces.
pub fn log(first: &[u8], second: &[u8]) {
    let mut frames = LogFrames::default();
    assert!(frames.decode(first).len() + frames.decode(second).len() <= first.len() + second.len());
}

/// Reads a history, and judges by it.
pub fn history(text: &[u8]) {
    let recorded = RecordedHistory {
        runs: records(text),
        samples: records(text),
        orphan_checks: records(text),
        skipped_lines: 0,
    };
    let _ = (scorecard::figures(&recorded), recorded.least_disk_free());
    let peak = |run: &crate::history::records::RunRecord| {
        Some(predict::RunPeak { memory_bytes: run.memory_peak_bytes?, containers: run.containers_peak? })
    };
    let peaks: Vec<predict::RunPeak> = recorded.runs.iter().filter_map(peak).collect();
    let _ = (predict::predict("tests", &peaks), predict::score(&peaks));
}

fn records<T: DeserializeOwned>(text: &[u8]) -> Vec<T> {
    let mut found = Records { records: Vec::new(), skipped: 0 };
    found.collect(text).expect("bytes in memory can be read");
    found.records
}
