//! The engine edge: finds services, reads what is seen of them, restarts them.

use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder, RestartContainerOptionsBuilder,
};
use evenkeel_common::docker::{CallError, DockerArgs, Engine, LABEL_PROJECT, LABEL_SERVICE};
use evenkeel_common::{Error, Timestamp};
use futures_util::StreamExt;

use crate::health::Seen;
use crate::history::Service;

/// What a person named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Compose service or container name.
    pub(crate) name: Option<String>,
    /// Compose project.
    pub(crate) project: Option<String>,
    /// Labels that must all match.
    pub(crate) labels: Vec<(String, String)>,
}

/// A service with its containers.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The service.
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

    /// What is seen of a container now; `None` when it is gone.
    pub(crate) async fn see(&self, id: &str) -> Result<Option<Seen>, Error> {
        let answer =
            self.engine.call(self.engine.docker.inspect_container(id, None::<InspectContainerOptions>)).await;
        match answer {
            Ok(container) => Ok(Some(seen(container))),
            Err(e) if e.status() == Some(404) => Ok(None),
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

    /// Last lines of a container's log; empty where they cannot be had: evidence is no reason to fail.
    pub(crate) async fn last_lines(&self, id: &str, count: usize) -> Vec<String> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&count.to_string()).build();
        let mut stream = self.engine.docker.logs(id, Some(options));
        let mut text = String::new();
        let read = async {
            while let Some(Ok(chunk)) = stream.next().await {
                text.push_str(&chunk.to_string());
            }
        };
        // Whatever came within the time is good enough.
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

fn seen(container: ContainerInspectResponse) -> Seen {
    let state = container.state.unwrap_or_default();
    let check = container.config.and_then(|config| config.healthcheck);
    let nanos = check.and_then(|check| check.start_period).unwrap_or(0);
    // Docker says "none" where there is no health check.
    let health = state
        .health
        .as_ref()
        .and_then(|h| h.status)
        .map(|s| s.to_string())
        .filter(|s| s != "none" && !s.is_empty());
    let last_check =
        state.health.and_then(|h| h.log).and_then(|log| log.into_iter().next_back()).and_then(|l| l.output);
    let started_at = state.started_at.unwrap_or_default();
    Seen {
        id: container.id.unwrap_or_default(),
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        state: state.status.map(|status| status.to_string()).unwrap_or_default(),
        health,
        running_for: age(&started_at),
        started_at,
        start_period: Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)),
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        memory_limit: container
            .host_config
            .and_then(|h| h.memory)
            .and_then(|m| u64::try_from(m).ok())
            .filter(|m| *m > 0),
        last_check: last_check.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
    }
}

fn age(started_at: &str) -> Duration {
    let started: Option<Timestamp> = started_at.parse().ok();
    started
        .and_then(|at| Duration::try_from(evenkeel_common::now().duration_since(at)).ok())
        .unwrap_or_default()
}
