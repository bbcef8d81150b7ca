//! The snapshot as JSON: wire structs, apart from the model. Unknown is `null`.

use std::collections::BTreeMap;

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::model::container::{Answer, Container, EngineFacts, Facts, Network, Volume};
use crate::model::level::{Judged, Level, Verdict};

/// Which containers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Running ones, and those that were killed for want of memory.
    Live,
    /// Stopped ones too.
    All,
}

impl Listing {
    /// Whether a container is shown.
    pub fn shows(self, container: &Container) -> bool {
        self == Self::All || container.listed.is_live() || container.oom_killed() == Some(true)
    }
}

/// `dockwatch.snapshot/1`
#[derive(Debug, Serialize)]
pub struct Snapshot {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    reasons: Vec<String>,
    duration_ms: u64,
    levels: Vec<LevelWire>,
    engines: Vec<EngineWire>,
    totals: Totals,
    environments: Vec<Group>,
    projects: Vec<Group>,
    containers: Vec<ContainerWire>,
    networks: Vec<NetworkWire>,
    volumes: Vec<VolumeWire>,
    vanished: u64,
    errors: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LevelWire {
    resource: &'static str,
    used: Option<u64>,
    budget: u64,
    used_pct: Option<f64>,
    level: Option<Level>,
}

#[derive(Debug, Serialize)]
struct EngineWire {
    host: String,
    reachable: bool,
    healthy: bool,
    version: Option<String>,
    api_version: Option<String>,
    endpoints: Vec<EndpointWire>,
    machine: MachineWire,
    address_pools_free: Option<u64>,
    address_pools_total: Option<u64>,
    disk: Option<DiskWire>,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "JSON keys end with their unit")]
