//! What happens in an engine, as it happens. An engine that goes away is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::{EventMessage, EventMessageTypeEnum as Kind};
use bollard::query_parameters::EventsOptionsBuilder;
use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, DockerArgs, Engine};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Between two tries to reach an engine that is away.
const RETRY: Duration = Duration::from_millis(500);

/// Other actions, above all the many of health checks, change nothing that is measured.
const ACTIONS: [&str; 11] = [
    "create",
    "start",
    "die",
    "oom",
    "destroy",
    "rename",
    "pause",
    "unpause",
    "health_status",
    "connect",
    "disconnect",
];

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// To a container.
    Container(Box<ContainerEvent>),
    /// To a network or volume.
    Other,
    /// An engine stopped telling.
    Lost {
        /// Its host.
        engine: String,
        /// Why.
        why: String,
    },
    /// An engine tells again.
    Back {
        /// Its host.
        engine: String,
    },
}

/// What happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEvent {
    /// Host of its engine.
    pub engine: String,
    /// When, by the engine's clock.
    pub at: Option<Timestamp>,
    /// Whole id.
    pub id: String,
    /// Name.
    pub name: String,
    /// start, die, oom, health_status: healthy, …
    pub action: String,
    /// How it ended.
    pub exit_code: Option<i64>,
    /// Its limit, asked for when it was made: a container can end within milliseconds.
    pub memory_limit: Option<u64>,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}

/// Starts to listen to engines; listening ends when the receiver is dropped.
pub fn listen<'a>(engines: impl Iterator<Item = &'a DockerArgs>) -> UnboundedReceiver<Happening> {
    let (sender, receiver) = unbounded_channel();
    for args in engines {
        tokio::spawn(listen_for_ever(args.clone(), sender.clone()));
    }
    receiver
}

async fn listen_for_ever(args: DockerArgs, sender: UnboundedSender<Happening>) {
    let mut is_lost = false;
    while !sender.is_closed() {
        let why = match Engine::open(&args) {
            Ok(engine) => listen_once(&engine, &sender, &mut is_lost).await,
            Err(error) => error.cause().to_owned(),
        };
        if !is_lost {
            is_lost = true;
            let engine = args.host().unwrap_or_default();
            let _ = sender.send(Happening::Lost { engine, why });
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Listens until the stream ends; says why it did.
async fn listen_once(engine: &Engine, sender: &UnboundedSender<Happening>, is_lost: &mut bool) -> String {
    // The stream says nothing until something happens: only an answer tells that the engine is back.
    if let Err(error) = engine.call(engine.docker.ping()).await {
        return error.to_string();
    }
    if std::mem::take(is_lost) {
        let _ = sender.send(Happening::Back { engine: engine.host.clone() });
    }
    let filters = [("type", &["container", "network", "volume"][..]), ("event", &ACTIONS[..])];
    let filters = filters.map(|(key, values)| (key, values.to_vec())).into_iter().collect();
    // The request goes out with the first poll; nothing that happens before that may be missed.
    let since = evenkeel_common::now().as_second().to_string();
    let options = EventsOptionsBuilder::new().since(&since).filters(&filters).build();
    let mut stream = engine.docker.events(Some(options));
    let mut limits = BTreeMap::new();
    while let Some(message) = stream.next().await {
        let message = match message {
            Ok(message) => message,
            Err(error) => return CallError::from(error).to_string(),
        };
        let happening = understand(engine, message, &mut limits).await;
        if sender.send(happening).is_err() {
            break;
        }
    }
    "the engine ended the stream of events".into()
}

async fn understand(
    engine: &Engine,
    message: EventMessage,
    limits: &mut BTreeMap<String, Option<u64>>,
) -> Happening {
    let actor = message.actor.unwrap_or_default();
    let (Some(id), Some(Kind::CONTAINER)) = (actor.id, message.typ) else { return Happening::Other };
    let action = message.action.unwrap_or_default();
    if matches!(action.as_str(), "create" | "start") && !limits.contains_key(&id) {
        let inspected = crate::measure::engine::inspect(engine, &id, engine.call_timeout).await;
        limits.extend(inspected.ok().map(|inspected| (id.clone(), inspected.memory_limit)));
    }
    let memory_limit = limits.get(&id).copied().flatten();
    if action == "destroy" {
        limits.remove(&id);
    }
    let mut labels: BTreeMap<String, String> = actor.attributes.unwrap_or_default().into_iter().collect();
    Happening::Container(Box::new(ContainerEvent {
        engine: engine.host.clone(),
        at: message.time_nano.and_then(|nanos| Timestamp::from_millisecond(nanos / 1_000_000).ok()),
        id,
        name: labels.remove("name").unwrap_or_default(),
        action,
        exit_code: labels.remove("exitCode").and_then(|code| code.parse().ok()),
        memory_limit,
        labels,
    }))
}
