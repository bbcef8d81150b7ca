//! What machines read: the wire format, apart from the types we work with.

use std::path::Path;

use evenkeel_common::{Error, Timestamp, VERSION, now};
use serde::Serialize;

use crate::cli::HoldArgs;
use crate::history::{End, Past, millis, percentile};
use crate::look::Look;
use crate::process::Outsider;
use crate::queue::Mode;
use crate::record::{Phase, Record};
use crate::session::{self, Session};

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
    dirty: bool,
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
    process_start: u64,
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
            dirty: look.dirty,
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
            process_start: record.process.start,
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
    /// The main lock.
    pub name: String,
    /// done or busy.
    pub verdict: &'static str,
    /// How it was asked for.
    pub mode: String,
    /// The slot it had.
    pub slot: Option<u32>,
    /// The ticket it had; none where an outer envlock held the main lock, or where it never got in.
    pub ticket: Option<u64>,
    /// How long it took to get in, or until it gave up.
    pub waited_ms: u64,
    /// How long it was inside.
    pub held_ms: Option<u64>,
    /// How envlock ends.
    pub exit_code: u8,
}

impl Outcome {
    /// What is known before the command runs.
    pub fn before(session: &Session<'_>, args: &HoldArgs) -> Self {
        let main = session.main();
        Self {
            name: args.name.clone().unwrap_or_default(),
            verdict: "done",
            mode: session::mode(args).to_string(),
            slot: main.and_then(|main| main.record.slot),
            ticket: main.map(|main| main.record.ticket),
            waited_ms: main.map_or(0, |main| millis(main.waited)),
            held_ms: None,
            exit_code: 0,
        }
    }

    /// What is known when it came to nothing.
    pub fn busy(name: &str, mode: Mode, waited_ms: u64, exit_code: u8) -> Self {
        Self {
            name: name.to_owned(),
            verdict: "busy",
            mode: mode.to_string(),
            slot: None,
            ticket: None,
            waited_ms,
            held_ms: None,
            exit_code,
        }
    }
}

/// Writes `envlock.run/1` to a file.
pub fn write_run(path: &Path, outcome: Outcome) -> Result<(), Error> {
    let run = Run {
        schema: "envlock.run/1",
        tool_version: VERSION,
        at: now(),
        verdict: outcome.verdict,
        name: outcome.name,
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

/// `envlock.history/1`.
#[derive(Debug, Serialize)]
pub struct History {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    /// The environment.
    pub name: String,
    /// How many holds are remembered.
    pub holds: usize,
    /// Lines of the history that could not be read.
    pub skipped: usize,
    /// Half of all holds took no longer than this.
    pub held_p50_ms: Option<u64>,
    /// 95 % of all holds took no longer than this.
    pub held_p95_ms: Option<u64>,
    /// Half of all waits took no longer than this.
    pub waited_p50_ms: Option<u64>,
    /// 95 % of all waits took no longer than this.
    pub waited_p95_ms: Option<u64>,
    /// The last holds, oldest first.
    pub last: Vec<PastHold>,
}

/// A hold in `envlock.history/1`.
#[derive(Debug, Serialize)]
pub struct PastHold {
    /// When it ended.
    pub at: Timestamp,
    /// done, died or broken.
    pub end: &'static str,
    /// Its ticket.
    pub ticket: u64,
    /// exclusive, shared or slot.
    pub mode: String,
    slot: Option<u32>,
    /// Who.
    pub user: String,
    host: String,
    pid: u32,
    /// What it ran.
    pub command: Vec<String>,
    purpose: Option<String>,
    /// How long it waited.
    pub waited_ms: Option<u64>,
    /// How long it held.
    pub held_ms: Option<u64>,
    /// How its command ended.
    pub exit_code: Option<u8>,
    /// Who broke it.
    pub broken_by: Option<String>,
    /// And why.
    pub reason: Option<String>,
}

impl History {
    /// Puts the last holds on the wire, with figures over all of them.
    pub fn new(name: &str, mut records: Vec<Past>, skipped: usize, last: usize) -> Self {
        let mut held: Vec<u64> = records.iter().filter_map(|past| past.held_ms).collect();
        let mut waited: Vec<u64> = records.iter().filter_map(|past| past.waited_ms).collect();
        Self {
            schema: "envlock.history/1",
            tool_version: VERSION,
            at: now(),
            verdict: "done",
            name: name.to_owned(),
            holds: records.len(),
            skipped,
            held_p50_ms: percentile(&mut held, 50),
            held_p95_ms: percentile(&mut held, 95),
            waited_p50_ms: percentile(&mut waited, 50),
            waited_p95_ms: percentile(&mut waited, 95),
            last: records
                .split_off(records.len().saturating_sub(last))
                .into_iter()
                .map(PastHold::from)
                .collect(),
        }
    }
}

impl From<Past> for PastHold {
    fn from(past: Past) -> Self {
        Self {
            at: past.at,
            end: match past.end {
                End::Done => "done",
                End::Died => "died",
                End::Broken => "broken",
            },
            ticket: past.ticket,
            mode: past.mode,
            slot: past.slot,
            user: past.user,
            host: past.host,
            pid: past.pid,
            command: past.command,
            purpose: past.purpose,
            waited_ms: past.waited_ms,
            held_ms: past.held_ms,
            exit_code: past.exit_code,
            broken_by: past.broken_by,
            reason: past.reason,
        }
    }
}

/// `envlock.break/1`.
#[derive(Debug, Serialize)]
pub struct Broken {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    name: String,
    ticket: Option<u64>,
    killed: bool,
}

impl Broken {
    /// What became of a ticket; none where nobody held the lock.
    pub fn new(name: &str, ticket: Option<u64>, killed: bool) -> Self {
        Self {
            schema: "envlock.break/1",
            tool_version: VERSION,
            at: now(),
            verdict: if ticket.is_some() { "broken" } else { "free" },
            name: name.to_owned(),
            ticket,
            killed,
        }
    }
}