struct DiskWire {
    total_bytes: Option<u64>,
    images_bytes: Option<u64>,
    containers_bytes: Option<u64>,
    volumes_bytes: Option<u64>,
    build_cache_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct EndpointWire {
    name: &'static str,
    state: &'static str,
    ms: f64,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct MachineWire {
    mem_total_bytes: Option<u64>,
    mem_available_bytes: Option<u64>,
    swap_total_bytes: Option<u64>,
    swap_free_bytes: Option<u64>,
    cpus: Option<u64>,
    load_1m: Option<f64>,
    load_5m: Option<f64>,
    load_15m: Option<f64>,
    pressure_memory_some_pct: Option<f64>,
    pressure_memory_full_pct: Option<f64>,
    pressure_cpu_some_pct: Option<f64>,
    pressure_io_some_pct: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Totals {
    containers_running: Option<u64>,
    containers_stopped: Option<u64>,
    networks: Option<u64>,
    volumes: Option<u64>,
    memory_usage_bytes: Option<u64>,
    memory_working_set_bytes: Option<u64>,
    memory_anon_bytes: Option<u64>,
    memory_shmem_bytes: Option<u64>,
    tmpfs_used_bytes: Option<u64>,
    cpu_pct: Option<f64>,
    pids: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    containers_running: u64,
    memory_working_set_bytes: u64,
    cpu_pct: f64,
}

#[derive(Debug, Serialize)]
struct ContainerWire {
    engine: String,
    id: String,
    name: String,
    image: String,
    project: Option<String>,
    service: Option<String>,
    environment: Option<String>,
    state: String,
    health: Option<String>,
    exit_code: Option<i64>,
    started_at: Option<String>,
    restarts: Option<u64>,
    oom_killed: Option<bool>,
    oom_kills: Option<u64>,
    source: Option<&'static str>,
    memory_usage_bytes: Option<u64>,
    memory_working_set_bytes: Option<u64>,
    memory_anon_bytes: Option<u64>,
    memory_shmem_bytes: Option<u64>,
    memory_peak_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
    memory_used_pct: Option<f64>,
    level: Option<Level>,
    cpu_pct: Option<f64>,
    cpu_window_ms: Option<u64>,
    cpu_ns: Option<u64>,
    pids: Option<u64>,
    net_rx_bytes: Option<u64>,
    net_tx_bytes: Option<u64>,
    block_read_bytes: Option<u64>,
    block_write_bytes: Option<u64>,
    pressure_memory_some_pct: Option<f64>,
    tmpfs: Vec<TmpfsWire>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct TmpfsWire {
    destination: String,
    used_bytes: Option<u64>,
    size_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct NetworkWire {
    engine: String,
    id: String,
    name: String,
    driver: String,
    subnets: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct VolumeWire {
    engine: String,
    name: String,
    driver: String,
    tmpfs: bool,
    labels: BTreeMap<String, String>,
}

/// Makes the snapshot's JSON.
pub fn snapshot(
    facts: &Facts,
    verdict: &Verdict,
    listing: Listing,
    at: Timestamp,
    took: std::time::Duration,
) -> Snapshot {
    let healthy = facts.is_healthy();
    Snapshot {
        schema: "dockwatch.snapshot/1",
        tool_version: VERSION,
        at,
        verdict: if healthy { verdict.level.name() } else { "unavailable" },
        reasons: facts.complaints().into_iter().chain(verdict.reasons()).collect(),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        levels: verdict.resources.iter().map(level).collect(),
        engines: facts.engines.iter().map(engine).collect(),
        totals: totals(facts),
        environments: groups(facts, |c| c.listed.environment()),
        projects: groups(facts, |c| c.listed.project()),
        containers: facts.containers.iter().filter(|c| listing.shows(c)).map(container).collect(),
        networks: facts.networks.iter().map(network).collect(),
        volumes: facts.volumes.iter().map(volume).collect(),
        vanished: facts.vanished,
        errors: facts.errors.clone(),
    }
}

fn level(judged: &Judged) -> LevelWire {
    LevelWire {
        resource: judged.resource.name(),
        used: judged.used,
        budget: judged.budget,
        used_pct: judged.pct(),
        level: judged.level,
    }
}

fn engine(facts: &EngineFacts) -> EngineWire {
    let machine = &facts.machine;
    EngineWire {
        host: facts.host.clone(),
        reachable: facts.is_reachable(),
        healthy: facts.is_healthy(),
        version: facts.identity.version.clone(),
        api_version: facts.identity.api_version.clone(),
        endpoints: facts.endpoints.iter().map(endpoint).collect(),
        machine: MachineWire {
            mem_total_bytes: machine.mem_total,
            mem_available_bytes: machine.mem_available,
            swap_total_bytes: machine.swap_total,
            swap_free_bytes: machine.swap_free,
            cpus: machine.cpus,
            load_1m: machine.load.map(|load| load[0]),
            load_5m: machine.load.map(|load| load[1]),
            load_15m: machine.load.map(|load| load[2]),
            pressure_memory_some_pct: machine.pressure_memory.map(|(some, _)| some),
            pressure_memory_full_pct: machine.pressure_memory.map(|(_, full)| full),
            pressure_cpu_some_pct: machine.pressure_cpu,
            pressure_io_some_pct: machine.pressure_io,
        },
        address_pools_free: facts.address_pools.map(|(free, _)| free),
        address_pools_total: facts.address_pools.map(|(_, total)| total),
        disk: facts.disk.map(|disk| DiskWire {
            total_bytes: disk.total(),
            images_bytes: disk.images,
            containers_bytes: disk.containers,
            volumes_bytes: disk.volumes,
            build_cache_bytes: disk.build_cache,
        }),
    }
}

fn endpoint(endpoint: &crate::model::container::Endpoint) -> EndpointWire {
    let (state, error) = match &endpoint.answer {
        Answer::Answered => ("ok", None),
        Answer::Hung => ("hung", None),
        Answer::Failed(why) => ("failed", Some(why.clone())),
    };
    EndpointWire { name: endpoint.name, state, ms: endpoint.ms, error }
}

fn totals(facts: &Facts) -> Totals {
    let usage = facts.usage();
    let sum = |figure: fn(&Container) -> Option<u64>| {
        facts.containers_known.then(|| facts.live().filter_map(figure).sum())
    };
    let stopped = facts.containers.len() as u64 - usage.containers.unwrap_or(0);
    Totals {
        containers_running: usage.containers,
        containers_stopped: usage.containers.map(|_| stopped),
        networks: usage.networks,
        volumes: usage.volumes,
        memory_usage_bytes: sum(|c| c.reading.as_ref()?.memory_usage),
        memory_working_set_bytes: usage.memory_bytes,
        memory_anon_bytes: sum(|c| c.reading.as_ref()?.memory_anon),
        memory_shmem_bytes: sum(|c| c.reading.as_ref()?.memory_shmem),
        tmpfs_used_bytes: sum(|c| c.tmpfs.iter().map(|tmpfs| tmpfs.used).sum()),
        cpu_pct: facts.cpu_pct(),
        pids: sum(|c| c.reading.as_ref()?.pids),
    }
}

fn groups(facts: &Facts, name: fn(&Container) -> Option<&str>) -> Vec<Group> {
    let mut groups = BTreeMap::<&str, (u64, u64, f64)>::new();
    for container in facts.live() {
        let Some(name) = name(container) else { continue };
        let sum = groups.entry(name).or_default();
        *sum = (
            sum.0 + 1,
            sum.1 + container.working_set().unwrap_or(0),
            sum.2 + container.cpu_pct.unwrap_or(0.0),
        );
    }
    let group =
        |(name, (containers_running, memory_working_set_bytes, cpu_pct)): (&str, (u64, u64, f64))| Group {
            name: name.to_owned(),
            containers_running,
            memory_working_set_bytes,
            cpu_pct: (cpu_pct * 100.0).round() / 100.0,
        };
    groups.into_iter().map(group).collect()
}

fn container(container: &Container) -> ContainerWire {
    let listed = &container.listed;
    let reading = container.reading.clone().unwrap_or_default();
    let inspected = container.inspected.clone().unwrap_or_default();
    let own = |text: Option<&str>| text.map(str::to_owned);
    ContainerWire {
        engine: container.engine.clone(),
        id: listed.id.clone(),
        name: listed.name.clone(),
        image: listed.image.clone(),
        project: own(listed.project()),
        service: own(listed.service()),
        environment: own(listed.environment()),
        state: listed.state.clone(),
        health: listed.health.clone(),
        exit_code: listed.exit_code,
        started_at: inspected.started_at,
        restarts: inspected.restarts,
        oom_killed: container.oom_killed(),
        oom_kills: reading.oom_kills,
        source: container.source.map(crate::model::container::Source::name),
        memory_usage_bytes: reading.memory_usage,
        memory_working_set_bytes: reading.memory_working_set,
        memory_anon_bytes: reading.memory_anon,
        memory_shmem_bytes: reading.memory_shmem,
        memory_peak_bytes: reading.memory_peak,
        memory_limit_bytes: container.memory_limit(),
        memory_used_pct: container.memory_pct(),
        level: container.level(),
        cpu_pct: container.cpu_pct,
        cpu_window_ms: container.cpu_window_ms,
        cpu_ns: reading.cpu_ns,
        pids: reading.pids,
        net_rx_bytes: reading.net.map(|(rx, _)| rx),
        net_tx_bytes: reading.net.map(|(_, tx)| tx),
        block_read_bytes: reading.block.map(|(read, _)| read),
        block_write_bytes: reading.block.map(|(_, write)| write),
        pressure_memory_some_pct: reading.pressure_memory,
        tmpfs: container.tmpfs.iter().map(tmpfs).collect(),
        labels: listed.labels.clone(),
    }
}

fn tmpfs(tmpfs: &crate::model::container::Tmpfs) -> TmpfsWire {
    TmpfsWire { destination: tmpfs.destination.clone(), used_bytes: tmpfs.used, size_bytes: tmpfs.size }
}

fn network(network: &Network) -> NetworkWire {
    NetworkWire {
        engine: network.engine.clone(),
        id: network.id.clone(),
        name: network.name.clone(),
        driver: network.driver.clone(),
        subnets: network.subnets.clone(),
        labels: network.labels.clone(),
    }
}

fn volume(volume: &Volume) -> VolumeWire {
    VolumeWire {
        engine: volume.engine.clone(),
        name: volume.name.clone(),
        driver: volume.driver.clone(),
        tmpfs: volume.is_tmpfs,
        labels: volume.labels.clone(),
    }
}
