//! What was found, as one JSON object.

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::finding::{Finding, Level, count};
use crate::lint::verdict::Verdict;
use crate::lint::{Outcome, Suppressed};
use crate::source::Sources;

/// The report on the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    files: Vec<&'a str>,
    errors: usize,
    warnings: usize,
    infos: usize,
    known: usize,
    findings: Vec<FindingOnWire<'a>>,
    suppressed: Vec<SuppressedOnWire<'a>>,
}

#[derive(Debug, Serialize)]
struct SuppressedOnWire<'a> {
    code: &'static str,
    subject: &'a str,
    file: &'a str,
    line: usize,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct FindingOnWire<'a> {
    code: &'static str,
    level: &'static str,
    subject: &'a str,
    message: &'a str,
    fix: &'a str,
    fixable: bool,
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start_byte: usize,
    end_byte: usize,
    related: Vec<RelatedOnWire<'a>>,
}

#[derive(Debug, Serialize)]
struct RelatedOnWire<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    text: &'a str,
}

impl<'a> Report<'a> {
    /// The report on what was found in these files.
    pub(crate) fn new(
        sources: &'a Sources,
        files: &'a [String],
        outcome: &'a Outcome,
        passed: Verdict,
        at: Timestamp,
    ) -> Self {
        let findings = &outcome.findings;
        Self {
            schema: "composecheck.report/1",
            tool_version: VERSION,
            at,
            verdict: passed.name(),
            files: files.iter().map(String::as_str).collect(),
            errors: count(findings, Level::Error),
            warnings: count(findings, Level::Warning),
            infos: count(findings, Level::Info),
            known: outcome.known,
            findings: findings.iter().map(|finding| on_wire(sources, finding)).collect(),
            suppressed: outcome.suppressed.iter().map(|one| suppressed(sources, one)).collect(),
        }
    }
}

fn suppressed<'a>(sources: &'a Sources, one: &'a Suppressed) -> SuppressedOnWire<'a> {
    SuppressedOnWire {
        code: one.finding.code,
        subject: &one.finding.subject,
        file: &sources.get(one.finding.primary.file).path,
        line: one.finding.primary.line,
        reason: &one.reason,
    }
}

pub(crate) fn on_wire<'a>(sources: &'a Sources, finding: &'a Finding) -> FindingOnWire<'a> {
    let span = finding.primary;
    let related = finding.related.iter().map(|other| RelatedOnWire {
        file: &sources.get(other.span.file).path,
        line: other.span.line,
        column: other.span.column,
        text: &other.text,
    });
    FindingOnWire {
        code: finding.code,
        level: finding.level.name(),
        subject: &finding.subject,
        message: &finding.message,
        fix: &finding.fix,
        fixable: finding.repair.is_some(),
        file: &sources.get(span.file).path,
        line: span.line,
        column: span.column,
        end_line: span.end_line,
        end_column: span.end_column,
        start_byte: span.start,
        end_byte: span.end,
        related: related.collect(),
    }
}
