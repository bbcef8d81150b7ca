//! What is known about engines, machines and containers. Unknown is `None`, never zero.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_common::Error;
use evenkeel_common::docker::{LABEL_PROJECT, LABEL_SERVICE, environments};

use crate::measure::disk_usage::Disk;
use crate::model::level::{Level, Usage};

/// What one container uses at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// When, in nanoseconds since the machine started.
    pub at_ns: u64,
    /// All memory charged to it, page cache included.
    pub memory_usage: Option<u64>,
    /// What `docker stats` shows: usage less inactive file pages.
    pub memory_working_set: Option<u64>,
    /// Anonymous memory: cannot be dropped, only swapped or killed.
    pub memory_anon: Option<u64>,
    /// tmpfs and shared memory.
    pub memory_shmem: Option<u64>,
    /// Highest usage since it started.
    pub memory_peak: Option<u64>,
    /// Limit; `None` is unlimited or unknown.
    pub memory_limit: Option<u64>,
    /// CPU time used so far, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Network bytes received and sent.
    pub net: Option<(u64, u64)>,
    /// Block device bytes read and written.
    pub block: Option<(u64, u64)>,
    /// Times the kernel killed for want of memory.
    pub oom_kills: Option<u64>,
    /// Share of time (percent, last 10 s) in which some task waited for memory.
    pub pressure_memory: Option<f64>,
}

/// Where a reading came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The kernel's cgroup files.
    Cgroup,
    /// The engine's statistics.
    Api,
}

impl Source {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Api => "api",
        }
    }
}

/// A container as the engine's list has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Whole id.
    pub id: String,
    /// Name without the slash.
    pub name: String,
    /// Image as it was named at the start.
    pub image: String,
    /// created, running, paused, restarting, exited, removing, dead.
    pub state: String,
    /// healthy, unhealthy, starting; `None` without a health check.
    pub health: Option<String>,
    /// Exit code of one that ended.
    pub exit_code: Option<i64>,
    /// `host`, `bridge`, a network's name, …
    pub network_mode: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}

impl Listed {
    /// Whether it has processes, and so uses something.
    pub fn is_live(&self) -> bool {
        matches!(self.state.as_str(), "running" | "paused" | "restarting" | "stopping")
    }

    /// Its environment, if a label names one.
    pub fn environment(&self) -> Option<&str> {
        environments(&self.labels).next().map(String::as_str)
    }

    /// Its Compose project.
    pub fn project(&self) -> Option<&str> {
        self.labels.get(LABEL_PROJECT).map(String::as_str)
    }

    /// Its Compose service.
    pub fn service(&self) -> Option<&str> {
        self.labels.get(LABEL_SERVICE).map(String::as_str)
    }
}

/// What only an inspect tells. It holds for one run of the container.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Inspected {
    /// Whether it has processes.
    pub live: bool,
    /// When this run started, as the engine writes it.
    pub started_at: Option<String>,
    /// How often the engine restarted it.
    pub restarts: Option<u64>,
    /// Whether the engine noticed that it was killed for want of memory.
    pub oom_killed: Option<bool>,
    /// Memory limit it was given; `None` is unlimited.
    pub memory_limit: Option<u64>,
    /// tmpfs mounts, by destination.
    pub tmpfs: Vec<String>,
}

/// A tmpfs in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tmpfs {
    /// Where it is mounted in the container.
    pub destination: String,
    /// Bytes used.
    pub used: Option<u64>,
    /// Bytes it may grow to.
    pub size: Option<u64>,
}

/// All that is known about one container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// Host of its engine.
    pub engine: String,
    /// Identity and state.
    pub listed: Listed,
    /// What it uses; `None` where it does not run or could not be read.
    pub reading: Option<Reading>,
    /// Where the reading came from.
    pub source: Option<Source>,
    /// CPU use in percent of one core, over the window.
    pub cpu_pct: Option<f64>,
    /// The time over which CPU use was measured.
    pub cpu_window_ms: Option<u64>,
    /// What an inspect told.
    pub inspected: Option<Inspected>,
    /// Its tmpfs mounts.
    pub tmpfs: Vec<Tmpfs>,
    /// Why it could not be measured.
    pub trouble: Option<String>,
}

