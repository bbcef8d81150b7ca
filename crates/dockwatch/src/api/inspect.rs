//! A container's inspect.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;
use serde_json::Value;

use crate::api::unsigned;
use crate::model::container::{ContainerDetails, ContainerState, Health, StateReading};
use crate::model::evidence::{HealthCheck, HealthLog, Inspected};

/// Inspects a container.
pub(crate) async fn fetch(engine: &Engine, id: &str, limit: Duration) -> Result<Inspect, CallError> {
    engine.get(limit, &path(id)).await
}

/// Inspects a container; whole, for people.
pub(crate) async fn fetch_whole(engine: &Engine, id: &str, limit: Duration) -> Result<Value, CallError> {
    engine.get(limit, &path(id)).await
}

fn path(id: &str) -> String {
    format!("/containers/{id}/json")
}

/// The parts of an inspect that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Inspect {
    created: Option<String>,
    state: State,
    config: Config,
    host_config: HostConfig,
    mounts: Option<Vec<Mount>>,
    restart_count: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    status: String,
    running: bool,
    started_at: Option<String>,
    finished_at: Option<String>,
    exit_code: Option<i64>,
    error: String,
    #[serde(rename = "OOMKilled")]
    oom_killed: Option<bool>,
    health: Option<HealthState>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    healthcheck: Option<HealthCheckConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HealthCheckConfig {
    test: Option<Vec<String>>,
}

impl HealthCheckConfig {
    /// `NONE` disables the check of the image.
    fn is_check(&self) -> bool {
        let kind = self.test.as_deref().and_then(<[String]>::first);
        kind.is_some_and(|kind| !kind.is_empty() && kind != "NONE")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    memory: Option<i64>,
    tmpfs: Option<BTreeMap<String, String>>,
    network_mode: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Mount {
    r#type: String,
    destination: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HealthState {
    status: String,
    failing_streak: Option<i64>,
    log: Option<Vec<Check>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    start: Option<String>,
    end: Option<String>,
    exit_code: i64,
    output: String,
}

impl Inspect {
    /// Takes the parts that are used from a whole inspect.
    pub(crate) fn parse(whole: &Value) -> Result<Self, CallError> {
        Self::deserialize(whole).map_err(|error| CallError::Protocol(error.to_string()))
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.state.running
    }

    fn memory_limit(&self) -> Option<u64> {
        unsigned(self.host_config.memory).filter(|bytes| *bytes > 0)
    }

    /// How the container is now.
    pub(crate) fn reading(&self) -> StateReading {
        let State { status, running, exit_code, health, .. } = &self.state;
        StateReading {
            state: ContainerState::inspected(status, *running),
            health: health.as_ref().and_then(|health| Health::parse(&health.status)),
            exit_code: *exit_code,
        }
    }

    /// What stays valid until the container is restarted.
    pub(crate) fn details(self) -> ContainerDetails {
        let memory_limit = self.memory_limit();
        let mut tmpfs: Vec<String> = self.host_config.tmpfs.unwrap_or_default().into_keys().collect();
        let mounts = self.mounts.unwrap_or_default().into_iter();
        tmpfs.extend(mounts.filter(|mount| mount.r#type == "tmpfs").map(|mount| mount.destination));
        tmpfs.sort();
        tmpfs.dedup();
        ContainerDetails {
            started_at: self.state.started_at.filter(|time| has_happened(time)),
            restarts: unsigned(self.restart_count),
            oom_killed: self.state.oom_killed,
            memory_limit,
            tmpfs,
            has_host_network: self.host_config.network_mode == "host",
            has_health_check: self.config.healthcheck.is_some_and(|check| check.is_check()),
        }
    }

    /// What tells how the container fared.
    pub(crate) fn evidence(self) -> Inspected {
        let memory_limit = self.memory_limit();
        let state = self.state;
        let finished_at = time(state.finished_at);
        let has_ended = finished_at.is_some() && !matches!(state.status.as_str(), "running" | "paused");
        Inspected {
            created_at: time(self.created),
            started_at: time(state.started_at),
            finished_at,
            exit_code: state.exit_code.filter(|_| has_ended),
            start_error: state.error,
            oom_killed: state.oom_killed.unwrap_or(false),
            memory_limit,
            restarts: unsigned(self.restart_count).unwrap_or(0),
            health: state.health.filter(|health| Health::parse(&health.status).is_some()).map(health_log),
        }
    }
}

fn health_log(found: HealthState) -> HealthLog {
    let check = |found: Check| HealthCheck {
        started_at: time(found.start),
        ended_at: time(found.end),
        exit_code: found.exit_code,
        output: found.output,
    };
    HealthLog {
        status: found.status,
        failing_streak: unsigned(found.failing_streak).unwrap_or(0),
        checks: found.log.unwrap_or_default().into_iter().map(check).collect(),
    }
}

fn time(text: Option<String>) -> Option<Timestamp> {
    text.filter(|text| has_happened(text)).and_then(|text| text.parse().ok())
}

/// The zero time of Go stands for what has not happened.
fn has_happened(time: &str) -> bool {
    !time.starts_with("0001-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_happened_is_none() {
        let text = r#"{"Created": "2026-11-24T18:14:34.375519083Z", "RestartCount": 0, "HostConfig": {"Memory": 0},
            "State": {"Status": "created", "ExitCode": 128, "Error": "no port", "OOMKilled": false,
                "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z", "Health": null}}"#;
        let found = serde_json::from_str::<Inspect>(text).unwrap().evidence();
        assert!(found.created_at.is_some() && found.start_error == "no port");
        assert_eq!((found.started_at, found.finished_at, found.exit_code), (None, None, None));
        assert_eq!((found.memory_limit, found.health), (None, None));
    }

    #[test]
    fn ends_and_health() {
        let text = r#"{"Created": "2026-11-24T18:14:34+00:00", "RestartCount": 3, "HostConfig": {"Memory": 8388608},
            "State": {"Status": "exited", "ExitCode": 137, "Error": "", "OOMKilled": true,
                "StartedAt": "2026-11-24T18:14:35Z", "FinishedAt": "2026-11-24T18:14:36.5Z",
                "Health": {"Status": "unhealthy", "FailingStreak": 1, "Log": [
                    {"Start": "2026-11-24T18:14:36Z", "End": "2026-11-24T18:14:37Z", "ExitCode": 3, "Output": "no"}]}}}"#;
        let found = serde_json::from_str::<Inspect>(text).unwrap().evidence();
        assert_eq!((found.exit_code, found.oom_killed, found.memory_limit), (Some(137), true, Some(8 << 20)));
        let health = found.health.unwrap();
        assert_eq!((health.status.as_str(), health.failing_streak), ("unhealthy", 1));
        assert_eq!((health.checks[0].exit_code, health.checks[0].output.as_str()), (3, "no"));
        assert!(Inspect::parse(&serde_json::json!({"State": 1})).is_err());
    }
}
