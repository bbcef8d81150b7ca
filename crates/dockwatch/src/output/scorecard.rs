//! The success figures as JSON and as a table.

use std::time::Duration;

use evenkeel_common::table::Table;
use evenkeel_common::units::{show_duration, show_size};
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::history::records::RecordedHistory;
use crate::history::scorecard::{Figure, ScorecardVerdict, Target, Unit};
use crate::model::numbers::{round2, round3};
use crate::output::runs::skipped_lines;

/// `dockwatch.report/1`
#[derive(Serialize)]
pub(crate) struct ScorecardJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    since: Option<Timestamp>,
    runs: usize,
    samples: usize,
    skipped_lines: usize,
    figures: Vec<FigureJson<'a>>,
    disk_free_min_bytes: Option<u64>,
}

#[derive(Serialize)]
struct FigureJson<'a> {
    name: &'static str,
    value: Option<f64>,
    target: f64,
    target_kind: &'static str,
    met: Option<bool>,
    basis: Option<&'a str>,
}

/// What all formats show.
#[derive(Debug)]
pub(crate) struct Scorecard {
    pub(crate) at: Timestamp,
    /// Start of the span reported on; `None` for all records.
    pub(crate) since: Option<Timestamp>,
    pub(crate) recorded: RecordedHistory,
    pub(crate) figures: Vec<Figure>,
}

impl Scorecard {
    pub(crate) fn json(&self) -> ScorecardJson<'_> {
        ScorecardJson {
            schema: "dockwatch.report/1",
            tool_version: VERSION,
            at: self.at,
            verdict: ScorecardVerdict::of(&self.figures).name(),
            since: self.since,
            runs: self.recorded.runs.len(),
            samples: self.recorded.samples.len(),
            skipped_lines: self.recorded.skipped_lines,
            figures: self.figures.iter().map(figure).collect(),
            disk_free_min_bytes: self.recorded.least_disk_free(),
        }
    }

    /// A table with one row a figure.
    pub(crate) fn text(&self) -> String {
        let mut table = Table::new(["FIGURE", "TARGET", "VALUE", "", "BASIS"]);
        for figure in &self.figures {
            table.add_row(cells(figure));
        }
        let disk = self.recorded.least_disk_free();
        let disk =
            disk.map_or_else(String::new, |free| format!("least free disk space: {}\n", show_size(free)));
        format!("{table}{disk}{}", skipped_lines(self.recorded.skipped_lines))
    }
}

fn figure(figure: &Figure) -> FigureJson<'_> {
    FigureJson {
        name: figure.name,
        value: figure.value.map(round3),
        target: figure.target.number(),
        target_kind: match figure.target {
            Target::Exactly(_) => "exactly",
            Target::Under(_) => "under",
        },
        met: figure.is_met(),
        basis: figure.basis.as_deref(),
    }
}

/// A figure as a row: title, target, value, whether the target is met, basis.
pub(super) fn cells(figure: &Figure) -> [String; 5] {
    let target = match figure.target {
        Target::Exactly(value) => show(figure.unit, value),
        Target::Under(limit) => format!("under {}", show(figure.unit, limit)),
    };
    let value = figure.value.map_or_else(|| "no data".into(), |value| show(figure.unit, value));
    let met = figure.is_met().map_or("", |met| if met { "met" } else { "missed" });
    [figure.title.into(), target, value, met.into(), figure.basis.clone().unwrap_or_default()]
}

fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::PerDay | Unit::Count => round2(value).to_string(),
        Unit::Seconds => show_seconds(value),
        Unit::Bytes => show_bytes(value),
        Unit::Percent => format!("{} %", round2(value)),
    }
}

fn show_seconds(value: f64) -> String {
    show_duration(Duration::try_from_secs_f64(value).unwrap_or_default())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size for display")]
fn show_bytes(value: f64) -> String {
    show_size(value.max(0.0) as u64)
}
