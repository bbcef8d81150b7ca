//! The snapshot as JSON. Unknown values are `null`.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::model::container::{Container, Health, StatsSource, TmpfsUsage};
use crate::model::engine::{Endpoint, EndpointState, EngineFacts, Machine, Network, Volume};
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Level, ResourceLevel, Verdict};
use crate::model::numbers::round2;
use crate::output::ContainerFilter;

/// `dockwatch.snapshot/1`
#[derive(Debug, Serialize)]
pub(crate) struct SnapshotJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    reasons: Vec<String>,
    duration_ms: u64,
    levels: Vec<LevelJson>,
    engines: Vec<EngineJson>,
    totals: TotalsJson,
    environments: Vec<GroupJson>,
    projects: Vec<GroupJson>,
    containers: Vec<ContainerJson>,
    networks: Vec<NetworkJson>,
    volumes: Vec<VolumeJson>,
    vanished: u64,
    errors: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LevelJson {
    resource: &'static str,
    used: Option<u64>,
    budget: u64,
    used_pct: Option<f64>,
    level: Option<Level>,
}

#[derive(Debug, Serialize)]
struct EngineJson {
    host: String,
    reachable: bool,
    healthy: bool,
    version: Option<String>,
    api_version: Option<String>,
    endpoints: Vec<EndpointJson>,
    machine: MachineJson,
    address_pools_free: Option<u64>,
    address_pools_total: Option<u64>,
    disk: Option<DiskJson>,
    data_root: Option<String>,
    disk_free_bytes: Option<u64>,
    disk_total_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "JSON keys end with their unit")]
