//! The calls of a sample. Each has a deadline and is timed.

use std::collections::HashMap;
use std::future::Future;
use std::time::{Duration, Instant};

use evenkeel_common::docker::{CallError, Engine};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use crate::api::{containers, disk_usage, info, inspect, networks, stats, volumes};
use crate::model::container::{ContainerDetails, ContainerStats, ContainerSummary, StateReading};
use crate::model::engine::{DiskUsage, Endpoint, EndpointState, EngineInfo, Network, Volume};

/// Concurrent inspect calls to one engine.
const MAX_INSPECTS: usize = 32;

/// The engine's lists at one moment; a list is `None` where the engine did not answer.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineLists {
    pub(super) containers: Option<Vec<ContainerSummary>>,
    /// Networks other than the engine's own.
    pub(super) networks: Option<Vec<Network>>,
    /// Subnets of all networks, the engine's own included.
    pub(super) subnets: Vec<String>,
    pub(super) volumes: Option<Vec<Volume>>,
    /// How each endpoint answered.
    pub(super) endpoints: Vec<Endpoint>,
}

/// Lists running and stopped containers.
pub(super) async fn list_containers(engine: &Engine) -> (Endpoint, Option<Vec<ContainerSummary>>) {
    timed("containers", containers::list(engine, engine.call_timeout)).await
}

/// Asks all other endpoints that starting a container depends on, at once. Leaves the containers unknown.
pub(super) async fn list_others(engine: &Engine) -> EngineLists {
    let limit = engine.call_timeout;
    let (ping, networks, volumes) = tokio::join!(
        timed("ping", engine.call(engine.docker.ping())),
        timed("networks", networks::list(engine, limit)),
        timed("volumes", volumes::list(engine, limit)),
    );
    let subnets = networks.1.iter().flatten().flat_map(|network| network.subnets.clone()).collect();
    let without_own =
        |all: Vec<Network>| all.into_iter().filter(|network| !network.is_engines_own()).collect();
    EngineLists {
        containers: None,
        networks: networks.1.map(without_own),
        subnets,
        volumes: volumes.1,
        endpoints: vec![ping.0, networks.0, volumes.0],
    }
}

/// Asks two endpoints that answer within a millisecond: one that any engine answers which is not stopped, and one that
/// was seen to hang while the first answered.
pub(super) async fn heartbeat(engine: &Engine, limit: Duration) -> [Endpoint; 2] {
    let limit = limit.min(engine.call_timeout);
    let (ping, networks) = tokio::join!(
        timed("ping", engine.call_within(limit, engine.docker.ping())),
        timed("networks", networks::list(engine, limit)),
    );
    [ping.0, networks.0]
}

/// Asks the engine about itself.
pub(super) async fn info(engine: &Engine) -> (Endpoint, Option<EngineInfo>) {
    timed("info", info::fetch(engine, engine.call_timeout)).await
}

/// Asks for the engine's disk usage.
pub(super) async fn disk_usage(engine: &Engine) -> (Endpoint, Option<DiskUsage>) {
    timed("disk", disk_usage::fetch(engine, engine.call_timeout)).await
}

/// What an inspect says of a container.
#[derive(Clone, Debug)]
pub(super) struct Inspected {
    /// How it is now.
    pub(super) reading: StateReading,
    pub(super) details: ContainerDetails,
}

/// Inspects several containers, all within one deadline.
pub(super) async fn inspect_all(
    engine: &Engine,
    ids: &[String],
    limit: Duration,
) -> HashMap<String, Result<Inspected, CallError>> {
    let deadline = Instant::now() + limit;
    let inspect = async |id: String| {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = inspect::fetch(engine, &id, left).await;
        (id, answer.map(|found| Inspected { reading: found.reading(), details: found.details() }))
    };
    stream::iter(ids.iter().cloned()).map(inspect).buffer_unordered(MAX_INSPECTS).collect().await
}

/// Asks for the statistics of several containers, all at once: an engine before 25.0 answers each call only after its
/// next collection.
pub(super) async fn stats_all(
    engine: &Engine,
    ids: &[String],
    limit: Duration,
) -> Vec<(String, Result<ContainerStats, CallError>)> {
    let stats = async |id: &String| (id.clone(), stats::fetch(engine, id, limit).await);
    join_all(ids.iter().map(stats)).await
}

/// Awaits an answer that has a deadline, and takes its time.
async fn timed<T>(
    name: &'static str,
    answer: impl Future<Output = Result<T, CallError>>,
) -> (Endpoint, Option<T>) {
    let start = Instant::now();
    let result = answer.await;
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
