//! The engine: finds services, reads the status of their containers, restarts them.

use std::time::Duration;

use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, Health, HealthStatusEnum,
};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder, RestartContainerOptionsBuilder,
};
use evenkeel_common::docker::{CallError, DockerArgs, Engine, LABEL_PROJECT, LABEL_SERVICE};
use evenkeel_common::{Error, Timestamp};
use futures_util::StreamExt;

use crate::model::container::{ContainerStatus, HealthCheck, State};
use crate::model::record::Service;

/// What the containers of a service must match; nothing given matches all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Compose service or container name.
    pub(crate) name: Option<String>,
    pub(crate) project: Option<String>,
    /// Labels that must all match.
    pub(crate) labels: Vec<(String, String)>,
}

/// A service with its containers.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) service: Service,
    /// IDs of its containers.
    pub(crate) containers: Vec<String>,
}

/// The engine, as this tool uses it.
pub(crate) struct Docker {
    engine: Engine,
}

impl Docker {
    pub(crate) async fn connect(args: &DockerArgs) -> Result<Self, Error> {
        Ok(Self { engine: Engine::connect(args).await? })
    }

    /// All services that match, sorted by host, project and name.
    pub(crate) async fn find(&self, wanted: &Wanted) -> Result<Vec<Found>, Error> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let list = self.engine.call(self.engine.docker.list_containers(Some(options))).await;
        let list = list.map_err(|e| e.into_error("list containers"))?;
        let mut found: Vec<Found> = Vec::new();
        for container in list.iter().filter(|container| matches(container, wanted)) {
            let service = self.service_of(container);
            let id = container.id.clone().unwrap_or_default();
            match found.iter_mut().find(|f| f.service == service) {
                Some(known) => known.containers.push(id),
                None => found.push(Found { service, containers: vec![id] }),
            }
        }
        found.sort_by(|a, b| a.service.cmp(&b.service));
        Ok(found)
    }

    fn service_of(&self, container: &ContainerSummary) -> Service {
        let label = |key| container.labels.as_ref().and_then(|labels| labels.get(key)).cloned();
        let service = label(LABEL_SERVICE);
        Service {
            host: self.engine.host.clone(),
            project: service.is_some().then(|| label(LABEL_PROJECT)).flatten(),
            name: service.unwrap_or_else(|| name_of(container)),
        }
    }

    /// The status of a container now; one that is gone has the state `removed`.
    pub(crate) async fn status(&self, id: &str) -> Result<ContainerStatus, Error> {
        let answer =
            self.engine.call(self.engine.docker.inspect_container(id, None::<InspectContainerOptions>)).await;
        match answer {
            Ok(container) => Ok(status(container)),
            Err(e) if e.status() == Some(404) => {
                Ok(ContainerStatus { id: id.to_owned(), state: State::Removed, ..ContainerStatus::default() })
            }
            Err(e) => Err(e.into_error("inspect the container")),
        }
    }

    /// Restarts a container, killing it after `stop_timeout`, which the engine takes in whole seconds. An engine's
    /// refusal is an outcome, not an error of ours.
    pub(crate) async fn restart(&self, id: &str, stop_timeout: Duration) -> Result<(), CallError> {
        let seconds = i32::try_from(stop_timeout.as_secs()).unwrap_or(i32::MAX);
        let options = RestartContainerOptionsBuilder::new().t(seconds).build();
        let limit = self.engine.call_timeout.saturating_add(stop_timeout);
        self.engine.call_within(limit, self.engine.docker.restart_container(id, Some(options))).await
    }

    /// Last lines of a container's log; empty where they cannot be read, since they only explain a failure.
    pub(crate) async fn last_lines(&self, id: &str, count: usize) -> Vec<String> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&count.to_string()).build();
        let mut stream = self.engine.docker.logs(id, Some(options));
        let mut text = String::new();
        let read = async {
            while let Some(Ok(chunk)) = stream.next().await {
                text.push_str(&chunk.to_string());
            }
        };
        // What could be read within the time is enough.
        let _ = tokio::time::timeout(self.engine.call_timeout, read).await;
        text.lines().map(str::to_owned).collect()
    }
}

fn matches(container: &ContainerSummary, wanted: &Wanted) -> bool {
    let label = |key: &str| container.labels.as_ref().and_then(|labels| labels.get(key));
    let named = wanted.name.as_ref().is_none_or(|name| {
        label(LABEL_SERVICE) == Some(name)
            || container.names.iter().flatten().any(|n| n.trim_start_matches('/') == name)
    });
    named
        && wanted.project.as_ref().is_none_or(|project| label(LABEL_PROJECT) == Some(project))
        && wanted.labels.iter().all(|(key, value)| label(key) == Some(value))
}

fn name_of(container: &ContainerSummary) -> String {
    container
        .names
        .iter()
        .flatten()
        .next()
        .map(|name| name.trim_start_matches('/').to_owned())
        .unwrap_or_default()
}

fn status(container: ContainerInspectResponse) -> ContainerStatus {
    let state = container.state.unwrap_or_default();
    let limit = container.host_config.and_then(|config| config.memory);
    ContainerStatus {
        id: container.id.unwrap_or_default(),
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        state: state.status.map_or(State::Unknown, parse_state),
        health: state.health.as_ref().and_then(parse_health),
        running_for: age(&state.started_at.unwrap_or_default()),
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        memory_limit: limit.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0),
        last_check: state.health.and_then(last_check),
    }
}

const fn parse_state(state: ContainerStateStatusEnum) -> State {
    use ContainerStateStatusEnum as Engine;
    match state {
        Engine::EMPTY => State::Unknown,
        Engine::CREATED => State::Created,
        Engine::RUNNING => State::Running,
        Engine::PAUSED => State::Paused,
        Engine::RESTARTING => State::Restarting,
        Engine::REMOVING => State::Removing,
        Engine::EXITED => State::Exited,
        Engine::DEAD => State::Dead,
        Engine::STOPPING => State::Stopping,
    }
}

fn parse_health(health: &Health) -> Option<HealthCheck> {
    match health.status? {
        // How the engine says that there is no health check.
        HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
        HealthStatusEnum::STARTING => Some(HealthCheck::Starting),
        HealthStatusEnum::HEALTHY => Some(HealthCheck::Healthy),
        HealthStatusEnum::UNHEALTHY => Some(HealthCheck::Unhealthy),
    }
}

/// Output of the last health check.
fn last_check(health: Health) -> Option<String> {
    let output = health.log?.pop()?.output?;
    Some(output.trim().to_owned()).filter(|text| !text.is_empty())
}

fn age(started_at: &str) -> Duration {
    let started: Option<Timestamp> = started_at.parse().ok();
    started
        .and_then(|at| Duration::try_from(evenkeel_common::now().duration_since(at)).ok())
        .unwrap_or_default()
}
