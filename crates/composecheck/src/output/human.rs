//! Findings as text for people: one block for each rule, errors first, with the source lines underlined and the fix.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as SnippetLevel, Renderer, Snippet};
use evenkeel_common::terminal::one_line;

use crate::finding::{Finding, Level, count};
use crate::lint::Outcome;
use crate::rules::by_code;
use crate::source::{FileId, Source, Sources, Span};

/// Maximum number of locations in one block.
const MAX_LOCATIONS: usize = 25;

/// Whether text for people is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Coloured,
    Plain,
}

/// The findings and a summary.
pub(crate) fn to_text(sources: &Sources, outcome: &Outcome, style: Style) -> String {
    let renderer = match style {
        Style::Coloured => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    };
    let mut blocks: BTreeMap<(Reverse<Level>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &outcome.findings {
        blocks.entry((Reverse(finding.level), finding.code)).or_default().push(finding);
    }
    let mut text = String::new();
    for block in blocks.values() {
        text += &renderer.render(&[to_group(sources, block)]);
        text += "\n\n";
    }
    text + &summary(outcome)
}

/// The number of findings, in one line.
fn summary(outcome: &Outcome) -> String {
    let mut hidden = Vec::new();
    if !outcome.suppressed.is_empty() {
        hidden.push(format!("{} suppressed", outcome.suppressed.len()));
    }
    if outcome.known > 0 {
        hidden.push(format!("{} in the baseline", outcome.known));
    }
    let hidden = if hidden.is_empty() { String::new() } else { format!(" ({})", hidden.join(", ")) };
    format!("{}{hidden}\n", counts(&outcome.findings))
}

fn counts(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "no findings".into();
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let errors = plural(count(findings, Level::Error), "error");
    let warnings = plural(count(findings, Level::Warning), "warning");
    match count(findings, Level::Info) {
        0 => format!("{errors}, {warnings}"),
        infos => format!("{errors}, {warnings}, {infos} info"),
    }
}

/// Findings of one rule at one span, such as an anchor that several services use.
struct Location<'a> {
    first: &'a Finding,
    more: usize,
}

/// The findings of one rule, as the crate for snippets wants them. What a terminal would obey is taken out of their
/// texts; the crate does the same with the source lines.
fn to_group<'a>(sources: &'a Sources, findings: &[&'a Finding]) -> Group<'a> {
    let first = findings[0];
    let level = match first.level {
        Level::Error => SnippetLevel::ERROR,
        Level::Warning => SnippetLevel::WARNING,
        Level::Info => SnippetLevel::INFO,
    };
    let locations = locations(findings);
    let title = match (locations.len(), by_code(first.code)) {
        (2.., Some(rule)) => format!("{} ({} times)", rule.what, findings.len()),
        _ => label(&locations[0]),
    };
    let mut group = Group::with_title(level.primary_title(title).id(first.code));
    for (file, annotations) in annotations(sources, &locations) {
        let source = sources.get(file);
        let snippet =
            Snippet::source(source.text.as_str()).path(one_line(&source.path)).annotations(annotations);
        group = group.element(snippet);
    }
    if locations.len() > MAX_LOCATIONS {
        let more = format!("{} more locations", locations.len() - MAX_LOCATIONS);
        group = group.element(SnippetLevel::NOTE.message(more));
    }
    group.element(SnippetLevel::HELP.message(one_line(&first.fix)))
}

fn annotations<'a>(
    sources: &'a Sources,
    locations: &[Location<'a>],
) -> BTreeMap<FileId, Vec<Annotation<'a>>> {
    let mut files: BTreeMap<FileId, Vec<Annotation<'a>>> = BTreeMap::new();
    let range = |span: Span| first_line(sources.get(span.file), span);
    for location in locations.iter().take(MAX_LOCATIONS) {
        let span = location.first.primary;
        let primary = AnnotationKind::Primary.span(range(span));
        let labelled = if locations.len() > 1 { primary.label(label(location)) } else { primary };
        files.entry(span.file).or_default().push(labelled);
        for related in &location.first.related {
            let text: Cow<'a, str> = one_line(&related.text).into();
            let context = AnnotationKind::Context.span(range(related.span)).label(text);
            files.entry(related.span.file).or_default().push(context);
        }
    }
    files
}

/// Groups findings by their span. They are sorted by it.
fn locations<'a>(findings: &[&'a Finding]) -> Vec<Location<'a>> {
    let mut locations: Vec<Location<'a>> = Vec::new();
    for finding in findings {
        match locations.last_mut().filter(|location| location.first.primary == finding.primary) {
            Some(location) => location.more += 1,
            None => locations.push(Location { first: finding, more: 0 }),
        }
    }
    locations
}

fn label(location: &Location<'_>) -> String {
    let message = one_line(&location.first.message);
    match location.more {
        0 => message,
        more => format!("{message}, and {more} more"),
    }
}

/// The byte range of a span, cut after its first line.
fn first_line(source: &Source, span: Span) -> Range<usize> {
    let text = source.text.as_str();
    let start = char_boundary(text, span.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..char_boundary(text, span.end).clamp(start, line_end)
}

/// The last character boundary at or before an offset.
fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_never_leave_the_text() {
        let source = Source { path: "a.yml".into(), text: "é: 1\nb".into() };
        let at = |start, end| first_line(&source, Span { start, end, ..Span::default() });
        assert_eq!(at(0, 2), 0..2);
        assert_eq!(at(1, 99), 0..5);
        assert_eq!(at(99, 99), 7..7);
        assert_eq!(at(6, 3), 6..6);
    }
}
