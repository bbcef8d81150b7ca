//! The engine's answers, translated into the model. Every call has a deadline and is timed.

use std::collections::HashMap;
use std::future::Future;
use std::time::{Duration, Instant};

use bollard::models::{
    ContainerBlkioStats, ContainerInspectResponse, ContainerNetworkStats, ContainerStatsResponse,
    ContainerSummary as ApiContainer, ContainerSummaryStateEnum as ApiState, MountPoint,
    Network as ApiNetwork, SystemInfo, Volume as ApiVolume,
};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptions, StatsOptionsBuilder};
use evenkeel_common::docker::{CallError, Engine};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use crate::measure::disk_usage;
use crate::model::container::{ContainerDetails, ContainerState, ContainerStats, ContainerSummary, Health};
use crate::model::engine::{DiskUsage, Endpoint, EndpointState, EngineInfo, Network, Volume};

/// The deadline of the disk usage call, in multiples of the others: the engine adds up all files.
const DISK_USAGE_FACTOR: u32 = 20;

/// Concurrent inspect calls to one engine.
const MAX_INSPECTS: usize = 32;

/// The engine's lists at one moment; a list is `None` where the engine did not answer.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineLists {
    pub(super) containers: Option<Vec<ContainerSummary>>,
    pub(super) networks: Option<Vec<Network>>,
    /// Subnets of all networks, the engine's own included.
    pub(super) subnets: Vec<String>,
    pub(super) volumes: Option<Vec<Volume>>,
    /// How each endpoint answered.
    pub(super) endpoints: Vec<Endpoint>,
}

/// Lists running and stopped containers.
pub(super) async fn list_containers(engine: &Engine) -> (Endpoint, Option<Vec<ContainerSummary>>) {
    let all = ListContainersOptionsBuilder::new().all(true).build();
    let (endpoint, found) = timed(engine, "containers", engine.docker.list_containers(Some(all))).await;
    (endpoint, found.map(|found| found.into_iter().filter_map(summary).collect()))
}

/// Asks all other endpoints that starting a container depends on, at once. Leaves the containers unknown.
pub(super) async fn list_others(engine: &Engine) -> EngineLists {
    let (ping, networks, volumes) = tokio::join!(
        timed(engine, "ping", engine.docker.ping()),
        timed(engine, "networks", engine.docker.list_networks(None)),
        timed(engine, "volumes", engine.docker.list_volumes(None::<ListVolumesOptions>)),
    );
    let host = &engine.host;
    let subnets = networks.1.iter().flatten().flat_map(subnets).collect();
    let volume_list = |found: Vec<ApiVolume>| found.into_iter().map(|found| volume(host, found)).collect();
    EngineLists {
        containers: None,
        networks: networks.1.map(|all| all.into_iter().filter_map(|found| network(host, found)).collect()),
        subnets,
        volumes: volumes.1.map(|found| volume_list(found.volumes.unwrap_or_default())),
        endpoints: vec![ping.0, networks.0, volumes.0],
    }
}

/// Asks the engine about itself, which takes it about 10 ms because it runs other programs to find out.
pub(super) async fn info(engine: &Engine) -> (Endpoint, Option<EngineInfo>) {
    let ask = async {
        let (version, info) = tokio::try_join!(engine.docker.version(), engine.docker.info())?;
        Ok(EngineInfo { version: version.version, api_version: version.api_version, ..engine_info(info) })
    };
    timed(engine, "info", ask).await
}

/// Asks for the engine's disk usage.
pub(super) async fn disk_usage(engine: &Engine) -> (Endpoint, Option<DiskUsage>) {
    let start = Instant::now();
    let result = disk_usage::fetch(engine, engine.call_timeout * DISK_USAGE_FACTOR).await;
    (endpoint("disk", start, result.as_ref().err()), result.ok())
}

/// Inspects a container. `limit` may be shorter than the engine's deadline.
pub(crate) async fn inspect(
    engine: &Engine,
    id: &str,
    limit: Duration,
) -> Result<ContainerDetails, CallError> {
    engine.call_within(limit, engine.docker.inspect_container(id, None)).await.map(details)
}

/// Inspects several containers, all within one deadline.
pub(super) async fn inspect_all(
    engine: &Engine,
    ids: &[String],
    limit: Duration,
) -> HashMap<String, Result<ContainerDetails, CallError>> {
    let deadline = Instant::now() + limit;
    let inspect = async |id: String| {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = inspect(engine, &id, left).await;
        (id, answer)
    };
    stream::iter(ids.iter().cloned()).map(inspect).buffer_unordered(MAX_INSPECTS).collect().await
}

