//! The records of the history.

use evenkeel_common::{BootTimestamp, Timestamp};
use serde::{Deserialize, Serialize};

/// A service: the same whichever container runs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Service {
    /// The engine, as a URL.
    pub host: String,
    /// Compose project; `null` for a container outside Compose.
    pub project: Option<String>,
    /// Compose service, or the container's name.
    pub name: String,
}

impl Service {
    /// For people: `project/service`, or the container's name.
    pub(crate) fn shown(&self) -> String {
        match &self.project {
            Some(project) => format!("{project}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A restart is about to be made.
    Begin,
    /// A restart ended, healthy or not.
    End,
    /// A restart was refused.
    Refused,
    /// The breaker was tripped.
    Trip,
    /// A person reset the service: what was before does not count any more.
    Reset,
}

/// The rule that made a decision, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    /// The caller gave `--force`.
    Forced,
    /// It is healthy already.
    Healthy,
    /// It is starting, or Docker restarts it.
    Starting,
    /// Another process restarted it meanwhile.
    Coalesced,
    /// The breaker is open, or is to close only after a stable time.
    Breaker,
    /// The one probe of a half-open breaker.
    Probe,
    /// A cause that no restart can remove.
    #[serde(rename = "hopeless")]
    Unrecoverable,
    /// Time since the end of the last restart of the service.
    Cooldown,
    /// Attempts within the window.
    Window,
    /// Restarts of all services within a minute.
    Machine,
    /// No limit is reached.
    Free,
}

impl Rule {
    /// The name in JSON and in text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Healthy => "healthy",
            Self::Starting => "starting",
            Self::Coalesced => "coalesced",
            Self::Breaker => "breaker",
            Self::Probe => "probe",
            Self::Unrecoverable => "hopeless",
            Self::Cooldown => "cooldown",
            Self::Window => "window",
            Self::Machine => "machine",
            Self::Free => "free",
        }
    }
}

/// The state of a breaker, without its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BreakerName {
    /// Restarts pass, within the other limits.
    Closed,
    /// Restarts are refused until its time is over.
    Open,
    /// It was open long enough: one probe may pass.
    HalfOpen,
    /// The probe came up, and has yet to stay up.
    Proving,
}

impl BreakerName {
    /// The name in JSON and in text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::Proving => "proving",
        }
    }
}

/// One line of the history. How it is read stands in `record_line`.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Version of this line's format.
    pub(crate) v: u32,
    pub(crate) action: Action,
    #[serde(flatten)]
    pub(crate) service: Service,
    /// When it was written.
    #[serde(flatten)]
    pub(crate) time: BootTimestamp,
    /// Number that a begin and its end share.
    pub(crate) attempt: Option<u64>,
    /// Process that wrote it.
    pub(crate) pid: u32,
    /// User that ran it.
    pub(crate) user: String,
    /// Number of the user whose file it was read from; 0 in a history of one user.
    #[serde(skip)]
    pub(crate) owner: u32,
    /// At an end: whether the service came up healthy.
    pub(crate) healthy: Option<bool>,
    /// At an end: time from the begin to healthy, or to giving up.
    pub(crate) took_ms: Option<u64>,
    /// Cause of a failure, a refusal or a trip, or what the user gave as the reason.
    pub reason: Option<String>,
    /// The gate was overridden.
    pub(crate) forced: bool,
    /// At a begin: the service had been killed at its memory limit.
    pub(crate) oom_killed: bool,
    /// At a begin or a refusal: what the decision was based on.
    #[serde(rename = "ruling")]
    pub(crate) decision: Option<DecisionRecord>,
}

/// What a decision was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DecisionRecord {
    pub(crate) rule: Rule,
    /// When another try makes sense.
    pub(crate) retry_after_s: Option<u64>,
    /// Attempts within the window, before this one.
    pub(crate) attempts_used: usize,
    pub(crate) attempts_limit: usize,
    pub(crate) window_s: u64,
    /// Length of the last cooldown.
    pub(crate) cooldown_s: u64,
    pub(crate) cooldown_left_s: u64,
    /// Failures in a row.
    pub(crate) failures: u32,
    pub(crate) breaker: BreakerName,
    /// Trips in a row.
    pub(crate) trips: u32,
    /// Restarts of all services within the last minute.
    pub(crate) machine_used: usize,
    pub(crate) machine_limit: usize,
}

impl Record {
    /// A record about a service, written now by this process.
    pub fn new(action: Action, service: &Service) -> Self {
        Self {
            v: 1,
            action,
            service: service.clone(),
            time: BootTimestamp::now(),
            attempt: None,
            pid: std::process::id(),
            user: user(),
            owner: 0,
            healthy: None,
            took_ms: None,
            reason: None,
            forced: false,
            oom_killed: false,
            decision: None,
        }
    }

    /// What a begin and its end have in common. The number alone could be repeated by another user.
    pub(crate) fn attempt_of_user(&self) -> Option<(u32, u64)> {
        Some((self.owner, self.attempt?))
    }

    /// Whether this is the end of the attempt that `begin` started.
    pub(crate) fn is_end_of(&self, begin: &Self) -> bool {
        self.action == Action::End && self.attempt_of_user() == begin.attempt_of_user()
    }
}

fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".into())
}

/// A number for a new attempt: no two attempts of a machine share a nanosecond.
pub(crate) fn new_attempt() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(0)
}
