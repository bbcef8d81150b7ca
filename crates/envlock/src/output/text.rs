//! What people read.

use std::fmt::Write as _;
use std::time::Duration;

use evenkeel_common::{Timestamp, now, terminal, units};

use crate::lock::status::LockStatus;
use crate::model::record::{Phase, Record};
use crate::store::history::{HistorySummary, HoldEnd, PastHold, typical_hold};

/// Says who holds the lock, where the envlock process `waiter` is in the queue, and when it may get the lock.
pub(crate) fn explain_wait(status: &LockStatus, past: &[PastHold], waiter: Option<u32>) -> String {
    let mut text = String::new();
    for holder in &status.holders {
        let _ = writeln!(text, "  held by {}", holder_line(holder));
    }
    for outsider in &status.outsiders {
        let command = one_line(&outsider.command);
        let _ = writeln!(text, "  held from outside by pid {}: {command}", outsider.pid);
    }
    let ahead = status.queue.iter().take_while(|record| Some(record.process.pid) != waiter).count();
    match waiter {
        Some(_) => {
            let _ = writeln!(text, "  place in the queue: {}", ahead + 1);
        }
        None if ahead > 0 => {
            let _ = writeln!(text, "  waiting: {ahead}");
        }
        None => {}
    }
    if let Some(estimate) = estimate(status, past, ahead) {
        let _ = writeln!(text, "  {estimate}");
    }
    text
}

/// When the lock will probably be free for somebody with so many waiting ahead; none without earlier holds.
fn estimate(status: &LockStatus, past: &[PastHold], ahead: usize) -> Option<String> {
    let mut total = Duration::ZERO;
    for holder in &status.holders {
        let typical = typical_hold(past, &holder.command)?;
        let elapsed = time_since(holder.entered_at?);
        if elapsed > typical {
            return Some(format!("that is longer than usual ({})", duration(typical)));
        }
        total = total.max(typical.saturating_sub(elapsed));
    }
    for waiter in status.queue.iter().take(ahead) {
        total = total.saturating_add(typical_hold(past, &waiter.command)?);
    }
    let time = duration(total);
    (!status.holders.is_empty()).then(|| format!("probably free in about {time}, going by earlier holds"))
}

/// `alice@host (ticket 7, pid 123), exclusive for 2m: make test (nightly)`.
pub(crate) fn holder_line(record: &Record) -> String {
    let since = record.entered_at.unwrap_or(record.queued_at);
    let mut text = format!(
        "{}@{} (ticket {}, pid {}), {}",
        record.user, record.process.host, record.ticket, record.process.pid, record.mode
    );
    if let Some(slot) = record.slot {
        let _ = write!(text, " {slot}");
    }
    let _ = write!(text, " for {}: {}", duration(time_since(since)), one_line(&record.command));
    if let Some(purpose) = &record.purpose {
        let _ = write!(text, " ({})", one_line(std::slice::from_ref(purpose)));
    }
    match record.phase {
        Phase::Setup => text.push_str(" [in set-up]"),
        Phase::Teardown => text.push_str(" [in take-down]"),
        Phase::Waiting | Phase::Running => {}
    }
    text
}

/// The status of one environment.
pub(crate) fn status(status: &LockStatus) -> String {
    let state = if status.is_free() { "free" } else { "held" };
    let mut text = format!("{}: {state}\n", status.name);
    for holder in &status.holders {
        let _ = writeln!(text, "  {}", holder_line(holder));
    }
    for outsider in &status.outsiders {
        let _ =
            writeln!(text, "  held from outside by pid {}: {}", outsider.pid, one_line(&outsider.command));
    }
    for (index, waiter) in status.queue.iter().enumerate() {
        let _ = writeln!(text, "  waiting {}: {}", index + 1, holder_line(waiter));
    }
    if status.dirty {
        text.push_str("  not taken down by its last user; the next --teardown clears it\n");
    }
    text
}

/// The history of one environment.
pub(crate) fn history(name: &str, history: &HistorySummary) -> String {
    let mut text = format!("{name}: {} holds\n", history.holds);
    if history.holds == 0 {
        return text;
    }
    let (held, waited) = (history.held_ms, history.waited_ms);
    let _ = writeln!(text, "  held    p50 {}, p95 {}", milliseconds(held.p50), milliseconds(held.p95));
    let _ = writeln!(text, "  waited  p50 {}, p95 {}", milliseconds(waited.p50), milliseconds(waited.p95));
    if history.skipped > 0 {
        let _ = writeln!(text, "  {} lines could not be read", history.skipped);
    }
    for past in &history.last {
        text.push_str(&past_hold(past));
    }
    text
}

fn past_hold(past: &PastHold) -> String {
    let end = match (past.end, past.exit_code) {
        (HoldEnd::Done, Some(code)) => code.to_string(),
        (HoldEnd::Done, None) => "done".to_owned(),
        (HoldEnd::Died, _) => "died".to_owned(),
        (HoldEnd::Broken, _) => "broken".to_owned(),
    };
    let mut text = format!(
        "{}  {:<9}  waited {:>7}  held {:>7}  {end:>6}  {}: {}",
        past.at.strftime("%Y-%m-%d %H:%M:%SZ"),
        past.mode,
        milliseconds(past.waited_ms),
        milliseconds(past.held_ms),
        past.user,
        one_line(&past.command)
    );
    if let (Some(by), Some(reason)) = (&past.broken_by, &past.reason) {
        let _ = write!(text, " (broken by {by}: {})", terminal::one_line(reason));
    }
    text.push('\n');
    text
}

fn milliseconds(time: Option<u64>) -> String {
    time.map_or_else(|| "-".into(), |ms| duration(Duration::from_millis(ms)))
}

/// How long ago that was by the wall clock; zero where the clock was set back.
fn time_since(then: Timestamp) -> Duration {
    let milliseconds = now().duration_since(then).as_millis();
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

/// A duration without digits that do not matter.
pub(crate) fn duration(duration: Duration) -> String {
    units::show_duration(duration)
}

/// Words of others on one line that is not too long.
fn one_line(words: &[String]) -> String {
    const MOST: usize = 100;
    terminal::clip(&terminal::one_line(&words.join(" ")), MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_cannot_break_the_line_or_the_terminal() {
        assert_eq!(one_line(&["sh".into(), "-c".into(), "a\n  b\x1b[2J".into()]), "sh -c a b [2J");
        let long = one_line(&["é".repeat(200)]);
        assert_eq!(long, format!("{}...", "é".repeat(100)));
    }
}
