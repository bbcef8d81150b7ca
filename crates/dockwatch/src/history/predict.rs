//! Predicts what a run of a category needs from the peaks of earlier runs, and says how often that was right.
//!
//! The prediction is the 95th percentile of the earlier runs, where a run counts half as much as one [`HALF_LIFE`] runs
//! later, and [`HEADROOM_PCT`] more. It is never less than that above the [`NEWEST`] runs, so that a project that has grown
//! exceeds it once. The figures were chosen by replaying generated histories (steady, noisy, growing, with steps, with two
//! sizes, with outliers): at least 95 % of the runs stay within it.

use evenkeel_common::percentile;

use crate::model::numbers::to_f64;

/// With fewer recorded runs than this a base value is used instead of a percentile.
pub(crate) const MIN_RUNS: usize = 5;

/// Runs after which an older one counts half.
const HALF_LIFE: f64 = 20.0;

/// Older runs are not looked at: together they would count less than 0.1 %.
const WINDOW: usize = 200;

/// The newest runs, of which the highest always counts.
const NEWEST: usize = 3;

/// Added to what the earlier runs needed, percent.
const HEADROOM_PCT: u64 = 15;

/// The peaks of one run, recorded or predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunPeak {
    /// Memory of all its containers together.
    pub(crate) memory_bytes: u64,
    /// Containers running at once.
    pub(crate) containers: u64,
}

/// What a prediction is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The recorded peaks.
    History,
    /// A built-in value, because there are too few runs.
    Base,
}

impl Basis {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Base => "base",
        }
    }
}

/// What the next run of a category will need.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prediction {
    pub(crate) peak: RunPeak,
    pub(crate) basis: Basis,
    /// Number of recorded runs.
    pub(crate) runs: usize,
    /// Distribution of the recorded memory peaks.
    pub(crate) memory: Option<Distribution>,
}

/// Order statistics of recorded values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    pub(crate) min: u64,
    pub(crate) p50: u64,
    pub(crate) p95: u64,
    pub(crate) max: u64,
}

impl Distribution {
    fn of(values: &[u64]) -> Option<Self> {
        Some(Self {
            min: *values.iter().min()?,
            p50: percentile(values, 50)?,
            p95: percentile(values, 95)?,
            max: *values.iter().max()?,
        })
    }
}

/// What a run of the standard categories is assumed to need until there are enough records.
fn base_value(category: &str) -> Option<RunPeak> {
    let peak = |mebibytes: u64, containers| RunPeak { memory_bytes: mebibytes << 20, containers };
    match category {
        "unit" => Some(peak(512, 2)),
        "integration" => Some(peak(2048, 8)),
        "e2e" => Some(peak(3072, 12)),
        "performance" => Some(peak(4096, 15)),
        _ => None,
    }
}

/// Predicts from the recorded peaks of a category, oldest first; `None` where there are too few and it has no base value.
pub(crate) fn predict(category: &str, runs: &[RunPeak]) -> Option<Prediction> {
    let (peak, basis) = match from_history(runs) {
        Some(peak) => (peak, Basis::History),
        None => (base_value(category)?, Basis::Base),
    };
    let memory = Distribution::of(&runs.iter().map(|run| run.memory_bytes).collect::<Vec<_>>());
    Some(Prediction { peak, basis, runs: runs.len(), memory })
}

/// `None` where there are fewer than [`MIN_RUNS`].
fn from_history(runs: &[RunPeak]) -> Option<RunPeak> {
    if runs.len() < MIN_RUNS {
        return None;
    }
    let recent = &runs[runs.len().saturating_sub(WINDOW)..];
    Some(RunPeak {
        memory_bytes: with_headroom(recent_high(recent.iter().map(|run| run.memory_bytes).collect())?),
        // Containers are counted, not measured: the same run starts the same number.
        containers: recent_high(recent.iter().map(|run| run.containers).collect())?,
    })
}

const fn with_headroom(value: u64) -> u64 {
    value.saturating_add(value.saturating_mul(HEADROOM_PCT) / 100)
}

/// The 95th percentile of values, oldest first, by weight; at least the highest of the newest ones.
fn recent_high(values: Vec<u64>) -> Option<u64> {
    let newest = values.iter().rev().take(NEWEST).max().copied()?;
    let weights = std::iter::successors(Some(1.0), |weight| Some(weight * 0.5_f64.powf(HALF_LIFE.recip())));
    let mut weighted: Vec<(u64, f64)> = values.into_iter().rev().zip(weights).collect();
    weighted.sort_unstable_by_key(|(value, _)| std::cmp::Reverse(*value));
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut above = 0.0;
    let high = weighted.iter().find(|(_, weight)| {
        above += weight;
        above > total * 0.05
    });
    high.map(|(value, _)| newest.max(*value))
}

/// How well a category's runs would have been predicted, each from those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Recorded runs.
    pub(crate) runs: usize,
    /// Runs that had enough runs before them to be predicted.
    pub(crate) predicted: usize,
    /// Those of them that needed more memory than was predicted.
    pub(crate) exceeded: usize,
    /// The median of the predictions, as a multiple of the 95th percentile of what the predicted runs needed. `None` where
    /// none was predicted, or they needed nothing.
    pub(crate) to_p95: Option<f64>,
}

