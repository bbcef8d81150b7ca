//! The answers of `dockwatch predict`.

use evenkeel_common::table::Table;
use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::history::predict::{Basis, MIN_RUNS, Prediction, Score};
use crate::model::numbers::{percent, round2};

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
        Basis::History => format!("from {runs} runs, the newest count most"),
        Basis::Base => format!("a base value: {runs} of {MIN_RUNS} runs are recorded"),
    };
    let size = show_size(found.peak.memory_bytes);
    format!("{category}: {size}, {} containers ({basis})\n", found.peak.containers)
}

/// `dockwatch.prediction_score/1`
#[derive(Serialize)]
pub(crate) struct ScoresJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    categories: Vec<ScoreJson<'a>>,
}

#[derive(Serialize)]
struct ScoreJson<'a> {
    category: &'a str,
    runs: usize,
    predicted: usize,
    exceeded: usize,
    within_pct: Option<f64>,
    to_p95: Option<f64>,
}

impl<'a> ScoreJson<'a> {
    fn new(category: &'a str, score: &Score) -> Self {
        Self {
            category,
            runs: score.runs,
            predicted: score.predicted,
            exceeded: score.exceeded,
            within_pct: within_pct(score),
            to_p95: score.to_p95.map(round2),
        }
    }
}

pub(crate) fn scores_json(scores: &[(String, Score)], at: Timestamp) -> ScoresJson<'_> {
    let is_known = scores.iter().any(|(_, score)| score.predicted > 0);
    ScoresJson {
        schema: "dockwatch.prediction_score/1",
        tool_version: VERSION,
        at,
        verdict: if is_known { "scored" } else { "unknown" },
        categories: scores.iter().map(|(category, score)| ScoreJson::new(category, score)).collect(),
    }
}

/// A table with one line a category.
pub(crate) fn scores_text(scores: &[(String, Score)]) -> String {
    let unknown = || "-".to_owned();
    let header = ["CATEGORY", "RUNS", "PREDICTED", "EXCEEDED", "WITHIN", "PREDICTION / P95"];
    let mut table = Table::new(header).right_from(1);
    for (category, score) in scores {
        table.add_row([
            category.clone(),
            score.runs.to_string(),
            score.predicted.to_string(),
            score.exceeded.to_string(),
            within_pct(score).map_or_else(unknown, |pct| format!("{pct} %")),
            score.to_p95.map_or_else(unknown, |ratio| format!("{ratio:.2}")),
        ]);
    }
    table.to_string()
}

/// Percent of the predicted runs that needed no more than was predicted.
fn within_pct(score: &Score) -> Option<f64> {
    percent((score.predicted - score.exceeded) as u64, score.predicted as u64)
}
