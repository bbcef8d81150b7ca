//! Changes to the text of a file. Comments, order and style stay; what would change more than it should is left out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::finding::repair::{Action, Repair, Yaml, block_entries, flow_entries};
use crate::source::{FileId, Span};
use crate::yaml;
use crate::yaml::{Kind, Node};

/// Bytes that are read again, at most, to try repairs one by one; and how many are tried.
const MAX_READ: usize = 2 << 20;
const MAX_SINGLE: usize = 200;

/// Part of a text, and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// The text with as many of these repairs as are safe; none if no repair is.
pub(crate) fn fix(file: FileId, text: &str, repairs: &[&Repair]) -> Option<String> {
    let documents = yaml::parse(file, text).ok()?;
    let safe = |repairs: &[&Repair]| {
        let new = apply(text, repairs)?;
        let allowed = repairs.iter().map(|repair| repair.path.iter().map(String::as_str).collect()).collect();
        changes_only(&documents, &yaml::parse(file, &new).ok()?, &allowed).then_some(new)
    };
    let new = safe(repairs).or_else(|| {
        let mut good: Vec<&Repair> = Vec::new();
        let tries = (MAX_READ / text.len().max(1)).min(MAX_SINGLE);
        for users in by_edit(text, repairs).into_values().take(tries) {
            let before = good.len();
            good.extend(users);
            if safe(&good).is_none() {
                good.truncate(before);
            }
        }
        safe(&good)
    });
    new.filter(|new| new != text)
}

/// Repairs by what they do to the text: an anchor is mended once for all who use it, or not at all.
fn by_edit<'a>(text: &str, repairs: &[&'a Repair]) -> BTreeMap<Vec<Edit>, Vec<&'a Repair>> {
    let mut users: BTreeMap<Vec<Edit>, Vec<&Repair>> = BTreeMap::new();
    for repair in repairs {
        if let Some(edits) = edits(text, &repair.action) {
            users.entry(edits).or_default().push(repair);
        }
    }
    users
}

fn apply(text: &str, repairs: &[&Repair]) -> Option<String> {
    let mut all: Vec<Edit> = Vec::new();
    for action in joined(repairs) {
        all.extend(edits(text, &action)?);
    }
    let mut seen = HashSet::new();
    all.retain(|edit| seen.insert(edit.clone()));
    // In one place, what belongs to a key comes before what is added at the end.
    all.sort_by_key(|edit| (edit.start, edit.end));
    let mut new = String::with_capacity(text.len() + 256);
    let mut done = 0;
    for edit in &all {
        // What overlaps would write over what was just written.
        new += text.get(done..edit.start)?;
        new += &edit.text;
        done = edit.end;
    }
    Some(new + text.get(done..)?)
}

/// The actions, with additions to the same place made one.
fn joined(repairs: &[&Repair]) -> Vec<Action> {
    let mut additions: BTreeMap<Span, Vec<(String, Yaml)>> = BTreeMap::new();
    let mut appended: Vec<(String, Yaml)> = Vec::new();
    let mut actions = Vec::new();
    for repair in repairs {
        match &repair.action {
            Action::Add { under, entries } => insert(additions.entry(*under).or_default(), entries),
            Action::Append { entries } => insert(&mut appended, entries),
            other => actions.push(other.clone()),
        }
    }
    actions.extend(additions.into_iter().map(|(under, entries)| Action::Add { under, entries }));
    if !appended.is_empty() {
        actions.push(Action::Append { entries: appended });
    }
    actions
}

fn insert(known: &mut Vec<(String, Yaml)>, new: &[(String, Yaml)]) {
    known.extend(new.iter().filter(|entry| !known.contains(entry)).cloned().collect::<Vec<_>>());
}

/// What an action does to the text; none where the text does not have the shape it needs.
fn edits(text: &str, action: &Action) -> Option<Vec<Edit>> {
    match action {
        Action::Replace { span, with } => {
            // What a variable gives is not written here.
            let written =
                text.get(span.start..span.end).filter(|old| !old.is_empty() && !old.contains('$'))?;
            (written != with).then(|| vec![Edit { start: span.start, end: span.end, text: with.clone() }])
        }
        Action::Add { under, entries } => Some(vec![add(text, *under, entries)?]),
        Action::Append { entries } => Some(vec![append(text, entries)]),
        Action::Map { names, to } => list_to_map(text, names, to),
        Action::Remove { key } => Some(vec![remove_line(text, *key)?]),
    }
}

