//! The answer of `dockwatch predict`.

use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::history::predict::{Basis, MIN_RUNS, Prediction};

/// `dockwatch.predict/1`
#[derive(Serialize)]
pub(crate) struct PredictionJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    category: &'a str,
    runs: usize,
    memory_bytes: u64,
    containers: u64,
    memory_min_bytes: Option<u64>,
    memory_p50_bytes: Option<u64>,
    memory_max_bytes: Option<u64>,
}

pub(crate) fn json<'a>(category: &'a str, found: &Prediction, at: Timestamp) -> PredictionJson<'a> {
    PredictionJson {
        schema: "dockwatch.predict/1",
        tool_version: VERSION,
        at,
        verdict: found.basis.name(),
        category,
        runs: found.runs,
        memory_bytes: found.peak.memory_bytes,
        containers: found.peak.containers,
        memory_min_bytes: found.memory.map(|memory| memory.min),
        memory_p50_bytes: found.memory.map(|memory| memory.p50),
        memory_max_bytes: found.memory.map(|memory| memory.max),
    }
}

/// One line: the needs, and what they are based on.
pub(crate) fn text(category: &str, found: &Prediction) -> String {
    let runs = found.runs;
    let basis = match found.basis {
        Basis::History => format!("95th percentile of {runs} runs"),
        Basis::Base => format!("a base value: {runs} of {MIN_RUNS} runs are recorded"),
    };
    let size = show_size(found.peak.memory_bytes);
    format!("{category}: {size}, {} containers ({basis})\n", found.peak.containers)
}