struct DiskJson {
    total_bytes: Option<u64>,
    images_bytes: Option<u64>,
    containers_bytes: Option<u64>,
    volumes_bytes: Option<u64>,
    build_cache_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct EndpointJson {
    name: &'static str,
    state: &'static str,
    ms: f64,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct MachineJson {
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
struct TotalsJson {
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
struct GroupJson {
    name: String,
    containers_running: u64,
    memory_working_set_bytes: Option<u64>,
    cpu_pct: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ContainerJson {
    engine: String,
    id: String,
    name: String,
    image: String,
    project: Option<String>,
    service: Option<String>,
    environment: Option<String>,
    state: String,
    health: Option<&'static str>,
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
    tmpfs: Vec<TmpfsJson>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct TmpfsJson {
    destination: String,
    used_bytes: Option<u64>,
    size_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct NetworkJson {
    engine: String,
    id: String,
    name: String,
    driver: String,
    subnets: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct VolumeJson {
    engine: String,
    name: String,
    driver: String,
    tmpfs: bool,
    labels: BTreeMap<String, String>,
}

/// Makes the JSON of a snapshot that took so long.
pub(crate) fn snapshot(
    facts: &Facts,
    assessment: &Assessment,
    filter: ContainerFilter,
    at: Timestamp,
    duration: Duration,
) -> SnapshotJson {
    SnapshotJson {
        schema: "dockwatch.snapshot/1",
        tool_version: VERSION,
        at,
        verdict: facts.verdict(assessment),
        reasons: facts.reasons(assessment),
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        levels: assessment.resources.iter().map(level).collect(),
        engines: facts.engines.iter().map(engine).collect(),
        totals: totals(facts),
        environments: groups(facts, |c| c.summary.environment()),
        projects: groups(facts, |c| c.summary.project()),
        containers: facts.containers.iter().filter(|c| filter.shows(c)).map(container).collect(),
        networks: facts.networks.iter().map(network).collect(),
        volumes: facts.volumes.iter().map(volume).collect(),
        vanished: facts.vanished,
        errors: facts.errors.clone(),
    }
}

fn level(found: &ResourceLevel) -> LevelJson {
    LevelJson {
        resource: found.resource.name(),
        used: found.used,
        budget: found.budget,
        used_pct: found.pct(),
        level: found.level,
    }
}

fn engine(facts: &EngineFacts) -> EngineJson {
    EngineJson {
        host: facts.host.clone(),
        reachable: facts.is_reachable(),
        healthy: facts.is_healthy(),
        version: facts.info.version.clone(),
        api_version: facts.info.api_version.clone(),
        endpoints: facts.endpoints.iter().map(endpoint).collect(),
        machine: machine(&facts.machine),
        address_pools_free: facts.address_pools.map(|(free, _)| free),
        address_pools_total: facts.address_pools.map(|(_, total)| total),
        disk: facts.disk.map(|disk| DiskJson {
            total_bytes: disk.total(),
            images_bytes: disk.images,
            containers_bytes: disk.containers,
            volumes_bytes: disk.volumes,
            build_cache_bytes: disk.build_cache,
        }),
        data_root: facts.info.data_root.clone(),
        disk_free_bytes: facts.disk_space.map(|space| space.free),
        disk_total_bytes: facts.disk_space.map(|space| space.total),
    }
}

fn machine(machine: &Machine) -> MachineJson {
    MachineJson {
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
    }
}

fn endpoint(endpoint: &Endpoint) -> EndpointJson {
    let (state, error) = match &endpoint.state {
        EndpointState::Ok => ("ok", None),
        EndpointState::Hung => ("hung", None),
        EndpointState::Failed { cause, .. } => ("failed", Some(cause.clone())),
    };
    EndpointJson { name: endpoint.name, state, ms: endpoint.ms, error }
}

fn totals(facts: &Facts) -> TotalsJson {
    let usage = facts.usage();
    let stopped = facts.containers.len() as u64 - usage.containers.unwrap_or(0);
    TotalsJson {
        containers_running: usage.containers,
        containers_stopped: usage.containers.map(|_| stopped),
        networks: usage.networks,
        volumes: usage.volumes,
        memory_usage_bytes: facts.sum(|c| c.stats.as_ref()?.memory_usage),
        memory_working_set_bytes: usage.memory_bytes,
        memory_anon_bytes: facts.sum(|c| c.stats.as_ref()?.memory_anon),
        memory_shmem_bytes: facts.sum(|c| c.stats.as_ref()?.memory_shmem),
        tmpfs_used_bytes: facts.sum(|c| c.tmpfs.iter().map(|tmpfs| tmpfs.used).sum()),
        cpu_pct: facts.cpu_pct(),
        pids: facts.sum(|c| c.stats.as_ref()?.pids),
    }
}

/// Sums up the running containers by a name that they share, sorted by it.
fn groups(facts: &Facts, name_of: fn(&Container) -> Option<&str>) -> Vec<GroupJson> {
    let mut groups = BTreeMap::<&str, Vec<&Container>>::new();
    for container in facts.live() {
        if let Some(name) = name_of(container) {
            groups.entry(name).or_default().push(container);
        }
    }
    let group = |(name, containers): (&str, Vec<&Container>)| GroupJson {
        name: name.to_owned(),
        containers_running: containers.len() as u64,
        memory_working_set_bytes: containers.iter().map(|container| container.working_set()).sum(),
        cpu_pct: containers.iter().map(|container| container.cpu_pct).sum::<Option<f64>>().map(round2),
    };
    groups.into_iter().map(group).collect()
}

fn container(container: &Container) -> ContainerJson {
    let summary = &container.summary;
    let stats = container.stats.clone().unwrap_or_default();
    let details = container.details.clone().unwrap_or_default();
    ContainerJson {
        engine: container.engine.clone(),
        id: summary.id.clone(),
        name: summary.name.clone(),
        image: summary.image.clone(),
        project: summary.project().map(str::to_owned),
        service: summary.service().map(str::to_owned),
        environment: summary.environment().map(str::to_owned),
        state: summary.state.name().to_owned(),
        health: summary.health.map(Health::name),
        exit_code: summary.exit_code,
        started_at: details.started_at,
        restarts: details.restarts,
        oom_killed: container.oom_killed(),
        oom_kills: stats.oom_kills,
        source: container.stats_source.map(StatsSource::name),
        memory_usage_bytes: stats.memory_usage,
        memory_working_set_bytes: stats.memory_working_set,
        memory_anon_bytes: stats.memory_anon,
        memory_shmem_bytes: stats.memory_shmem,
        memory_peak_bytes: stats.memory_peak,
        memory_limit_bytes: container.memory_limit(),
        memory_used_pct: container.memory_pct(),
        level: container.level(),
        cpu_pct: container.cpu_pct,
        cpu_window_ms: container.cpu_window_ms,
        cpu_ns: stats.cpu_ns,
        pids: stats.pids,
        net_rx_bytes: stats.net.map(|(rx, _)| rx),
        net_tx_bytes: stats.net.map(|(_, tx)| tx),
        block_read_bytes: stats.block.map(|(read, _)| read),
        block_write_bytes: stats.block.map(|(_, write)| write),
        pressure_memory_some_pct: stats.pressure_memory,
        tmpfs: container.tmpfs.iter().map(tmpfs).collect(),
        labels: summary.labels.clone(),
    }
}

fn tmpfs(tmpfs: &TmpfsUsage) -> TmpfsJson {
    TmpfsJson { destination: tmpfs.destination.clone(), used_bytes: tmpfs.used, size_bytes: tmpfs.size }
}

fn network(network: &Network) -> NetworkJson {
    NetworkJson {
        engine: network.engine.clone(),
        id: network.id.clone(),
        name: network.name.clone(),
        driver: network.driver.clone(),
        subnets: network.subnets.clone(),
        labels: network.labels.clone(),
    }
}

fn volume(volume: &Volume) -> VolumeJson {
    VolumeJson {
        engine: volume.engine.clone(),
        name: volume.name.clone(),
        driver: volume.driver.clone(),
        tmpfs: volume.is_tmpfs,
        labels: volume.labels.clone(),
    }
}
