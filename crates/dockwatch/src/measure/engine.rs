//! The engine's answers, translated into the model. Every call has a deadline and is timed.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use bollard::models::{
    ContainerInspectResponse, ContainerStatsResponse, ContainerSummary, MountPoint, Network as ApiNetwork,
    SystemInfo, Volume as ApiVolume,
};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptions, StatsOptionsBuilder};
use evenkeel_common::docker::{CallError, Engine};
use futures_util::StreamExt as _;

use crate::measure::disk_usage::{self, Disk};
use crate::model::container::{Answer, Endpoint, Identity, Inspected, Listed, Network, Reading, Volume};

/// Everything but the containers; each is missing where the engine did not say.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Networks that somebody made.
    pub networks: Option<Vec<Network>>,
    /// Subnets of all networks.
    pub subnets: Vec<String>,
    /// Volumes.
    pub volumes: Option<Vec<Volume>>,
    /// How each endpoint answered.
    pub endpoints: Vec<Endpoint>,
}

/// Lists all containers, stopped ones too.
pub async fn containers(engine: &Engine) -> (Endpoint, Option<Vec<Listed>>) {
    let all = ListContainersOptionsBuilder::new().all(true).build();
    let (endpoint, found) = timed(engine, "containers", engine.docker.list_containers(Some(all))).await;
    (endpoint, found.map(|found| found.into_iter().filter_map(listed).collect()))
}

/// Asks the other endpoints that a run needs, all at once.
pub async fn surroundings(engine: &Engine) -> Surroundings {
    let (ping, networks, volumes) = tokio::join!(
        timed(engine, "ping", engine.docker.ping()),
        timed(engine, "networks", engine.docker.list_networks(None)),
        timed(engine, "volumes", engine.docker.list_volumes(None::<ListVolumesOptions>)),
    );
    let host = &engine.host;
    let subnets = networks.1.iter().flatten().flat_map(subnets).collect();
    let of_volumes = |found: Vec<ApiVolume>| found.into_iter().map(|found| volume(host, found)).collect();
    Surroundings {
        networks: networks.1.map(|all| all.into_iter().filter_map(|found| network(host, found)).collect()),
        subnets,
        volumes: volumes.1.map(|found| of_volumes(found.volumes.unwrap_or_default())),
        endpoints: vec![ping.0, networks.0, volumes.0],
    }
}

