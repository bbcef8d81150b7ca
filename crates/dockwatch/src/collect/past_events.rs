//! The events that the engine still keeps: Docker the last 256 of all its containers, images, networks and volumes.

use std::collections::HashMap;

use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::{Timestamp, now};
use futures_util::TryStreamExt as _;
use serde_json::json;

use crate::api::events::{Event, EventQuery, lines};
use crate::api::info;
use crate::collect::deadline::Deadline;
use crate::model::evidence::PastEvent;
use crate::model::scope::Scope;

/// What happened to a container. Left out are the frequent `exec_*` of health checks. Podman filters by `died` what it then
/// calls `die`, and says `remove` instead of `destroy`.
const ACTIONS: [&str; 15] = [
    "create",
    "start",
    "restart",
    "die",
    "died",
    "oom",
    "kill",
    "stop",
    "pause",
    "unpause",
    "health_status",
    "rename",
    "update",
    "destroy",
    "remove",
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
    // The stream ends at a moment of the engine's clock, which is not always that of this machine.
    let until = info::time(engine, deadline.next()).await.unwrap_or_else(now);
    let filters = json!({"type": ["container"], "event": ACTIONS, "label": scope.label_filters()});
    let query = EventQuery { since, until: Some(until), filters };
    let limit = deadline.next();
    let collect = async {
        let lines: Vec<String> = lines(engine, &query, limit).await?.try_collect().await?;
        Ok(PastEvents { text: lines.into_iter().map(|line| line + "\n").collect() })
    };
    tokio::time::timeout(limit, collect).await.unwrap_or(Err(CallError::TimedOut(limit)))
}

impl PastEvents {
    pub(crate) fn count(&self) -> usize {
        self.text.lines().count()
    }

    /// The events by container id, oldest first. What is not an event is left out.
    pub(crate) fn by_container(&self) -> HashMap<String, Vec<PastEvent>> {
        let mut found = HashMap::<String, Vec<PastEvent>>::new();
        for event in self.text.lines().filter_map(Event::parse) {
            let Some(at) = event.at() else { continue };
            let exit_code = event.exit_code();
            found.entry(event.actor.id).or_default().push(PastEvent { at, action: event.action, exit_code });
        }
        found
    }
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
