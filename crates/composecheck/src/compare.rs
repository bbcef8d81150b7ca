//! Differences between two projects, such as dev and test.

use std::collections::HashMap;

use crate::compose::Project;
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Kind, Node};

/// Keys of a service that are expected to differ between environments.
const EXPECTED: [&str; 8] =
    ["labels", "ports", "restart", "command", "container_name", "profiles", "environment", "annotations"];

/// A value that differs, or that only one project has.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// The service, volume or network, such as `services.db`.
    pub subject: String,
    /// The path below the subject, such as `healthcheck.interval`; empty if only one project has the subject.
    pub key: String,
    /// The value in the first project.
    pub first: Option<Side<'a>>,
    /// The value in the second project.
    pub second: Option<Side<'a>>,
}

/// One side of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side<'a> {
    /// The value.
    pub node: &'a Node,
    /// Where it is shown: a scalar at its value, any other value at its key.
    pub(crate) span: Span,
}

impl Difference<'_> {
    /// Whether environments are expected to differ in it. A variable that only one of them has is not expected.
    pub(crate) fn is_expected(&self) -> bool {
        let key = self.key.split('.').next().unwrap_or_default();
        let one_sided = self.first.is_none() || self.second.is_none();
        EXPECTED.contains(&key) && !(key == "environment" && self.key != key && one_sided)
    }
}

/// Gives two projects the same sources, those of both, so that a span of either is valid for both.
pub fn share_sources(mut first: Project, mut second: Project) -> (Project, Project) {
    let offset = first.sources.all().len();
    for source in second.sources.all() {
        first.sources.add(source.path.clone(), source.text.clone());
    }
    second.sources = first.sources.clone();
    offset_files(&mut second.root, offset);
    (first, second)
}

/// Adds an offset to the file ids of a value.
fn offset_files(node: &mut Node, offset: usize) {
    let add = |span: &mut Span| span.file = FileId(span.file.0 + offset);
    add(&mut node.span);
    node.origins.iter_mut().for_each(|origin| add(&mut origin.span));
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| offset_files(item, offset)),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| {
            add(&mut entry.span);
            offset_files(&mut entry.value, offset);
        }),
        _ => {}
    }
}

/// The differences of services, then of volumes and networks, in the order of the files.
pub fn differences<'a>(first: &'a Project, second: &'a Project) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    for section in ["services", "volumes", "networks"] {
        for (key, one, two) in pairs(first.section(section), second.section(section)) {
            let subject = format!("{section}.{key}");
            compare_entries(&subject, &mut Vec::new(), one, two, &mut found);
        }
    }
    found
}

/// The keys of two mappings with their entries; those of the first mapping come first.
fn pairs<'a>(
    first: &'a [Entry],
    second: &'a [Entry],
) -> impl Iterator<Item = (&'a str, Option<&'a Entry>, Option<&'a Entry>)> {
    let (by_first, by_second) = (by_key(first), by_key(second));
    let known = first.iter().map(move |entry| {
        let key = entry.key.as_str();
        (key, Some(entry), by_second.get(key).copied())
    });
    let new = second.iter().filter(move |entry| !by_first.contains_key(entry.key.as_str()));
    known.chain(new.map(|entry| (entry.key.as_str(), None, Some(entry))))
}

fn by_key(entries: &[Entry]) -> HashMap<&str, &Entry> {
    entries.iter().map(|entry| (entry.key.as_str(), entry)).collect()
}

/// Adds the differences between two entries to `found`.
fn compare_entries<'a>(
    subject: &str,
    path: &mut Vec<&'a str>,
    first: Option<&'a Entry>,
    second: Option<&'a Entry>,
    found: &mut Vec<Difference<'a>>,
) {
    if let (Some(one), Some(two)) = (first, second) {
        if one.value.same_value(&two.value) {
            return;
        }
        // An empty value is compared as an empty mapping: `data:` and `data: {labels: …}`.
        let is_map = |entry: &Entry| matches!(entry.value.kind, Kind::Map(_) | Kind::Null);
        if is_map(one) && is_map(two) {
            for (key, one, two) in pairs(one.value.entries(), two.value.entries()) {
                path.push(key);
                compare_entries(subject, path, one, two, found);
                path.pop();
            }
            return;
        }
    }
    let side = |entry: &'a Entry| Side { node: &entry.value, span: span_of(entry) };
    let (first, second) = (first.map(side), second.map(side));
    found.push(Difference { subject: subject.to_owned(), key: path.join("."), first, second });
}

fn span_of(entry: &Entry) -> Span {
    match entry.value.kind {
        Kind::Map(_) | Kind::List(_) | Kind::Null => entry.span,
        _ => entry.value.span,
    }
}

/// A value on one line.
pub fn show(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            let shown = entries.iter().map(|entry| format!("{}: {}", entry.key, show(&entry.value)));
            format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
        }
        _ => node.text().unwrap_or_default(),
    }
}

/// A value on one line, cut after this many characters.
pub(crate) fn show_short(node: &Node, max: usize) -> String {
    let text = show(node);
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    fn project(text: &str) -> Project {
        let mut sources = Sources::default();
        let file = sources.add("a.yml".into(), text.into());
        Project { sources, root: yaml::parse(file, text).unwrap().remove(0), ..Project::default() }
    }

    #[test]
    fn expected_and_unexpected_differences() {
        let first = project(
            "services: {a: {image: x, restart: 'no', environment: {A: 1, B: 2}, healthcheck: {interval: 1s, timeout: 1s}}, b: {}}",
        );
        let second = project(
            "services: {a: {image: y, restart: always, environment: {A: 2}, healthcheck: {timeout: 1s, interval: 2s}}, c: {}}",
        );
        let (first, second) = share_sources(first, second);
        let shown: Vec<String> = differences(&first, &second)
            .iter()
            .map(|d| format!("{} {}{}", d.subject, d.key, if d.is_expected() { " (expected)" } else { "" }))
            .collect();
        assert_eq!(
            shown,
            [
                "services.a image",
                "services.a restart (expected)",
                "services.a environment.A (expected)",
                "services.a environment.B",
                "services.a healthcheck.interval",
                "services.b ",
                "services.c ",
            ]
        );
        let differences = differences(&first, &second);
        assert_eq!(differences[0].second.unwrap().span.file, FileId(1));
        assert_eq!(show(differences[0].second.unwrap().node), "y");
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let (first, second) =
            share_sources(project("services: {a: {x: 1, y: [2]}}"), project("services: {a: {y: [2], x: 1}}"));
        assert_eq!(differences(&first, &second), []);
    }
}
