//! The engine's event stream. An engine that goes away is reconnected to.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{DockerArgs, Engine};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::api::events::{Actor, Event, EventQuery, lines};
use crate::api::inspect;

/// Time between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The actions subscribed to. Others, such as the frequent `exec_*` of health checks, change nothing that is measured.
/// Podman filters by `died` what it then calls `die`, and says `remove` instead of `destroy`.
const ACTIONS: [&str; 13] = [
    "create",
    "start",
    "die",
    "died",
    "oom",
    "destroy",
    "remove",
    "rename",
    "pause",
    "unpause",
    "health_status",
    "connect",
    "disconnect",
];

/// Something that happened in an engine, or to the connection with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EngineEvent {
    Container(Box<ContainerEvent>),
    /// An event of a network or volume.
    Other,
    /// The event stream of an engine ended.
    Lost {
        /// Its host, as a URL.
        engine: String,
        cause: String,
    },
    /// The event stream of an engine is back.
    Restored {
        /// Its host, as a URL.
        engine: String,
    },
}

/// What a container event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContainerAction {
    Create,
    Start,
    Die,
    Oom,
    /// The health check has a new result: `healthy` or `unhealthy`.
    Health(String),
    Destroy,
    Other,
}

impl ContainerAction {
    fn parse(action: &str) -> Self {
        match action {
            "create" => Self::Create,
            "start" => Self::Start,
            "die" => Self::Die,
            "oom" => Self::Oom,
            "destroy" | "remove" => Self::Destroy,
            other => match other.strip_prefix("health_status: ") {
                Some(health) => Self::Health(health.to_owned()),
                None => Self::Other,
            },
        }
    }
}

/// An event of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerEvent {
    /// Host of its engine, as a URL.
    pub(crate) engine: String,
    /// When it happened, by the engine's clock.
    pub(crate) at: Option<Timestamp>,
    /// All 64 hex digits.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) action: ContainerAction,
    /// Exit code of a container that ended.
    pub(crate) exit_code: Option<i64>,
    /// Its memory limit, asked for when it is created: it can end within milliseconds.
    pub(crate) memory_limit: Option<u64>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Memory limits of known containers, by id.
type Limits = BTreeMap<String, Option<u64>>;

/// Starts to listen to engines, until the receiver is dropped.
pub(crate) fn listen<'a>(engines: impl Iterator<Item = &'a DockerArgs>) -> UnboundedReceiver<EngineEvent> {
    let (sender, receiver) = unbounded_channel();
    for args in engines {
        tokio::spawn(listen_and_reconnect(args.clone(), sender.clone()));
    }
    receiver
}

async fn listen_and_reconnect(args: DockerArgs, sender: UnboundedSender<EngineEvent>) {
    let mut is_lost = false;
    while !sender.is_closed() {
        let cause = match Engine::open(&args) {
            Ok(engine) => listen_until_lost(&engine, &sender, &mut is_lost).await,
            Err(error) => error.cause().to_owned(),
        };
        if !is_lost {
            is_lost = true;
            let engine = args.host().unwrap_or_default();
            let _ = sender.send(EngineEvent::Lost { engine, cause });
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Listens until the stream ends. Returns the cause.
async fn listen_until_lost(
    engine: &Engine,
    sender: &UnboundedSender<EngineEvent>,
    is_lost: &mut bool,
) -> String {
    // The stream is silent until the first event, so only a ping shows that the engine is back.
    if let Err(error) = engine.call(engine.docker.ping()).await {
        return error.to_string();
    }
    if std::mem::take(is_lost) {
        let _ = sender.send(EngineEvent::Restored { engine: engine.host.clone() });
    }
    let filters = json!({"type": ["container", "network", "volume"], "event": ACTIONS});
    // `since` includes what happens before the engine has the request.
    let query = EventQuery { since: Some(evenkeel_common::now()), until: None, filters };
    let mut lines = match lines(engine, &query, engine.call_timeout).await {
        Ok(lines) => lines,
        Err(error) => return error.to_string(),
    };
    let mut limits = Limits::new();
    while let Some(line) = lines.next().await {
        let event = match line {
            Ok(line) => Event::parse(&line).unwrap_or_default(),
            Err(error) => return error.to_string(),
        };
        if sender.send(to_event(engine, event, &mut limits).await).is_err() {
            break;
        }
    }
    "the engine ended the stream of events".into()
}

async fn to_event(engine: &Engine, event: Event, limits: &mut Limits) -> EngineEvent {
    if event.kind != "container" {
        return EngineEvent::Other;
    }
    let action = ContainerAction::parse(&event.action);
    let (at, exit_code) = (event.at(), event.exit_code());
    let Actor { id, attributes: mut labels } = event.actor;
    EngineEvent::Container(Box::new(ContainerEvent {
        engine: engine.host.clone(),
        at: at.and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok()),
        name: labels.remove("name").unwrap_or_default(),
        exit_code,
        memory_limit: memory_limit(engine, &id, &action, limits).await,
        id,
        action,
        labels,
    }))
}

/// The memory limit of a container, which is asked for once.
async fn memory_limit(
    engine: &Engine,
    id: &str,
    action: &ContainerAction,
    limits: &mut Limits,
) -> Option<u64> {
    let is_new = matches!(action, ContainerAction::Create | ContainerAction::Start);
    if is_new
        && !limits.contains_key(id)
        && let Ok(found) = inspect::fetch(engine, id, engine.call_timeout).await
    {
        limits.insert(id.to_owned(), found.details().memory_limit);
    }
    let limit = if *action == ContainerAction::Destroy { limits.remove(id) } else { limits.get(id).copied() };
    limit.flatten()
}
