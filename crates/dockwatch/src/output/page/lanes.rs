//! The rows below the plot of memory: runs by category, locks, restarts, refusals, outages of the engine.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::{show_duration, show_size};

use crate::history::activity::Activity;
use crate::history::activity::locks::{LockEnd, LockUse};
use crate::history::activity::restarts::{RestartEvent, RestartKind};
use crate::history::records::{RecordedHistory, RunRecord};

use super::categories::Categories;
use super::lane::{Bar, Lane, Look};
use super::markup::{plain, seconds};

/// Rows of locks; of more, those that were used last.
const MOST_LOCKS: usize = 12;

/// Shorter waits are not drawn: everybody who takes a lock waits a moment.
const MIN_WAIT: Duration = Duration::from_millis(100);

/// All rows that have something in them.
pub(super) fn lanes(
    recorded: &RecordedHistory,
    activity: &Activity,
    categories: &Categories<'_>,
    crashes: &[Timestamp],
) -> Vec<Lane> {
    let of_category = |(number, (title, runs)): (usize, (&String, Vec<&RunRecord>))| Lane {
        name: format!("run {title}"),
        category: Some(number),
        bars: runs.into_iter().map(|run| run_bar(run, title)).collect(),
    };
    let groups = categories.titles.iter().zip(categories.group(&recorded.runs));
    let mut lanes: Vec<Lane> = groups.enumerate().map(of_category).collect();
    lanes.extend(locks(&activity.locks));
    let is_refusal = |event: &&RestartEvent| event.kind == RestartKind::Refused;
    let restarts = activity.restarts.iter().filter(|event| !is_refusal(event)).map(restart_bar).collect();
    let refusals = activity.restarts.iter().filter(is_refusal).map(restart_bar).collect();
    lanes.push(Lane { name: "restarts".into(), category: None, bars: restarts });
    lanes.push(Lane { name: "refusals".into(), category: None, bars: refusals });
    let crash = |at: &Timestamp| Bar {
        from: seconds(*at),
        to: seconds(*at),
        look: Look::Bad,
        text: "the engine stopped answering".into(),
    };
    lanes.push(Lane {
        name: "engine down".into(),
        category: None,
        bars: crashes.iter().map(crash).collect(),
    });
    lanes.retain(|lane| !lane.bars.is_empty());
    lanes
}

/// How many locks have no row.
pub(super) fn locks_left_out(activity: &Activity) -> usize {
    by_lock(&activity.locks).len().saturating_sub(MOST_LOCKS)
}

fn run_bar(run: &RunRecord, title: &str) -> Bar {
    let took = show_duration(Duration::try_from_secs_f64(run.duration_s).unwrap_or_default());
    let peak = run.memory_peak_bytes.map_or_else(String::new, |peak| format!(", peak {}", show_size(peak)));
    let category = plain(&run.category);
    // A row of several categories does not have its name.
    let category = if category == title { String::new() } else { category + ": " };
    Bar {
        // A clock that was set back would make it end before its start.
        from: seconds(run.started_at.min(run.at)),
        to: seconds(run.at),
        look: if run.exit_code == 0 { Look::Good } else { Look::Bad },
        text: format!("{category}{took}, exit {}{peak}", run.exit_code),
    }
}

/// The uses of each lock.
pub(super) fn by_lock(uses: &[LockUse]) -> BTreeMap<&str, Vec<&LockUse>> {
    let mut locks = BTreeMap::<&str, Vec<&LockUse>>::new();
    for used in uses {
        locks.entry(&used.lock).or_default().push(used);
    }
    locks
}

fn locks(uses: &[LockUse]) -> Vec<Lane> {
    let mut locks: Vec<(&str, Vec<&LockUse>)> = by_lock(uses).into_iter().collect();
    locks.sort_by_key(|(name, uses)| (Reverse(uses.last().map(|last| last.ended)), *name));
    locks.truncate(MOST_LOCKS);
    locks.sort_by_key(|(name, _)| *name);
    let lane = |(name, uses): (&str, Vec<&LockUse>)| Lane {
        name: format!("lock {}", plain(name)),
        category: None,
        bars: uses.into_iter().flat_map(lock_bars).collect(),
    };
    locks.into_iter().map(lane).collect()
}

/// The hold, and the wait before it where there was one.
fn lock_bars(used: &LockUse) -> Vec<Bar> {
    let who = plain(&format!("{} {}", used.user, used.what));
    let (held, waited) = (used.held.unwrap_or_default(), used.waited.unwrap_or_default());
    let to = seconds(used.ended);
    let from = to - held.as_secs_f64();
    let time = |time: Option<Duration>| time.map_or_else(|| "an unknown time".into(), show_duration);
    let ended = match (used.end, used.exit_code) {
        (LockEnd::Done, Some(code)) => format!("exit {code}"),
        (end, _) => end.name().into(),
    };
    let look = if used.end == LockEnd::Done { Look::Good } else { Look::Bad };
    let text = format!("held by {who}: {}, waited {}, {ended}", time(used.held), time(used.waited));
    let mut bars = vec![Bar { from, to, look, text }];
    if waited >= MIN_WAIT {
        let text = format!("waiting: {who}, {}", show_duration(waited));
        bars.push(Bar { from: from - waited.as_secs_f64(), to: from, look: Look::Waiting, text });
    }
    bars
}

fn restart_bar(event: &RestartEvent) -> Bar {
    let service = plain(&event.service);
    let because = event.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", plain(reason)));
    let (took, look, text) = match event.kind {
        RestartKind::Healthy(took) => {
            (took, Look::Good, format!("{service} restarted, healthy after {}", show_duration(took)))
        }
        RestartKind::Failed(took) => (took, Look::Bad, format!("{service} restarted, not healthy{because}")),
        RestartKind::Refused => (Duration::ZERO, Look::Refused, format!("{service} refused{because}")),
        RestartKind::Tripped => (Duration::ZERO, Look::Bad, format!("{service}: breaker tripped{because}")),
    };
    let to = seconds(event.at);
    Bar { from: to - took.as_secs_f64(), to, look, text }
}