/// Adds to what follows a key: right below its line, or right behind the opened brace.
fn add(text: &str, key: Span, entries: &[(String, Yaml)]) -> Option<Edit> {
    let value = after_properties(text, text.get(key.end..)?.trim_start().strip_prefix(':')?);
    let at = text.len() - value.len();
    if value.starts_with(['{', '[']) {
        let is_list = value.starts_with('[');
        let added = if is_list { pairs(entries)?.join(", ") } else { flow_entries(entries) };
        let is_empty = value[1..].trim_start().starts_with(['}', ']']);
        let added = if is_empty { added } else { format!("{added}, ") };
        return Some(Edit { start: at + 1, end: at + 1, text: added });
    }
    let line_end = at + value.find('\n').unwrap_or(value.len());
    let rest = text[at..line_end].trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    let newline = if text[..line_end].ends_with('\r') { "\r\n" } else { "\n" };
    let (indent, is_list) = below(text, key, line_end)?;
    let added = if is_list {
        let margin = " ".repeat(indent);
        pairs(entries)?.iter().flat_map(|pair| [margin.as_str(), "- ", pair, newline]).collect()
    } else {
        block_entries(entries, indent, newline)
    };
    let at_end = line_end == text.len();
    let start = if at_end { line_end } else { line_end + 1 };
    Some(Edit { start, end: start, text: if at_end { format!("{newline}{added}") } else { added } })
}

/// How far what belongs to a key is indented, and whether it is a list.
fn below(text: &str, key: Span, line_end: usize) -> Option<(usize, bool)> {
    let line_start = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let margin = &text[line_start..key.start];
    if !margin.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let significant = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let next = text[line_end..].lines().find(significant).unwrap_or_default();
    let indent = next.len() - next.trim_start_matches(' ').len();
    let is_list = next.trim_start().starts_with("- ");
    match indent {
        // A list may stand as far left as its key.
        _ if is_list && indent >= margin.len() => Some((indent, true)),
        _ if indent > margin.len() => Some((indent, false)),
        // Nothing belongs to the key yet.
        _ => Some((margin.len() + 2, false)),
    }
}

/// What follows `key:`, behind an anchor or a tag.
fn after_properties<'a>(text: &'a str, value: &'a str) -> &'a str {
    let mut rest = value;
    loop {
        let next = rest.trim_start_matches([' ', '\t']);
        if !next.starts_with(['&', '!']) {
            let at = text.len() - next.len();
            return &text[at..];
        }
        rest = &next[next.find(char::is_whitespace).unwrap_or(next.len())..];
    }
}

/// Entries as `KEY=VALUE`; a mapping has no such form.
fn pairs(entries: &[(String, Yaml)]) -> Option<Vec<String>> {
    let pair = |(key, value): &(String, Yaml)| match value {
        Yaml::Scalar(value) => Some(format!("{key}={value}")),
        Yaml::Map(_) => None,
    };
    entries.iter().map(pair).collect()
}

fn append(text: &str, entries: &[(String, Yaml)]) -> Edit {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let ended = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    let added = format!("{ended}{newline}{}", block_entries(entries, 0, newline));
    Edit { start: text.len(), end: text.len(), text: added }
}

fn list_to_map(text: &str, names: &[Span], to: &Yaml) -> Option<Vec<Edit>> {
    let first = names.first()?;
    let before = text.get(..first.start)?.trim_end_matches([' ', '\t', '\n', '\r']);
    let value = |span: &Span| Some(format!("{}: {}", text.get(span.start..span.end)?, to.flow()));
    if before.ends_with('[') {
        let open = before.len() - 1;
        let last = names.last()?;
        let close = last.end + text.get(last.end..)?.find(']')?;
        let mut edits = vec![Edit { start: open, end: open + 1, text: "{".into() }];
        for span in names {
            edits.push(Edit { start: span.start, end: span.end, text: value(span)? });
        }
        edits.push(Edit { start: close, end: close + 1, text: "}".into() });
        return Some(edits);
    }
    let item = |span: &Span| {
        let dash = text.get(..span.start)?.trim_end_matches(' ');
        let start = dash.len().checked_sub(1).filter(|_| dash.ends_with('-'))?;
        Some(Edit { start, end: span.end, text: value(span)? })
    };
    names.iter().map(item).collect()
}

/// The line of a key whose value is a scalar on the same line.
fn remove_line(text: &str, key: Span) -> Option<Edit> {
    let start = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text[key.end..].find('\n').map_or(text.len(), |at| key.end + at + 1);
    let alone = text[start..key.start].trim().is_empty();
    alone.then_some(Edit { start, end, text: String::new() })
}

/// Values that may change, each by the keys that lead to it.
type Allowed<'a> = HashSet<Vec<&'a str>>;

/// Whether nothing but these values, and what is below them, has changed.
fn changes_only(old: &[Node], new: &[Node], allowed: &Allowed<'_>) -> bool {
    let mut path = Vec::new();
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_allowed(old, new, &mut path, allowed))
}

fn is_allowed<'a>(old: &'a Node, new: &'a Node, path: &mut Vec<&'a str>, allowed: &Allowed<'_>) -> bool {
    if allowed.contains(path.as_slice()) {
        return true;
    }
    if old.mode != new.mode {
        return false;
    }
    match (&old.kind, &new.kind) {
        (Kind::Map(_) | Kind::Null, Kind::Map(_)) | (Kind::Map(_), Kind::Null) => {
            keys_are_allowed(old, new, path, allowed)
        }
        (Kind::List(one), Kind::List(two)) => {
            one.len() == two.len()
                && one.iter().zip(two).all(|(old, new)| is_allowed(old, new, path, allowed))
        }
        (one, two) => same_scalar(one, two),
    }
}

