//! Two projects side by side, such as dev and test: what differs.

use std::collections::HashMap;

use crate::compose::Project;
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Kind, Node};

/// What may differ between environments: it is what makes them different environments.
const EXPECTED: [&str; 8] =
    ["labels", "ports", "restart", "command", "container_name", "profiles", "environment", "annotations"];

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// What it is about, such as `services.db`.
    pub subject: String,
    /// Where below it, such as `healthcheck.interval`; empty where all of it is in one project only.
    pub key: String,
    /// What the first project says.
    pub first: Option<Said<'a>>,
    /// What the second says.
    pub second: Option<Said<'a>>,
}

/// A value, and where it is best shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said<'a> {
    /// The value.
    pub node: &'a Node,
    /// The value, or the key of a mapping.
    pub span: Span,
}

impl Difference<'_> {
    /// Whether it is what environments are for. A variable that only one of them has is not.
    pub(crate) fn is_expected(&self) -> bool {
        let key = self.key.split('.').next().unwrap_or_default();
        let one_sided = self.first.is_none() || self.second.is_none();
        EXPECTED.contains(&key) && !(key == "environment" && self.key != key && one_sided)
    }
}

/// Puts the files of two projects together, so that a place of either is a place of both.
pub fn join(mut first: Project, mut second: Project) -> (Project, Project) {
    let by = first.sources.all().len();
    for source in second.sources.all() {
        first.sources.add(source.path.clone(), source.text.clone());
    }
    second.sources = first.sources.clone();
    shift(&mut second.root, by);
    (first, second)
}

fn shift(node: &mut Node, by: usize) {
    let moved = |span: &mut Span| span.file = FileId(span.file.0 + by);
    moved(&mut node.span);
    node.origins.iter_mut().for_each(|origin| moved(&mut origin.span));
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| {
            moved(&mut entry.span);
            shift(&mut entry.value, by);
        }),
        _ => {}
    }
}

/// What differs, service by service, then volumes and networks.
pub fn differences<'a>(first: &'a Project, second: &'a Project) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    for section in ["services", "volumes", "networks"] {
        for (key, one, two) in pairs(first.section(section), second.section(section)) {
            let subject = format!("{section}.{key}");
            differ(&subject, &mut Vec::new(), one, two, &mut found);
        }
    }
    found
}

/// Entries with the same key; those of the first come first.
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

fn differ<'a>(
    subject: &str,
    path: &mut Vec<&'a str>,
    first: Option<&'a Entry>,
    second: Option<&'a Entry>,
    found: &mut Vec<Difference<'a>>,
) {
    if let (Some(one), Some(two)) = (first, second) {
        if same(&one.value, &two.value) {
            return;
        }
        // A mapping and nothing differ key by key as well: `data:` and `data: {labels: …}`.
        let is_open = |entry: &Entry| matches!(entry.value.kind, Kind::Map(_) | Kind::Null);
        if is_open(one) && is_open(two) {
            for (key, one, two) in pairs(one.value.entries(), two.value.entries()) {
                path.push(key);
                differ(subject, path, one, two, found);
                path.pop();
            }
            return;
        }
    }
    let said = |entry: &'a Entry| Said { node: &entry.value, span: shown_at(entry) };
    let (first, second) = (first.map(said), second.map(said));
    found.push(Difference { subject: subject.to_owned(), key: path.join("."), first, second });
}

fn shown_at(entry: &Entry) -> Span {
    match entry.value.kind {
        Kind::Map(_) | Kind::List(_) | Kind::Null => entry.span,
        _ => entry.value.span,
    }
}

/// Whether two values say the same, wherever they are written.
fn same(one: &Node, two: &Node) -> bool {
    match (&one.kind, &two.kind) {
        (Kind::List(one), Kind::List(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Kind::Map(one), Kind::Map(two)) => {
            one.len() == two.len()
                && pairs(one, two)
                    .all(|(_, one, two)| one.zip(two).is_some_and(|(one, two)| same(&one.value, &two.value)))
        }
        (one, two) => one == two,
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

/// A value on one line, cut after so many characters.
pub(crate) fn show_short(node: &Node, most: usize) -> String {
    let text = show(node);
    match text.char_indices().nth(most) {
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
    fn what_differs_and_what_may() {
        let first = project(
            "services: {a: {image: x, restart: 'no', environment: {A: 1, B: 2}, healthcheck: {interval: 1s, timeout: 1s}}, b: {}}",
        );
        let second = project(
            "services: {a: {image: y, restart: always, environment: {A: 2}, healthcheck: {timeout: 1s, interval: 2s}}, c: {}}",
        );
        let (first, second) = join(first, second);
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
    fn the_same_in_another_order_is_the_same() {
        let (first, second) =
            join(project("services: {a: {x: 1, y: [2]}}"), project("services: {a: {y: [2], x: 1}}"));
        assert_eq!(differences(&first, &second), []);
    }
}