/// Asks for the statistics of several containers, all at once: an engine before 25.0 answers each call only after its
/// next collection.
pub(super) async fn stats_all(
    engine: &Engine,
    ids: &[String],
) -> Vec<(String, Result<ContainerStats, CallError>)> {
    let stats = async |id: &String| (id.clone(), stats(engine, id).await);
    join_all(ids.iter().map(stats)).await
}

/// Asks for the statistics that the engine collects about one container.
async fn stats(engine: &Engine, id: &str) -> Result<ContainerStats, CallError> {
    let once = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
    let mut answers = Box::pin(engine.docker.stats(id, Some(once)));
    let gone = || CallError::Status { code: 404, message: "it has no statistics".into() };
    let answer = async { answers.next().await.transpose() };
    engine.call(answer).await?.and_then(container_stats).ok_or_else(gone)
}

async fn timed<T>(
    engine: &Engine,
    name: &'static str,
    answer: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> (Endpoint, Option<T>) {
    let start = Instant::now();
    let result = engine.call(answer).await;
    (endpoint(name, start, result.as_ref().err()), result.ok())
}

/// The state of an endpoint that was asked at `start` and has just answered.
fn endpoint(name: &'static str, start: Instant, error: Option<&CallError>) -> Endpoint {
    let state = match error {
        None => EndpointState::Ok,
        Some(CallError::TimedOut(_)) => EndpointState::Hung,
        Some(error) => EndpointState::Failed { cause: error.to_string(), hint: error.hint().map(Into::into) },
    };
    Endpoint { name, state, ms: (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0 }
}

fn engine_info(info: SystemInfo) -> EngineInfo {
    let pools = info.default_address_pools.unwrap_or_default();
    EngineInfo {
        version: None,
        api_version: None,
        mem_total: unsigned(info.mem_total),
        cpus: unsigned(info.ncpu),
        machine: info.name,
        pools: pools
            .into_iter()
            .filter_map(|pool| Some((pool.base?, u8::try_from(pool.size?).ok()?)))
            .collect(),
    }
}

fn unsigned(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

fn summary(found: ApiContainer) -> Option<ContainerSummary> {
    let status = found.status.unwrap_or_default();
    let name = found.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    Some(ContainerSummary {
        id: found.id?,
        name: name.trim_start_matches('/').to_owned(),
        image: found.image.unwrap_or_default(),
        state: found.state.map(state).unwrap_or_default(),
        health: health(&status),
        exit_code: exit_code(&status),
        network_mode: found.host_config.and_then(|config| config.network_mode).unwrap_or_default(),
        labels: found.labels.unwrap_or_default().into_iter().collect(),
    })
}

const fn state(found: ApiState) -> ContainerState {
    match found {
        ApiState::EMPTY => ContainerState::Unknown,
        ApiState::CREATED => ContainerState::Created,
        ApiState::RUNNING => ContainerState::Running,
        ApiState::PAUSED => ContainerState::Paused,
        ApiState::RESTARTING => ContainerState::Restarting,
        ApiState::STOPPING => ContainerState::Stopping,
        ApiState::EXITED => ContainerState::Exited,
        ApiState::REMOVING => ContainerState::Removing,
        ApiState::DEAD => ContainerState::Dead,
    }
}

/// The list has the health only in its status text: `Up 2 minutes (healthy)`, `Up 1 second (health: starting)`.
fn health(status: &str) -> Option<Health> {
    let (_, text) = status.strip_suffix(')')?.rsplit_once('(')?;
    match text.strip_prefix("health: ").unwrap_or(text) {
        "starting" => Some(Health::Starting),
        "healthy" => Some(Health::Healthy),
        "unhealthy" => Some(Health::Unhealthy),
        _ => None,
    }
}

/// The exit code in a status text such as `Exited (137) 2 minutes ago`.
fn exit_code(status: &str) -> Option<i64> {
    status.strip_prefix("Exited (")?.split_once(')')?.0.parse().ok()
}

fn details(found: ContainerInspectResponse) -> ContainerDetails {
    let state = found.state.unwrap_or_default();
    let config = found.host_config.unwrap_or_default();
    let mounts = found.mounts.unwrap_or_default();
    let mut tmpfs: Vec<String> = config.tmpfs.unwrap_or_default().into_keys().collect();
    let is_tmpfs = |mount: &MountPoint| mount.typ.as_deref() == Some("tmpfs");
    tmpfs.extend(mounts.into_iter().filter(is_tmpfs).filter_map(|mount| mount.destination));
    tmpfs.sort();
    tmpfs.dedup();
    ContainerDetails {
        live: state.running.unwrap_or(false),
        // The zero time of Go stands for a container that was never started.
        started_at: state.started_at.filter(|time| !time.starts_with("0001-")),
        restarts: unsigned(found.restart_count),
        oom_killed: state.oom_killed,
        memory_limit: unsigned(config.memory).filter(|bytes| *bytes > 0),
        tmpfs,
    }
}

/// `None` where the statistics are empty: the container ended while the engine collected them.
fn container_stats(found: ContainerStatsResponse) -> Option<ContainerStats> {
    let memory = found.memory_stats.unwrap_or_default();
    let usage = memory.usage?;
    let stats = memory.stats.unwrap_or_default();
    // cgroup v1 names the totals of the subtree, v2 has no others.
    let stat = |v1: &str, v2: &str| stats.get(v1).or_else(|| stats.get(v2)).copied();
    let inactive = stat("total_inactive_file", "inactive_file");
    let at = found.read.as_deref().and_then(|time| time.parse::<evenkeel_common::Timestamp>().ok());
    Some(ContainerStats {
        at_ns: at.and_then(|at| u64::try_from(at.as_nanosecond()).ok()).unwrap_or(0),
        memory_usage: Some(usage),
        memory_working_set: inactive.map(|cache| usage.saturating_sub(cache)),
        memory_anon: stat("total_rss", "anon"),
        memory_shmem: stat("total_shmem", "shmem"),
        memory_peak: memory.max_usage.filter(|peak| *peak > 0),
        // Without a limit the engine reports the machine's memory; the inspect has the real limit.
        memory_limit: None,
        cpu_ns: found.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage),
        pids: found.pids_stats.and_then(|pids| pids.current),
        net: found.networks.map(|networks| net_bytes(networks.values())),
        block: found.blkio_stats.and_then(block_bytes),
        oom_kills: None,
        pressure_memory: None,
    })
}

fn net_bytes<'a>(networks: impl Iterator<Item = &'a ContainerNetworkStats>) -> (u64, u64) {
    networks.fold((0, 0), |sum, one| (sum.0 + one.rx_bytes.unwrap_or(0), sum.1 + one.tx_bytes.unwrap_or(0)))
}

fn block_bytes(block: ContainerBlkioStats) -> Option<(u64, u64)> {
    let entries = block.io_service_bytes_recursive?;
    // v1 writes "Read", v2 "read".
    let sum = |op: &str| {
        let is_op = |found: &Option<String>| found.as_deref().is_some_and(|f| f.eq_ignore_ascii_case(op));
        entries.iter().filter(|entry| is_op(&entry.op)).filter_map(|entry| entry.value).sum()
    };
    Some((sum("read"), sum("write")))
}

fn subnets(network: &ApiNetwork) -> Vec<String> {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    configs.iter().filter_map(|config| config.subnet.clone()).collect()
}

/// `None` for the engine's own networks.
fn network(host: &str, found: ApiNetwork) -> Option<Network> {
    let subnets = subnets(&found);
    let name = found.name?;
    (!matches!(name.as_str(), "bridge" | "host" | "none")).then(|| Network {
        engine: host.to_owned(),
        id: found.id.unwrap_or_default(),
        name,
        driver: found.driver.unwrap_or_default(),
        subnets,
        labels: found.labels.unwrap_or_default().into_iter().collect(),
    })
}

fn volume(host: &str, found: ApiVolume) -> Volume {
    Volume {
        engine: host.to_owned(),
        name: found.name,
        driver: found.driver,
        is_tmpfs: found.options.get("type").is_some_and(|kind| kind == "tmpfs"),
        labels: found.labels.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_texts_of_the_list() {
        for (status, expected) in [
            ("Up 2 minutes (healthy)", Some(Health::Healthy)),
            ("Up 2 minutes (unhealthy)", Some(Health::Unhealthy)),
            ("Up 1 second (health: starting)", Some(Health::Starting)),
            ("Up 2 minutes", None),
            ("Up 2 minutes (Paused)", None),
            ("Exited (0) 3 seconds ago", None),
        ] {
            assert_eq!(health(status), expected, "{status}");
        }
        assert_eq!(exit_code("Exited (137) 2 minutes ago"), Some(137));
        assert_eq!(exit_code("Up 2 minutes"), None);
    }
}
