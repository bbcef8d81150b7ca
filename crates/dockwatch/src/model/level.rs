//! How near a resource is to its budget: a pure judgement.

use serde::{Deserialize, Serialize};

/// How near the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Under half of the budget.
    Safe,
    /// From 50 %.
    Warning,
    /// From 75 %.
    Critical,
    /// From 90 %.
    Emergency,
}

impl Level {
    /// From which share of the budget (percent) each level holds, the highest first.
    const STEPS: [(u64, Self); 3] = [(90, Self::Emergency), (75, Self::Critical), (50, Self::Warning)];

    /// Judges a use against its budget, exactly at the edges. A budget of 0 allows nothing.
    pub fn of(used: u64, budget: u64) -> Self {
        if budget == 0 {
            return if used == 0 { Self::Safe } else { Self::Emergency };
        }
        let reached = |pct: u64| u128::from(used) * 100 >= u128::from(budget) * u128::from(pct);
        Self::STEPS.iter().find(|(pct, _)| reached(*pct)).map_or(Self::Safe, |(_, level)| *level)
    }

    /// The name in JSON and in arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Emergency => "emergency",
        }
    }
}

/// What may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Memory of all running containers, bytes.
    pub memory_bytes: u64,
    /// Running containers.
    pub containers: u64,
    /// Networks that somebody made (not bridge, host and none).
    pub networks: u64,
    /// Volumes.
    pub volumes: u64,
}

/// What is used. Unknown where the engine did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory of all running containers as Docker counts it, bytes.
    pub memory_bytes: Option<u64>,
    /// Running containers.
    pub containers: Option<u64>,
    /// Networks that somebody made.
    pub networks: Option<u64>,
    /// Volumes.
    pub volumes: Option<u64>,
}

/// A resource that has a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Bytes of memory.
    Memory,
    /// Number of running containers.
    Containers,
    /// Number of networks.
    Networks,
    /// Number of volumes.
    Volumes,
}

impl Resource {
    /// The name in JSON and in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Containers => "containers",
            Self::Networks => "networks",
            Self::Volumes => "volumes",
        }
    }

    /// Shows an amount of it for people.
    pub fn show(self, amount: u64) -> String {
        match self {
            Self::Memory => evenkeel_common::units::show_size(amount),
            _ => amount.to_string(),
        }
    }
}

/// The judgement of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was judged.
    pub resource: Resource,
    /// How much is used; unknown where the engine did not say.
    pub used: Option<u64>,
    /// How much may be used.
    pub budget: u64,
    /// The level, where the use is known.
    pub level: Option<Level>,
}

impl Judged {
    /// Percent of the budget, for people and plots; the level is decided on the exact figures.
    #[expect(clippy::cast_precision_loss, reason = "a percentage for display")]
    pub fn pct(&self) -> Option<f64> {
        let used = self.used?;
        (self.budget > 0).then(|| (used as f64 * 1000.0 / self.budget as f64).round() / 10.0)
    }

    /// One line: how much of what.
    pub fn reason(&self) -> String {
        let used = self.used.map_or_else(|| "unknown".into(), |used| self.resource.show(used));
        let share = self.pct().map_or_else(String::new, |pct| format!(" ({pct} %)"));
        format!("{}: {used} of {}{share}", self.resource.name(), self.resource.show(self.budget))
    }
}

/// The judgement of all resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst level.
    pub level: Level,
    /// Every resource, in a fixed order.
    pub resources: Vec<Judged>,
}

impl Verdict {
    /// Why the level is what it is: the resources that are at it, none when all is safe.
    pub fn reasons(&self) -> Vec<String> {
        let at_level = |judged: &&Judged| self.level > Level::Safe && judged.level == Some(self.level);
        self.resources.iter().filter(at_level).map(Judged::reason).collect()
    }
}

/// Judges every resource; the worst counts.
pub fn judge(usage: &Usage, budget: &Budget) -> Verdict {
    let judged = |resource, used: Option<u64>, budget| Judged {
        resource,
        used,
        budget,
        level: used.map(|used| Level::of(used, budget)),
    };
    let resources = vec![
        judged(Resource::Memory, usage.memory_bytes, budget.memory_bytes),
        judged(Resource::Containers, usage.containers, budget.containers),
        judged(Resource::Networks, usage.networks, budget.networks),
        judged(Resource::Volumes, usage.volumes, budget.volumes),
    ];
    let level = resources.iter().filter_map(|judged| judged.level).max().unwrap_or(Level::Safe);
    Verdict { level, resources }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { memory_bytes: 4 << 30, containers: 20, networks: 15, volumes: 10 };

    #[test]
    fn exact_at_the_edges() {
        for (used, level) in [
            (0, Level::Safe),
            (49, Level::Safe),
            (50, Level::Warning),
            (74, Level::Warning),
            (75, Level::Critical),
            (89, Level::Critical),
            (90, Level::Emergency),
            (1000, Level::Emergency),
        ] {
            assert_eq!(Level::of(used, 100), level, "{used}");
        }
        assert_eq!(Level::of((2 << 30) - 1, 4 << 30), Level::Safe);
        assert_eq!(Level::of(2 << 30, 4 << 30), Level::Warning);
        assert_eq!(Level::of(u64::MAX, u64::MAX), Level::Emergency);
        assert_eq!(Level::of(0, 0), Level::Safe);
        assert_eq!(Level::of(1, 0), Level::Emergency);
    }

    #[test]
    fn the_worst_counts_and_is_named() {
        let usage =
            Usage { memory_bytes: Some(3 << 30), containers: Some(1), networks: Some(15), volumes: None };
        let verdict = judge(&usage, &BUDGET);
        assert_eq!(verdict.level, Level::Emergency);
        assert_eq!(verdict.reasons(), ["networks: 15 of 15 (100 %)"]);
        assert_eq!(judge(&Usage::default(), &BUDGET).reasons(), [""; 0]);
    }
}