/// Replays the runs of a category, oldest first.
pub(crate) fn score(runs: &[RunPeak]) -> Score {
    let replayed = (MIN_RUNS..runs.len()).filter_map(|at| Some((from_history(&runs[..at])?, runs[at])));
    let (predicted, needed): (Vec<u64>, Vec<u64>) =
        replayed.map(|(predicted, run)| (predicted.memory_bytes, run.memory_bytes)).unzip();
    let exceeded = predicted.iter().zip(&needed).filter(|(predicted, needed)| needed > predicted).count();
    let p95 = percentile(&needed, 95).filter(|p95| *p95 > 0);
    let to_p95 = percentile(&predicted, 50).zip(p95).map(|(median, p95)| to_f64(median) / to_f64(p95));
    Score { runs: runs.len(), predicted: predicted.len(), exceeded, to_p95 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::numbers::percent;

    fn runs(peaks: &[u64]) -> Vec<RunPeak> {
        peaks.iter().map(|peak| RunPeak { memory_bytes: *peak, containers: 3 }).collect()
    }

    #[test]
    fn base_values_until_there_are_five_runs() {
        let few = predict("unit", &runs(&[1, 2, 3, 4])).unwrap();
        assert_eq!((few.basis, few.peak, few.runs), (Basis::Base, base_value("unit").unwrap(), 4));
        let enough = predict("unit", &runs(&[100, 200, 300, 400, 500])).unwrap();
        assert_eq!((enough.basis, enough.peak.memory_bytes), (Basis::History, 575));
        assert_eq!(enough.peak.containers, 3);
        assert_eq!(predict("mine", &runs(&[1])), None);
        assert_eq!(base_value("e2e"), Some(RunPeak { memory_bytes: 3 << 30, containers: 12 }));
    }
    /// A generated history: `shape` gives the memory of a run in MiB from its share of the history and two random numbers
    /// between 0 and 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are positive and small"
    )]
    fn generated(seed: u64, count: u32, shape: impl Fn(f64, f64, f64) -> f64) -> Vec<RunPeak> {
        // Numerical Recipes' linear congruential generator.
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from((state >> 32) as u32) / f64::from(u32::MAX)
        };
        let mebibytes = (0..count).map(|at| shape(f64::from(at) / f64::from(count), random(), random()));
        runs(&mebibytes.map(|mebibytes| (mebibytes * f64::from(1 << 20)) as u64).collect::<Vec<_>>())
    }

    /// From two evenly distributed numbers one that is normally distributed (Box and Muller).
    fn normal(a: f64, b: f64) -> f64 {
        (-2.0 * a.max(1e-9).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    #[test]
    fn generated_histories_stay_within_the_prediction() {
        type Shape = fn(f64, f64, f64) -> f64;
        let shapes: [(&str, Shape); 7] = [
            ("steady", |_, a, b| 1000.0 + 60.0 * normal(a, b)),
            ("noisy", |_, a, b| 1000.0 * (0.25 * normal(a, b)).exp()),
            ("step up", |at, a, b| if at < 0.5 { 1000.0 } else { 1600.0 } + 60.0 * normal(a, b)),
            ("step down", |at, a, b| if at < 0.5 { 1600.0 } else { 1000.0 } + 60.0 * normal(a, b)),
            ("growing", |at, a, b| 1000.0 * (1.0 + at) + 60.0 * normal(a, b)),
            ("two sizes", |_, a, b| if a < 0.8 { 1000.0 + 100.0 * b } else { 2000.0 + 100.0 * b }),
            ("outliers", |_, a, b| if a < 0.98 { 1000.0 + 100.0 * b } else { 3000.0 }),
        ];
        for (name, shape) in shapes {
            for count in [60, 300] {
                let scores = (1..=10).map(|seed| score(&generated(seed, count, shape)));
                let (mut predicted, mut exceeded, mut ratios) = (0, 0, Vec::new());
                for score in scores {
                    predicted += score.predicted as u64;
                    exceeded += score.exceeded as u64;
                    ratios.extend(score.to_p95);
                }
                let within = percent(predicted - exceeded, predicted).unwrap();
                ratios.sort_by(f64::total_cmp);
                let ratio = ratios[ratios.len() / 2];
                println!("{name}, {count} runs: {within:.1} % within, {ratio:.2} of the 95th percentile");
                assert!(within >= 95.0 && ratio <= 1.5, "{name}, {count}: {within} % within, {ratio}");
            }
        }
    }

    #[test]
    fn a_project_that_has_grown_exceeds_the_prediction_once() {
        let grown: Vec<u64> = (0..100).map(|at| if at < 50 { 1000 } else { 1500 }).collect();
        let found = score(&runs(&grown));
        assert_eq!((found.runs, found.predicted, found.exceeded), (100, 95, 1));
        let shrunk: Vec<u64> = grown.iter().rev().copied().chain([1000; 50]).collect();
        assert_eq!(predict("mine", &runs(&shrunk)).unwrap().peak.memory_bytes, 1150);
        assert_eq!(score(&runs(&[1; 5])), Score { runs: 5, predicted: 0, exceeded: 0, to_p95: None });
        assert_eq!(score(&runs(&[0; 9])).to_p95, None);
    }
}