fn keys_are_allowed<'a>(
    old: &'a Node,
    new: &'a Node,
    path: &mut Vec<&'a str>,
    allowed: &Allowed<'_>,
) -> bool {
    let by_key = |node: &'a Node| -> BTreeMap<&'a str, &'a Node> {
        node.entries().iter().map(|entry| (entry.key.as_str(), &entry.value)).collect()
    };
    let (old, new) = (by_key(old), by_key(new));
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    keys.into_iter().all(|key| {
        // Extensions mean nothing but through the anchors in them, whose users are looked at.
        if path.is_empty() && key.starts_with("x-") {
            return true;
        }
        path.push(key);
        let same = match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => is_allowed(old, new, path, allowed),
            _ => allowed.contains(path.as_slice()),
        };
        path.pop();
        same
    })
}

fn same_scalar(one: &Kind, two: &Kind) -> bool {
    match (one, two) {
        // NaN is not equal to itself.
        (Kind::Float(one), Kind::Float(two)) => one.to_bits() == two.to_bits(),
        _ => one == two,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span_of(text: &str, word: &str) -> Span {
        let start = text.find(word).unwrap();
        Span { start, end: start + word.len(), ..Span::default() }
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(ToOwned::to_owned).collect()
    }

    fn add_label(text: &str, key: &str, at: &str) -> Option<String> {
        let entries = vec![("labels".to_owned(), Yaml::one("k", Yaml::scalar("v")))];
        let action = Action::Add { under: span_of(text, key), entries };
        fix(FileId(0), text, &[&Repair { path: path(at), action }])
    }

    #[test]
    fn additions_keep_comments_and_style() {
        for (text, fixed) in [
            ("a:\n  # c\n  x: 1\n", "a:\n  labels:\n    k: v\n  # c\n  x: 1\n"),
            ("a:  # c\n    x: 1\n", "a:  # c\n    labels:\n      k: v\n    x: 1\n"),
            ("a: {x: 1}\n", "a: {labels: {k: v}, x: 1}\n"),
            ("a: {}\n", "a: {labels: {k: v}}\n"),
            ("a: &z\n  x: 1\n", "a: &z\n  labels:\n    k: v\n  x: 1\n"),
            ("a:\r\n  x: 1\r\n", "a:\r\n  labels:\r\n    k: v\r\n  x: 1\r\n"),
            ("a:\nb: 1\n", "a:\n  labels:\n    k: v\nb: 1\n"),
            ("a:", "a:\n  labels:\n    k: v\n"),
        ] {
            assert_eq!(add_label(text, "a", "a.labels").as_deref(), Some(fixed), "{text}");
        }
        assert_eq!(add_label("x: &q {y: 1}\na: *q\n", "a", "a.labels"), None, "an alias is not written here");
    }

    #[test]
    fn what_would_change_others_is_left_out() {
        let text = "a: &z\n  x: 1\nb: *z\n";
        assert_eq!(add_label(text, "a", "a.labels"), None);
        let text = "x-h: &h {t: 2s}\na: {h: *h}\nb: {h: *h}\n";
        let repair = |at: &str| Repair {
            path: path(at),
            action: Action::Replace { span: span_of(text, "2s"), with: "10s".into() },
        };
        assert_eq!(fix(FileId(0), text, &[&repair("a.h.t")]), None);
        let both = fix(FileId(0), text, &[&repair("a.h.t"), &repair("b.h.t")]);
        assert_eq!(both, Some(text.replace("2s", "10s")));
    }

    #[test]
    fn lists_become_mappings() {
        let to = Yaml::one("condition", Yaml::scalar("service_healthy"));
        for (text, fixed) in [
            ("d: [a, b]\n", "d: {a: {condition: service_healthy}, b: {condition: service_healthy}}\n"),
            (
                "d:\n  # c\n  - a\n  - b  # e\n",
                "d:\n  # c\n  a: {condition: service_healthy}\n  b: {condition: service_healthy}  # e\n",
            ),
        ] {
            let names = ["a", "b"].map(|name| {
                let start = text.find(&format!("{name}\n")).or(text.find(&format!("{name},")));
                let start =
                    start.or(text.find(&format!("{name}]"))).or(text.find(&format!("{name}  #"))).unwrap();
                Span { start, end: start + 1, ..Span::default() }
            });
            let action = Action::Map { names: names.to_vec(), to: to.clone() };
            let repair = Repair { path: path("d"), action };
            assert_eq!(fix(FileId(0), text, &[&repair]).as_deref(), Some(fixed));
        }
    }

    #[test]
    fn lines_go_whole_or_not_at_all() {
        let remove = |text: &str| {
            let repair =
                Repair { path: path("version"), action: Action::Remove { key: span_of(text, "version") } };
            fix(FileId(0), text, &[&repair])
        };
        assert_eq!(remove("# c\nversion: '3'  # d\na: 1\n").as_deref(), Some("# c\na: 1\n"));
        assert_eq!(remove("{version: 3, a: 1}\n"), None);
    }
}
