//! What a ticket says about its owner: for people, for `break`, and for whoever cleans up after a crash.
//! Nothing here decides who holds a lock; the kernel does.

use evenkeel_common::Timestamp;
use serde::{Deserialize, Serialize};

use crate::queue::Mode;

/// How far a ticket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In the queue.
    Waiting,
    /// Inside, preparing the environment.
    Setup,
    /// Inside, running the command.
    Running,
    /// Inside, taking the environment down.
    Teardown,
}

/// One process, so well described that a later one with the same pid is not mistaken for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its pid.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot; 0 where the system does not tell.
    pub start: u64,
    /// The boot it belongs to; empty where the system does not tell.
    pub boot_id: String,
    /// The pid namespace it belongs to; 0 where there are none.
    pub pid_namespace: u64,
    /// The machine it runs on.
    pub host: String,
}

/// Who holds or wants a lock, since when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The ticket's number.
    pub ticket: u64,
    /// exclusive, shared or slot.
    pub mode: String,
    /// The slot it holds.
    pub slot: Option<u32>,
    /// How far it has come.
    pub phase: Phase,
    /// The user's name.
    pub user: String,
    /// The envlock process.
    pub process: Process,
    /// The command, as words.
    pub command: Vec<String>,
    /// Why, in the user's words.
    pub purpose: Option<String>,
    /// When it came.
    pub queued_at: Timestamp,
    /// When it got the lock.
    pub entered_at: Option<Timestamp>,
    /// Whether it runs in an environment that a set-up has made and a take-down will remove.
    #[serde(default)]
    pub in_environment: bool,
}

impl Record {
    /// What `ENVLOCK_HELD` says about this ticket: unique on this machine until it boots again.
    pub fn token(&self, name: &str, mode: Mode) -> String {
        format!("{name}:{}:{}:{}-{}", mode.letter(), self.ticket, self.process.pid, self.process.start)
    }
}
