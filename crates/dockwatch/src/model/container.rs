//! One container: its entry in the engine's list, the details from an inspect, and what it uses.

use std::collections::BTreeMap;

use evenkeel_common::docker::{LABEL_PROJECT, LABEL_SERVICE, environments};

use crate::model::level::Level;
use crate::model::numbers::percent;

/// What one container uses at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ContainerStats {
    /// When it was read, in nanoseconds since boot (from the engine: since the Unix epoch).
    pub(crate) at_ns: u64,
    /// All memory charged to it, page cache included.
    pub(crate) memory_usage: Option<u64>,
    /// What `docker stats` shows: usage less inactive file pages.
    pub(crate) memory_working_set: Option<u64>,
    /// Anonymous memory, which cannot be dropped like page cache.
    pub(crate) memory_anon: Option<u64>,
    /// tmpfs and shared memory.
    pub(crate) memory_shmem: Option<u64>,
    /// Highest usage since it started.
    pub(crate) memory_peak: Option<u64>,
    /// Limit; `None` is unlimited or unknown.
    pub(crate) memory_limit: Option<u64>,
    /// CPU time used so far, nanoseconds.
    pub(crate) cpu_ns: Option<u64>,
    /// Processes and threads.
    pub(crate) pids: Option<u64>,
    /// Network bytes received and sent.
    pub(crate) net: Option<(u64, u64)>,
    /// Block device bytes read and written.
    pub(crate) block: Option<(u64, u64)>,
    /// Processes killed by the kernel's OOM killer.
    pub(crate) oom_kills: Option<u64>,
    /// Share of time (percent, last 10 s) in which some task waited for memory.
    pub(crate) pressure_memory: Option<f64>,
}

/// Where a container's statistics come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatsSource {
    /// The kernel's cgroup files.
    Cgroup,
    /// The engine's statistics endpoint.
    Api,
}

impl StatsSource {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Api => "api",
        }
    }
}

/// The engine's states of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ContainerState {
    /// The engine did not say.
    #[default]
    Unknown,
    Created,
    /// Podman: made by the runtime, but not started.
    Initialized,
    Running,
    Paused,
    Restarting,
    Stopping,
    /// Podman: ended, but not cleaned up yet.
    Stopped,
    Exited,
    Removing,
    Dead,
    /// A state that is not known here.
    Other {
        name: String,
        /// Whether it has processes, according to an inspect; assumed where that failed.
        running: bool,
    },
}

impl ContainerState {
    /// The state that the engine names so.
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "" => Self::Unknown,
            "created" | "configured" => Self::Created,
            "initialized" => Self::Initialized,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "exited" => Self::Exited,
            "removing" => Self::Removing,
            "dead" => Self::Dead,
            other => Self::Other { name: other.to_owned(), running: true },
        }
    }

    /// The engine's name for it; empty where the engine did not say.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Unknown => "",
            Self::Created => "created",
            Self::Initialized => "initialized",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Exited => "exited",
            Self::Removing => "removing",
            Self::Dead => "dead",
            Self::Other { name, .. } => name,
        }
    }

    /// The state that an inspect names so, which knows whether the container runs also where the name is not known here.
    pub(crate) fn inspected(name: &str, running: bool) -> Self {
        match Self::parse(name) {
            Self::Other { name, .. } => Self::Other { name, running },
            known => known,
        }
    }

    /// Whether a container in this state has processes.
    const fn is_live(&self) -> bool {
        match self {
            Self::Running | Self::Paused | Self::Restarting | Self::Stopping => true,
            Self::Other { running, .. } => *running,
            _ => false,
        }
    }
}

/// Result of a container's health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Health {
    Starting,
    Healthy,
    Unhealthy,
}

impl Health {
    /// The result that the engine names so; `None` where there is no health check.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "starting" => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            _ => None,
        }
    }

    /// The engine's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// How a container is, by an inspect: the only source that is never behind. The list of Docker 28 has a container as running
/// for a moment after its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateReading {
    pub(crate) state: ContainerState,
    /// The last result of its health check, also where it has ended since.
    pub(crate) health: Option<Health>,
    /// Exit code of its last process, or 0.
    pub(crate) exit_code: Option<i64>,
}

