//! Everything that was measured at one moment, over all engines.

use std::collections::BTreeSet;

use evenkeel_common::Error;

use crate::model::container::{Container, ContainerState};
use crate::model::engine::{DiskSpace, EngineFacts, Network, Volume};
use crate::model::level::{Assessment, ResourceLevel, Usage, Verdict};
use crate::model::numbers::round2;

/// The state of all engines that were asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// In the order of the arguments.
    pub(crate) engines: Vec<EngineFacts>,
    /// Whether every engine listed its containers.
    pub(crate) containers_known: bool,
    /// Whether every engine listed its networks.
    pub(crate) networks_known: bool,
    /// Whether every engine listed its volumes.
    pub(crate) volumes_known: bool,
    /// Running and stopped containers, sorted by name.
    pub(crate) containers: Vec<Container>,
    /// Networks other than the engines' own, sorted by name.
    pub(crate) networks: Vec<Network>,
    /// Volumes, sorted by name.
    pub(crate) volumes: Vec<Volume>,
    /// Containers that ended between the list call and the measurement.
    pub(crate) vanished: u64,
    /// What could not be measured, one line each.
    pub(crate) errors: Vec<String>,
}

impl Facts {
    /// Containers that have processes.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.summary.is_live())
    }

    /// Containers that use memory and CPU. One that waits for its restart has no processes.
    fn users(&self) -> impl Iterator<Item = &Container> {
        self.live().filter(|c| c.stats.is_some() || c.summary.state != ContainerState::Restarting)
    }

    /// The sum of a figure over all containers; `None` where that of any is unknown.
    pub(crate) fn sum(&self, figure: fn(&Container) -> Option<u64>) -> Option<u64> {
        self.users().map(figure).sum::<Option<u64>>().filter(|_| self.containers_known)
    }

    /// Sums up the resources that have a budget.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            memory_bytes: self.sum(Container::working_set),
            memory_at_least: self.live().filter_map(Container::working_set).sum(),
            containers: self.containers_known.then(|| self.live().count() as u64),
            networks: self.networks_known.then_some(self.networks.len() as u64),
            volumes: self.volumes_known.then_some(self.volumes.len() as u64),
            subnets: self.subnets(),
            disk: self.disk_space(),
        }
    }

    /// The used subnets, and all, of the engine that has used the largest share, of those where they are known.
    fn subnets(&self) -> Option<(u64, u64)> {
        let known = self.engines.iter().filter_map(|engine| engine.address_pools);
        let used = known.map(|(free, all)| (all.saturating_sub(free), all));
        used.max_by_key(|(used, all)| u128::from(*used) * 1_000_000 / u128::from((*all).max(1)))
    }

    /// The space of the engine that has the least left, of those where it is known.
    pub(crate) fn disk_space(&self) -> Option<DiskSpace> {
        self.engines.iter().filter_map(|engine| engine.disk_space).min_by_key(|space| space.free)
    }

    /// CPU use of all containers, percent of one core; `None` where that of any is unknown.
    pub(crate) fn cpu_pct(&self) -> Option<f64> {
        // Not sum(), which makes -0 of nothing.
        let sum = self.users().try_fold(0.0, |sum, container| Some(sum + container.cpu_pct?));
        sum.filter(|_| self.containers_known).map(round2)
    }

    /// Memory that the machines of all engines can still allocate without swapping.
    pub(crate) fn mem_available(&self) -> Option<u64> {
        self.engines.iter().map(|engine| engine.machine.mem_available).sum()
    }

    /// Whether any endpoint of any engine answered.
    pub(crate) fn is_reachable(&self) -> bool {
        self.engines.iter().any(EngineFacts::is_reachable)
    }

    /// Whether every endpoint of every engine answered.
    pub(crate) fn is_healthy(&self) -> bool {
        self.engines.iter().all(EngineFacts::is_healthy)
    }

    /// The overall verdict: a level counts only where every engine answered.
    pub(crate) fn verdict(&self, assessment: &Assessment) -> Verdict {
        if self.is_healthy() {
            assessment.known_level().map_or(Verdict::Unknown, Verdict::Level)
        } else {
            Verdict::Unavailable
        }
    }

    /// Why the verdict is not safe, one line each.
    pub(crate) fn reasons(&self, assessment: &Assessment) -> Vec<String> {
        match self.verdict(assessment) {
            Verdict::Unknown => assessment.unknown().map(ResourceLevel::describe).collect(),
            Verdict::Level(_) | Verdict::Unavailable => {
                self.problems().into_iter().chain(assessment.reasons()).collect()
            }
        }
    }

    /// What is wrong with the engines, one line each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problem = |engine: &EngineFacts| Some(format!("{}: {}", engine.host, engine.problem()?));
        self.engines.iter().filter_map(problem).collect()
    }

    /// Fails with [`evenkeel_common::Exit::Unavailable`] where an engine is down or hangs.
    pub(crate) fn require_healthy(&self) -> Result<(), Error> {
        let problems = self.problems();
        if problems.is_empty() {
            return Ok(());
        }
        let hint = self.engines.iter().find_map(EngineFacts::hint).unwrap_or(
            "start Docker, or restart it if it hangs; --host or DOCKER_HOST selects another engine",
        );
        let action = if self.is_reachable() { "get every answer from Docker" } else { "reach Docker" };
        Err(Error::unavailable(action, problems.join("; ")).hint(hint))
    }

    /// Whether every engine listed its containers, networks and volumes.
    pub(crate) const fn all_known(&self) -> bool {
        self.containers_known && self.networks_known && self.volumes_known
    }

    /// Identifies every container, network and volume, for comparison with a later moment.
    pub(crate) fn resource_ids(&self) -> BTreeSet<String> {
        let containers = self.containers.iter().map(|c| format!("container {} {}", c.engine, c.summary.id));
        let networks = self.networks.iter().map(|n| format!("network {} {}", n.engine, n.id));
        let volumes = self.volumes.iter().map(|v| format!("volume {} {}", v.engine, v.name));
        containers.chain(networks).chain(volumes).collect()
    }
}
