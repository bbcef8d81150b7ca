//! The containers of a scope, by one list, and the engine's events about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bollard::models::{ContainerSummary, EventMessage};
use bollard::query_parameters::EventsOptionsBuilder;
use evenkeel_common::docker::{CallError, LABEL_PROJECT, is_protected};
use evenkeel_common::{Error, Timestamp, now};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::engine::{Docker, LABEL_DEPENDS_ON, Wanted, awaited_by, matches, name_of};
use crate::model::container::{HealthCheck, State};
use crate::model::definition::Dependency;
use crate::model::engine_kind::EngineKind;
use crate::model::scope::{Event, EventKind, Member};

/// Label that Compose sets on what `docker compose run` makes.
const LABEL_ONE_OFF: &str = "com.docker.compose.oneoff";
/// The events that tell how containers are. Without those of each run of a health check, a quiet engine sends none.
/// Podman before 5 filters by `died` what it then calls `die`, and Podman says `remove` instead of `destroy`.
const EVENTS: [&str; 8] = ["start", "kill", "stop", "die", "died", "destroy", "remove", "health_status"];
/// Signals that end a process unless it handles them: INT, QUIT, ABRT, KILL and TERM. Others mean something else to it,
/// such as HUP: read the settings again.
const ENDING_SIGNALS: [&str; 5] = ["2", "3", "6", "9", "15"];
/// Older than any event (seconds since 1970): all that the engine still knows.
const EARLIEST: &str = "1";

impl Docker {
    /// All containers of a scope, sorted by service and name.
    pub(crate) async fn members(&self, scope: &Wanted) -> Result<Vec<Member>, Error> {
        // All of them: the service that waits for another may be outside the scope.
        let list = self.engine.list_containers(&HashMap::new()).await;
        let list = list.map_err(|e| e.into_error("list containers"))?;
        let awaited: BTreeSet<_> = list.iter().flat_map(awaited_by).collect();
        let own = list.iter().filter(|container| matches(container, scope));
        let mut members: Vec<Member> = own
            .map(|container| {
                let mut member = self.member(container);
                let Member { service, .. } = &member;
                member.awaited = awaited.contains(&(service.project.as_ref(), service.name.clone()));
                member
            })
            .collect();
        members.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
        Ok(members)
    }

    fn member(&self, container: &ContainerSummary) -> Member {
        let labels: BTreeMap<String, String> =
            container.labels.clone().unwrap_or_default().into_iter().collect();
        let network = container.host_config.as_ref().and_then(|host| host.network_mode.as_deref());
        Member {
            id: container.id.clone().unwrap_or_default(),
            name: name_of(container),
            service: self.service_of(container),
            state: container.state.map_or(State::Unknown, |state| State::parse(state.as_ref())),
            health: container.status.as_deref().and_then(parse_health),
            protected: is_protected(&labels),
            one_off: labels.get(LABEL_ONE_OFF).is_some_and(|value| value.eq_ignore_ascii_case("true")),
            awaited: false,
            network_of: network.and_then(|mode| mode.strip_prefix("container:")).map(str::to_owned),
            dependencies: labels
                .get(LABEL_DEPENDS_ON)
                .map(|text| Dependency::parse_all(text))
                .unwrap_or_default(),
        }
    }

    /// The events about a scope that the engine still knows, oldest first. Those are few: about the last 256 of all kinds.
    pub(crate) async fn past_events(&self, scope: &Wanted, kind: EngineKind) -> Result<Vec<Event>, Error> {
        // An engine that is just starting answers late: what it has done until then counts too.
        self.ping().await?;
        // Podman counts in whole seconds, and tells nothing where the end is past already.
        let until = if kind == EngineKind::Docker { now() } else { now() + Duration::from_secs(1) };
        let until = format!("{}.{:09}", until.as_second(), until.subsec_nanosecond());
        let (mut stream, mut events) = (self.events_until(scope, Some(&until)), Vec::new());
        let read = async {
            while let Some(event) = stream.try_next().await? {
                events.push(event);
            }
            Ok::<(), CallError>(())
        };
        // Where the engine's clock is behind ours, the list does not end by itself.
        match tokio::time::timeout(self.engine.call_timeout, read).await {
            Ok(Err(error)) => Err(error.into_error("read the engine's events")),
            Ok(Ok(())) | Err(_) => Ok(events),
        }
    }

    /// When the engine began to serve: it makes its network `bridge` anew each time, after it has ended what still ran of its
    /// last time, and before it answers anybody. `None` where that cannot be known: without that network, and of Podman,
    /// whose containers do not depend on it.
    pub(crate) async fn began_at(&self, kind: EngineKind) -> Result<Option<Timestamp>, Error> {
        if kind != EngineKind::Docker {
            return Ok(None);
        }
        match self.engine.get::<Network>(self.engine.call_timeout, "/networks/bridge").await {
            Ok(network) => Ok(network.created.parse().ok()),
            // There is none, or a proxy forbids the question.
            Err(CallError::Status { .. }) => Ok(None),
            Err(error) => Err(error.into_error("ask when the engine began")),
        }
    }

