//! What happened to a container, according to its inspect, its health checks and the engine's events.

use evenkeel_common::Timestamp;

use crate::model::container::{ContainerSummary, Health};

/// Everything known about what happened to one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) summary: ContainerSummary,
    /// `None` where it could not be inspected.
    pub(crate) inspected: Option<Inspected>,
    /// Its events, oldest first, as far back as the engine keeps them.
    pub(crate) events: Vec<PastEvent>,
}

impl Evidence {
    /// Its service where it has one, else its name.
    pub(crate) fn service_or_name(&self) -> &str {
        self.summary.service().unwrap_or(&self.summary.name)
    }

    /// The result of its health check: that of the inspect, which is newer, else that of the list.
    pub(crate) fn health(&self) -> Option<Health> {
        match &self.inspected {
            Some(found) => found.health.as_ref().and_then(|log| Health::parse(&log.status)),
            None => self.summary.health,
        }
    }

    /// The exit code of a container that has ended: that of the inspect, else that of the list.
    pub(crate) fn exit_code(&self) -> Option<i64> {
        self.inspected.as_ref().and_then(|found| found.exit_code).or(self.summary.exit_code)
    }
}

/// What an inspect says about what happened to a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inspected {
    pub(crate) created_at: Option<Timestamp>,
    /// When it was last started; `None` where it never was.
    pub(crate) started_at: Option<Timestamp>,
    /// When it last ended; `None` where it never did.
    pub(crate) finished_at: Option<Timestamp>,
    /// Exit code of its last end; `None` where it has not ended.
    pub(crate) exit_code: Option<i64>,
    /// Why the engine could not start it; empty where it could.
    pub(crate) start_error: String,
    pub(crate) oom_killed: bool,
    /// Bytes; `None` is unlimited.
    pub(crate) memory_limit: Option<u64>,
    /// Restarts by the engine's restart policy.
    pub(crate) restarts: u64,
    /// `None` without a health check.
    pub(crate) health: Option<HealthLog>,
}

/// The results of a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HealthLog {
    /// As the engine names it: `starting`, `healthy`, `unhealthy`.
    pub(crate) status: String,
    /// Checks that failed since the last one that passed.
    pub(crate) failing_streak: u64,
    /// The last checks, oldest first; the engine keeps five.
    pub(crate) checks: Vec<HealthCheck>,
}

/// One run of a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) exit_code: i64,
    pub(crate) output: String,
}

/// An event of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastEvent {
    pub(crate) at: Timestamp,
    /// As the engine names it: `die`, `oom`, `health_status: unhealthy`, …
    pub(crate) action: String,
    /// Exit code of a container that ended.
    pub(crate) exit_code: Option<i64>,
}
