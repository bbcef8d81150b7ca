//! What differs between two environments, for people and for machines.

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use super::json::{FindingOnWire, on_wire};
use crate::compare::{Difference, Said, show, show_short};
use crate::lint::Outcome;
use crate::lint::verdict::Verdict;
use crate::source::Sources;

/// Longest value in the table.
const MAX_SHOWN: usize = 44;

/// The comparison on the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    first: &'a str,
    second: &'a str,
    differences: Vec<DifferenceOnWire<'a>>,
    findings: Vec<FindingOnWire<'a>>,
}

#[derive(Debug, Serialize)]
struct DifferenceOnWire<'a> {
    subject: &'a str,
    key: &'a str,
    first: Option<String>,
    second: Option<String>,
    expected: bool,
}

impl<'a> Report<'a> {
    /// The report on these two, which are named by their files.
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
            differences: differences.iter().map(difference).collect(),
            findings: outcome.findings.iter().map(|finding| on_wire(sources, finding)).collect(),
        }
    }
}

fn difference<'a>(difference: &'a Difference<'_>) -> DifferenceOnWire<'a> {
    let shown = |said: Option<Said<'_>>| said.map(|said| show(said.node));
    DifferenceOnWire {
        subject: &difference.subject,
        key: &difference.key,
        first: shown(difference.first),
        second: shown(difference.second),
        expected: difference.is_expected(),
    }
}

/// The differences for people: one table for each service; `!` marks what should not differ.
pub(crate) fn words(names: [&str; 2], differences: &[Difference<'_>]) -> String {
    if differences.is_empty() {
        return "no difference\n\n".to_owned();
    }
    let mut text = String::new();
    for group in differences.chunk_by(|one, two| one.subject == two.subject) {
        text += &format!("{}\n", group[0].subject);
        let lines: Vec<[String; 3]> = group.iter().map(|difference| cells(names, difference)).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for (line, difference) in lines.iter().zip(group) {
            let mark = if difference.is_expected() { ' ' } else { '!' };
            let row = format!("{mark} {:<first$}  {:<second$}  {}", line[0], line[1], line[2]);
            text += row.trim_end();
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn cells(names: [&str; 2], difference: &Difference<'_>) -> [String; 3] {
    if difference.key.is_empty() {
        let name = if difference.first.is_some() { names[0] } else { names[1] };
        return [format!("only in {name}"), String::new(), String::new()];
    }
    let shown =
        |said: Option<Said<'_>>| said.map_or_else(|| "-".to_owned(), |said| show_short(said.node, MAX_SHOWN));
    [difference.key.clone(), shown(difference.first), shown(difference.second)]
}
