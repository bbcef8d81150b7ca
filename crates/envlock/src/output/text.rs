//! What people read.

use std::fmt::Write as _;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Timestamp, now, terminal, units};

use crate::lock::status::LockStatus;
use crate::model::environment::{Clear, Dirty, Environment, Recorded, SweepCause, Unused};
use crate::model::record::{Phase, Record};
use crate::model::setup_key::SetupKey;
use crate::model::swept::{Action, Swept};
use crate::store::history::{HistorySummary, HoldEnd, PastHold, typical_hold};

/// Says what the environment was started from where that is not the wanted key, who holds the lock, where the envlock
/// process `waiter` is in the queue, and when it may get the lock.
pub(crate) fn explain_wait(
    status: &LockStatus,
    past: &[PastHold],
    key: Option<&SetupKey>,
    waiter: Option<u32>,
) -> String {
    let mut text = String::new();
    if let Some(difference) = status.recorded.difference(key) {
        let _ = writeln!(text, "  {}", started_from_else(&status.name, &difference));
    }
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
    if let Some(environment) = status.recorded.known() {
        text.push_str(&environment_lines(&status.name, environment, status.unused));
    }
    if let Some(why) = status.dirty() {
        let _ = writeln!(text, "  dirty: {}; {}", dirty(why), clears(&status.recorded));
    }
    if let Recorded::Refused(cause) = &status.recorded {
        let _ = writeln!(text, "  its record cannot be used: {}", terminal::one_line(cause));
    }
    text
}

/// Where the locks are kept, and whose they are.
pub(crate) fn state_line(home: &Home) -> String {
    format!("locks in {}, {}\n", home.lock_path().display(), home.sharing().text())
}

/// Who set an environment up and when, from what, and how long it is kept.
fn environment_lines(name: &str, environment: &Environment, unused: Option<Unused>) -> String {
    let (user, host) = (&environment.user, &environment.host);
    let since = environment.up_since;
    let mut text = format!("  up since {} ({}) by {user}@{host}", clock(since), ago(since));
    if let Some(Unused::Kept(left)) = unused {
        let _ = write!(text, "; {}", kept(left));
    } else if let Some(Unused::Expired(limit)) = unused {
        let _ = write!(text, "; {}", expired(limit));
    }
    if unused.is_some() {
        let _ = write!(text, "; envlock down {name} takes it down");
    }
    text.push('\n');
    if let Some(key) = &environment.key {
        let _ = writeln!(text, "  started from {}", one_line(&[key.to_string()]));
    }
    text
}

/// What clears a dirty environment.
fn clears(recorded: &Recorded) -> String {
    let with = if recorded.known().is_some() { "--setup" } else { "--teardown" };
    format!("the next user with {with} clears it")
}

/// Why an environment is dirty.
pub(crate) const fn dirty(why: Dirty) -> &'static str {
    match why {
        Dirty::SetupInterrupted => "its set-up did not end",
        Dirty::ReuseInterrupted => "its --reuse command did not end",
        Dirty::TeardownFailed => "its take-down failed or did not end",
        Dirty::NotTakenDown => "its last user did not take it down",
        Dirty::HolderDied => "a holder of its lock died",
        Dirty::RecordUnreadable => "its record cannot be read",
    }
}

/// Until when an environment is kept that is kept for this long yet.
pub(crate) fn kept(left: Option<Duration>) -> String {
    // A time beyond the range of the clock is no limit.
    match left.and_then(|left| now().checked_add(left).ok()) {
        Some(until) => format!("kept until {}", clock(until)),
        None => "kept until it is taken down".to_owned(),
    }
}

fn expired(limit: Duration) -> String {
    format!("the {} that it was kept for are over", duration(limit))
}

/// An environment that is joined without a set-up.
pub(crate) fn joining(name: &str, environment: &Environment) -> String {
    let by = terminal::one_line(environment.kept_by.as_ref().unwrap_or(&environment.user));
    let since = environment.idle_since.as_ref().map_or(environment.up_since, |since| since.at);
    format!(
        "joining {name} without a set-up: kept since {} by {by} (set up {})",
        clock(since),
        ago(environment.up_since)
    )
}

/// An environment that is taken down before it is set up.
pub(crate) fn clearing(name: &str, why: &Clear) -> String {
    let why = match why {
        Clear::Dirty(why) => format!("it is dirty: {}", dirty(*why)),
        Clear::Expired(limit) => expired(*limit),
        Clear::Replaced => "--replace".to_owned(),
        Clear::Different(difference) => started_from_else("it", difference),
    };
    format!("taking {name} down and setting it up anew: {why}")
}

fn started_from_else(name: &str, difference: &str) -> String {
    format!("{name} was started from something else: {}", terminal::one_line(difference))
}

/// A kept environment that is not entered.
pub(crate) fn refused(name: &str, difference: &str) -> String {
    format!(
        "{}; it is kept until it is taken down\nhint: take it down with --replace, or with: envlock down {name}",
        started_from_else(name, difference)
    )
}

/// A lock that was not free in time.
pub(crate) fn busy(name: &str, after: Option<Duration>, explanation: &str) -> String {
    let after = after.map(|after| format!(" after {}", duration(after))).unwrap_or_default();
    format!("{name} is busy, gave up{after}\n{explanation}").trim_end().to_owned()
}

/// Why a sweep takes an environment down.
pub(crate) fn sweep_cause(cause: SweepCause) -> String {
    match cause {
        SweepCause::Dirty(why) => format!("it is dirty: {}", dirty(why)),
        SweepCause::Expired(limit) => expired(limit),
        SweepCause::Idle => "nobody uses it".to_owned(),
    }
}

/// What a sweep did with an environment.
pub(crate) fn swept(swept: &Swept) -> String {
    let (name, action) = (&swept.name, swept.action.as_str());
    let reason = terminal::one_line(&swept.reason);
    match swept.action {
        Action::NothingUp => format!("{name}: {action}\n"),
        Action::Kept => format!("{name}: {reason}\n"),
        _ => format!("{name}: {action}: {reason}\n"),
    }
}

fn ago(then: Timestamp) -> String {
    format!("{} ago", duration(time_since(then)))
}

fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
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
        (HoldEnd::Lost, _) => "lost".to_owned(),
    };
    let mut text = format!(
        "{}  {:<9}  waited {:>7}  held {:>7}  {end:>6}  {}: {}",
        clock(past.at),
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