impl Container {
    /// The limit in force: the kernel's figure, else the engine's.
    pub fn memory_limit(&self) -> Option<u64> {
        let read = self.reading.as_ref().and_then(|reading| reading.memory_limit);
        read.or_else(|| self.inspected.as_ref().and_then(|inspected| inspected.memory_limit))
    }

    /// Memory as Docker counts it.
    pub fn working_set(&self) -> Option<u64> {
        self.reading.as_ref().and_then(|reading| reading.memory_working_set)
    }

    /// Share of its own limit, percent with one decimal.
    #[expect(clippy::cast_precision_loss, reason = "a percentage for display")]
    pub fn memory_pct(&self) -> Option<f64> {
        let (used, limit) = (self.working_set()?, self.memory_limit()?);
        (limit > 0).then(|| (used as f64 * 1000.0 / limit as f64).round() / 10.0)
    }

    /// How near it is to its own limit.
    pub fn level(&self) -> Option<Level> {
        Some(Level::of(self.working_set()?, self.memory_limit()?))
    }

    /// Whether the kernel killed in it for want of memory, as the kernel or the engine noticed.
    pub fn oom_killed(&self) -> Option<bool> {
        let kernel = self.reading.as_ref().and_then(|reading| reading.oom_kills).map(|count| count > 0);
        let engine = self.inspected.as_ref().and_then(|inspected| inspected.oom_killed);
        match (kernel, engine) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (kernel, engine) => kernel.or(engine),
        }
    }
}

/// A network that somebody made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Host of its engine.
    pub engine: String,
    /// Whole id.
    pub id: String,
    /// Name.
    pub name: String,
    /// bridge, overlay, …
    pub driver: String,
    /// Subnets in CIDR notation.
    pub subnets: Vec<String>,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Host of its engine.
    pub engine: String,
    /// Name.
    pub name: String,
    /// local, …
    pub driver: String,
    /// Whether it lives in memory.
    pub is_tmpfs: bool,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}

/// How an endpoint of the engine answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It answered.
    Answered,
    /// It did not within the deadline.
    Hung,
    /// It answered with an error, or the connection broke.
    Failed(String),
}

/// One endpoint, and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// ping, containers, networks, volumes, inspect, stats.
    pub name: &'static str,
    /// How it answered.
    pub answer: Answer,
    /// After how long.
    pub ms: f64,
}

/// The machine whose memory the containers use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// Memory in all.
    pub mem_total: Option<u64>,
    /// Memory that can be had without swapping.
    pub mem_available: Option<u64>,
    /// Swap in all.
    pub swap_total: Option<u64>,
    /// Swap that is free.
    pub swap_free: Option<u64>,
    /// CPUs.
    pub cpus: Option<u64>,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Pressure on memory: some and full, percent of the last 10 s.
    pub pressure_memory: Option<(f64, f64)>,
    /// Pressure on the CPUs: some, percent of the last 10 s.
    pub pressure_cpu: Option<f64>,
    /// Pressure on I/O: some, percent of the last 10 s.
    pub pressure_io: Option<f64>,
}

/// What the engine says of itself; it holds as long as the engine runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Version of the engine.
    pub version: Option<String>,
    /// Version of its API.
    pub api_version: Option<String>,
    /// Memory of the engine's machine.
    pub mem_total: Option<u64>,
    /// CPUs of the engine's machine.
    pub cpus: Option<u64>,
    /// Name of the engine's machine.
    pub machine: Option<String>,
    /// Address pools it was configured with: base and size of each subnet.
    pub pools: Vec<(String, u8)>,
}

/// One engine at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineFacts {
    /// Where it is, as a URL.
    pub host: String,
    /// What it says of itself.
    pub identity: Identity,
    /// The endpoints asked, in a fixed order.
    pub endpoints: Vec<Endpoint>,
    /// The machine it runs on.
    pub machine: Machine,
    /// Subnets that can still be had, of how many.
    pub address_pools: Option<(u64, u64)>,
    /// What it keeps on disk, where that was asked for.
    pub disk: Option<Disk>,
}

