//! What machines read. These types are the documented format, apart from those that envlock works with.

use std::time::Duration;

use evenkeel_common::state::shared::Sharing;
use evenkeel_common::{Timestamp, VERSION, now};
use serde::Serialize;

use crate::lock::status::LockStatus;
use crate::model::environment::{Dirty, Environment, EnvironmentPhase, Keep, Teardown, Unused};
use crate::model::queue::Mode;
use crate::model::record::{MainTicket, Phase, Record};
use crate::model::swept::{Action, Swept};
use crate::store::history::{HistorySummary, HoldEnd, PastHold};
use crate::system::Outsider;

/// `envlock.status/1`.
#[derive(Debug, Serialize)]
pub(crate) struct StatusJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: LockVerdict,
    locks: Vec<LockJson>,
    /// The state directory in which the locks are.
    state_directory: String,
    /// Whether all users of the machine share it.
    shared: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum LockVerdict {
    Free,
    Held,
}

impl LockVerdict {
    fn of(status: &LockStatus) -> Self {
        if status.is_free() { Self::Free } else { Self::Held }
    }
}

#[derive(Debug, Serialize)]
struct LockJson {
    name: String,
    verdict: LockVerdict,
    dirty: bool,
    holders: Vec<TicketJson>,
    queue: Vec<TicketJson>,
    outsiders: Vec<OutsiderJson>,
    /// Null where it is not dirty.
    dirty_reason: Option<Dirty>,
    /// Null where nothing is recorded, or where the record cannot be read.
    environment: Option<EnvironmentJson>,
}

