//! What machines read: the wire format, apart from the types we work with.

use std::path::Path;

use drydock_common::{Error, Timestamp, VERSION, now};
use serde::Serialize;

use crate::look::Look;
use crate::process::Outsider;
use crate::record::{Phase, Record};

/// `envlock.status/1`.
#[derive(Debug, Serialize)]
pub struct Status {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    locks: Vec<Lock>,
}

#[derive(Debug, Serialize)]
struct Lock {
    name: String,
    verdict: &'static str,
    holders: Vec<Entry>,
    queue: Vec<Entry>,
    outsiders: Vec<Outside>,
}

#[derive(Debug, Serialize)]
struct Entry {
    ticket: u64,
    mode: String,
    slot: Option<u32>,
    phase: &'static str,
    user: String,
    host: String,
    pid: u32,
    boot_id: String,
    command: Vec<String>,
    purpose: Option<String>,
    queued_at: Timestamp,
    entered_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Outside {
    pid: u32,
    command: Vec<String>,
}

impl Status {
    /// Puts several looks on the wire.
    pub fn new(looks: Vec<Look>) -> Self {
        let free = looks.iter().all(Look::is_free);
        Self {
            schema: "envlock.status/1",
            tool_version: VERSION,
            at: now(),
            verdict: verdict(free),
            locks: looks.into_iter().map(Lock::from).collect(),
        }
    }
}

const fn verdict(free: bool) -> &'static str {
    if free { "free" } else { "held" }
}

impl From<Look> for Lock {
    fn from(look: Look) -> Self {
        Self {
            verdict: verdict(look.is_free()),
            name: look.name,
            holders: look.holders.into_iter().map(Entry::from).collect(),
            queue: look.queue.into_iter().map(Entry::from).collect(),
            outsiders: look.outsiders.into_iter().map(Outside::from).collect(),
        }
    }
}

impl From<Record> for Entry {
    fn from(record: Record) -> Self {
        Self {
            ticket: record.ticket,
            mode: record.mode,
            slot: record.slot,
            phase: match record.phase {
                Phase::Waiting => "waiting",
                Phase::Setup => "setup",
                Phase::Running => "running",
                Phase::Teardown => "teardown",
            },
            user: record.user,
            host: record.process.host,
            pid: record.process.pid,
            boot_id: record.process.boot_id,
            command: record.command,
            purpose: record.purpose,
            queued_at: record.queued_at,
            entered_at: record.entered_at,
        }
    }
}

impl From<Outsider> for Outside {
    fn from(outsider: Outsider) -> Self {
        Self { pid: outsider.pid, command: outsider.command }
    }
}

/// `envlock.run/1`: one run of a command, or a try.
#[derive(Debug, Serialize)]
pub struct Run {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    name: String,
    mode: String,
    slot: Option<u32>,
    ticket: Option<u64>,
    waited_ms: u64,
    held_ms: Option<u64>,
    exit_code: u8,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// done or busy.
    pub verdict: &'static str,
    /// How it was asked for.
    pub mode: String,
    /// The slot it had.
    pub slot: Option<u32>,
    /// The ticket it had.
    pub ticket: Option<u64>,
    /// How long it took to get in, or until it gave up.
    pub waited_ms: u64,
    /// How long it was inside.
    pub held_ms: Option<u64>,
    /// How envlock ends.
    pub exit_code: u8,
}

/// Writes `envlock.run/1` to a file.
pub fn write_run(path: &Path, name: &str, outcome: Outcome) -> Result<(), Error> {
    let run = Run {
        schema: "envlock.run/1",
        tool_version: VERSION,
        at: now(),
        verdict: outcome.verdict,
        name: name.to_owned(),
        mode: outcome.mode,
        slot: outcome.slot,
        ticket: outcome.ticket,
        waited_ms: outcome.waited_ms,
        held_ms: outcome.held_ms,
        exit_code: outcome.exit_code,
    };
    let text = serde_json::to_string(&run).map_err(|e| Error::failed("write the report", e))? + "\n";
    std::fs::write(path, text).map_err(|e| Error::failed(format!("write {}", path.display()), e))
}
