//! Differences between two environments as a table and as JSON.

use evenkeel_common::terminal::one_line;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use super::json::{FindingJson, finding_json};
use crate::compare::{Difference, Side, show, show_short};
use crate::lint::Outcome;
use crate::lint::verdict::Verdict;
use crate::source::Sources;

/// Maximum length of a value in the table.
const MAX_SHOWN: usize = 44;

/// The object of `compare --json`.
#[derive(Debug, Serialize)]
pub(crate) struct CompareJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    first: &'a str,
    second: &'a str,
    differences: Vec<DifferenceJson<'a>>,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Debug, Serialize)]
struct DifferenceJson<'a> {
    subject: &'a str,
    key: &'a str,
    first: Option<String>,
    second: Option<String>,
    expected: bool,
}

impl<'a> CompareJson<'a> {
    /// `names` are the files of the two environments.
    pub(crate) fn new(
        names: [&'a str; 2],
        sources: &'a Sources,
        differences: &'a [Difference<'_>],
        outcome: &'a Outcome,
        verdict: Verdict,
        at: Timestamp,
    ) -> Self {
        Self {
            schema: "composecheck.compare/1",
            tool_version: VERSION,
            at,
            verdict: verdict.name(),
            first: names[0],
            second: names[1],
            differences: differences.iter().map(difference_json).collect(),
            findings: outcome.findings.iter().map(|finding| finding_json(sources, finding)).collect(),
        }
    }
}

fn difference_json<'a>(difference: &'a Difference<'_>) -> DifferenceJson<'a> {
    let shown = |side: Option<Side<'_>>| side.map(|side| show(side.node));
    DifferenceJson {
        subject: &difference.subject,
        key: &difference.key,
        first: shown(difference.first),
        second: shown(difference.second),
        expected: difference.is_expected(),
    }
}

/// One table for each service, volume and network. `!` marks a difference that is not expected.
pub(crate) fn to_text(names: [&str; 2], differences: &[Difference<'_>]) -> String {
    if differences.is_empty() {
        return "no differences\n\n".to_owned();
    }
    let mut text = String::new();
    for group in differences.chunk_by(|one, two| one.subject == two.subject) {
        text += &format!("{}\n", one_line(&group[0].subject));
        let rows: Vec<[String; 3]> = group.iter().map(|difference| cells(names, difference)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for (row, difference) in rows.iter().zip(group) {
            let mark = if difference.is_expected() { ' ' } else { '!' };
            let line = format!("{mark} {:<first$}  {:<second$}  {}", row[0], row[1], row[2]);
            text += line.trim_end();
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// The cells of a row, safe for a terminal.
fn cells(names: [&str; 2], difference: &Difference<'_>) -> [String; 3] {
    if difference.key.is_empty() {
        let name = if difference.first.is_some() { names[0] } else { names[1] };
        return [format!("only in {}", one_line(name)), String::new(), String::new()];
    }
    let shown = |side: Option<Side<'_>>| {
        side.map_or_else(|| "-".to_owned(), |side| one_line(&show_short(side.node, MAX_SHOWN)))
    };
    [one_line(&difference.key), shown(difference.first), shown(difference.second)]
}