/// A container's entry in the engine's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContainerSummary {
    /// All 64 hex digits.
    pub(crate) id: String,
    /// Name without the leading slash.
    pub(crate) name: String,
    /// Image as it was named when the container was created.
    pub(crate) image: String,
    pub(crate) state: ContainerState,
    /// `None` without a health check.
    pub(crate) health: Option<Health>,
    /// Exit code of a container that has exited.
    pub(crate) exit_code: Option<i64>,
    /// When it was created, in seconds since 1970.
    pub(crate) created_at: Option<i64>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl ContainerSummary {
    /// Whether it has processes, and so uses memory and CPU.
    pub(crate) const fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// Takes over a later reading: what runs has a health, and what has ended an exit code.
    pub(crate) fn follow(&mut self, reading: &StateReading) {
        match &mut self.state {
            // The name of the list says more than that it runs.
            ContainerState::Other { running, .. } if reading.state.is_live() => *running = true,
            state => *state = reading.state.clone(),
        }
        self.health = reading.health.filter(|_| self.is_live());
        let has_ended =
            matches!(self.state, ContainerState::Exited | ContainerState::Stopped | ContainerState::Dead);
        self.exit_code = reading.exit_code.filter(|_| has_ended);
    }

    /// What a person wants to know first: the result of its health check where it has one, else its state.
    pub(crate) fn health_or_state(&self) -> &str {
        match self.health {
            Some(health) => health.name(),
            None => self.state.name(),
        }
    }

    /// The environment that its labels name.
    pub(crate) fn environment(&self) -> Option<&str> {
        environments(&self.labels).next().map(String::as_str)
    }

    /// The Compose project that its labels name.
    pub(crate) fn project(&self) -> Option<&str> {
        self.labels.get(LABEL_PROJECT).map(String::as_str)
    }

    /// The Compose service that its labels name.
    pub(crate) fn service(&self) -> Option<&str> {
        self.labels.get(LABEL_SERVICE).map(String::as_str)
    }
}

/// What only an inspect says. It stays valid until the container is restarted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ContainerDetails {
    /// When it was last started, as the engine writes it.
    pub(crate) started_at: Option<String>,
    /// Restarts by the engine's restart policy.
    pub(crate) restarts: Option<u64>,
    /// Whether the engine noticed that the OOM killer ended it.
    pub(crate) oom_killed: Option<bool>,
    /// Configured memory limit; `None` is unlimited.
    pub(crate) memory_limit: Option<u64>,
    /// Mount points of its tmpfs mounts.
    pub(crate) tmpfs: Vec<String>,
    /// Whether its network is that of the machine.
    pub(crate) has_host_network: bool,
    pub(crate) has_health_check: bool,
}

/// A tmpfs mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TmpfsUsage {
    /// Mount point in the container.
    pub(crate) destination: String,
    /// Bytes in use.
    pub(crate) used: Option<u64>,
    /// Size limit in bytes.
    pub(crate) size: Option<u64>,
}

/// Everything known about one container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Container {
    /// Host of its engine, as a URL.
    pub(crate) engine: String,
    pub(crate) summary: ContainerSummary,
    /// `None` where it does not run or could not be measured.
    pub(crate) stats: Option<ContainerStats>,
    pub(crate) stats_source: Option<StatsSource>,
    /// CPU use over the window below, in percent of one core.
    pub(crate) cpu_pct: Option<f64>,
    /// The time over which CPU use was measured.
    pub(crate) cpu_window_ms: Option<u64>,
    pub(crate) details: Option<ContainerDetails>,
    pub(crate) tmpfs: Vec<TmpfsUsage>,
    /// Why it could not be measured.
    pub(crate) error: Option<String>,
}

impl Container {
    /// Takes over a later reading; what does not run uses nothing.
    pub(crate) fn follow(&mut self, reading: &StateReading) {
        self.summary.follow(reading);
        if !self.summary.is_live() {
            self.forget_stats();
        }
    }