#[derive(Debug, Serialize)]
struct EnvironmentJson {
    state: EnvironmentState,
    phase: EnvironmentPhase,
    key: Option<String>,
    user: String,
    host: String,
    up_since: Timestamp,
    kept: KeptJson,
    kept_for_ms: Option<u64>,
    kept_by: Option<String>,
    kept_until: Option<Timestamp>,
    idle_since: Option<Timestamp>,
    teardown: Option<String>,
    directory: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum EnvironmentState {
    InUse,
    Kept,
    Expired,
    Dirty,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum KeptJson {
    No,
    UntilTold,
    For,
}

impl EnvironmentJson {
    fn new(environment: &Environment, unused: Option<Unused>) -> Self {
        let (kept, kept_for_ms) = match environment.kept {
            Keep::No => (KeptJson::No, None),
            Keep::UntilTold => (KeptJson::UntilTold, None),
            Keep::For { ms } => (KeptJson::For, Some(ms)),
        };
        let directory = |teardown: &Teardown| teardown.directory.to_string_lossy().into_owned();
        Self {
            state: EnvironmentState::of(unused),
            phase: environment.phase,
            key: environment.key.as_ref().map(ToString::to_string),
            user: environment.user.clone(),
            host: environment.host.clone(),
            up_since: environment.up_since,
            kept,
            kept_for_ms,
            kept_by: environment.kept_by.clone(),
            kept_until: kept_until(environment),
            idle_since: environment.idle_since.as_ref().map(|since| since.at),
            teardown: environment.teardown.as_ref().map(|teardown| teardown.command.clone()),
            directory: environment.teardown.as_ref().map(directory),
        }
    }
}

/// None where nobody has left it, or where that is beyond the range of the clock.
fn kept_until(environment: &Environment) -> Option<Timestamp> {
    let Keep::For { ms } = environment.kept else { return None };
    environment.idle_since.as_ref()?.at.checked_add(Duration::from_millis(ms)).ok()
}

impl EnvironmentState {
    fn of(unused: Option<Unused>) -> Self {
        match unused {
            None => Self::InUse,
            Some(Unused::Kept(_)) => Self::Kept,
            Some(Unused::Expired(_)) => Self::Expired,
            Some(Unused::Dirty(_) | Unused::Down) => Self::Dirty,
        }
    }
}

#[derive(Debug, Serialize)]
struct TicketJson {
    ticket: u64,
    mode: String,
    slot: Option<u32>,
    phase: Phase,
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
struct OutsiderJson {
    pid: u32,
    command: Vec<String>,
}

impl StatusJson {
    /// `place`: the directory or the store of the locks.
    pub(crate) fn new(locks: Vec<LockStatus>, place: String, sharing: Sharing) -> Self {
        let is_free = locks.iter().all(LockStatus::is_free);
        Self {
            schema: "envlock.status/1",
            tool_version: VERSION,
            at: now(),
            verdict: if is_free { LockVerdict::Free } else { LockVerdict::Held },
            locks: locks.into_iter().map(LockJson::from).collect(),
            state_directory: place,
            shared: sharing == Sharing::AllUsers,
        }
    }
}

impl From<LockStatus> for LockJson {
    fn from(status: LockStatus) -> Self {
        Self {
            verdict: LockVerdict::of(&status),
            dirty: status.dirty().is_some(),
            dirty_reason: status.dirty(),
            environment: status.recorded.known().map(|known| EnvironmentJson::new(known, status.unused)),
            name: status.name,
            holders: status.holders.into_iter().map(TicketJson::from).collect(),
            queue: status.queue.into_iter().map(TicketJson::from).collect(),
            outsiders: status.outsiders.into_iter().map(OutsiderJson::from).collect(),
        }
    }
}

impl From<Record> for TicketJson {
    fn from(record: Record) -> Self {
        Self {
            ticket: record.ticket,
            mode: record.mode,
            slot: record.slot,
            phase: record.phase,
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

impl From<Outsider> for OutsiderJson {
    fn from(outsider: Outsider) -> Self {
        Self { pid: outsider.pid, command: outsider.command }
    }
}

/// `envlock.run/1`: a run of a command, or an attempt.
#[derive(Debug, Serialize)]
pub(crate) struct RunJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: RunVerdict,
    name: String,
    mode: String,
    slot: Option<u32>,
    /// Null where an outer envlock holds the main lock, or where the lock was not taken.
    ticket: Option<u64>,
    waited_ms: u64,
    held_ms: Option<u64>,
    exit_code: u8,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum RunVerdict {
    Done,
    Busy,
    /// The command was ended because the lock could not be kept.
    Lost,
}

impl RunJson {
    /// An attempt that found the lock busy.
    pub(crate) fn busy(name: &str, mode: Mode, waited_ms: u64, exit_code: u8) -> Self {
        Self {
            schema: "envlock.run/1",
            tool_version: VERSION,
            at: now(),
            verdict: RunVerdict::Busy,
            name: name.to_owned(),
            mode: mode.to_string(),
            slot: None,
            ticket: None,
            waited_ms,
            held_ms: None,
            exit_code,
        }
    }

    /// A run that has taken its locks. `ticket` is that of the main lock, unless an outer envlock holds that.
    pub(crate) fn entered(name: &str, mode: Mode, ticket: Option<MainTicket>, waited_ms: u64) -> Self {
        Self {
            verdict: RunVerdict::Done,
            slot: ticket.and_then(|ticket| ticket.slot),
            ticket: ticket.map(|ticket| ticket.number),
            ..Self::busy(name, mode, waited_ms, 0)
        }
    }

    /// The run has ended.
    pub(crate) fn done(self, held_ms: u64, exit_code: u8) -> Self {
        Self { at: now(), held_ms: Some(held_ms), exit_code, ..self }
    }

    /// The run has ended, because its lock was lost.
    pub(crate) fn lost(self, held_ms: u64, exit_code: u8) -> Self {
        Self { verdict: RunVerdict::Lost, ..self.done(held_ms, exit_code) }
    }
}

/// `envlock.history/1`.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    name: String,
    holds: usize,
    skipped: usize,
    held_p50_ms: Option<u64>,
    held_p95_ms: Option<u64>,
    waited_p50_ms: Option<u64>,
    waited_p95_ms: Option<u64>,
    last: Vec<PastHoldJson>,
}

#[derive(Debug, Serialize)]
struct PastHoldJson {
    at: Timestamp,
    end: HoldEnd,
    ticket: u64,
    mode: String,
    slot: Option<u32>,
    user: String,
    host: String,
    pid: u32,
    command: Vec<String>,
    purpose: Option<String>,
    waited_ms: Option<u64>,
    held_ms: Option<u64>,
    exit_code: Option<u8>,
    broken_by: Option<String>,
    reason: Option<String>,
}

impl HistoryJson {
    pub(crate) fn new(name: &str, history: HistorySummary) -> Self {
        Self {
            schema: "envlock.history/1",
            tool_version: VERSION,
            at: now(),
            verdict: "done",
            name: name.to_owned(),
            holds: history.holds,
            skipped: history.skipped,
            held_p50_ms: history.held_ms.p50,
            held_p95_ms: history.held_ms.p95,
            waited_p50_ms: history.waited_ms.p50,
            waited_p95_ms: history.waited_ms.p95,
            last: history.last.into_iter().map(PastHoldJson::from).collect(),
        }
    }
}

impl From<PastHold> for PastHoldJson {
    fn from(past: PastHold) -> Self {
        Self {
            at: past.at,
            end: past.end,
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
pub(crate) struct BreakJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: BreakVerdict,
    name: String,
    ticket: Option<u64>,
    killed: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum BreakVerdict {
    Broken,
    Free,
}

impl BreakJson {
    pub(crate) fn broken(name: &str, ticket: u64, killed: bool) -> Self {
        Self { verdict: BreakVerdict::Broken, ticket: Some(ticket), killed, ..Self::free(name) }
    }

    /// Nobody held the lock.
    pub(crate) fn free(name: &str) -> Self {
        Self {
            schema: "envlock.break/1",
            tool_version: VERSION,
            at: now(),
            verdict: BreakVerdict::Free,
            name: name.to_owned(),
            ticket: None,
            killed: false,
        }
    }
}

/// `envlock.sweep/1`.
#[derive(Debug, Serialize)]
pub(crate) struct SweepJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: SweepVerdict,
    dry_run: bool,
    environments: Vec<SweptJson>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum SweepVerdict {
    Done,
    /// A take-down failed.
    Partial,
}

#[derive(Debug, Serialize)]
struct SweptJson {
    name: String,
    action: Action,
    reason: String,
    exit_code: Option<u8>,
}

impl SweepJson {
    /// `all` is sorted by name.
    pub(crate) fn new(all: &[Swept], dry_run: bool) -> Self {
        let has_failed = all.iter().any(|swept| swept.action == Action::Failed);
        let of_one = |swept: &Swept| SweptJson {
            name: swept.name.clone(),
            action: swept.action,
            reason: swept.reason.clone(),
            exit_code: swept.exit_code,
        };
        Self {
            schema: "envlock.sweep/1",
            tool_version: VERSION,
            at: now(),
            verdict: if has_failed { SweepVerdict::Partial } else { SweepVerdict::Done },
            dry_run,
            environments: all.iter().map(of_one).collect(),
        }
    }
}
