//! How much of its budget a resource uses, as one of four levels. Pure.

use evenkeel_common::units::show_size;
use serde::{Deserialize, Serialize};

use crate::model::engine::DiskSpace;
use crate::model::numbers::percent;

/// How much of a budget is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Below 50 %.
    Safe,
    /// From 50 %.
    Warning,
    /// From 75 %.
    Critical,
    /// From 90 %.
    Emergency,
}

impl Level {
    /// The share of the budget (percent) at which each level begins, the highest first.
    const THRESHOLDS: [(u64, Self); 3] = [(90, Self::Emergency), (75, Self::Critical), (50, Self::Warning)];

    /// The level of a use against its budget. A threshold belongs to the higher level. With a budget of 0 any use is
    /// an emergency.
    pub(crate) fn of(used: u64, budget: u64) -> Self {
        if budget == 0 {
            return if used == 0 { Self::Safe } else { Self::Emergency };
        }
        let reached = |pct: u64| u128::from(used) * 100 >= u128::from(budget) * u128::from(pct);
        Self::THRESHOLDS.iter().find(|(pct, _)| reached(*pct)).map_or(Self::Safe, |(_, level)| *level)
    }

    /// The level of what is free against the least that should be: from twice that on it is safe, from that on a
    /// warning, and below half of it an emergency.
    pub(crate) const fn of_free(free: u64, least: u64) -> Self {
        if free >= least.saturating_mul(2) {
            Self::Safe
        } else if free >= least {
            Self::Warning
        } else if free >= least.div_ceil(2) {
            Self::Critical
        } else {
            Self::Emergency
        }
    }

    /// The name in JSON and in arguments.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Emergency => "emergency",
        }
    }
}

/// The overall verdict on a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every engine answered, and the level is known.
    Level(Level),
    /// The use of some resource is unknown, and no other one is above safe.
    Unknown,
    /// An engine is down, or one of its endpoints hangs.
    Unavailable,
}

impl Verdict {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Level(level) => level.name(),
            Self::Unknown => "unknown",
            Self::Unavailable => "unavailable",
        }
    }

    /// The level that determines its colour.
    pub(crate) const fn severity(self) -> Level {
        match self {
            Self::Level(level) => level,
            Self::Unknown => Level::Warning,
            Self::Unavailable => Level::Emergency,
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How much may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Memory of all running containers.
    pub(crate) memory_bytes: u64,
    /// Running containers.
    pub(crate) containers: u64,
    /// Networks other than the engine's own; `None` judges by the subnets that are left.
    pub(crate) networks: Option<u64>,
    /// Volumes; `None` judges by the disk alone.
    pub(crate) volumes: Option<u64>,
    /// Least free space where an engine keeps its data, bytes.
    pub(crate) disk_free_bytes: u64,
}

#[cfg(test)]
impl Budget {
    /// A budget for unit tests.
    pub(crate) const OF_A_TEAM: Self = Self {
        memory_bytes: 4 << 30,
        containers: 20,
        networks: Some(15),
        volumes: Some(10),
        disk_free_bytes: 1 << 30,
    };
}

/// How much is used; `None` where an engine did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Memory of all running containers as `docker stats` counts it.
    pub(crate) memory_bytes: Option<u64>,
    /// The same of those whose memory is known.
    pub(crate) memory_at_least: u64,
    /// Running containers.
    pub(crate) containers: Option<u64>,
    /// Networks other than the engine's own.
    pub(crate) networks: Option<u64>,
    pub(crate) volumes: Option<u64>,
    /// Subnets that an engine has given to networks, its own included, and all it has; not judged where they are not
    /// known.
    pub(crate) subnets: Option<(u64, u64)>,
    /// Space where the engine keeps its data; not judged where it is not known.
    pub(crate) disk: Option<DiskSpace>,
}

/// A resource that has a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Memory,
    Containers,
    Networks,
    Subnets,
    Volumes,
    Disk,
}

impl Resource {
    /// The name in JSON and in text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Containers => "containers",
            Self::Networks => "networks",
            Self::Subnets => "subnets",
            Self::Volumes => "volumes",
            Self::Disk => "disk",
        }
    }

    /// Formats an amount for display.
    fn show(self, amount: u64) -> String {
        match self {
            Self::Memory | Self::Disk => show_size(amount),
            _ => amount.to_string(),
        }
    }
}

/// The level of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResourceLevel {
    pub(crate) resource: Resource,
    /// How much is used; `None` where an engine did not say.
    pub(crate) used: Option<u64>,
    /// The part of the use that is known.
    at_least: u64,
    pub(crate) budget: u64,
    /// Of the disk, the space that is free and the least that should be.
    free_and_least: Option<(u64, u64)>,
    /// `None` where the use is unknown, unless what is known is above safe already.
    pub(crate) level: Option<Level>,
}

impl ResourceLevel {
    fn new(resource: Resource, used: Option<u64>, at_least: u64, budget: u64) -> Self {
        let level = match used {
            Some(used) => Some(Level::of(used, budget)),
            None => Some(Level::of(at_least, budget)).filter(|level| *level > Level::Safe),
        };
        Self { resource, used, at_least, budget, free_and_least: None, level }
    }

