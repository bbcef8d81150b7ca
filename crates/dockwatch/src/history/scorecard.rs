//! Whether test environments have become stable: five success figures from what was recorded, each with its target.
//! A pure judgement. What was not recorded has no value: it is not zero.

use std::collections::BTreeSet;

use evenkeel_common::Timestamp;

use crate::history::predict::percentile;
use crate::history::store::{Check, Run, SampleRecord};

/// Two notices of an engine that went away, this near each other (seconds), are of one crash: parallel runs each see
/// it.
const SAME_CRASH_S: i64 = 30;

/// What was recorded in the time reported on.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Runs, oldest first.
    pub runs: Vec<Run>,
    /// Samples, oldest first.
    pub samples: Vec<SampleRecord>,
    /// Looks for orphans after an environment was taken down.
    pub checks: Vec<Check>,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Crashes a day.
    PerDay,
    /// Resources.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Percent.
    Percent,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// This and nothing else.
    Exactly(f64),
    /// Less than this.
    Under(f64),
}

impl Target {
    /// Whether a value is what it should be.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::Exactly(wanted) => (value - wanted).abs() < f64::EPSILON,
            Self::Under(bound) => value < bound,
        }
    }

    /// The number in it.
    pub const fn number(self) -> f64 {
        match self {
            Self::Exactly(number) | Self::Under(number) => number,
        }
    }
}

/// One success figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name in JSON.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it should be.
    pub target: Target,
    /// How it is written.
    pub unit: Unit,
    /// What it is; `None` where nothing was recorded.
    pub value: Option<f64>,
    /// What it rests on.
    pub basis: String,
}

impl Figure {
    /// Whether it is what it should be; `None` without data.
    pub fn is_met(&self) -> Option<bool> {
        self.value.map(|value| self.target.is_met(value))
    }
}

/// The five figures; test time counts for two.
pub fn figures(recorded: &Recorded) -> Vec<Figure> {
    let [half, most] = test_time(&recorded.runs);
    vec![
        crashes(recorded),
        orphans(recorded),
        half,
        most,
        peak_memory(&recorded.runs),
        parallel(&recorded.runs),
    ]
}

/// When an engine went away, each time once.
pub fn crash_times(recorded: &Recorded) -> Vec<Timestamp> {
    // Older records say only that it happened.
    let of_old = |run: &Run| (run.outages_at.is_empty() && run.engine_outages > 0).then_some(run.at);
    let of_runs = recorded.runs.iter().flat_map(|run| run.outages_at.iter().copied().chain(of_old(run)));
    let of_samples =
        recorded.samples.windows(2).filter(|pair| pair[0].healthy && !pair[1].healthy).map(|pair| pair[1].at);
    let mut times: Vec<Timestamp> = of_runs.chain(of_samples).collect();
    times.sort_unstable();
    times.dedup_by(|later, earlier| later.as_second() - earlier.as_second() <= SAME_CRASH_S);
    times
}

fn crashes(recorded: &Recorded) -> Figure {
    let starts = recorded.runs.iter().map(|run| run.started_at).chain(recorded.samples.iter().map(|s| s.at));
    let ends = recorded.runs.iter().map(|run| run.at).chain(recorded.samples.iter().map(|s| s.at));
    // Less than a day says nothing about more of them: it counts as one.
    let days = starts.min().zip(ends.max()).map(|(first, last)| (seconds(first, last) / 86_400.0).max(1.0));
    let count = crash_times(recorded).len();
    Figure {
        name: "daemon_crashes_per_day",
        title: "daemon crashes a day",
        target: Target::Exactly(0.0),
        unit: Unit::PerDay,
        value: days.map(|days| float(count) / days),
        basis: days.map_or_else(String::new, |days| format!("{count} in {days:.1} days")),
    }
}

/// Where a look was taken after the environment was taken down, it counts; elsewhere what the command left behind.
fn orphans(recorded: &Recorded) -> Figure {
    let checked: BTreeSet<&str> = recorded.checks.iter().map(|check| check.category.as_str()).collect();
    let unchecked = recorded.runs.iter().filter(|run| !checked.contains(run.category.as_str()));
    let left: Vec<u64> = recorded
        .checks
        .iter()
        .map(|check| check.orphans)
        .chain(unchecked.filter_map(|run| run.left_behind))
        .collect();
    let dirty = left.iter().filter(|count| **count > 0).count();
    Figure {
        name: "orphans_after_runs",
        title: "orphans after runs",
        target: Target::Exactly(0.0),
        unit: Unit::Count,
        value: (!left.is_empty()).then(|| precise(left.iter().sum())),
        basis: if left.is_empty() { String::new() } else { format!("after {dirty} of {} runs", left.len()) },
    }
}

fn test_time(runs: &[Run]) -> [Figure; 2] {
    let mut times: Vec<u64> = runs.iter().map(|run| millis(run.duration_s)).collect();
    times.sort_unstable();
    let figure = |name, title, pct| Figure {
        name,
        title,
        target: Target::Under(300.0),
        unit: Unit::Seconds,
        value: percentile(&times, pct).map(|ms| precise(ms) / 1000.0),
        basis: of_runs(times.len()),
    };
    [figure("test_time_p50_s", "test time, median", 50), figure("test_time_p95_s", "test time, p95", 95)]
}

