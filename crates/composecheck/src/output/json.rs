//! Findings as one JSON object.

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::finding::{Finding, Level, count};
use crate::lint::verdict::Verdict;
use crate::lint::{Outcome, Suppressed};
use crate::source::Sources;

/// The object of `--json`.
#[derive(Debug, Serialize)]
pub(crate) struct ReportJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    files: Vec<&'a str>,
    errors: usize,
    warnings: usize,
    infos: usize,
    known: usize,
    findings: Vec<FindingJson<'a>>,
    suppressed: Vec<SuppressedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct SuppressedJson<'a> {
    code: &'static str,
    subject: &'a str,
    file: &'a str,
    line: usize,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct FindingJson<'a> {
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
    related: Vec<RelatedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct RelatedJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    text: &'a str,
}

impl<'a> ReportJson<'a> {
    /// A report on the findings in these files.
    pub(crate) fn new(
        sources: &'a Sources,
        files: &'a [String],
        outcome: &'a Outcome,
        verdict: Verdict,
        at: Timestamp,
    ) -> Self {
        let findings = &outcome.findings;
        Self {
            schema: "composecheck.report/1",
            tool_version: VERSION,
            at,
            verdict: verdict.name(),
            files: files.iter().map(String::as_str).collect(),
            errors: count(findings, Level::Error),
            warnings: count(findings, Level::Warning),
            infos: count(findings, Level::Info),
            known: outcome.known,
            findings: findings.iter().map(|finding| finding_json(sources, finding)).collect(),
            suppressed: outcome.suppressed.iter().map(|one| suppressed_json(sources, one)).collect(),
        }
    }
}

fn suppressed_json<'a>(sources: &'a Sources, one: &'a Suppressed) -> SuppressedJson<'a> {
    SuppressedJson {
        code: one.finding.code,
        subject: &one.finding.subject,
        file: &sources.get(one.finding.primary.file).path,
        line: one.finding.primary.line,
        reason: &one.reason,
    }
}

pub(crate) fn finding_json<'a>(sources: &'a Sources, finding: &'a Finding) -> FindingJson<'a> {
    let span = finding.primary;
    let related = finding.related.iter().map(|other| RelatedJson {
        file: &sources.get(other.span.file).path,
        line: other.span.line,
        column: other.span.column,
        text: &other.text,
    });
    FindingJson {
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
