//! What was found, for people and for machines.

use annotate_snippets::{AnnotationKind, Level as Tone, Renderer, Snippet};
use drydock_common::{Exit, Timestamp, VERSION};
use serde::Serialize;

use crate::rules::{Finding, Level};
use crate::source::{Source, Sources, Span};

/// The report on the wire.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    files: Vec<&'a str>,
    errors: usize,
    warnings: usize,
    infos: usize,
    findings: Vec<FindingOnWire<'a>>,
}

#[derive(Debug, Serialize)]
struct FindingOnWire<'a> {
    code: &'static str,
    level: &'static str,
    subject: &'a str,
    message: &'a str,
    fix: &'a str,
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
    /// The report on these findings.
    pub fn new(sources: &'a Sources, findings: &'a [Finding], passed: Verdict, at: Timestamp) -> Self {
        Self {
            schema: "composecheck.report/1",
            tool_version: VERSION,
            at,
            verdict: passed.name(),
            files: sources.all().iter().map(|source| source.path.as_str()).collect(),
            errors: count(findings, Level::Error),
            warnings: count(findings, Level::Warning),
            infos: count(findings, Level::Info),
            findings: findings.iter().map(|finding| on_wire(sources, finding)).collect(),
        }
    }
}

/// Whether the files pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that counts was found.
    Pass,
    /// Something was.
    Fail,
}

impl Verdict {
    /// As written in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    /// How the tool ends.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Done,
            Self::Fail => Exit::No,
        }
    }
}

fn on_wire<'a>(sources: &'a Sources, finding: &'a Finding) -> FindingOnWire<'a> {
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

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

/// The findings for people, with the source line underlined; colours are stripped where there is no terminal.
pub fn words(sources: &Sources, findings: &[Finding]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for finding in findings {
        text.push_str(&snippet(&renderer, sources, finding));
        text.push_str("\n\n");
    }
    text + &summary(findings)
}

fn summary(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "nothing found\n".into();
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let errors = plural(count(findings, Level::Error), "error");
    let warnings = plural(count(findings, Level::Warning), "warning");
    match count(findings, Level::Info) {
        0 => format!("{errors}, {warnings}\n"),
        infos => format!("{errors}, {warnings}, {infos} for information\n"),
    }
}

fn snippet(renderer: &Renderer, sources: &Sources, finding: &Finding) -> String {
    let tone = match finding.level {
        Level::Error => Tone::ERROR,
        Level::Warning => Tone::WARNING,
        Level::Info => Tone::INFO,
    };
    let (path, line, range) = line_of(sources.get(finding.primary.file), finding.primary);
    let source = Snippet::source(line)
        .line_start(finding.primary.line)
        .path(path)
        .annotation(AnnotationKind::Primary.span(range));
    let group = tone
        .primary_title(finding.message.as_str())
        .id(finding.code)
        .element(source)
        .element(Tone::HELP.message(finding.fix.as_str()));
    renderer.render(&[group])
}

/// The line a place is on, and the place within it: the rest of the file is nobody's business here.
fn line_of(source: &Source, span: Span) -> (&str, &str, std::ops::Range<usize>) {
    let text = &source.text;
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |at| span.start + at);
    let to = span.end.clamp(span.start, end);
    (&source.path, &text[start..end], span.start - start..to - start)
}