fn peak_memory(runs: &[Run]) -> Figure {
    let peaks: Vec<u64> = runs.iter().filter_map(|run| run.memory_peak_bytes).collect();
    Figure {
        name: "peak_memory_bytes",
        title: "peak memory",
        target: Target::Under(precise(4 << 30)),
        unit: Unit::Bytes,
        value: peaks.iter().max().map(|peak| precise(*peak)),
        basis: of_runs(peaks.len()),
    }
}

/// Runs that overlapped another one, whatever started them, and how many of them succeeded.
fn parallel(runs: &[Run]) -> Figure {
    let overlaps = |(index, run): &(usize, &Run)| {
        runs.iter()
            .enumerate()
            .any(|(other, with)| other != *index && run.started_at < with.at && with.started_at < run.at)
    };
    let together: Vec<&Run> =
        runs.iter().enumerate().filter(overlaps).map(|(_, run)| run).filter(|run| !was_ended(run)).collect();
    let green = together.iter().filter(|run| run.exit_code == 0).count();
    Figure {
        name: "parallel_success_pct",
        title: "parallel success",
        target: Target::Exactly(100.0),
        unit: Unit::Percent,
        value: (!together.is_empty()).then(|| float(green) * 100.0 / float(together.len())),
        basis: if together.is_empty() {
            String::new()
        } else {
            format!("{green} of {}", of_runs(together.len()))
        },
    }
}

/// Whether somebody ended the run from outside (SIGHUP, SIGINT, SIGTERM), which says nothing about how it would have gone.
/// SIGKILL is not among them: that is how memory runs out.
const fn was_ended(run: &Run) -> bool {
    matches!(run.exit_code, 129 | 130 | 143)
}

fn of_runs(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 run".into(),
        count => format!("{count} runs"),
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    precise(u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)) / 1000.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn millis(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 1e12) * 1000.0).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "figures for people, far below 2^52")]
fn precise(number: u64) -> f64 {
    number as f64
}

fn float(number: usize) -> f64 {
    precise(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::level::Level;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn run(from: i64, to: i64, exit_code: u8) -> Run {
        Run {
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
            level: Level::Safe,
            memory_working_set_bytes: None,
            containers: None,
            networks: None,
            volumes: None,
            cpu_pct: None,
            mem_available_bytes: None,
        }
    }

    fn value(recorded: &Recorded, name: &str) -> Option<f64> {
        figures(recorded).into_iter().find(|figure| figure.name == name).unwrap().value
    }

    #[test]
    fn nothing_recorded_is_no_data_and_never_zero() {
        for figure in figures(&Recorded::default()) {
            assert_eq!((figure.value, figure.is_met()), (None, None), "{}", figure.name);
        }
    }

    #[test]
    fn a_crash_that_many_notice_is_one() {
        let crashed = |second| Run { outages_at: vec![at(second)], ..run(0, 100, 1) };
        let recorded = Recorded {
            runs: vec![crashed(50), crashed(52)],
            samples: vec![sample(40, true), sample(60, false), sample(65, false), sample(3600, true)],
            checks: Vec::new(),
        };
        assert_eq!(crash_times(&recorded), [at(50)]);
        assert_eq!(value(&recorded, "daemon_crashes_per_day"), Some(1.0), "an hour counts as a day");
        let mut long = recorded;
        long.runs.push(run(4 * 86_400 - 10, 4 * 86_400, 0));
        assert_eq!(value(&long, "daemon_crashes_per_day"), Some(0.25));
    }

    #[test]
    fn a_look_afterwards_overrules_what_the_command_left() {
        let mut recorded = Recorded { runs: vec![run(0, 9, 0)], ..Recorded::default() };
        assert_eq!(value(&recorded, "orphans_after_runs"), Some(2.0));
        recorded.checks.push(Check { at: at(10), category: "e2e".into(), orphans: 0 });
        assert_eq!(value(&recorded, "orphans_after_runs"), Some(0.0));
    }

    #[test]
    fn only_runs_that_overlap_are_parallel() {
        let mut runs = vec![run(0, 10, 1), run(10, 20, 0)];
        let of = |runs: &[Run]| parallel(runs).value;
        assert_eq!(of(&[run(0, 10, 0), run(5, 15, 143), run(6, 16, 130)]), Some(100.0), "ended from outside");
        assert_eq!(of(&[run(0, 10, 0), run(5, 15, 137)]), Some(50.0));
        assert_eq!(of(&runs), None, "one after the other");
        runs.push(run(15, 30, 1));
        assert_eq!(of(&runs), Some(50.0));
    }

    #[test]
    fn targets_are_exact() {
        assert!(Target::Under(300.0).is_met(299.999) && !Target::Under(300.0).is_met(300.0));
        assert!(Target::Exactly(100.0).is_met(100.0) && !Target::Exactly(100.0).is_met(99.9));
    }
}