/// Awaits one endpoint and says how it went.
async fn timed<T>(
    engine: &Engine,
    name: &'static str,
    answer: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> (Endpoint, Option<T>) {
    let start = Instant::now();
    let result = engine.call(answer).await;
    (endpoint(name, start, result.as_ref().err()), result.ok())
}

/// Adding up files takes the engine longer than any other answer.
const DISK_FACTOR: u32 = 20;

/// Asks what the engine keeps on disk.
pub async fn disk(engine: &Engine) -> (Endpoint, Option<Disk>) {
    let start = Instant::now();
    let result = disk_usage::ask(engine, engine.call_timeout * DISK_FACTOR).await;
    (endpoint("disk", start, result.as_ref().err()), result.ok())
}

/// How an endpoint answered that was asked at `start`.
fn endpoint(name: &'static str, start: Instant, error: Option<&CallError>) -> Endpoint {
    let answer = match error {
        None => Answer::Answered,
        Some(CallError::TimedOut(_)) => Answer::Hung,
        Some(error) => Answer::Failed(error.to_string()),
    };
    Endpoint { name, answer, ms: (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0 }
}

/// Asks who the engine is. Costs the engine 10 ms, because it runs other programs to find out.
pub async fn identity(engine: &Engine) -> (Endpoint, Option<Identity>) {
    let ask = async {
        let (version, info) = tokio::try_join!(engine.docker.version(), engine.docker.info())?;
        Ok(Identity { version: version.version, api_version: version.api_version, ..of_info(info) })
    };
    timed(engine, "info", ask).await
}

fn of_info(info: SystemInfo) -> Identity {
    let unsigned = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok());
    let pools = info.default_address_pools.unwrap_or_default();
    Identity {
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

/// Inspects one container.
pub async fn inspect(engine: &Engine, id: &str, limit: Duration) -> Result<Inspected, CallError> {
    engine.call_within(limit, engine.docker.inspect_container(id, None)).await.map(inspected)
}

/// Asks for one container's statistics as the engine collects them.
pub async fn stats(engine: &Engine, id: &str) -> Result<Reading, CallError> {
    let once = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
    let mut answers = Box::pin(engine.docker.stats(id, Some(once)));
    let gone = || CallError::Status { code: 404, message: "it has no statistics".into() };
    let answer = async { answers.next().await.transpose() };
    engine.call(answer).await?.and_then(reading).ok_or_else(gone)
}

fn listed(found: ContainerSummary) -> Option<Listed> {
    let status = found.status.unwrap_or_default();
    let name = found.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    Some(Listed {
        id: found.id?,
        name: name.trim_start_matches('/').to_owned(),
        image: found.image.unwrap_or_default(),
        state: found.state.map(|state| state.to_string()).unwrap_or_default(),
        health: health(&status),
        exit_code: exit_code(&status),
        network_mode: found.host_config.and_then(|config| config.network_mode).unwrap_or_default(),
        labels: found.labels.unwrap_or_default().into_iter().collect(),
    })
}

/// Health stands only in the words of the list: `Up 2 minutes (healthy)`, `Up 1 second (health: starting)`.
fn health(status: &str) -> Option<String> {
    let (_, words) = status.strip_suffix(')')?.rsplit_once('(')?;
    let health = words.strip_prefix("health: ").unwrap_or(words);
    matches!(health, "healthy" | "unhealthy" | "starting").then(|| health.to_owned())
}

/// `Exited (137) 2 minutes ago`.
fn exit_code(status: &str) -> Option<i64> {
    status.strip_prefix("Exited (")?.split_once(')')?.0.parse().ok()
}

fn inspected(found: ContainerInspectResponse) -> Inspected {
    let state = found.state.unwrap_or_default();
    let config = found.host_config.unwrap_or_default();
    let mounted = found.mounts.unwrap_or_default();
    let mut tmpfs: Vec<String> = config.tmpfs.unwrap_or_default().into_keys().collect();
    let is_tmpfs = |mount: &MountPoint| mount.typ.as_deref() == Some("tmpfs");
    tmpfs.extend(mounted.into_iter().filter(is_tmpfs).filter_map(|mount| mount.destination));
    tmpfs.sort();
    tmpfs.dedup();
    Inspected {
        live: state.running.unwrap_or(false),
        started_at: state.started_at.filter(|time| !time.starts_with("0001-")),
        restarts: found.restart_count.and_then(|count| u64::try_from(count).ok()),
        oom_killed: state.oom_killed,
        memory_limit: config.memory.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0),
        tmpfs,
    }
}

/// The statistics of a container that ended while the engine looked are empty.
fn reading(found: ContainerStatsResponse) -> Option<Reading> {
    let memory = found.memory_stats.unwrap_or_default();
    let usage = memory.usage?;
    let stats = memory.stats.unwrap_or_default();
    // cgroup v1 has the totals of the whole subtree, v2 plain keys.
    let stat = |v1: &str, v2: &str| stats.get(v1).or_else(|| stats.get(v2)).copied();
    let inactive = stat("total_inactive_file", "inactive_file");
    let at = found.read.as_deref().and_then(|time| time.parse::<evenkeel_common::Timestamp>().ok());
    Some(Reading {
        at_ns: at.and_then(|at| u64::try_from(at.as_nanosecond()).ok()).unwrap_or(0),
        memory_usage: Some(usage),
        memory_working_set: inactive.map(|cache| usage.saturating_sub(cache)),
        memory_anon: stat("total_rss", "anon"),
        memory_shmem: stat("total_shmem", "shmem"),
        memory_peak: memory.max_usage.filter(|peak| *peak > 0),
        // The engine writes the machine's memory where there is no limit; the inspect has it right.
        memory_limit: None,
        cpu_ns: found.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage),
        pids: found.pids_stats.and_then(|pids| pids.current),
        net: found.networks.map(|all| {
            all.values().fold((0, 0), |sum, one| {
                (sum.0 + one.rx_bytes.unwrap_or(0), sum.1 + one.tx_bytes.unwrap_or(0))
            })
        }),
        block: found.blkio_stats.and_then(|block| block.io_service_bytes_recursive).map(|entries| {
            let sum = |op: &str| {
                let is_op = |entry_op: &Option<String>| {
                    entry_op.as_deref().is_some_and(|entry_op| entry_op.eq_ignore_ascii_case(op))
                };
                entries.iter().filter(|e| is_op(&e.op)).filter_map(|e| e.value).sum()
            };
            (sum("read"), sum("write"))
        }),
        oom_kills: None,
        pressure_memory: None,
    })
}

fn subnets(network: &ApiNetwork) -> Vec<String> {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    configs.iter().filter_map(|config| config.subnet.clone()).collect()
}

/// A network that somebody made; the engine's own three are nobody's.
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
        labels: found.labels.into_iter().collect::<BTreeMap<_, _>>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_list() {
        for (status, expected) in [
            ("Up 2 minutes (healthy)", Some("healthy")),
            ("Up 2 minutes (unhealthy)", Some("unhealthy")),
            ("Up 1 second (health: starting)", Some("starting")),
            ("Up 2 minutes", None),
            ("Up 2 minutes (Paused)", None),
            ("Exited (0) 3 seconds ago", None),
        ] {
            assert_eq!(health(status).as_deref(), expected, "{status}");
        }
        assert_eq!(exit_code("Exited (137) 2 minutes ago"), Some(137));
        assert_eq!(exit_code("Up 2 minutes"), None);
    }
}
