//! The categories of the runs: buttons that choose them, and a table of figures.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use evenkeel_common::percentile;

use crate::history::records::RunRecord;
use crate::model::numbers::to_f64;

use super::markup::{escape, plain, table};
use super::plot::COLOURS;
use super::value_axis::{Measure, show};

/// Categories with a button and a row of their own; what is left of more is shown as one.
const MOST: usize = 12;

/// All categories; their places are their numbers on the page.
#[derive(Debug)]
pub(super) struct Categories<'a> {
    /// What people see, of each.
    pub(super) titles: Vec<String>,
    numbers: BTreeMap<&'a str, usize>,
}

impl<'a> Categories<'a> {
    /// The categories of some runs, by name; of very many those with the most runs.
    pub(super) fn of(runs: &'a [RunRecord]) -> Self {
        let mut counts = BTreeMap::<&str, usize>::new();
        for run in runs {
            *counts.entry(&run.category).or_default() += 1;
        }
        let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
        names.sort_by_key(|(name, count)| (Reverse(*count), *name));
        let others = names.split_off(names.len().min(MOST));
        names.sort_unstable();
        let mut titles: Vec<String> = names.iter().map(|(name, _)| plain(name)).collect();
        let mut numbers: BTreeMap<&str, usize> =
            names.iter().enumerate().map(|(number, (name, _))| (*name, number)).collect();
        numbers.extend(others.iter().map(|(name, _)| (*name, MOST)));
        if !others.is_empty() {
            titles.push(format!("{} others", others.len()));
        }
        Self { titles, numbers }
    }

    /// The number of the category of a run, which must be one of those given to [`Self::of`].
    pub(super) fn number(&self, run: &RunRecord) -> usize {
        self.numbers.get(run.category.as_str()).copied().unwrap_or(0)
    }

    /// The runs of each category.
    pub(super) fn group<'r>(&self, runs: &'r [RunRecord]) -> Vec<Vec<&'r RunRecord>> {
        let mut groups = vec![Vec::new(); self.titles.len()];
        for run in runs {
            groups[self.number(run)].push(run);
        }
        groups
    }

    /// A button for each category, which only work with the script; the colours are those of the dots.
    pub(super) fn buttons(&self) -> String {
        let button = |(number, title): (usize, &String)| {
            format!(
                "<button type=\"button\" id=\"category-{number}\" data-category=\"{number}\" aria-pressed=\"true\">\
                 <i class=\"c{}\"></i>{}</button>",
                number % COLOURS,
                escape(title)
            )
        };
        let buttons: String = self.titles.iter().enumerate().map(button).collect();
        format!("<div class=\"categories\" role=\"group\" aria-label=\"Categories of runs\">{buttons}</div>")
    }

    /// One row a category.
    pub(super) fn table(&self, runs: &[RunRecord]) -> String {
        let row = |(title, runs): (&String, Vec<&RunRecord>)| {
            format!("<tr><th scope=\"row\">{}{}</tr>", escape(title), figures(&runs))
        };
        let rows: String = self.titles.iter().zip(self.group(runs)).map(row).collect();
        let headers =
            ["category", "runs", "failed", "median time", "p95 time", "p95 peak memory", "highest peak"];
        table(&headers, &rows)
    }
}

fn figures(runs: &[&RunRecord]) -> String {
    let failed = runs.iter().filter(|run| run.exit_code != 0).count();
    let times: Vec<u64> = runs.iter().map(|run| millis(run.duration_s)).collect();
    let peaks: Vec<u64> = runs.iter().filter_map(|run| run.memory_peak_bytes).collect();
    let time = |pct| percentile(&times, pct).map(|ms| show(Measure::Seconds, to_f64(ms) / 1000.0));
    let peak = |pct| percentile(&peaks, pct).map(|bytes| show(Measure::Bytes, to_f64(bytes)));
    let cells =
        [Some(runs.len().to_string()), Some(failed.to_string()), time(50), time(95), peak(95), peak(100)];
    cells.map(|cell| format!("<td>{}", cell.as_deref().unwrap_or("unknown"))).concat()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn millis(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 1e12) * 1000.0).round() as u64
}
