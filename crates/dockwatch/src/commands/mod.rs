//! One file a subcommand: measure, decide, act and report meet here and nowhere else.

pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod enforce;
pub(crate) mod follow;
pub(crate) mod history;
mod image_uses;
pub(crate) mod metrics;
pub(crate) mod predict;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod top;

use std::io::Write as _;
use std::time::Duration;

use evenkeel_common::{Timestamp, now};

use crate::measure::poll_schedule::PollSchedule;
use crate::measure::sample::Query;

/// In commands that show samples, the engine is asked for everything this often even without events.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// A busy engine can take this long to answer a heartbeat.
const MIN_HEARTBEAT: Duration = Duration::from_secs(1);

/// The schedule of commands that show samples: one that hangs is noticed within two intervals.
fn live_schedule(interval: Duration) -> PollSchedule {
    let limit = interval.max(MIN_HEARTBEAT);
    PollSchedule::new(MAX_POLL_INTERVAL, Query::IfAnswering(limit), Query::KernelAndHeartbeat(limit))
}

/// The moment from which on records are wanted.
fn since(age: Option<Duration>) -> Option<Timestamp> {
    age.and_then(|age| now().checked_sub(age).ok())
}

/// Writes a message to stderr. It is lost where stderr is closed.
fn report_message(text: &str) {
    let _ = writeln!(std::io::stderr(), "dockwatch: {text}");
}