    /// The disk is judged by what is free: a share of it says little, as disks differ by orders of magnitude. What may be
    /// used is all but the least free space.
    fn of_disk(space: DiskSpace, least: u64) -> Self {
        Self {
            resource: Resource::Disk,
            used: Some(space.total.saturating_sub(space.free)),
            at_least: 0,
            budget: space.total.saturating_sub(least),
            free_and_least: Some((space.free, least)),
            level: Some(Level::of_free(space.free, least)),
        }
    }

    /// Percent of the budget, rounded for display; the level is decided on the exact figures.
    pub(crate) fn pct(&self) -> Option<f64> {
        percent(self.used?, self.budget)
    }

    /// The figures alone, such as `3.0 GiB/4.0 GiB`; of the disk, what is free.
    pub(crate) fn figures(&self) -> String {
        if let Some((free, _)) = self.free_and_least {
            return format!("{} free", show_size(free));
        }
        let used = self.used.map_or_else(|| "?".into(), |used| self.resource.show(used));
        format!("{used}/{}", self.resource.show(self.budget))
    }

    /// One human-readable line, such as `memory: 3.0 GiB of 4.0 GiB (75 %)`.
    pub(crate) fn describe(&self) -> String {
        if let Some((free, least)) = self.free_and_least {
            return format!("disk: {} free (least {})", show_size(free), show_size(least));
        }
        let used = match self.used {
            Some(used) => self.resource.show(used),
            None if self.at_least > 0 => format!("at least {}", self.resource.show(self.at_least)),
            None => "unknown".into(),
        };
        let share = self.pct().map_or_else(String::new, |pct| format!(" ({pct} %)"));
        format!("{}: {used} of {}{share}", self.resource.name(), self.resource.show(self.budget))
    }
}

/// The levels of all resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assessment {
    /// The highest level of any resource, of those that are known.
    pub(crate) level: Level,
    /// Memory, containers, networks or subnets, volumes, disk: those that are judged.
    pub(crate) resources: Vec<ResourceLevel>,
}

impl Assessment {
    /// The overall level; `None` where it is only safe as far as is known.
    pub(crate) fn known_level(&self) -> Option<Level> {
        let is_known = self.level > Level::Safe || self.unknown().next().is_none();
        is_known.then_some(self.level)
    }

    /// The resources whose use is unknown.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &ResourceLevel> {
        self.resources.iter().filter(|found| found.used.is_none())
    }

    /// The resources that are at the overall level; empty when everything is safe.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let at_level = |found: &&ResourceLevel| self.level > Level::Safe && found.level == Some(self.level);
        self.resources.iter().filter(at_level).map(ResourceLevel::describe).collect()
    }
}

