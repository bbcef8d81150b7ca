//! Success figures of the recorded runs, each against its target. A figure without records has no value, not zero.

use std::collections::BTreeSet;

use evenkeel_common::{Timestamp, percentile};

use crate::history::records::{RecordedHistory, RunRecord};
use crate::model::numbers::to_f64;

/// Outages noticed within this many seconds of each other count as one crash: parallel runs all notice the same one.
const SAME_CRASH_S: i64 = 30;

/// Target of the test time, seconds.
pub(crate) const MAX_TEST_TIME_S: f64 = 300.0;

/// Target of the peak memory, bytes.
const MAX_PEAK_MEMORY: u64 = 4 << 30;

/// The unit a figure is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    PerDay,
    Count,
    Seconds,
    Bytes,
    Percent,
}

/// The value a figure should have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    Exactly(f64),
    Under(f64),
}

impl Target {
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            Self::Exactly(wanted) => (value - wanted).abs() < f64::EPSILON,
            Self::Under(limit) => value < limit,
        }
    }

    /// The number without its kind.
    pub(crate) const fn number(self) -> f64 {
        match self {
            Self::Exactly(number) | Self::Under(number) => number,
        }
    }
}

/// A figure that says whether test environments are stable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// The name in JSON.
    pub(crate) name: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    pub(crate) target: Target,
    pub(crate) unit: Unit,
    /// `None` where nothing was recorded.
    pub(crate) value: Option<f64>,
    /// A description of the records behind the value; `None` where there are none.
    pub(crate) basis: Option<String>,
}

impl Figure {
    /// Whether the target is met; `None` without a value.
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.value.map(|value| self.target.is_met(value))
    }
}

/// Whether the targets are met, as far as there are values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScorecardVerdict {
    Met,
    Missed,
    NoData,
}

impl ScorecardVerdict {
    pub(crate) fn of(figures: &[Figure]) -> Self {
        let met: Vec<bool> = figures.iter().filter_map(Figure::is_met).collect();
        match (met.is_empty(), met.iter().all(|met| *met)) {
            (true, _) => Self::NoData,
            (_, true) => Self::Met,
            _ => Self::Missed,
        }
    }

    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NoData => "no_data",
        }
    }
}

/// Computes all figures, in a fixed order.
pub(crate) fn figures(recorded: &RecordedHistory) -> Vec<Figure> {
    let [median, p95] = test_time(&recorded.runs);
    vec![
        crashes(recorded),
        orphans(recorded),
        median,
        p95,
        peak_memory(&recorded.runs),
        parallel_success(&recorded.runs),
    ]
}

/// The times of all crashes of an engine, each counted once.
pub(crate) fn crash_times(recorded: &RecordedHistory) -> Vec<Timestamp> {
    // Records of older versions have only the number of outages.
    let without_times =
        |run: &RunRecord| (run.outages_at.is_empty() && run.engine_outages > 0).then_some(run.at);
    let in_runs =
        recorded.runs.iter().flat_map(|run| run.outages_at.iter().copied().chain(without_times(run)));
    let in_samples =
        recorded.samples.windows(2).filter(|pair| pair[0].healthy && !pair[1].healthy).map(|pair| pair[1].at);
    let mut times: Vec<Timestamp> = in_runs.chain(in_samples).collect();
    times.sort_unstable();
    times.dedup_by(|later, earlier| later.as_second() - earlier.as_second() <= SAME_CRASH_S);
    times
}

fn crashes(recorded: &RecordedHistory) -> Figure {
    let starts = recorded.runs.iter().map(|run| run.started_at).chain(recorded.samples.iter().map(|s| s.at));
    let ends = recorded.runs.iter().map(|run| run.at).chain(recorded.samples.iter().map(|s| s.at));
    // A rate from less than a day of records would be exaggerated.
    let days = starts.min().zip(ends.max()).map(|(first, last)| (seconds(first, last) / 86_400.0).max(1.0));
    let count = crash_times(recorded).len();
    Figure {
        name: "daemon_crashes_per_day",
        title: "daemon crashes a day",
        target: Target::Exactly(0.0),
        unit: Unit::PerDay,
        value: days.map(|days| to_f64(count as u64) / days),
        basis: days.map(|days| format!("{count} in {days:.1} days")),
    }
}

