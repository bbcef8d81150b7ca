//! What a ticket records about its owner: for people, for `envlock break`, and for recovery after a crash. It never
//! decides who holds a lock; the kernel does.

use evenkeel_common::Timestamp;
use serde::{Deserialize, Serialize};

/// Name of the variable that tells a command its slot.
pub(crate) const SLOT_VAR: &str = "ENVLOCK_SLOT";

/// How far the owner of a ticket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// In the queue.
    Waiting,
    /// Holds the lock and prepares the environment.
    Setup,
    /// Holds the lock and runs the command.
    Running,
    /// Holds the lock and takes the environment down.
    Teardown,
}

/// Identifies a process, so that a later one with the same pid is not mistaken for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// When it started, in the kernel's ticks since boot; 0 where the system does not say.
    pub(crate) start: u64,
    /// Empty where the system does not say.
    pub(crate) boot_id: String,
    /// 0 where there are no pid namespaces.
    pub(crate) pid_namespace: u64,
    pub(crate) host: String,
}

/// Who holds or waits for a lock, since when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) ticket: u64,
    /// exclusive, shared or slot.
    pub(crate) mode: String,
    pub(crate) slot: Option<u32>,
    pub(crate) phase: Phase,
    pub(crate) user: String,
    /// The envlock process.
    pub(crate) process: Process,
    pub(crate) command: Vec<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) queued_at: Timestamp,
    pub(crate) entered_at: Option<Timestamp>,
    /// Whether its command runs in an environment that was set up and will be taken down.
    #[serde(default)]
    pub(crate) in_environment: bool,
    /// The user whose ticket it is, by number, where the directory is shared: his processes alone are ended for it.
    #[serde(skip)]
    pub(crate) owner: Option<u32>,
}

impl Record {
    /// Whether its owner holds the lock without the environment. What its death leaves behind is recorded nowhere else.
    pub(crate) fn is_plain_holder(&self) -> bool {
        self.phase == Phase::Running && !self.in_environment
    }

    /// Whether its owner uses the environment, sets it up or takes it down.
    pub(crate) fn is_in_environment(&self) -> bool {
        match self.phase {
            Phase::Waiting => false,
            Phase::Setup | Phase::Teardown => true,
            Phase::Running => self.in_environment,
        }
    }
}

/// The ticket of the main lock of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MainTicket {
    pub(crate) number: u64,
    pub(crate) slot: Option<u32>,
}

/// What `envlock break` writes beside a ticket, for its owner and for the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BreakNote {
    /// The user who breaks the lock.
    pub(crate) by: String,
    pub(crate) reason: String,
}
