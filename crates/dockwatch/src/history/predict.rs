//! What a run of a category will need, from what earlier runs used.

/// Fewer runs than this say too little about the next.
pub const ENOUGH_RUNS: usize = 5;

/// What one run, or a typical one, needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Peak memory of all its containers together, bytes.
    pub memory_bytes: u64,
    /// Most containers at once.
    pub containers: u64,
}

/// Where a prediction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// 95th percentile of recorded peaks.
    History,
    /// A stated base value, because there are too few runs.
    Base,
}

impl Basis {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Base => "base",
        }
    }
}

/// A prediction, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What the run will need.
    pub need: Need,
    /// From where.
    pub basis: Basis,
    /// Recorded runs.
    pub runs: usize,
    /// Spread of the recorded memory peaks.
    pub memory: Option<Spread>,
    /// Spread of the recorded container peaks.
    pub containers: Option<Spread>,
}

/// Order statistics of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Smallest.
    pub min: u64,
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// Largest.
    pub max: u64,
}

impl Spread {
    /// Of any values; `None` without any.
    pub fn of(values: &[u64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        Some(Self {
            min: *sorted.first()?,
            p50: percentile(&sorted, 50)?,
            p95: percentile(&sorted, 95)?,
            max: *sorted.last()?,
        })
    }
}

/// The smallest value that at least `pct` percent of the sorted values do not exceed (nearest rank).
pub fn percentile(sorted: &[u64], pct: usize) -> Option<u64> {
    let rank = (sorted.len() * pct).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// What a category is taken to need until it has a history.
pub fn base(category: &str) -> Option<Need> {
    let need = |mebibytes: u64, containers| Need { memory_bytes: mebibytes << 20, containers };
    match category {
        "unit" => Some(need(512, 2)),
        "integration" => Some(need(2048, 8)),
        "e2e" => Some(need(3072, 12)),
        "performance" => Some(need(4096, 15)),
        _ => None,
    }
}

/// Predicts from the recorded runs of a category; `None` where nothing is known.
pub fn predict(category: &str, runs: &[Need]) -> Option<Prediction> {
    let memory = Spread::of(&runs.iter().map(|run| run.memory_bytes).collect::<Vec<_>>());
    let containers = Spread::of(&runs.iter().map(|run| run.containers).collect::<Vec<_>>());
    let recorded = memory
        .zip(containers)
        .filter(|_| runs.len() >= ENOUGH_RUNS)
        .map(|(memory, containers)| Need { memory_bytes: memory.p95, containers: containers.p95 });
    let (need, basis) = match recorded {
        Some(need) => (need, Basis::History),
        None => (base(category)?, Basis::Base),
    };
    Some(Prediction { need, basis, runs: runs.len(), memory, containers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(peaks: &[u64]) -> Vec<Need> {
        peaks.iter().map(|peak| Need { memory_bytes: *peak, containers: 3 }).collect()
    }

    #[test]
    fn nearest_rank() {
        let values: Vec<u64> = (1..=20).collect();
        assert_eq!(percentile(&values, 95), Some(19));
        assert_eq!(percentile(&values, 50), Some(10));
        assert_eq!(percentile(&[7], 95), Some(7));
        assert_eq!(percentile(&[], 95), None);
        assert_eq!(percentile(&values, 0), Some(1));
    }

    #[test]
    fn base_values_until_there_are_five_runs() {
        let few = predict("unit", &runs(&[1, 2, 3, 4])).unwrap();
        assert_eq!((few.basis, few.need, few.runs), (Basis::Base, base("unit").unwrap(), 4));
        let enough = predict("unit", &runs(&[1, 2, 3, 4, 5])).unwrap();
        assert_eq!((enough.basis, enough.need.memory_bytes), (Basis::History, 5));
        assert_eq!(predict("mine", &runs(&[1])), None);
        assert_eq!(base("e2e"), Some(Need { memory_bytes: 3 << 30, containers: 12 }));
    }

    proptest! {
        #[test]
        fn a_percentile_is_a_value_that_enough_do_not_exceed(
            mut values in prop::collection::vec(any::<u64>(), 1..200), pct in 1_usize..=100
        ) {
            values.sort_unstable();
            let found = percentile(&values, pct).unwrap();
            let covered = values.iter().filter(|value| **value <= found).count();
            prop_assert!(values.contains(&found));
            prop_assert!(covered * 100 >= values.len() * pct);
        }
    }
}