    /// Makes sure that the engine still answers: its events say nothing where it hangs.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        let pong = self.engine.call(self.engine.docker.ping()).await;
        pong.map(drop).map_err(|e| e.into_error("reach the engine"))
    }

    /// The events about a scope: those that the engine still knows, and then each one as it happens. Ends when the engine
    /// does; says nothing where the engine hangs.
    pub(crate) fn events(&self, scope: &Wanted) -> impl Stream<Item = Result<Event, CallError>> + use<> {
        self.events_until(scope, None)
    }

    fn events_until(
        &self,
        scope: &Wanted,
        until: Option<&str>,
    ) -> impl Stream<Item = Result<Event, CallError>> + use<> {
        let project = scope.project.iter().map(|project| format!("{LABEL_PROJECT}={project}"));
        let labels = scope.labels.iter().map(|(key, value)| format!("{key}={value}")).chain(project);
        let filters: HashMap<&str, Vec<String>> = HashMap::from([
            ("type", vec!["container".to_owned()]),
            ("event", EVENTS.map(str::to_owned).to_vec()),
            ("label", labels.collect()),
        ]);
        let mut options = EventsOptionsBuilder::new().since(EARLIEST).filters(&filters);
        if let Some(until) = until {
            options = options.until(until);
        }
        let engine = self.engine.clone();
        self.engine.docker.events(Some(options.build())).filter_map(move |message| {
            std::future::ready(match message {
                Ok(message) => parse_event(message).map(Ok),
                Err(error) => Some(Err(engine.error(&error))),
            })
        })
    }
}

fn parse_event(message: EventMessage) -> Option<Event> {
    let actor = message.actor?;
    let action = message.action?;
    let signal = actor.attributes.as_ref().and_then(|attributes| attributes.get("signal"));
    let kind = match action.as_str() {
        "start" => EventKind::Started,
        "stop" => EventKind::AskedToEnd,
        "kill" if signal.is_none_or(|signal| ENDING_SIGNALS.contains(&signal.as_str())) => {
            EventKind::AskedToEnd
        }
        "die" => EventKind::Ended,
        "destroy" | "remove" => EventKind::Removed,
        action if action.starts_with("health_status") => EventKind::HealthChanged,
        _ => return None,
    };
    let at = message.time_nano.and_then(|nanos| Timestamp::from_nanosecond(nanos.into()).ok());
    Some(Event { id: actor.id?, kind, at })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Network {
    created: String,
}

/// A list says how the health check is in words for people, such as `Up 2 minutes (unhealthy)`; engines before API 1.52
/// have nothing else in it.
fn parse_health(status: &str) -> Option<HealthCheck> {
    if status.ends_with("(healthy)") {
        Some(HealthCheck::Healthy)
    } else if status.ends_with("(unhealthy)") {
        Some(HealthCheck::Unhealthy)
    } else {
        status.ends_with("(health: starting)").then_some(HealthCheck::Starting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::EventActor;

    fn kind(action: &str, signal: Option<&str>) -> Option<EventKind> {
        let attributes = signal.map(|signal| HashMap::from([("signal".to_owned(), signal.to_owned())]));
        let actor = Some(EventActor { id: Some("a".into()), attributes });
        let message = EventMessage { action: Some(action.into()), actor, ..EventMessage::default() };
        parse_event(message).map(|event| event.kind)
    }

    #[test]
    fn events_that_count() {
        assert_eq!(kind("start", None), Some(EventKind::Started));
        assert_eq!(kind("die", None), Some(EventKind::Ended));
        assert_eq!(kind("health_status: unhealthy", None), Some(EventKind::HealthChanged));
        for signal in ["9", "15"] {
            assert_eq!(kind("kill", Some(signal)), Some(EventKind::AskedToEnd));
        }
        assert_eq!((kind("kill", Some("1")), kind("exec_start: true", None)), (None, None));
    }

    #[test]
    fn health_as_a_list_says_it() {
        assert_eq!(parse_health("Up 2 minutes (unhealthy)"), Some(HealthCheck::Unhealthy));
        assert_eq!(parse_health("Up 2 minutes (healthy)"), Some(HealthCheck::Healthy));
        assert_eq!(parse_health("Up 1 second (health: starting)"), Some(HealthCheck::Starting));
        assert_eq!((parse_health("Up 2 minutes"), parse_health("Exited (1) 3 seconds ago")), (None, None));
    }
}
