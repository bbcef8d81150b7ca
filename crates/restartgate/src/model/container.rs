//! What the engine says of a container.

use std::time::Duration;

use evenkeel_common::Timestamp;
use serde::Serialize;

/// What the engine says of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContainerStatus {
    pub(crate) id: String,
    /// Name without the slash.
    pub(crate) name: String,
    pub(crate) state: State,
    /// `None` without a health check.
    pub(crate) health: Option<HealthCheck>,
    /// When its process started, as the engine writes it: another value is another process.
    pub(crate) started_at: String,
    /// When its last process ended, by the engine's clock; `None` where the engine does not say.
    pub(crate) finished_at: Option<Timestamp>,
    /// Its first process as the engine's machine numbers it; 0 when it does not run.
    pub(crate) pid: u32,
    /// Time since its process started, by the wall clock here and the engine's start time.
    pub(crate) running_for: Duration,
    /// How often its restart policy has started it again.
    pub(crate) restart_count: u32,
    /// Exit code of its last process.
    pub(crate) exit_code: i64,
    /// Whether the kernel killed it for memory.
    pub(crate) oom_killed: bool,
    /// The engine's own error, such as a command that is not in the image.
    pub(crate) error: String,
    /// Memory limit in bytes; `None` without one.
    pub(crate) memory_limit: Option<u64>,
    /// Output of the last health check.
    pub(crate) last_check: Option<String>,
    /// Exit code of the last health check.
    pub(crate) last_check_exit_code: Option<i64>,
}

/// States of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Stopping,
    Exited,
    Dead,
    /// There is no such container any more.
    Removed,
    /// The engine did not say.
    #[default]
    Unknown,
}

impl State {
    /// The state with this name of the engine.
    pub(crate) fn parse(name: &str) -> Self {
        use State::{Created, Dead, Exited, Paused, Removing, Restarting, Running, Stopping};
        let all = [Created, Running, Paused, Restarting, Removing, Stopping, Exited, Dead];
        all.into_iter().find(|state| state.name() == name).unwrap_or_default()
    }

    /// The engine's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Stopping => "stopping",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
        }
    }
}

/// What a container's health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HealthCheck {
    Starting,
    Healthy,
    Unhealthy,
}
