//! What was found, for people: one block for each rule, worst first, with the source lines underlined and the fix.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Tone, Renderer, Snippet};

use crate::finding::{Finding, Level, count};
use crate::lint::Outcome;
use crate::rules::by_code;
use crate::source::{FileId, Source, Sources, Span};

/// Most places that one block shows: who has more mends these first.
const MAX_PLACES: usize = 25;

/// Whether what people read is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With the colours of a terminal.
    Coloured,
    /// Text alone.
    Plain,
}

/// The findings.
pub(crate) fn words(sources: &Sources, outcome: &Outcome, paint: Paint) -> String {
    let renderer = match paint {
        Paint::Coloured => Renderer::styled(),
        Paint::Plain => Renderer::plain(),
    };
    let mut blocks: BTreeMap<(std::cmp::Reverse<Level>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &outcome.findings {
        blocks.entry((std::cmp::Reverse(finding.level), finding.code)).or_default().push(finding);
    }
    let mut text = String::new();
    for block in blocks.values() {
        text += &renderer.render(&[group(sources, block)]);
        text += "\n\n";
    }
    text + &summary(outcome)
}

/// How many findings there are, in one line.
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
        return "nothing found".into();
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let errors = plural(count(findings, Level::Error), "error");
    let warnings = plural(count(findings, Level::Warning), "warning");
    match count(findings, Level::Info) {
        0 => format!("{errors}, {warnings}"),
        infos => format!("{errors}, {warnings}, {infos} for information"),
    }
}

/// Findings of one rule in one place, such as an anchor that several services use.
struct Place<'a> {
    first: &'a Finding,
    more: usize,
}

fn group<'a>(sources: &'a Sources, block: &[&'a Finding]) -> Group<'a> {
    let first = block[0];
    let tone = match first.level {
        Level::Error => Tone::ERROR,
        Level::Warning => Tone::WARNING,
        Level::Info => Tone::INFO,
    };
    let places = places(block);
    let title = match (places.len(), by_code(first.code)) {
        (2.., Some(rule)) => format!("{} ({} times)", rule.what, block.len()),
        _ => label(&places[0]),
    };
    let mut group = Group::with_title(tone.primary_title(title).id(first.code));
    let mut files: BTreeMap<FileId, Vec<Annotation<'a>>> = BTreeMap::new();
    for place in places.iter().take(MAX_PLACES) {
        let span = place.first.primary;
        let range = range_of(sources.get(span.file), span);
        let primary = AnnotationKind::Primary.span(range);
        let labelled = if places.len() > 1 { primary.label(label(place)) } else { primary };
        files.entry(span.file).or_default().push(labelled);
        for other in &place.first.related {
            let range = range_of(sources.get(other.span.file), other.span);
            let context = AnnotationKind::Context.span(range).label(other.text.as_str());
            files.entry(other.span.file).or_default().push(context);
        }
    }
    for (file, annotations) in files {
        let source = sources.get(file);
        let snippet =
            Snippet::source(source.text.as_str()).path(source.path.as_str()).annotations(annotations);
        group = group.element(snippet);
    }
    if places.len() > MAX_PLACES {
        group = group.element(Tone::NOTE.message(format!("{} more places", places.len() - MAX_PLACES)));
    }
    group.element(Tone::HELP.message(first.fix.as_str()))
}

fn places<'a>(block: &[&'a Finding]) -> Vec<Place<'a>> {
    let mut places: Vec<Place<'a>> = Vec::new();
    for finding in block {
        // Findings come in the order of their places.
        match places.last_mut().filter(|place| place.first.primary == finding.primary) {
            Some(place) => place.more += 1,
            None => places.push(Place { first: finding, more: 0 }),
        }
    }
    places
}

fn label(place: &Place<'_>) -> String {
    let message = &place.first.message;
    match place.more {
        0 => message.clone(),
        more => format!("{message}, and {more} more"),
    }
}

/// The first line of a place: the rest is better read in the file.
fn range_of(source: &Source, span: Span) -> Range<usize> {
    let text = source.text.as_str();
    let start = floor(text, span.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..floor(text, span.end).clamp(start, line_end)
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_never_leave_the_text() {
        let source = Source { path: "a.yml".into(), text: "é: 1\nb".into() };
        let at = |start, end| range_of(&source, Span { start, end, ..Span::default() });
        assert_eq!(at(0, 2), 0..2);
        assert_eq!(at(1, 99), 0..5);
        assert_eq!(at(99, 99), 7..7);
        assert_eq!(at(6, 3), 6..6);
    }
}
