//! What people read: a table with one row for each resource in scope, and a sentence.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use evenkeel_common::units::{show_duration, show_size};

use crate::report::orphans::Orphans;
use crate::report::{Counts, Item, Report};

/// Whether the table goes to a terminal that wants colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Colours, please.
    On,
    /// Plain text.
    Off,
}

/// The table and the sentence under it.
pub fn explain(report: &Report, colour: Colour) -> String {
    let mut text = String::new();
    if !report.items.is_empty() {
        let rows = report.items.iter().map(|item| {
            [action(item).into(), item.kind.into(), item.name.clone(), age(item.age_s), reason(item)]
        });
        text += &table(rows, colour);
    }
    text + &sentence(report) + "\n"
}

/// The table of orphans, and the sentence under it.
pub fn orphans(report: &Orphans, colour: Colour) -> String {
    if report.items.is_empty() {
        return "no orphans\n".into();
    }
    let rows = report.items.iter().map(|item| {
        ["orphan".into(), item.kind.into(), item.name.clone(), age(item.age_s), item.reason.clone()]
    });
    let count = report.items.len();
    table(rows, colour) + &format!("{count} orphan{}\n", if count == 1 { "" } else { "s" })
}

fn age(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "?".into(), |seconds| show_duration(Duration::from_secs(seconds)))
}

fn table(rows: impl Iterator<Item = [String; 5]>, colour: Colour) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["ACTION", "KIND", "NAME", "AGE", "REASON"]);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| paint(line.trim_end(), colour) + "\n").collect()
}

fn action(item: &Item) -> &'static str {
    match item.outcome {
        "planned" => "remove",
        "not_reached" => "left",
        other => other,
    }
}

fn reason(item: &Item) -> String {
    match (&item.error, item.outcome) {
        (Some(error), "kept") => error.clone(),
        (Some(error), _) => format!("{}; {error}", item.reason),
        (None, "gone") => "somebody else removed it".into(),
        (None, _) => item.reason.clone(),
    }
}

/// Colours the first word of a row: what happened.
fn paint(line: &str, colour: Colour) -> String {
    let (word, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
    let style = match word {
        _ if colour == Colour::Off => return line.to_owned(),
        "removed" | "remove" | "gone" => AnsiColor::Green.on_default(),
        "failed" | "unknown" | "left" | "orphan" => AnsiColor::Red.on_default(),
        "kept" => AnsiColor::Yellow.on_default(),
        _ => Style::new().bold(),
    };
    format!("{style}{word}{style:#}{rest}")
}

fn sentence(report: &Report) -> String {
    let Counts { in_scope, removed, gone, planned, kept, .. } = report.counts;
    if in_scope == 0 {
        return "nothing in scope".into();
    }
    let mut parts = Vec::new();
    let mut part = |count: usize, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    part(planned, "to remove (dry run)");
    part(removed, "removed");
    part(gone, "removed by others");
    part(kept, "kept");
    part(report.counts.failed, "failed");
    part(report.counts.unknown, "unknown");
    part(report.counts.not_reached, "not reached");
    let mut text = parts.join(", ");
    if report.bytes_freed > 0 {
        let _ = write!(text, ", {} of images freed", show_size(report.bytes_freed));
    }
    if report.over_cap > 0 {
        let _ = write!(text, "; still {} over the cap", report.over_cap);
    }
    text + &format!(" ({})", show_duration(Duration::from_millis(report.elapsed_ms)))
}