/// Compares the use of every resource with its budget.
pub(crate) fn assess(usage: &Usage, budget: &Budget) -> Assessment {
    let mut resources = vec![
        ResourceLevel::new(Resource::Memory, usage.memory_bytes, usage.memory_at_least, budget.memory_bytes),
        ResourceLevel::new(Resource::Containers, usage.containers, 0, budget.containers),
    ];
    resources.extend(match budget.networks {
        Some(most) => Some(ResourceLevel::new(Resource::Networks, usage.networks, 0, most)),
        None => usage.subnets.map(|(used, all)| ResourceLevel::new(Resource::Subnets, Some(used), used, all)),
    });
    resources
        .extend(budget.volumes.map(|most| ResourceLevel::new(Resource::Volumes, usage.volumes, 0, most)));
    resources.extend(usage.disk.map(|space| ResourceLevel::of_disk(space, budget.disk_free_bytes)));
    let level = resources.iter().filter_map(|found| found.level).max().unwrap_or(Level::Safe);
    Assessment { level, resources }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget::OF_A_TEAM;

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
        let usage = Usage {
            memory_bytes: Some(3 << 30),
            memory_at_least: 3 << 30,
            containers: Some(1),
            networks: Some(15),
            volumes: None,
            ..Usage::default()
        };
        let found = assess(&usage, &BUDGET);
        assert_eq!(found.level, Level::Emergency);
        assert_eq!(found.reasons(), ["networks: 15 of 15 (100 %)"]);
        assert_eq!(assess(&Usage::default(), &BUDGET).reasons(), [""; 0]);
    }

    #[test]
    fn levels_and_verdicts_have_names_and_a_severity() {
        let levels = [Level::Safe, Level::Warning, Level::Critical, Level::Emergency];
        assert_eq!(levels.map(Level::name), ["safe", "warning", "critical", "emergency"]);
        let verdicts = [Verdict::Level(Level::Critical), Verdict::Unknown, Verdict::Unavailable];
        assert_eq!(verdicts.map(Verdict::name), ["critical", "unknown", "unavailable"]);
        assert_eq!(verdicts.map(Verdict::severity), [Level::Critical, Level::Warning, Level::Emergency]);
        let json = serde_json::to_string(&verdicts).unwrap();
        assert_eq!(json, r#"["critical","unknown","unavailable"]"#);
    }

    #[test]
    fn figures_of_each_resource() {
        let usage = Usage {
            memory_bytes: Some(1 << 30),
            memory_at_least: 1 << 30,
            containers: Some(5),
            networks: None,
            volumes: Some(0),
            subnets: None,
            disk: Some(DiskSpace { free: 30 << 30, total: 100 << 30 }),
        };
        let found = assess(&usage, &BUDGET);
        let figures: Vec<String> = found.resources.iter().map(ResourceLevel::figures).collect();
        assert_eq!(figures, ["1.0 GiB/4.0 GiB", "5/20", "?/15", "0/10", "30.0 GiB free"]);
        let shares: Vec<Option<f64>> = found.resources.iter().map(ResourceLevel::pct).collect();
        assert_eq!(shares, [Some(25.0), Some(25.0), None, Some(0.0), Some(70.7)]);
        let levels: Vec<Option<Level>> = found.resources.iter().map(|one| one.level).collect();
        let safe = Some(Level::Safe);
        assert_eq!(levels, [safe, safe, None, safe, safe], "what is unknown has no level");
        assert_eq!(found.unknown().map(|one| one.resource).collect::<Vec<_>>(), [Resource::Networks]);
        let disk = found.resources[4];
        assert_eq!((disk.used, disk.budget), (Some(70 << 30), 99 << 30), "all but the least free space");
    }

    #[test]
    fn what_is_safe_is_no_reason() {
        let usage = Usage {
            memory_bytes: Some(0),
            containers: Some(0),
            networks: Some(0),
            volumes: Some(0),
            ..Usage::default()
        };
        let found = assess(&usage, &BUDGET);
        assert_eq!((found.known_level(), found.reasons()), (Some(Level::Safe), Vec::new()));
    }

    #[test]
    fn unknown_memory_is_not_safe() {
        let of = |memory_bytes, memory_at_least| {
            let usage = Usage {
                memory_bytes,
                memory_at_least,
                containers: Some(1),
                networks: Some(0),
                volumes: Some(0),
                ..Usage::default()
            };
            let found = assess(&usage, &BUDGET);
            (found.known_level(), found.resources[0].describe())
        };
        assert_eq!(
            of(Some(1 << 30), 1 << 30),
            (Some(Level::Safe), "memory: 1.0 GiB of 4.0 GiB (25 %)".into())
        );
        assert_eq!(of(None, 0), (None, "memory: unknown of 4.0 GiB".into()));
        assert_eq!(of(None, 1 << 30), (None, "memory: at least 1.0 GiB of 4.0 GiB".into()));
        assert_eq!(of(None, 3 << 30), (Some(Level::Critical), "memory: at least 3.0 GiB of 4.0 GiB".into()));
    }

    #[test]
    fn the_disk_is_judged_by_what_is_free_where_that_is_known() {
        let of = |free: u64| {
            let disk = Some(DiskSpace { free, total: 100 << 30 });
            let known = Usage {
                memory_bytes: Some(0),
                containers: Some(0),
                networks: Some(0),
                volumes: Some(0),
                ..Usage::default()
            };
            assess(&Usage { disk, ..known }, &BUDGET)
        };
        for (free, level) in [
            (2 << 30, Level::Safe),
            ((2 << 30) - 1, Level::Warning),
            (1 << 30, Level::Warning),
            ((1 << 30) - 1, Level::Critical),
            (512 << 20, Level::Critical),
            ((512 << 20) - 1, Level::Emergency),
            (0, Level::Emergency),
        ] {
            assert_eq!(of(free).known_level(), Some(level), "{free}");
        }
        assert_eq!(of(0).reasons(), ["disk: 0 B free (least 1.0 GiB)"]);
        assert_eq!(assess(&Usage::default(), &BUDGET).resources.len(), 4, "what is unknown is not judged");
        assert_eq!(Level::of_free(0, 0), Level::Safe, "nothing has to be free");
        assert_eq!(Level::of_free(0, 1), Level::Emergency);
        assert_eq!(Level::of_free(u64::MAX, u64::MAX), Level::Safe);
    }

    #[test]
    fn without_a_scope_networks_are_judged_by_subnets_and_volumes_by_the_disk() {
        let whole = Budget { networks: None, volumes: None, ..BUDGET };
        let of = |subnets, budget: &Budget| {
            let usage = Usage { networks: Some(25), volumes: Some(40), subnets, ..Usage::default() };
            let found = assess(&usage, budget);
            (found.level, found.resources.iter().map(|one| one.resource.name()).collect::<Vec<_>>())
        };
        assert_eq!(of(None, &whole), (Level::Safe, vec!["memory", "containers"]), "unknown is not judged");
        for (used, level) in [
            (0, Level::Safe),
            (15, Level::Safe),
            (16, Level::Warning),
            (24, Level::Critical),
            (28, Level::Emergency),
        ] {
            let wanted = (level, vec!["memory", "containers", "subnets"]);
            assert_eq!(of(Some((used, 31)), &whole), wanted, "{used}");
        }
        let both = vec!["memory", "containers", "networks", "volumes"];
        assert_eq!(of(Some((0, 31)), &BUDGET), (Level::Emergency, both), "counts apply where they are given");
    }
}
