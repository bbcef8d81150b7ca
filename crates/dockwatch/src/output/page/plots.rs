//! The plots of the page.

use crate::history::records::{RunRecord, SampleRecord};
use crate::history::scorecard::MAX_TEST_TIME_S;
use crate::model::level::{Budget, Level};
use crate::model::numbers::to_f64;

use super::categories::Categories;
use super::markup::seconds;
use super::plot::{Dots, Limit, Plot, Values};
use super::value_axis::Measure;

/// The names of the levels in the order of their axis.
pub(super) const LEVELS: [&str; 4] =
    [Level::Safe.name(), Level::Warning.name(), Level::Critical.name(), Level::Emergency.name()];

/// The number of a level on its axis; `None` where the engine did not answer or the level is unknown.
pub(super) fn level_number(sample: &SampleRecord) -> Option<f64> {
    let level = sample.level.filter(|_| sample.healthy)?;
    Some(match level {
        Level::Safe => 0.0,
        Level::Warning => 1.0,
        Level::Critical => 2.0,
        Level::Emergency => 3.0,
    })
}

/// Memory of all containers, which locks and restarts stand below.
pub(super) fn memory(samples: &[SampleRecord], budget: &Budget) -> Plot {
    Plot {
        id: "memory",
        title: "Memory of all containers",
        measure: Measure::Bytes,
        limit: Some(Limit { name: "budget", value: to_f64(budget.memory_bytes) }),
        values: Values::Line(points(samples, |sample| sample.memory_working_set_bytes.map(to_f64))),
    }
}

/// The other plots of samples.
pub(super) fn of_samples(samples: &[SampleRecord], budget: &Budget) -> [Plot; 3] {
    [
        Plot {
            id: "level",
            title: "Level",
            measure: Measure::Names(&LEVELS),
            limit: None,
            values: Values::Steps(points(samples, level_number)),
        },
        Plot {
            id: "containers",
            title: "Running containers",
            measure: Measure::Count,
            limit: Some(Limit { name: "budget", value: to_f64(budget.containers) }),
            values: Values::Line(points(samples, |sample| sample.containers.map(to_f64))),
        },
        Plot {
            id: "disk",
            title: "Free disk space of the engine",
            measure: Measure::Bytes,
            limit: Some(Limit { name: "at least", value: to_f64(budget.disk_free_bytes) }),
            values: Values::Line(points(samples, |sample| sample.disk_free_bytes.map(to_f64))),
        },
    ]
}

/// The plots of runs, one dot a run.
pub(super) fn of_runs(runs: &[RunRecord], categories: &Categories<'_>, budget: &Budget) -> [Plot; 2] {
    [
        Plot {
            id: "peaks",
            title: "Peak memory of each run",
            measure: Measure::Bytes,
            limit: Some(Limit { name: "budget", value: to_f64(budget.memory_bytes) }),
            values: Values::Dots(dots(runs, categories, |run| run.memory_peak_bytes.map(to_f64))),
        },
        Plot {
            id: "times",
            title: "Time of each run",
            measure: Measure::Seconds,
            limit: Some(Limit { name: "target: under", value: MAX_TEST_TIME_S }),
            values: Values::Dots(dots(runs, categories, |run| Some(run.duration_s))),
        },
    ]
}

fn points(samples: &[SampleRecord], value: impl Fn(&SampleRecord) -> Option<f64>) -> Vec<(f64, Option<f64>)> {
    samples.iter().map(|sample| (seconds(sample.at), value(sample))).collect()
}

fn dots(
    runs: &[RunRecord],
    categories: &Categories<'_>,
    value: impl Fn(&RunRecord) -> Option<f64>,
) -> Vec<Dots> {
    let mut all: Vec<Dots> =
        (0..categories.titles.len()).map(|category| Dots { category, points: Vec::new() }).collect();
    for run in runs {
        if let Some(value) = value(run) {
            all[categories.number(run)].points.push((seconds(run.at), value));
        }
    }
    all
}
