//! Whether a run fits: a pure decision.

use evenkeel_common::units::show_size;

use crate::model::level::{Budget, Level, Usage, Verdict};

/// What the run asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Memory it will use.
    pub memory_bytes: Option<u64>,
    /// Containers it will start.
    pub containers: Option<u64>,
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// What is wrong with the engines.
    pub complaints: Vec<String>,
    /// What is used.
    pub usage: Usage,
    /// Memory that the machine can give without swapping.
    pub mem_available: Option<u64>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The run fits.
    Fits,
    /// It does not, and why.
    No(Vec<String>),
    /// An engine is down or hangs.
    Unavailable(Vec<String>),
}

/// Decides, with every reason against.
pub fn decide(
    demand: &Demand,
    supply: &Supply,
    budget: &Budget,
    verdict: &Verdict,
    fail_on: Level,
) -> Answer {
    if !supply.complaints.is_empty() {
        return Answer::Unavailable(supply.complaints.clone());
    }
    let mut reasons = Vec::new();
    if verdict.level >= fail_on {
        let at = |judged: &&crate::model::level::Judged| judged.level.is_some_and(|level| level >= fail_on);
        reasons.extend(verdict.resources.iter().filter(at).map(|judged| {
            format!("{} is {}", judged.reason(), judged.level.unwrap_or(Level::Emergency).name())
        }));
    }
    if let Some(need) = demand.memory_bytes {
        let left = budget.memory_bytes.saturating_sub(supply.usage.memory_bytes.unwrap_or(0));
        if need > left {
            reasons.push(format!(
                "memory: the run needs {}, the budget leaves {}",
                show_size(need),
                show_size(left)
            ));
        }
        if let Some(available) = supply.mem_available.filter(|available| need > *available) {
            reasons.push(format!(
                "memory: the run needs {}, the machine has {} available",
                show_size(need),
                show_size(available)
            ));
        }
    }
    if let Some(need) = demand.containers {
        let left = budget.containers.saturating_sub(supply.usage.containers.unwrap_or(0));
        if need > left {
            reasons.push(format!("containers: the run needs {need}, the budget leaves {left}"));
        }
    }
    if reasons.is_empty() { Answer::Fits } else { Answer::No(reasons) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::level::judge;

    const BUDGET: Budget = Budget { memory_bytes: 4 << 30, containers: 20, networks: 15, volumes: 10 };

    fn supply(memory: u64, available: u64) -> Supply {
        let usage =
            Usage { memory_bytes: Some(memory), containers: Some(4), networks: Some(0), volumes: Some(0) };
        Supply { complaints: Vec::new(), usage, mem_available: Some(available) }
    }

    fn answer(demand: Demand, supply: &Supply) -> Answer {
        decide(&demand, supply, &BUDGET, &judge(&supply.usage, &BUDGET), Level::Critical)
    }

    #[test]
    fn fits_exactly() {
        let demand = Demand { memory_bytes: Some(3 << 30), containers: Some(16) };
        assert_eq!(answer(demand, &supply(1 << 30, 3 << 30)), Answer::Fits);
        let more = Demand { memory_bytes: Some((3 << 30) + 1), containers: Some(17) };
        let Answer::No(reasons) = answer(more, &supply(1 << 30, 3 << 30)) else { panic!("it fits") };
        assert_eq!(reasons.len(), 3, "{reasons:?}");
    }

    #[test]
    fn the_bar_counts_without_a_demand() {
        assert_eq!(answer(Demand::default(), &supply((3 << 30) - 1, 1 << 30)), Answer::Fits);
        let Answer::No(reasons) = answer(Demand::default(), &supply(3 << 30, 1 << 30)) else {
            panic!("it fits")
        };
        assert_eq!(reasons, ["memory: 3.0 GiB of 4.0 GiB (75 %) is critical"]);
    }

    #[test]
    fn an_engine_that_hangs_is_no_matter_of_fitting() {
        let mut supply = supply(0, 1 << 30);
        supply.complaints = vec!["networks hangs".into()];
        assert_eq!(answer(Demand::default(), &supply), Answer::Unavailable(vec!["networks hangs".into()]));
    }
}
