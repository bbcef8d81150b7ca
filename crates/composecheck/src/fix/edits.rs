//! Repairs of the text of a file. Comments, order and style are kept. A repair that would also change another value is
//! not applied.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::finding::repair::{Action, NewValue, Repair, block_entries, flow_entries};
use crate::source::{FileId, Span};
use crate::yaml::{self, Kind, Node};

/// Maximum number of bytes that are parsed again when repairs are tried one by one.
const MAX_PARSED: usize = 2 << 20;
/// Maximum number of repairs that are tried one by one.
const MAX_TRIES: usize = 200;

/// A byte range of a text and its replacement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// Applies all repairs, or as many of them as are safe. Returns none if none is.
pub(super) fn apply_repairs(file: FileId, text: &str, repairs: &[&Repair]) -> Option<String> {
    let (_, new) = safe_repairs(file, text, repairs)?;
    (new != text).then_some(new)
}

/// The repairs that are safe together, and the text after them. Returns none for a text that cannot be parsed.
pub(super) fn safe_repairs<'a>(
    file: FileId,
    text: &str,
    repairs: &[&'a Repair],
) -> Option<(Vec<&'a Repair>, String)> {
    let documents = yaml::parse(file, text).ok()?;
    let apply_safely = |repairs: &[&Repair]| {
        let new = apply(text, repairs)?;
        let allowed = repairs.iter().map(|repair| repair.path.iter().map(String::as_str).collect()).collect();
        only_changes(&documents, &yaml::parse(file, &new).ok()?, &allowed).then_some(new)
    };
    if let Some(new) = apply_safely(repairs) {
        return Some((repairs.to_vec(), new));
    }
    let (mut good, mut after): (Vec<&Repair>, String) = (Vec::new(), text.to_owned());
    let tries = (MAX_PARSED / text.len().max(1)).min(MAX_TRIES);
    for same in group_by_edits(text, repairs).into_values().take(tries) {
        let before = good.len();
        good.extend(same);
        match apply_safely(&good) {
            Some(new) => after = new,
            None => good.truncate(before),
        }
    }
    Some((good, after))
}

/// Groups repairs by their edits. Those of an anchor, for instance, are equal for all services that use it: they are
/// applied together or not at all.
fn group_by_edits<'a>(text: &str, repairs: &[&'a Repair]) -> BTreeMap<Vec<Edit>, Vec<&'a Repair>> {
    let mut groups: BTreeMap<Vec<Edit>, Vec<&Repair>> = BTreeMap::new();
    for repair in repairs {
        if let Some(edits) = edits(text, &repair.action) {
            groups.entry(edits).or_default().push(repair);
        }
    }
    groups
}

/// The text after all repairs; none if one cannot be applied or two overlap.
fn apply(text: &str, repairs: &[&Repair]) -> Option<String> {
    let mut all: Vec<Edit> = Vec::new();
    for action in merge_insertions(repairs) {
        all.extend(edits(text, &action)?);
    }
    let mut seen = HashSet::new();
    all.retain(|edit| seen.insert(edit.clone()));
    // At the end of the file, an insertion into the last key comes before what is appended.
    all.sort_by_key(|edit| (edit.start, edit.end));
    let mut new = String::with_capacity(text.len() + 256);
    let mut done = 0;
    for edit in &all {
        // This fails if the edit overlaps the previous one.
        new += text.get(done..edit.start)?;
        new += &edit.text;
        done = edit.end;
    }
    Some(new + text.get(done..)?)
}

/// The actions, those that insert into the same mapping merged into one.
fn merge_insertions(repairs: &[&Repair]) -> Vec<Action> {
    let mut insertions: BTreeMap<Span, Vec<(String, NewValue)>> = BTreeMap::new();
    let mut appended: Vec<(String, NewValue)> = Vec::new();
    let mut actions = Vec::new();
    for repair in repairs {
        match &repair.action {
            Action::Insert { key, entries } => add_new(insertions.entry(*key).or_default(), entries),
            Action::Append { entries } => add_new(&mut appended, entries),
            other => actions.push(other.clone()),
        }
    }
    actions.extend(insertions.into_iter().map(|(key, entries)| Action::Insert { key, entries }));
    if !appended.is_empty() {
        actions.push(Action::Append { entries: appended });
    }
    actions
}

fn add_new(known: &mut Vec<(String, NewValue)>, new: &[(String, NewValue)]) {
    known.extend(new.iter().filter(|entry| !known.contains(entry)).cloned().collect::<Vec<_>>());
}

/// The edits of an action; none if the text is not written in a way that the action can change.
fn edits(text: &str, action: &Action) -> Option<Vec<Edit>> {
    match action {
        Action::Replace { span, with } => {
            // The value of a variable is not in this text.
            let written =
                text.get(span.start..span.end).filter(|old| !old.is_empty() && !old.contains('$'))?;
            (written != with).then(|| vec![Edit { start: span.start, end: span.end, text: with.clone() }])
        }
        Action::Insert { key, entries } => Some(vec![insert_entries(text, *key, entries)?]),
        Action::Append { entries } => Some(vec![append_entries(text, entries)]),
        Action::ListToMap { names, value } => list_to_map(text, names, value),
        Action::RemoveLine { key } => Some(vec![remove_line(text, *key)?]),
    }
}

