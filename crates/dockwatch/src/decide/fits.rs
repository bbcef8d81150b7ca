//! Whether a planned run fits into the budget and the machine's memory.

use evenkeel_common::units::show_size;

use crate::model::facts::Facts;
use crate::model::level::{Assessment, Budget, Level, ResourceLevel, Usage};

/// What the planned run needs; `None` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunNeeds {
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) containers: Option<u64>,
    /// Space where the engine keeps its data.
    pub(crate) disk_bytes: Option<u64>,
}

/// What the run would meet if it started now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CurrentUse {
    /// What is wrong with the engines, one line each.
    pub(crate) problems: Vec<String>,
    pub(crate) usage: Usage,
    /// Memory that the machine can allocate without swapping.
    pub(crate) mem_available: Option<u64>,
}

impl CurrentUse {
    pub(crate) fn new(facts: &Facts) -> Self {
        Self { problems: facts.problems(), usage: facts.usage(), mem_available: facts.mem_available() }
    }
}

/// Whether the run fits, with every reason against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FitVerdict {
    Fits,
    DoesNotFit(Vec<String>),
    /// It fits as far as is known.
    Unknown(Vec<String>),
    /// An engine is down or hangs.
    Unavailable(Vec<String>),
}

impl FitVerdict {
    /// The name in JSON.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Fits => "yes",
            Self::DoesNotFit(_) => "no",
            Self::Unknown(_) => "unknown",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Why it does not fit; empty where it does.
    pub(crate) fn reasons(&self) -> &[String] {
        match self {
            Self::Fits => &[],
            Self::DoesNotFit(reasons) | Self::Unknown(reasons) | Self::Unavailable(reasons) => reasons,
        }
    }
}

/// Decides whether the run fits. Resources at level `fail_on` or above count against it.
pub(crate) fn decide(
    needs: &RunNeeds,
    current: &CurrentUse,
    budget: &Budget,
    assessment: &Assessment,
    fail_on: Level,
) -> FitVerdict {
    if !current.problems.is_empty() {
        return FitVerdict::Unavailable(current.problems.clone());
    }
    let mut reasons: Vec<String> =
        assessment.resources.iter().filter_map(|found| over_level(found, fail_on)).collect();
    reasons.extend(needs.memory_bytes.into_iter().flat_map(|need| memory_reasons(need, current, budget)));
    reasons.extend(needs.containers.and_then(|need| container_reason(need, current, budget)));
    reasons.extend(needs.disk_bytes.and_then(|need| disk_reason(need, current, budget)));
    if !reasons.is_empty() {
        return FitVerdict::DoesNotFit(reasons);
    }
    let mut unknown: Vec<String> = assessment.unknown().map(ResourceLevel::describe).collect();
    if needs.disk_bytes.is_some() && current.usage.disk.is_none() {
        unknown.push("disk: how much is free is only known of an engine on this machine".into());
    }
    if unknown.is_empty() { FitVerdict::Fits } else { FitVerdict::Unknown(unknown) }
}

fn over_level(found: &ResourceLevel, fail_on: Level) -> Option<String> {
    let level = found.level.filter(|level| *level >= fail_on)?;
    Some(format!("{} is {}", found.describe(), level.name()))
}

fn memory_reasons(need: u64, current: &CurrentUse, budget: &Budget) -> Vec<String> {
    let left = budget.memory_bytes.saturating_sub(current.usage.memory_at_least);
    let mut reasons = Vec::new();
    let need_text = show_size(need);
    if need > left {
        reasons.push(format!("memory: the run needs {need_text}, the budget leaves {}", show_size(left)));
    }
    if let Some(available) = current.mem_available.filter(|available| need > *available) {
        let available = show_size(available);
        reasons.push(format!("memory: the run needs {need_text}, the machine has {available} available"));
    }
    reasons
}

