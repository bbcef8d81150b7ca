//! Values of a YAML file that keep where they were written and how they reached their place.

use std::collections::HashMap;

use super::go;
use super::timestamp::Timestamp;
use crate::source::Span;

/// How a value reached its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Through an alias: `*name`.
    Alias,
    /// Through a merge key: `<<`.
    MergeKey,
    /// It replaced the value of an earlier file.
    Override,
    /// Through `extends`.
    Extends,
    /// Through `include`.
    Include,
}

/// One step of a value's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The kind of step.
    pub via: Via,
    /// The alias, the `<<`, the `extends` or `include`, or the value that was replaced.
    pub span: Span,
}

/// How a value is merged onto that of an earlier file, by its tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMode {
    /// No tag: the values are merged.
    #[default]
    Merge,
    /// `!override`: it replaces the earlier value.
    Override,
    /// `!reset`: the earlier value is removed.
    Reset,
}

/// The content of a value, with the type that go-yaml gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN or infinite.
    Float(f64),
    /// A date, with or without the time of day.
    Timestamp(Timestamp),
    /// Any other scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file, without duplicate keys.
    Map(Vec<Entry>),
}

/// A value with its position and history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The value itself.
    pub kind: Kind,
    /// Where it was written. That of a list or mapping is empty, at its first item.
    pub span: Span,
    /// How it reached its place; the latest step is the last.
    pub origins: Vec<Origin>,
    /// How it is merged onto an earlier file.
    pub mode: MergeMode,
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The key, as text.
    pub key: String,
    /// Where the key was written.
    pub span: Span,
    /// The value of the key.
    pub value: Node,
}

impl Node {
    /// The entries of a mapping; none for any other value.
    pub fn entries(&self) -> &[Entry] {
        if let Kind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The items of a list; none for any other value.
    pub fn items(&self) -> &[Self] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    /// The entry with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value at this path of keys, unless it is null.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let found = path.iter().try_fold(self, |node, key| Some(&node.entry(key)?.value))?;
        (found.kind != Kind::Null).then_some(found)
    }

    /// A scalar as text, as Compose casts it; none for null, lists and mappings.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Int(value) => Some(value.to_string()),
            Kind::Float(value) => Some(go::float(*value)),
            Kind::Timestamp(value) => Some(value.to_go_string()),
            Kind::Text(value) => Some(value.clone()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The scalar at this path, as text.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<String> {
        self.at(path).and_then(Self::text)
    }

    /// The entries of the mapping at this path.
    pub(crate) fn entries_at(&self, path: &[&str]) -> &[Entry] {
        self.at(path).map_or(&[], Self::entries)
    }

    /// The items of the list at this path.
    pub(crate) fn items_at(&self, path: &[&str]) -> &[Self] {
        self.at(path).map_or(&[], Self::items)
    }

    /// Whether two values are equal; positions, history and the order of keys do not count.
    pub(crate) fn same_value(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::List(a), Kind::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b))
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let others: HashMap<&str, &Self> =
                    b.iter().map(|entry| (&*entry.key, &entry.value)).collect();
                let is_same = |entry: &Entry| {
                    others.get(entry.key.as_str()).is_some_and(|other| entry.value.same_value(other))
                };
                a.len() == b.len() && a.iter().all(is_same)
            }
            (a, b) => a == b,
        }
    }
}

/// The items of a value that may be written as a list or as its only item.
pub(crate) fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node { kind: Kind::List(items), .. }) => items,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}

/// The entries of a top-level mapping such as `services`.
pub(crate) fn section_mut<'a>(root: &'a mut Node, name: &str) -> &'a mut [Entry] {
    at_mut(root, &[name]).map_or(&mut [], entries_mut)
}

/// The value at this path of keys.
pub(crate) fn at_mut<'a>(node: &'a mut Node, path: &[&str]) -> Option<&'a mut Node> {
    path.iter().try_fold(node, |node, key| {
        let entry = entries_mut(node).iter_mut().find(|entry| entry.key == *key)?;
        Some(&mut entry.value)
    })
}

fn entries_mut(node: &mut Node) -> &mut [Entry] {
    if let Kind::Map(entries) = &mut node.kind { entries } else { &mut [] }
}
