//! The containers that `heal` looks after, and what the engine says has happened to them.

use evenkeel_common::Timestamp;

use super::container::{HealthCheck, State};
use super::definition::Dependency;
use super::record::Service;

/// A container of the scope, as the engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    /// Name without the slash.
    pub(crate) name: String,
    pub(crate) service: Service,
    pub(crate) state: State,
    /// `None` without a health check.
    pub(crate) health: Option<HealthCheck>,
    /// A label says that evenkeel must not stop it.
    pub(crate) protected: bool,
    /// `docker compose run` made it.
    pub(crate) one_off: bool,
    /// Another service waits for it to complete (`service_completed_successfully`).
    pub(crate) awaited: bool,
    /// ID or name of the container whose network namespace it uses.
    pub(crate) network_of: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Something that happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// ID of the container.
    pub(crate) id: String,
    pub(crate) kind: EventKind,
    /// When, by the engine's clock; `None` where it did not say.
    pub(crate) at: Option<Timestamp>,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    Started,
    /// Somebody asked the engine to end it, or has had it stopped.
    AskedToEnd,
    Ended,
    /// Its health check has another result than before.
    HealthChanged,
    Removed,
}

/// How the last process of a container ended, by the engine's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Somebody had asked the engine to end it.
    Asked,
    /// The engine ended it before it served anybody: it began again after a crash.
    ByEngine,
    ByItself,
    /// Between the time at which the engine was lost and that at which it began to serve again. No event tells more.
    WhileAway,
    /// No event of its end has reached us.
    Unrecorded(Seen),
}

/// Whether this process has seen a container running before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Running,
    Never,
}
