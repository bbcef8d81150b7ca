//! What people read.

use std::fmt::Write as _;
use std::time::Duration;

use evenkeel_common::{Timestamp, now, units};

use crate::history::{Past, usual};
use crate::look::Look;
use crate::record::{Phase, Record};
use crate::report::History;

/// Says who is in the way of the envlock process `waiter`, where that one stands, and when it may come to its turn.
pub fn explain(look: &Look, past: &[Past], waiter: Option<u32>) -> String {
    let mut text = String::new();
    for holder in &look.holders {
        let _ = writeln!(text, "  held by {}", holder_line(holder));
    }
    for outsider in &look.outsiders {
        let _ = writeln!(text, "  held from outside by pid {}: {}", outsider.pid, shown(&outsider.command));
    }
    let ahead = look.queue.iter().take_while(|record| Some(record.process.pid) != waiter).count();
    match waiter {
        Some(_) => {
            let _ = writeln!(text, "  place in the queue: {}", ahead + 1);
        }
        None if ahead > 0 => {
            let _ = writeln!(text, "  waiting: {ahead}");
        }
        None => {}
    }
    if let Some(guess) = guess(look, past, ahead) {
        let _ = writeln!(text, "  {guess}");
    }
    text
}

/// When it probably comes free for whoever has that many ahead in the queue, if the past is a guide.
fn guess(look: &Look, past: &[Past], ahead: usize) -> Option<String> {
    let mut total = Duration::ZERO;
    for holder in &look.holders {
        let usual = usual(past, &holder.command)?;
        let spent = since_then(holder.entered_at?);
        if spent > usual {
            return Some(format!("that is longer than usual ({})", units::show_duration(usual)));
        }
        total = total.max(usual.saturating_sub(spent));
    }
    for waiter in look.queue.iter().take(ahead) {
        total = total.saturating_add(usual(past, &waiter.command)?);
    }
    let shown = units::show_duration(total);
    (!look.holders.is_empty()).then(|| format!("probably free in about {shown}, going by earlier holds"))
}

/// `alice@host (ticket 7, pid 123), exclusive for 2m: make test (nightly)`.
pub fn holder_line(record: &Record) -> String {
    let since = record.entered_at.unwrap_or(record.queued_at);
    let mut text = format!(
        "{}@{} (ticket {}, pid {}), {}",
        record.user, record.process.host, record.ticket, record.process.pid, record.mode
    );
    if let Some(slot) = record.slot {
        let _ = write!(text, " {slot}");
    }
    let _ = write!(text, " for {}: {}", units::show_duration(since_then(since)), shown(&record.command));
    if let Some(purpose) = &record.purpose {
        let _ = write!(text, " ({})", shown(std::slice::from_ref(purpose)));
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
        let _ = writeln!(text, "  outsider pid {}: {}", outsider.pid, shown(&outsider.command));
    }
    for (index, waiter) in look.queue.iter().enumerate() {
        let _ = writeln!(text, "  waiting {}: {}", index + 1, holder_line(waiter));
    }
    if look.dirty {
        text.push_str("  not taken down by its last user; the next --teardown clears it\n");
    }
    text
}

/// The past of one environment.
pub fn history(history: &History) -> String {
    let known =
        |ms: Option<u64>| ms.map_or_else(|| "-".into(), |ms| units::show_duration(Duration::from_millis(ms)));
    let mut text = format!("{}: {} holds\n", history.name, history.holds);
    if history.holds == 0 {
        return text;
    }
    let _ =
        writeln!(text, "  held    p50 {}, p95 {}", known(history.held_p50_ms), known(history.held_p95_ms));
    let _ = writeln!(
        text,
        "  waited  p50 {}, p95 {}",
        known(history.waited_p50_ms),
        known(history.waited_p95_ms)
    );
    if history.skipped > 0 {
        let _ = writeln!(text, "  {} lines could not be read", history.skipped);
    }
    for past in &history.last {
        let end = past
            .exit_code
            .filter(|_| past.end == "done")
            .map_or_else(|| past.end.to_owned(), |code| code.to_string());
        let _ = write!(
            text,
            "{}  {:<9}  waited {:>7}  held {:>7}  {end:>6}  {}: {}",
            past.at.strftime("%Y-%m-%d %H:%M:%SZ"),
            past.mode,
            known(past.waited_ms),
            known(past.held_ms),
            past.user,
            shown(&past.command)
        );
        match (&past.broken_by, &past.reason) {
            (Some(by), Some(reason)) => {
                let _ = writeln!(text, " (broken by {by}: {reason})");
            }
            _ => text.push('\n'),
        }
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

/// Somebody else's words on one line that fits, without what a terminal would obey.
fn shown(words: &[String]) -> String {
    const FITS: usize = 100;
    let line = words.join(" ").replace(char::is_control, " ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(FITS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_cannot_break_the_line_or_the_terminal() {
        assert_eq!(shown(&["sh".into(), "-c".into(), "a\n  b\x1b[2J".into()]), "sh -c a b [2J");
        let long = shown(&["é".repeat(200)]);
        assert_eq!(long, format!("{}...", "é".repeat(100)));
    }
}
