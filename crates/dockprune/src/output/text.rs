//! What people read: a table with one row for each resource, and a summary.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use evenkeel_common::table::Table;
use evenkeel_common::units::{show_duration, show_size};

use super::orphans_json::OrphansJson;
use super::report_json::{Counts, ItemJson, ItemOutcome, ReportJson};
use super::verify_json::VerifyJson;

/// Whether the table goes to a terminal that shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    On,
    Off,
}

/// A row of the table, and the style of its first cell.
type Row = (Style, [String; 5]);

/// The table of what was decided and done, and the summary below it.
pub(crate) fn report(report: &ReportJson, colour: Colour) -> String {
    let rows: Vec<Row> = report.items.iter().map(row).collect();
    table(rows, colour) + &summary(report) + "\n" + &report.place.text()
}

/// The table of orphans, and their number below it.
pub(crate) fn orphans(report: &OrphansJson, colour: Colour) -> String {
    if report.items.is_empty() {
        return "no orphans\n".to_owned() + &report.place.text();
    }
    let rows = report.items.iter().map(|item| {
        let cells = [
            "orphan".into(),
            item.kind.name().into(),
            item.name.clone(),
            age(item.age_s),
            item.reason.clone(),
        ];
        (AnsiColor::Red.on_default(), cells)
    });
    let count = report.items.len();
    let summary = format!("{count} orphan{}\n", if count == 1 { "" } else { "s" });
    table(rows.collect(), colour) + &summary + &report.place.text()
}

/// The table of what is left, and its number below it.
pub(crate) fn leftovers(report: &VerifyJson, colour: Colour) -> String {
    if report.items.is_empty() {
        return "nothing is left\n".to_owned() + &report.place.text();
    }
    let rows = report.items.iter().map(|item| {
        let cells =
            ["left".into(), item.kind.name().into(), item.name.clone(), age(item.age_s), item.reason.clone()];
        (AnsiColor::Red.on_default(), cells)
    });
    table(rows.collect(), colour) + &format!("{} left\n", report.items.len()) + &report.place.text()
}

fn age(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "?".into(), |seconds| show_duration(Duration::from_secs(seconds)))
}

fn table(rows: Vec<Row>, colour: Colour) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut styles = vec![Style::new().bold()];
    let mut table = Table::new(["ACTION", "KIND", "NAME", "AGE", "REASON"]);
    for (style, cells) in rows {
        styles.push(style);
        table.add_row(cells);
    }
    let lines = table.to_string();
    match colour {
        Colour::Off => lines,
        Colour::On => lines.lines().zip(styles).map(|(line, style)| paint(line, style)).collect(),
    }
}

/// Colours the first cell of a line.
fn paint(line: &str, style: Style) -> String {
    let (cell, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
    format!("{style}{cell}{style:#}{rest}\n")
}

fn row(item: &ItemJson) -> Row {
    let (colour, action) = match item.outcome {
        ItemOutcome::Planned => (AnsiColor::Green, "remove"),
        ItemOutcome::Removed => (AnsiColor::Green, "removed"),
        ItemOutcome::Gone => (AnsiColor::Green, "gone"),
        ItemOutcome::Kept => (AnsiColor::Yellow, "kept"),
        ItemOutcome::Failed => (AnsiColor::Red, "failed"),
        ItemOutcome::Unknown => (AnsiColor::Red, "unknown"),
        ItemOutcome::NotReached => (AnsiColor::Red, "left"),
    };
    let cells = [action.into(), item.kind.name().into(), item.name.clone(), age(item.age_s), reason(item)];
    (colour.on_default(), cells)
}

fn reason(item: &ItemJson) -> String {
    match (&item.error, item.outcome) {
        (Some(error), ItemOutcome::Kept) => error.clone(),
        (Some(error), _) => format!("{}; {error}", item.reason),
        (None, ItemOutcome::Gone) => "somebody else removed it".into(),
        (None, _) => item.reason.clone(),
    }
}

fn summary(report: &ReportJson) -> String {
    let Counts { in_scope, removed, gone, planned, kept, failed, unknown, not_reached } = report.counts;
    if in_scope == 0 {
        return "nothing in scope".into();
    }
    let parts = [
        (planned, "to remove (dry run)"),
        (removed, "removed"),
        (gone, "removed by others"),
        (kept, "kept"),
        (failed, "failed"),
        (unknown, "unknown"),
        (not_reached, "not reached"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let mut text = parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ");
    if report.bytes_freed > 0 {
        let _ = write!(text, ", {} freed", show_size(report.bytes_freed));
    }
    if report.over_cap > 0 {
        let _ = write!(text, "; still {} over the cap", report.over_cap);
    }
    text + &format!(" ({})", show_duration(Duration::from_millis(report.elapsed_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::rule::{Decision, Rule};
    use crate::model::resource::State;
    use crate::testing::{container, now};

    #[test]
    fn names_cannot_break_the_table_or_the_terminal_and_only_the_first_cell_is_coloured() {
        let mut report_json = ReportJson::new("unix:///x".into(), now());
        let decision = Decision { rule: Rule::Old, reason: "removed\x1b[2J or\nkept".into() };
        let odd = container("a\nkept", State::Exited, &[]);
        report_json.push(ItemJson::new(&odd, &decision, None, now()));
        let plain = report(&report_json, Colour::Off);
        assert_eq!(plain.lines().count(), 3, "{plain}");
        assert!(plain.contains("a kept") && !plain.contains('\x1b'), "{plain}");
        let coloured = report(&report_json, Colour::On);
        let row = coloured.lines().nth(1).unwrap();
        assert!(row.starts_with("\x1b[32mremove\x1b[0m "), "{row:?}");
        assert_eq!(row.matches('\x1b').count(), 2, "{row:?}");
    }
}
