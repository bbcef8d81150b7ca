//! The engine: finds services, reads the status of their containers, restarts them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bollard::exec::StartExecResults;
use bollard::models::{
    ContainerInspectResponse, ContainerSummary, ContainerUpdateBody, ExecConfig, Health, HealthStatusEnum,
    HealthcheckResult, PortBinding, RestartPolicyNameEnum,
};
use bollard::query_parameters::{LogsOptionsBuilder, RestartContainerOptionsBuilder};
use evenkeel_common::docker::{CallError, DockerArgs, Engine, LABEL_PROJECT, LABEL_SERVICE};
use evenkeel_common::{Error, Timestamp};
use futures_util::StreamExt;

use crate::model::container::{ContainerStatus, HealthCheck, State};
use crate::model::definition::{
    Check, Condition, Definition, Dependency, Port, RestartPolicy, parse_tcp_port,
};
use crate::model::record::Service;

/// Billionths, in which the engine counts CPUs.
pub(crate) const NANO: i64 = 1_000_000_000;

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
    /// Another service waits for it to complete (`service_completed_successfully`).
    pub(crate) awaited: bool,
}

/// Label that Compose sets: what must hold before a service is started.
pub(super) const LABEL_DEPENDS_ON: &str = "com.docker.compose.depends_on";

/// The engine, as this tool uses it.
#[derive(Clone, Debug)]
pub(crate) struct Docker {
    pub(super) engine: Engine,
}

impl Docker {
    pub(crate) async fn connect(args: &DockerArgs) -> Result<Self, Error> {
        Ok(Self { engine: Engine::connect(args).await? })
    }

    /// All services that match, sorted by host, project and name.
    pub(crate) async fn find(&self, wanted: &Wanted) -> Result<Vec<Found>, Error> {
        let list = self.engine.list_containers(&HashMap::new()).await;
        let list = list.map_err(|e| e.into_error("list containers"))?;
        let mut found: Vec<Found> = Vec::new();
        for container in list.iter().filter(|container| matches(container, wanted)) {
            let service = self.service_of(container);
            let id = container.id.clone().unwrap_or_default();
            match found.iter_mut().find(|f| f.service == service) {
                Some(known) => known.containers.push(id),
                None => found.push(Found { service, containers: vec![id], awaited: false }),
            }
        }
        let awaited: BTreeSet<_> = list.iter().flat_map(awaited_by).collect();
        for one in &mut found {
            one.awaited = awaited.contains(&(one.service.project.as_ref(), one.service.name.clone()));
        }
        found.sort_by(|a, b| a.service.cmp(&b.service));
        Ok(found)
    }

    pub(super) fn service_of(&self, container: &ContainerSummary) -> Service {
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
        Ok(self.inspect(id).await?.0)
    }

    /// The status of a container now, and how it is meant to run. One that is gone has the state `removed`.
    pub(crate) async fn inspect(&self, id: &str) -> Result<(ContainerStatus, Definition), Error> {
        match self.engine.inspect_container(id).await {
            Ok(container) => {
                let definition = definition(&container);
                Ok((status(container), definition))
            }
            Err(e) if e.status() == Some(404) => {
                let gone = ContainerStatus {
                    id: id.to_owned(),
                    state: State::Removed,
                    ..ContainerStatus::default()
                };
                Ok((gone, Definition::default()))
            }
            Err(e) => Err(e.into_error("inspect the container")),
        }
    }

    /// Restarts a container, killing it after `stop_timeout`, which the engine takes in whole seconds. The engine may
    /// take `start_timeout` longer than that.
    pub(crate) async fn restart(
        &self,
        id: &str,
        stop_timeout: Duration,
        start_timeout: Duration,
    ) -> Result<(), CallError> {
        let seconds = i32::try_from(stop_timeout.as_secs()).unwrap_or(i32::MAX);
        let options = RestartContainerOptionsBuilder::new().t(seconds).build();
        let limit = start_timeout.max(self.engine.call_timeout).saturating_add(stop_timeout);
        self.engine.call_within(limit, self.engine.docker.restart_container(id, Some(options))).await
    }

    /// Starts a container; the engine may take `limit` longer than for other answers.
    pub(crate) async fn start(&self, id: &str, limit: Duration) -> Result<(), CallError> {
        let limit = limit.saturating_add(self.engine.call_timeout);
        self.engine.call_within(limit, self.engine.docker.start_container(id, None)).await
    }

    /// Runs a container's health check once, as the engine would, and gives its exit code. An engine that cannot run it
    /// gives an error: the container has just ended, or the command does not exist.
    pub(crate) async fn run_check(&self, id: &str, check: &Check) -> Result<i64, CallError> {
        let docker = &self.engine.docker;
        let config = ExecConfig {
            cmd: Some(check.command.clone()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..ExecConfig::default()
        };
        let exec = self.engine.call(docker.create_exec(id, config)).await?.id;
        let run = async {
            if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec, None).await? {
                // Its end is the end of the command; what it prints is not needed.
                while output.next().await.transpose()?.is_some() {}
            }
            Ok(())
        };
        self.engine.call_within(check.timeout, run).await?;
        let ended = self.engine.call(docker.inspect_exec(&exec)).await?;
        Ok(ended.exit_code.unwrap_or(-1))
    }

