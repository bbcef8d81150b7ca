//! The events that the engine still keeps: Docker the last 256 of all its containers, images, networks and volumes.

use std::collections::HashMap;
use std::pin::pin;

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::{Timestamp, now};
use futures_util::TryStreamExt as _;

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

/// Asks for the events of the containers in a scope since a moment; `None` is all that are kept.
pub(crate) async fn fetch(
    engine: &Engine,
    scope: &Scope,
    since: Option<Timestamp>,
    deadline: Deadline,
) -> Result<Vec<EventMessage>, CallError> {
    let since = since.map_or(0, Timestamp::as_second).to_string();
    let until = engine_time(engine, deadline).await.unwrap_or_else(now);
    let until = format!("{}.{:09}", until.as_second(), until.subsec_nanosecond());
    let filters = HashMap::from([
        ("type", vec!["container".to_owned()]),
        ("event", ACTIONS.map(str::to_owned).into()),
        ("label", scope.label_filters()),
    ]);
    let options = EventsOptionsBuilder::new().since(&since).until(&until).filters(&filters).build();
    let events = pin!(engine.docker.events(Some(options)));
    engine.call_within(deadline.next(), events.try_collect()).await
}

/// The stream ends at a moment of the engine's clock, which is not always that of this machine.
async fn engine_time(engine: &Engine, deadline: Deadline) -> Option<Timestamp> {
    let info = engine.call_within(deadline.next(), engine.docker.info()).await.ok()?;
    info.system_time?.parse().ok()
}

/// The events by container id, oldest first.
pub(crate) fn by_container(events: &[EventMessage]) -> HashMap<String, Vec<PastEvent>> {
    let mut found = HashMap::<String, Vec<PastEvent>>::new();
    for event in events {
        if let Some((id, event)) = past_event(event) {
            found.entry(id).or_default().push(event);
        }
    }
    found
}

fn past_event(event: &EventMessage) -> Option<(String, PastEvent)> {
    let actor = event.actor.as_ref()?;
    let exit_code = actor.attributes.as_ref().and_then(|all| all.get("exitCode")?.parse().ok());
    let at = Timestamp::from_nanosecond(event.time_nano?.into()).ok()?;
    Some((actor.id.clone()?, PastEvent { at, action: event.action.clone()?, exit_code }))
}
