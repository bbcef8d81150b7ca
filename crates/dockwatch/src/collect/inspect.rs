//! A container's inspect: whole, for people, and what it says about how the container fared.

use std::collections::HashMap;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;

use crate::collect::deadline::Deadline;
use crate::model::evidence::{HealthCheck, HealthLog, Inspected};

/// Concurrent calls to the engine.
const CONCURRENT: usize = 16;

/// Inspects several containers. Returns the answers by id.
pub(crate) async fn fetch_all(
    engine: &Engine,
    ids: &[String],
    deadline: Deadline,
) -> HashMap<String, Result<Value, CallError>> {
    let fetch = async |id: String| {
        let answer = fetch(engine, &id, deadline).await;
        (id, answer)
    };
    stream::iter(ids.iter().cloned()).map(fetch).buffer_unordered(CONCURRENT).collect().await
}

async fn fetch(engine: &Engine, id: &str, deadline: Deadline) -> Result<Value, CallError> {
    engine.get(deadline.next(), &format!("/containers/{id}/json")).await
}

/// Takes from an inspect what tells how the container fared.
pub(crate) fn parse(inspect: &Value) -> Result<Inspected, CallError> {
    let found = Answer::deserialize(inspect).map_err(|error| CallError::Protocol(error.to_string()))?;
    let state = found.state;
    let finished_at = time(state.finished_at);
    let has_ended = finished_at.is_some() && !matches!(state.status.as_str(), "running" | "paused");
    Ok(Inspected {
        created_at: time(found.created),
        started_at: time(state.started_at),
        finished_at,
        exit_code: state.exit_code.filter(|_| has_ended),
        start_error: state.error,
        oom_killed: state.oom_killed,
        memory_limit: u64::try_from(found.host_config.memory).ok().filter(|limit| *limit > 0),
        restarts: u64::try_from(found.restart_count).unwrap_or(0),
        health: state.health.filter(|health| !matches!(health.status.as_str(), "" | "none")).map(health_log),
    })
}

fn health_log(found: Health) -> HealthLog {
    let check = |found: Check| HealthCheck {
        started_at: time(found.start),
        ended_at: time(found.end),
        exit_code: found.exit_code,
        output: found.output,
    };
    HealthLog {
        status: found.status,
        failing_streak: u64::try_from(found.failing_streak).unwrap_or(0),
        checks: found.log.unwrap_or_default().into_iter().map(check).collect(),
    }
}

/// The zero time of Go stands for what has not happened.
fn time(text: Option<String>) -> Option<Timestamp> {
    text.filter(|text| !text.starts_with("0001-")).and_then(|text| text.parse().ok())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    created: Option<String>,
    state: State,
    host_config: HostConfig,
    restart_count: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    status: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    exit_code: Option<i64>,
    error: String,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    health: Option<Health>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    memory: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Health {
    status: String,
    failing_streak: i64,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_happened_is_none() {
        let text = r#"{"Created": "2026-11-24T18:14:34.375519083Z", "RestartCount": 0, "HostConfig": {"Memory": 0},
            "State": {"Status": "created", "ExitCode": 128, "Error": "no port", "OOMKilled": false,
                "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z", "Health": null}}"#;
        let found = parse(&serde_json::from_str(text).unwrap()).unwrap();
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
        let found = parse(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!((found.exit_code, found.oom_killed, found.memory_limit), (Some(137), true, Some(8 << 20)));
        let health = found.health.unwrap();
        assert_eq!((health.status.as_str(), health.failing_streak), ("unhealthy", 1));
        assert_eq!((health.checks[0].exit_code, health.checks[0].output.as_str()), (3, "no"));
        assert!(parse(&serde_json::json!({"State": 1})).is_err());
    }
}