fn container_reason(need: u64, current: &CurrentUse, budget: &Budget) -> Option<String> {
    let left = budget.containers.saturating_sub(current.usage.containers.unwrap_or(0));
    (need > left).then(|| format!("containers: the run needs {need}, the budget leaves {left}"))
}

fn disk_reason(need: u64, current: &CurrentUse, budget: &Budget) -> Option<String> {
    let free = current.usage.disk?.free;
    let left = free.saturating_sub(budget.disk_free_bytes);
    (need > left).then(|| {
        let [need, free, least] = [need, free, budget.disk_free_bytes].map(show_size);
        format!("disk: the run needs {need}, {free} are free, and {least} of that should stay free")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::engine::DiskSpace;
    use crate::model::level::assess;

    const BUDGET: Budget = Budget::OF_A_TEAM;

    fn current(memory: u64, available: u64) -> CurrentUse {
        let usage = Usage {
            memory_bytes: Some(memory),
            memory_at_least: memory,
            containers: Some(4),
            networks: Some(0),
            volumes: Some(0),
            disk: Some(DiskSpace { free: 8 << 30, total: 100 << 30 }),
            ..Usage::default()
        };
        CurrentUse { problems: Vec::new(), usage, mem_available: Some(available) }
    }

    fn verdict(needs: RunNeeds, current: &CurrentUse) -> FitVerdict {
        decide(&needs, current, &BUDGET, &assess(&current.usage, &BUDGET), Level::Critical)
    }

    #[test]
    fn fits_exactly() {
        let needs = RunNeeds { memory_bytes: Some(3 << 30), containers: Some(16), disk_bytes: Some(7 << 30) };
        assert_eq!(verdict(needs, &current(1 << 30, 3 << 30)), FitVerdict::Fits);
        let more = RunNeeds {
            memory_bytes: Some((3 << 30) + 1),
            containers: Some(17),
            disk_bytes: Some((7 << 30) + 1),
        };
        let FitVerdict::DoesNotFit(reasons) = verdict(more, &current(1 << 30, 3 << 30)) else {
            panic!("it fits")
        };
        assert_eq!(reasons.len(), 4, "{reasons:?}");
    }

    #[test]
    fn fail_on_counts_without_needs() {
        assert_eq!(verdict(RunNeeds::default(), &current((3 << 30) - 1, 1 << 30)), FitVerdict::Fits);
        let FitVerdict::DoesNotFit(reasons) = verdict(RunNeeds::default(), &current(3 << 30, 1 << 30)) else {
            panic!("it fits")
        };
        assert_eq!(reasons, ["memory: 3.0 GiB of 4.0 GiB (75 %) is critical"]);
    }

    #[test]
    fn what_is_unknown_does_not_fit() {
        let mut current = current(1 << 30, 8 << 30);
        current.usage.memory_bytes = None;
        let needs = |bytes| RunNeeds { memory_bytes: Some(bytes), ..RunNeeds::default() };
        let wanted = FitVerdict::Unknown(vec!["memory: at least 1.0 GiB of 4.0 GiB".into()]);
        assert_eq!(verdict(needs(1 << 30), &current), wanted);
        assert!(matches!(verdict(needs(4 << 30), &current), FitVerdict::DoesNotFit(_)));
    }

    #[test]
    fn a_need_of_disk_that_cannot_be_checked_is_unknown() {
        let mut current = current(0, 1 << 30);
        current.usage.disk = None;
        let needs = RunNeeds { disk_bytes: Some(1), ..RunNeeds::default() };
        assert!(matches!(verdict(needs, &current), FitVerdict::Unknown(_)));
        assert_eq!(verdict(RunNeeds::default(), &current), FitVerdict::Fits);
    }

    #[test]
    fn an_engine_that_hangs_is_unavailable() {
        let mut current = current(0, 1 << 30);
        current.problems = vec!["networks hangs".into()];
        assert_eq!(
            verdict(RunNeeds::default(), &current),
            FitVerdict::Unavailable(vec!["networks hangs".into()])
        );
    }
}