/// For categories that have orphan checks these count, for others what the command left behind.
fn orphans(recorded: &RecordedHistory) -> Figure {
    let checks = &recorded.orphan_checks;
    let checked: BTreeSet<&str> = checks.iter().map(|check| check.category.as_str()).collect();
    let unchecked = recorded.runs.iter().filter(|run| !checked.contains(run.category.as_str()));
    let left_behind = unchecked.filter_map(|run| run.left_behind);
    let left: Vec<u64> = checks.iter().map(|check| check.orphans).chain(left_behind).collect();
    let has_records = !left.is_empty();
    let with_orphans = left.iter().filter(|count| **count > 0).count();
    Figure {
        name: "orphans_after_runs",
        title: "orphans after runs",
        target: Target::Exactly(0.0),
        unit: Unit::Count,
        value: has_records.then(|| to_f64(left.iter().sum())),
        basis: has_records.then(|| format!("after {with_orphans} of {} runs", left.len())),
    }
}

fn test_time(runs: &[RunRecord]) -> [Figure; 2] {
    let times: Vec<u64> = runs.iter().map(|run| millis(run.duration_s)).collect();
    let figure = |name, title, pct| Figure {
        name,
        title,
        target: Target::Under(MAX_TEST_TIME_S),
        unit: Unit::Seconds,
        value: percentile(&times, pct).map(|ms| to_f64(ms) / 1000.0),
        basis: run_count(times.len()),
    };
    [figure("test_time_p50_s", "test time, median", 50), figure("test_time_p95_s", "test time, p95", 95)]
}

fn peak_memory(runs: &[RunRecord]) -> Figure {
    let peaks: Vec<u64> = runs.iter().filter_map(|run| run.memory_peak_bytes).collect();
    Figure {
        name: "peak_memory_bytes",
        title: "peak memory",
        target: Target::Under(to_f64(MAX_PEAK_MEMORY)),
        unit: Unit::Bytes,
        value: peaks.iter().max().map(|peak| to_f64(*peak)),
        basis: run_count(peaks.len()),
    }
}

/// The share of successful runs among those that overlapped another run of any category.
fn parallel_success(runs: &[RunRecord]) -> Figure {
    let parallel: Vec<&RunRecord> =
        overlapping(runs).into_iter().filter(|run| !was_interrupted(run)).collect();
    let passed = parallel.iter().filter(|run| run.exit_code == 0).count();
    Figure {
        name: "parallel_success_pct",
        title: "parallel success",
        target: Target::Exactly(100.0),
        unit: Unit::Percent,
        value: (!parallel.is_empty()).then(|| to_f64(passed as u64) * 100.0 / to_f64(parallel.len() as u64)),
        basis: run_count(parallel.len()).map(|runs| format!("{passed} of {runs}")),
    }
}

/// The runs during which another one went on.
fn overlapping(runs: &[RunRecord]) -> Vec<&RunRecord> {
    let mut by_start: Vec<&RunRecord> = runs.iter().collect();
    by_start.sort_by_key(|run| run.started_at);
    let mut found = Vec::new();
    let mut latest_end: Option<Timestamp> = None;
    for (index, run) in by_start.iter().enumerate() {
        // Of those that started earlier the one that ended last, and of those that started later the next one.
        let is_in_earlier = latest_end.is_some_and(|end| end > run.started_at);
        let has_next = by_start.get(index + 1).is_some_and(|next| next.started_at < run.at);
        if is_in_earlier || has_next {
            found.push(*run);
        }
        latest_end = latest_end.max(Some(run.at));
    }
    found
}

/// Whether SIGHUP, SIGINT or SIGTERM ended the run, in which case its exit code says nothing about the tests. SIGKILL
/// is not among them, because it is how the OOM killer ends a run.
const fn was_interrupted(run: &RunRecord) -> bool {
    matches!(run.exit_code, 129 | 130 | 143)
}