    /// Drops figures that are not its own.
    pub(crate) fn forget_stats(&mut self) {
        (self.stats, self.stats_source, self.cpu_pct, self.cpu_window_ms) = (None, None, None, None);
    }

    /// The limit in force: the kernel's figure, else the engine's.
    pub(crate) fn memory_limit(&self) -> Option<u64> {
        let kernel = self.stats.as_ref().and_then(|stats| stats.memory_limit);
        kernel.or_else(|| self.details.as_ref().and_then(|details| details.memory_limit))
    }

    /// Memory as `docker stats` counts it.
    pub(crate) fn working_set(&self) -> Option<u64> {
        self.stats.as_ref().and_then(|stats| stats.memory_working_set)
    }

    /// Working set in percent of the container's own limit, with one decimal.
    pub(crate) fn memory_pct(&self) -> Option<f64> {
        percent(self.working_set()?, self.memory_limit()?)
    }

    /// The level of its memory against its own limit.
    pub(crate) fn level(&self) -> Option<Level> {
        Some(Level::of(self.working_set()?, self.memory_limit()?))
    }

    /// Whether the OOM killer ended one of its processes, according to the kernel or the engine.
    pub(crate) fn oom_killed(&self) -> Option<bool> {
        let kernel = self.stats.as_ref().and_then(|stats| stats.oom_kills).map(|count| count > 0);
        let engine = self.details.as_ref().and_then(|details| details.oom_killed);
        match (kernel, engine) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (kernel, engine) => kernel.or(engine),
        }
    }
}

#[cfg(test)]
impl Container {
    /// A running container, for tests.
    pub(crate) fn running(name: &str, memory: u64, limit: u64) -> Self {
        Self {
            summary: ContainerSummary {
                id: name.into(),
                name: name.into(),
                state: ContainerState::Running,
                ..ContainerSummary::default()
            },
            stats: Some(ContainerStats {
                memory_working_set: Some(memory),
                memory_limit: Some(limit),
                ..ContainerStats::default()
            }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(reading: &StateReading) -> ContainerSummary {
        let mut listed = ContainerSummary {
            state: ContainerState::Running,
            health: Some(Health::Healthy),
            ..ContainerSummary::default()
        };
        listed.follow(reading);
        listed
    }

    #[test]
    fn an_inspect_wins_over_the_list() {
        let ended = StateReading {
            state: ContainerState::Exited,
            health: Some(Health::Unhealthy),
            exit_code: Some(137),
        };
        let found = followed(&ended);
        assert_eq!((found.state, found.health, found.exit_code), (ContainerState::Exited, None, Some(137)));
        for state in [ContainerState::Running, ContainerState::Restarting, ContainerState::Paused] {
            let found = followed(&StateReading { state: state.clone(), ..ended.clone() });
            assert_eq!((found.state, found.health, found.exit_code), (state, Some(Health::Unhealthy), None));
        }
        let created = followed(&StateReading { state: ContainerState::Created, ..ended });
        assert_eq!((created.health, created.exit_code), (None, None), "it has no last process");
    }

    #[test]
    fn an_unknown_state_keeps_its_name_as_long_as_the_container_runs() {
        let follow = |running, state| {
            let state_before = ContainerState::Other { name: "hovers".into(), running };
            let mut listed = ContainerSummary { state: state_before, ..ContainerSummary::default() };
            listed.follow(&StateReading { state, ..StateReading::default() });
            (listed.state.name().to_owned(), listed.is_live())
        };
        for running in [true, false] {
            assert_eq!(follow(running, ContainerState::Running), ("hovers".to_owned(), true));
            assert_eq!(follow(running, ContainerState::Exited), ("exited".to_owned(), false));
        }
    }

    #[test]
    fn an_inspect_knows_whether_an_unknown_state_runs() {
        let is_live = |name, running| {
            let state = ContainerState::inspected(name, running);
            assert_eq!(state.name(), name);
            state.is_live()
        };
        assert!(is_live("hibernating", true) && !is_live("hibernating", false));
        assert!(is_live("running", true) && !is_live("exited", true));
    }
}