    /// Limits a container to this many billionths of a CPU, and makes sure that the engine says so too. 0 is no limit:
    /// all CPUs of the engine, because an engine cannot remove a limit from a container. Gives the limit that was set.
    pub(crate) async fn limit_cpus(&self, id: &str, nano_cpus: i64) -> Result<i64, Error> {
        let wanted = if nano_cpus == 0 { self.all_cpus().await? } else { nano_cpus };
        let body = ContainerUpdateBody { nano_cpus: Some(wanted), ..ContainerUpdateBody::default() };
        let updated = self.engine.call(self.engine.docker.update_container(id, body)).await;
        updated.map_err(|e| e.into_error("set the CPU limit"))?;
        let now = self.inspect(id).await?.1.nano_cpus;
        if now == wanted {
            return Ok(now);
        }
        let cause = format!("the engine took {wanted} billionths of a CPU and says {now}");
        Err(Error::failed("set the CPU limit", cause))
    }

    async fn all_cpus(&self) -> Result<i64, Error> {
        let info = self.engine.call(self.engine.docker.info()).await;
        let cpus = info.map_err(|e| e.into_error("count the engine's CPUs"))?.ncpu.unwrap_or(0);
        Ok(cpus.saturating_mul(NANO))
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

pub(super) fn matches(container: &ContainerSummary, wanted: &Wanted) -> bool {
    let label = |key: &str| container.labels.as_ref().and_then(|labels| labels.get(key));
    let named = wanted.name.as_ref().is_none_or(|name| {
        label(LABEL_SERVICE) == Some(name)
            || container.names.iter().flatten().any(|n| n.trim_start_matches('/') == name)
    });
    named
        && wanted.project.as_ref().is_none_or(|project| label(LABEL_PROJECT) == Some(project))
        && wanted.labels.iter().all(|(key, value)| label(key) == Some(value))
}

/// The services that a container waits for to complete: project and name.
pub(super) fn awaited_by(container: &ContainerSummary) -> impl Iterator<Item = (Option<&String>, String)> {
    let label = |key: &str| container.labels.as_ref().and_then(|labels| labels.get(key));
    let project = label(LABEL_PROJECT);
    let all = label(LABEL_DEPENDS_ON).map(|text| Dependency::parse_all(text)).unwrap_or_default();
    let completed = all.into_iter().filter(|one| one.condition == Condition::Completed);
    completed.map(move |one| (project, one.service))
}

pub(super) fn name_of(container: &ContainerSummary) -> String {
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
    let started_at = state.started_at.unwrap_or_default();
    ContainerStatus {
        id: container.id.unwrap_or_default(),
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        state: state.status.map_or(State::Unknown, |status| State::parse(status.as_ref())),
        health: state.health.as_ref().and_then(parse_health),
        running_for: age(&started_at),
        started_at,
        finished_at: state.finished_at.and_then(|at| at.parse().ok()),
        pid: state.pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0),
        restart_count: container.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        memory_limit: limit.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0),
        last_check_exit_code: state.health.as_ref().and_then(last_check).and_then(|check| check.exit_code),
        last_check: state.health.as_ref().and_then(last_check).and_then(output_of),
    }
}

fn definition(container: &ContainerInspectResponse) -> Definition {
    let config = container.config.as_ref();
    let host = container.host_config.as_ref();
    let check = config.and_then(|config| {
        let check = config.healthcheck.as_ref()?;
        let shell = config.shell.as_deref().unwrap_or_default();
        Check::parse(check.test.as_ref()?, check.timeout.unwrap_or(0), shell)
    });
    let depends_on = config.and_then(|config| config.labels.as_ref()?.get(LABEL_DEPENDS_ON));
    let policy = host.and_then(|host| host.restart_policy.as_ref()?.name);
    Definition {
        restart_policy: policy.map_or(RestartPolicy::No, parse_policy),
        check,
        dependencies: depends_on.map(|text| Dependency::parse_all(text)).unwrap_or_default(),
        ports: ports(container),
        nano_cpus: host.and_then(|host| host.nano_cpus).unwrap_or(0),
    }
}

const fn parse_policy(name: RestartPolicyNameEnum) -> RestartPolicy {
    match name {
        RestartPolicyNameEnum::EMPTY | RestartPolicyNameEnum::NO => RestartPolicy::No,
        RestartPolicyNameEnum::ON_FAILURE => RestartPolicy::OnFailure,
        RestartPolicyNameEnum::ALWAYS | RestartPolicyNameEnum::UNLESS_STOPPED => RestartPolicy::Always,
    }
}

/// The TCP ports of a container, published or exposed.
fn ports(container: &ContainerInspectResponse) -> Vec<Port> {
    let exposed = container.config.iter().filter_map(|config| config.exposed_ports.as_ref()).flatten();
    let mut ports: BTreeMap<u16, Vec<(IpAddr, u16)>> =
        exposed.filter_map(|name| Some((parse_tcp_port(name)?, Vec::new()))).collect();
    let published = container.network_settings.iter().filter_map(|network| network.ports.as_ref()).flatten();
    for (name, bindings) in published {
        let Some(number) = parse_tcp_port(name) else { continue };
        ports.entry(number).or_default().extend(bindings.iter().flatten().filter_map(published_at));
    }
    ports.into_iter().map(|(number, published)| Port { number, published }).collect()
}

fn published_at(binding: &PortBinding) -> Option<(IpAddr, u16)> {
    let port = binding.host_port.as_ref()?.parse().ok()?;
    let address = binding.host_ip.as_deref().unwrap_or_default();
    Some((address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), port))
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

fn last_check(health: &Health) -> Option<&HealthcheckResult> {
    health.log.as_ref()?.last()
}

fn output_of(check: &HealthcheckResult) -> Option<String> {
    let output = check.output.as_ref()?;
    Some(output.trim().to_owned()).filter(|text| !text.is_empty())
}

fn age(started_at: &str) -> Duration {
    let started: Option<Timestamp> = started_at.parse().ok();
    started
        .and_then(|at| Duration::try_from(evenkeel_common::now().duration_since(at)).ok())
        .unwrap_or_default()
}
