//! The events that the engine still keeps: Docker the last 256 of all its containers, images, networks and volumes.

use std::collections::HashMap;

use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::{Timestamp, now};
use futures_util::StreamExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::collect::deadline::Deadline;
use crate::model::evidence::PastEvent;
use crate::model::scope::Scope;

/// What happened to a container. Left out are the frequent `exec_*` of health checks.
const ACTIONS: [&str; 13] = [
    "create",
    "start",
    "restart",
    "die",
    "oom",
    "kill",
    "stop",
    "pause",
    "unpause",
    "health_status",
    "rename",
    "update",
    "destroy",
];

/// Events as the engine sends them, one JSON object a line.
#[derive(Debug, Default)]
pub(crate) struct PastEvents {
    pub(crate) text: String,
}

/// Asks for the events of the containers in a scope since a moment; `None` is all that are kept.
pub(crate) async fn fetch(
    engine: &Engine,
    scope: &Scope,
    since: Option<Timestamp>,
    deadline: Deadline,
) -> Result<PastEvents, CallError> {
    let since = since.map_or(0, Timestamp::as_second);
    let until = engine_time(engine, deadline).await.unwrap_or_else(now);
    let until = format!("{}.{:09}", until.as_second(), until.subsec_nanosecond());
    let filters =
        serde_json::json!({"type": ["container"], "event": ACTIONS, "label": scope.label_filters()})
            .to_string();
    let filters = utf8_percent_encode(&filters, NON_ALPHANUMERIC);
    let path = format!("/events?since={since}&until={until}&filters={filters}");
    let limit = deadline.next();
    tokio::time::timeout(limit, read(engine, limit, &path)).await.unwrap_or(Err(CallError::TimedOut(limit)))
}

async fn read(engine: &Engine, limit: std::time::Duration, path: &str) -> Result<PastEvents, CallError> {
    let mut pieces = engine.get_stream(limit, path).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| engine.error(&error.into()))?);
    }
    Ok(PastEvents { text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// The stream ends at a moment of the engine's clock, which is not always that of this machine.
async fn engine_time(engine: &Engine, deadline: Deadline) -> Option<Timestamp> {
    let info: Info = engine.get(deadline.next(), "/info").await.ok()?;
    info.system_time.parse().ok()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    system_time: String,
}

impl PastEvents {
    pub(crate) fn count(&self) -> usize {
        self.text.lines().count()
    }

    /// The events by container id, oldest first. Those that cannot be parsed are left out.
    pub(crate) fn by_container(&self) -> HashMap<String, Vec<PastEvent>> {
        let mut found = HashMap::<String, Vec<PastEvent>>::new();
        for event in self.text.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok()) {
            let Ok(at) = Timestamp::from_nanosecond(event.time_nano.into()) else { continue };
            let exit_code = event.actor.attributes.get("exitCode").and_then(|code| code.parse().ok());
            found.entry(event.actor.id).or_default().push(PastEvent { at, action: event.action, exit_code });
        }
        found
    }
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "Action")]
    action: String,
    #[serde(rename = "Actor")]
    actor: Actor,
    #[serde(rename = "timeNano")]
    time_nano: i64,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Attributes", default)]
    attributes: HashMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_is_left_out() {
        let text = r#"{"status":"die","Type":"container","Action":"die","Actor":{"ID":"c","Attributes":{"exitCode":"4"}},"time":1,"timeNano":1000000001}
nonsense
{"Type":"container","Action":"health_status: unhealthy","Actor":{"ID":"c"},"timeNano":2000000000}
"#;
        let events = PastEvents { text: text.to_owned() };
        let found = events.by_container();
        let at = |nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap();
        let die = PastEvent { at: at(1_000_000_001), action: "die".into(), exit_code: Some(4) };
        let sick =
            PastEvent { at: at(2_000_000_000), action: "health_status: unhealthy".into(), exit_code: None };
        assert_eq!((events.count(), &found["c"]), (3, &vec![die, sick]));
    }
}