/// Inserts entries as the first ones of the value of a key: below its line, or after the opening bracket.
fn insert_entries(text: &str, key: Span, entries: &[(String, NewValue)]) -> Option<Edit> {
    let value = after_properties(text, text.get(key.end..)?.trim_start().strip_prefix(':')?);
    let at = text.len() - value.len();
    if value.starts_with(['{', '[']) {
        let is_list = value.starts_with('[');
        let added = if is_list { key_value_items(entries)?.join(", ") } else { flow_entries(entries) };
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
    let (indent, is_list) = child_layout(text, key, line_end)?;
    let added = if is_list {
        let margin = " ".repeat(indent);
        key_value_items(entries)?.iter().flat_map(|pair| [margin.as_str(), "- ", pair, newline]).collect()
    } else {
        block_entries(entries, indent, newline)
    };
    let at_end = line_end == text.len();
    let start = if at_end { line_end } else { line_end + 1 };
    Some(Edit { start, end: start, text: if at_end { format!("{newline}{added}") } else { added } })
}

/// The indentation of the children of a key, and whether they are list items.
fn child_layout(text: &str, key: Span, line_end: usize) -> Option<(usize, bool)> {
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
        // The items of a list may be indented as much as its key.
        _ if is_list && indent >= margin.len() => Some((indent, true)),
        _ if indent > margin.len() => Some((indent, false)),
        // The key has no children yet.
        _ => Some((margin.len() + 2, false)),
    }
}

/// The text of a value without its anchor and tag.
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

/// Entries as `KEY=VALUE`; none if a value is a mapping.
fn key_value_items(entries: &[(String, NewValue)]) -> Option<Vec<String>> {
    let pair = |(key, value): &(String, NewValue)| match value {
        NewValue::Scalar(value) => Some(format!("{key}={value}")),
        NewValue::Map(_) => None,
    };
    entries.iter().map(pair).collect()
}

fn append_entries(text: &str, entries: &[(String, NewValue)]) -> Edit {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let ended = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    let added = format!("{ended}{newline}{}", block_entries(entries, 0, newline));
    Edit { start: text.len(), end: text.len(), text: added }
}

fn list_to_map(text: &str, names: &[Span], new: &NewValue) -> Option<Vec<Edit>> {
    let first = names.first()?;
    let before = text.get(..first.start)?.trim_end_matches([' ', '\t', '\n', '\r']);
    let value = |span: &Span| Some(format!("{}: {}", text.get(span.start..span.end)?, new.to_flow()));
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

/// Removes the line of a key; none if something else precedes the key on it.
fn remove_line(text: &str, key: Span) -> Option<Edit> {
    let start = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text[key.end..].find('\n').map_or(text.len(), |at| key.end + at + 1);
    let alone = text[start..key.start].trim().is_empty();
    alone.then_some(Edit { start, end, text: String::new() })
}

/// The paths of keys of the values that may change.
type Allowed<'a> = HashSet<Vec<&'a str>>;

/// Whether the documents differ only in the allowed values and what is below them.
fn only_changes(old: &[Node], new: &[Node], allowed: &Allowed<'_>) -> bool {
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
        (old, new) => old == new,
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
        // An extension has an effect only through its anchors, and the values that use them are compared.
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
        let entries = vec![("labels".to_owned(), NewValue::entry("k", NewValue::scalar("v")))];
        let action = Action::Insert { key: span_of(text, key), entries };
        apply_repairs(FileId(0), text, &[&Repair { path: path(at), action }])
    }

    #[test]
    fn insertions_keep_comments_and_style() {
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
    fn repairs_that_would_change_other_values_are_not_applied() {
        let text = "a: &z\n  x: 1\nb: *z\n";
        assert_eq!(add_label(text, "a", "a.labels"), None);
        let text = "x-h: &h {t: 2s}\na: {h: *h}\nb: {h: *h}\n";
        let repair = |at: &str| Repair {
            path: path(at),
            action: Action::Replace { span: span_of(text, "2s"), with: "10s".into() },
        };
        assert_eq!(apply_repairs(FileId(0), text, &[&repair("a.h.t")]), None);
        let both = apply_repairs(FileId(0), text, &[&repair("a.h.t"), &repair("b.h.t")]);
        assert_eq!(both, Some(text.replace("2s", "10s")));
    }

    #[test]
    fn lists_become_mappings() {
        let value = NewValue::entry("condition", NewValue::scalar("service_healthy"));
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
            let action = Action::ListToMap { names: names.to_vec(), value: value.clone() };
            let repair = Repair { path: path("d"), action };
            assert_eq!(apply_repairs(FileId(0), text, &[&repair]).as_deref(), Some(fixed));
        }
    }

    #[test]
    fn only_whole_lines_are_removed() {
        let remove = |text: &str| {
            let repair = Repair {
                path: path("version"),
                action: Action::RemoveLine { key: span_of(text, "version") },
            };
            apply_repairs(FileId(0), text, &[&repair])
        };
        assert_eq!(remove("# c\nversion: '3'  # d\na: 1\n").as_deref(), Some("# c\na: 1\n"));
        assert_eq!(remove("{version: 3, a: 1}\n"), None);
    }
}