fn run_count(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 run".into()),
        count => Some(format!("{count} runs")),
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to_f64(u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)) / 1000.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn millis(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 1e12) * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::records::{OrphanCheck, SampleRecord};
    use crate::model::level::Level;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn run(from: i64, to: i64, exit_code: u8) -> RunRecord {
        RunRecord {
            at: at(to),
            started_at: at(from),
            category: "e2e".into(),
            duration_s: 60.0,
            exit_code,
            memory_peak_bytes: Some(1 << 30),
            memory_p95_bytes: None,
            memory_start_bytes: None,
            cpu_peak_pct: None,
            cpu_mean_pct: None,
            containers_peak: None,
            left_behind: Some(2),
            engine_outages: 0,
            outages_at: Vec::new(),
            level: None,
            samples: 1,
            scope: String::new(),
        }
    }

    fn sample(second: i64, healthy: bool) -> SampleRecord {
        SampleRecord {
            at: at(second),
            healthy,
            level: Some(Level::Safe),
            memory_working_set_bytes: None,
            containers: None,
            networks: None,
            volumes: None,
            cpu_pct: None,
            mem_available_bytes: None,
            disk_free_bytes: None,
        }
    }

    fn value(recorded: &RecordedHistory, name: &str) -> Option<f64> {
        figures(recorded).into_iter().find(|figure| figure.name == name).unwrap().value
    }

    #[test]
    fn nothing_recorded_is_no_data_and_never_zero() {
        for figure in figures(&RecordedHistory::default()) {
            assert_eq!((figure.value, figure.is_met()), (None, None), "{}", figure.name);
        }
    }

    #[test]
    fn a_crash_that_many_runs_notice_counts_once() {
        let crashed = |second| RunRecord { outages_at: vec![at(second)], ..run(0, 100, 1) };
        let recorded = RecordedHistory {
            runs: vec![crashed(50), crashed(52)],
            samples: vec![sample(40, true), sample(60, false), sample(65, false), sample(3600, true)],
            ..RecordedHistory::default()
        };
        assert_eq!(crash_times(&recorded), [at(50)]);
        assert_eq!(value(&recorded, "daemon_crashes_per_day"), Some(1.0), "an hour counts as a day");
        let mut long = recorded;
        long.runs.push(run(4 * 86_400 - 10, 4 * 86_400, 0));
        assert_eq!(value(&long, "daemon_crashes_per_day"), Some(0.25));
    }

    #[test]
    fn an_orphan_check_overrules_what_the_command_left() {
        let mut recorded = RecordedHistory { runs: vec![run(0, 9, 0)], ..RecordedHistory::default() };
        assert_eq!(value(&recorded, "orphans_after_runs"), Some(2.0));
        recorded.orphan_checks.push(OrphanCheck { at: at(10), category: "e2e".into(), orphans: 0 });
        assert_eq!(value(&recorded, "orphans_after_runs"), Some(0.0));
    }

    #[test]
    fn only_runs_that_overlap_are_parallel() {
        let mut runs = vec![run(0, 10, 1), run(10, 20, 0)];
        let of = |runs: &[RunRecord]| parallel_success(runs).value;
        assert_eq!(of(&[run(0, 10, 0), run(5, 15, 143), run(6, 16, 130)]), Some(100.0), "ended from outside");
        assert_eq!(of(&[run(0, 10, 0), run(5, 15, 137)]), Some(50.0));
        assert_eq!(of(&runs), None, "one after the other");
        runs.push(run(15, 30, 1));
        assert_eq!(of(&runs), Some(50.0));
        // A long one around others that do not touch each other.
        assert_eq!(
            of(&[run(0, 100, 0), run(10, 20, 0), run(30, 40, 1), run(100, 110, 1)]),
            Some(200.0 / 3.0)
        );
    }

    #[test]
    fn targets_are_exact() {
        assert!(Target::Under(300.0).is_met(299.999) && !Target::Under(300.0).is_met(300.0));
        assert!(Target::Exactly(100.0).is_met(100.0) && !Target::Exactly(100.0).is_met(99.9));
    }
}
