//! The tables of runs, locks and restarts.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::units::show_duration;

use crate::history::activity::locks::{LockEnd, LockUse};
use crate::history::activity::restarts::{RestartEvent, RestartKind};
use crate::history::records::RunRecord;
use crate::model::numbers::to_f64;

use super::categories::Categories;
use super::lanes::by_lock;
use super::markup::{date_and_time, escape, head, plain, table};
use super::plots::LEVELS;
use super::value_axis::{Measure, show};

/// Rows of the table of runs: what people can read, and a page of bounded size.
pub(super) const MOST_RUNS: usize = 1000;

/// Rows of the tables of locks and of services.
const MOST_ROWS: usize = 30;

/// The newest runs, the last one first. The script makes the table sortable; `data-v` is what it sorts by.
pub(super) fn runs(runs: &[RunRecord], categories: &Categories<'_>) -> String {
    const HEADERS: [&str; 11] = [
        "ended",
        "category",
        "time",
        "exit",
        "peak memory",
        "peak CPU",
        "containers",
        "left behind",
        "outages",
        "level",
        "scope",
    ];
    let newest = runs.iter().rev().take(MOST_RUNS);
    let rows: String = newest.map(|run| row(run, categories.number(run))).collect();
    format!(
        "<div class=\"scroll tall\" role=\"region\" aria-label=\"Runs\" tabindex=\"0\"><table id=\"runs\">\
         {}<tbody>{rows}</tbody></table></div>",
        head(&HEADERS)
    )
}

fn row(run: &RunRecord, category: usize) -> String {
    let (number, text) = (number_cell, |text: &str| format!("<td>{}", escape(&plain(text))));
    let bytes = |bytes: u64| (to_f64(bytes), show(Measure::Bytes, to_f64(bytes)));
    let whole = |count: u64| (to_f64(count), count.to_string());
    let level = run.level.and_then(|level| LEVELS.iter().position(|name| *name == level.name()));
    let cells = [
        text(&date_and_time(run.at)),
        text(&run.category),
        number(Some((run.duration_s, show(Measure::Seconds, run.duration_s)))),
        number(Some((f64::from(run.exit_code), run.exit_code.to_string()))),
        number(run.memory_peak_bytes.map(bytes)),
        number(run.cpu_peak_pct.map(|pct| (pct, format!("{pct:.0} %")))),
        number(run.containers_peak.map(whole)),
        number(run.left_behind.map(whole)),
        number(Some(whole(run.engine_outages))),
        number(level.map(|level| (to_f64(level as u64), LEVELS[level].to_owned()))),
        text(&run.scope),
    ];
    let class = if run.exit_code == 0 { "" } else { " class=\"missed\"" };
    format!("<tr data-c=\"{category}\"{class}>{}</tr>", cells.concat())
}

/// A cell with the number it is sorted by, where its text is another one.
fn number_cell(value: Option<(f64, String)>) -> String {
    let Some((value, text)) = value else { return "<td>\u{2013}".into() };
    if value.to_string() == text { format!("<td>{text}") } else { format!("<td data-v=\"{value}\">{text}") }
}

/// One row a lock: how often and how long it was waited for and held. Empty where none was used.
pub(super) fn locks(uses: &[LockUse]) -> String {
    let mut locks: Vec<(&str, Vec<&LockUse>)> = by_lock(uses).into_iter().collect();
    locks.sort_by_key(|(name, uses)| (Reverse(uses.len()), *name));
    let rows = locks.iter().take(MOST_ROWS).map(|(name, uses)| {
        let longest = |time: fn(&LockUse) -> Option<Duration>| {
            uses.iter().filter_map(|used| time(used)).max().map_or_else(|| "unknown".into(), show_duration)
        };
        let cut_short = uses.iter().filter(|used| used.end != LockEnd::Done).count();
        [
            plain(name),
            uses.len().to_string(),
            longest(|used| used.waited),
            longest(|used| used.held),
            cut_short.to_string(),
        ]
    });
    section("Locks", &["lock", "holds", "longest wait", "longest hold", "died or broken"], rows, locks.len())
}

/// One row a service that restartgate was asked to restart. Empty where there is none.
pub(super) fn restarts(events: &[RestartEvent]) -> String {
    let mut services = BTreeMap::<&str, Vec<&RestartEvent>>::new();
    for event in events {
        services.entry(&event.service).or_default().push(event);
    }
    let mut services: Vec<(&str, Vec<&RestartEvent>)> = services.into_iter().collect();
    services.sort_by_key(|(name, events)| (Reverse(events.len()), *name));
    let rows = services.iter().take(MOST_ROWS).map(|(name, events)| {
        let count = |is_wanted: fn(RestartKind) -> bool| {
            events.iter().filter(|event| is_wanted(event.kind)).count().to_string()
        };
        let reason = events.iter().rev().find_map(|event| event.reason.as_deref()).unwrap_or("");
        [
            plain(name),
            count(|kind| matches!(kind, RestartKind::Healthy(_))),
            count(|kind| matches!(kind, RestartKind::Failed(_))),
            count(|kind| kind == RestartKind::Refused),
            plain(reason),
        ]
    });
    let headers = ["service", "restarted", "failed", "refused", "last reason"];
    section("Restarts and refusals", &headers, rows, services.len())
}

/// A table with its title; `all` is the number of rows there would be without a limit.
fn section(title: &str, headers: &[&str], rows: impl Iterator<Item = [String; 5]>, all: usize) -> String {
    if all == 0 {
        return String::new();
    }
    let row =
        |row: [String; 5]| format!("<tr>{}</tr>", row.map(|cell| format!("<td>{}", escape(&cell))).concat());
    let rows: String = rows.map(row).collect();
    let note = match all.saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!("<p class=\"note\">{more} more are left out.</p>"),
    };
    format!("<h2>{title}</h2>{}{note}", table(headers, &rows))
}
