//! Predicts what a run of a category needs from the peaks of earlier runs.

use evenkeel_common::percentile;

/// With fewer recorded runs than this a base value is used instead of a percentile.
pub(crate) const MIN_RUNS: usize = 5;

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
    /// 95th percentile of the recorded peaks.
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

/// Predicts from the recorded peaks of a category; `None` where there are too few and it has no base value.
pub(crate) fn predict(category: &str, runs: &[RunPeak]) -> Option<Prediction> {
    let memory = Distribution::of(&runs.iter().map(|run| run.memory_bytes).collect::<Vec<_>>());
    let containers = Distribution::of(&runs.iter().map(|run| run.containers).collect::<Vec<_>>());
    let recorded = memory
        .zip(containers)
        .filter(|_| runs.len() >= MIN_RUNS)
        .map(|(memory, containers)| RunPeak { memory_bytes: memory.p95, containers: containers.p95 });
    let (peak, basis) = match recorded {
        Some(peak) => (peak, Basis::History),
        None => (base_value(category)?, Basis::Base),
    };
    Some(Prediction { peak, basis, runs: runs.len(), memory })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(peaks: &[u64]) -> Vec<RunPeak> {
        peaks.iter().map(|peak| RunPeak { memory_bytes: *peak, containers: 3 }).collect()
    }

    #[test]
    fn base_values_until_there_are_five_runs() {
        let few = predict("unit", &runs(&[1, 2, 3, 4])).unwrap();
        assert_eq!((few.basis, few.peak, few.runs), (Basis::Base, base_value("unit").unwrap(), 4));
        let enough = predict("unit", &runs(&[1, 2, 3, 4, 5])).unwrap();
        assert_eq!((enough.basis, enough.peak.memory_bytes), (Basis::History, 5));
        assert_eq!(predict("mine", &runs(&[1])), None);
        assert_eq!(base_value("e2e"), Some(RunPeak { memory_bytes: 3 << 30, containers: 12 }));
    }
}
