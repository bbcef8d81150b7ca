//! What people read.

use std::fmt::Write as _;
use std::time::Duration;

use drydock_common::{Timestamp, now, units};

use crate::look::Look;
use crate::record::{Phase, Record};

/// Says who is in the way of ticket `own`, and where that one stands.
pub fn explain(look: &Look, own: Option<u64>) -> String {
    let mut text = String::new();
    for holder in &look.holders {
        let _ = writeln!(text, "  held by {}", holder_line(holder));
    }
    for outsider in &look.outsiders {
        let _ = writeln!(text, "  held from outside by pid {}: {}", outsider.pid, outsider.command.join(" "));
    }
    let ahead = look.queue.iter().filter(|record| own.is_none_or(|own| record.ticket < own)).count();
    match own {
        Some(_) => {
            let _ = writeln!(text, "  place in the queue: {}", ahead + 1);
        }
        None if ahead > 0 => {
            let _ = writeln!(text, "  {ahead} waiting");
        }
        None => {}
    }
    text
}

/// `ticket 7, alice@host pid 123, exclusive for 2m: make test (nightly)`.
pub fn holder_line(record: &Record) -> String {
    let since = record.entered_at.unwrap_or(record.queued_at);
    let mut text = format!(
        "{}@{} (ticket {}, pid {}), {}",
        record.user, record.process.host, record.ticket, record.process.pid, record.mode
    );
    if let Some(slot) = record.slot {
        let _ = write!(text, " {slot}");
    }
    let _ = write!(text, " for {}: {}", units::show_duration(since_then(since)), record.command.join(" "));
    if let Some(purpose) = &record.purpose {
        let _ = write!(text, " ({purpose})");
    }
    match record.phase {
        Phase::Setup => text.push_str(" [in set-up]"),
        Phase::Teardown => text.push_str(" [in take-down]"),
        Phase::Waiting | Phase::Running => {}
    }
    text
}

/// The status of one environment.
pub fn status(look: &Look) -> String {
    let state = if look.is_free() { "free" } else { "held" };
    let mut text = format!("{}: {state}\n", look.name);
    for holder in &look.holders {
        let _ = writeln!(text, "  {}", holder_line(holder));
    }
    for outsider in &look.outsiders {
        let _ = writeln!(text, "  outsider pid {}: {}", outsider.pid, outsider.command.join(" "));
    }
    for (index, waiter) in look.queue.iter().enumerate() {
        let _ = writeln!(text, "  waiting {}: {}", index + 1, holder_line(waiter));
    }
    text
}

/// How long ago that was by the wall clock; nothing where the clock was set back.
pub fn since_then(then: Timestamp) -> Duration {
    let seconds = now().duration_since(then).as_millis();
    Duration::from_millis(u64::try_from(seconds).unwrap_or(0))
}

/// A wait as people say it: without the milliseconds where they do not matter.
pub fn rounded(duration: Duration) -> String {
    units::show_duration(duration)
}