impl EngineFacts {
    /// Whether every endpoint that was asked answered.
    pub fn is_healthy(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|e| e.answer == Answer::Answered)
    }

    /// Whether it answers at all.
    pub fn is_reachable(&self) -> bool {
        self.endpoints.iter().any(|e| e.answer == Answer::Answered)
    }

    /// What is wrong with it, one line for each endpoint.
    pub fn complaints(&self) -> Vec<String> {
        self.endpoints
            .iter()
            .filter_map(|endpoint| match &endpoint.answer {
                Answer::Answered => None,
                Answer::Hung => Some(format!("{}: {} hangs", self.host, endpoint.name)),
                Answer::Failed(why) => Some(format!("{}: {}: {why}", self.host, endpoint.name)),
            })
            .collect()
    }
}

/// Everything that was measured at one moment, over all engines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Every engine asked, in the order of the arguments.
    pub engines: Vec<EngineFacts>,
    /// Whether every engine told its containers.
    pub containers_known: bool,
    /// Whether every engine told its networks.
    pub networks_known: bool,
    /// Whether every engine told its volumes.
    pub volumes_known: bool,
    /// Containers, stopped ones too, sorted by name.
    pub containers: Vec<Container>,
    /// Networks that somebody made, sorted by name.
    pub networks: Vec<Network>,
    /// Volumes, sorted by name.
    pub volumes: Vec<Volume>,
    /// Containers that went away between the list and the reading.
    pub vanished: u64,
    /// What could not be read, one line each.
    pub errors: Vec<String>,
}

impl Facts {
    /// Running containers.
    pub fn live(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.listed.is_live())
    }

    /// Sums up what the budget is about.
    pub fn usage(&self) -> Usage {
        Usage {
            memory_bytes: self.containers_known.then(|| self.live().filter_map(Container::working_set).sum()),
            containers: self.containers_known.then(|| self.live().count() as u64),
            networks: self.networks_known.then_some(self.networks.len() as u64),
            volumes: self.volumes_known.then_some(self.volumes.len() as u64),
        }
    }

    /// CPU use of all containers, percent of one core.
    pub fn cpu_pct(&self) -> Option<f64> {
        let sum = self.live().filter_map(|container| container.cpu_pct).fold(0.0, |sum, pct| sum + pct);
        self.containers_known.then_some((sum * 100.0).round() / 100.0)
    }

    /// Whether some engine answers something.
    pub fn is_reachable(&self) -> bool {
        self.engines.iter().any(EngineFacts::is_reachable)
    }

    /// Whether every engine answers everything it was asked.
    pub fn is_healthy(&self) -> bool {
        self.engines.iter().all(EngineFacts::is_healthy)
    }

    /// Fails with exit 4 where an engine is down or hangs.
    pub fn require_healthy(&self) -> Result<(), Error> {
        let complaints = self.complaints();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(Error::unavailable("get every answer from Docker", complaints.join("; "))
            .hint("start Docker, or restart it where it hangs; --host or DOCKER_HOST names another engine"))
    }

    /// Names every container, network and volume.
    pub fn resource_ids(&self) -> BTreeSet<String> {
        let containers = self.containers.iter().map(|c| format!("container {} {}", c.engine, c.listed.id));
        let networks = self.networks.iter().map(|n| format!("network {} {}", n.engine, n.id));
        let volumes = self.volumes.iter().map(|v| format!("volume {} {}", v.engine, v.name));
        containers.chain(networks).chain(volumes).collect()
    }

    /// What is wrong with the engines.
    pub fn complaints(&self) -> Vec<String> {
        self.engines.iter().flat_map(EngineFacts::complaints).collect()
    }

    /// Memory that all engines' machines can give without swapping.
    pub fn mem_available(&self) -> Option<u64> {
        self.engines.iter().map(|engine| engine.machine.mem_available).sum()
    }
}
