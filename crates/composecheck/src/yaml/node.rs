//! Values that know where they were written and how they came to where they are.

use super::go;
use super::timestamp::Time;
use crate::source::Span;

/// How a value came to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Through `*alias`.
    Alias,
    /// Through `<<`.
    MergeKey,
    /// It replaced what an earlier file said here.
    Override,
    /// Through `extends`.
    Extends,
    /// Through `include`.
    Include,
}

/// One step of a value's history; the place is the alias, the `<<`, or what was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// How.
    pub via: Via,
    /// Where.
    pub span: Span,
}

/// What a tag asks of the merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// No tag: merge.
    #[default]
    Merge,
    /// `!override`: replace.
    Override,
    /// `!reset`: remove.
    Reset,
}

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kind {
    /// Nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A point in time.
    Time(Time),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<Entry>),
}

/// A value with its place and history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Where it was written. Collections begin at their first entry and are empty.
    pub span: Span,
    /// How it came here, nearest step last.
    pub origins: Vec<Origin>,
    /// What its tag asks of the merge.
    pub mode: Mode,
}

/// A key and its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        if let Kind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Self] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    /// The entry with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value below these keys, unless it is null.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let found = path.iter().try_fold(self, |node, key| Some(&node.entry(key)?.value))?;
        (found.kind != Kind::Null).then_some(found)
    }

    /// Whether two values say the same, wherever they were written.
    pub(crate) fn says_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::List(a), Kind::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_same(b))
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let same =
                    |entry: &Entry| other.entry(&entry.key).is_some_and(|e| e.value.says_same(&entry.value));
                a.len() == b.len() && a.iter().all(same)
            }
            (a, b) => a == b,
        }
    }

    /// A scalar as text, as Compose would cast it.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Int(value) => Some(value.to_string()),
            Kind::Float(value) => Some(go::float(*value)),
            Kind::Time(value) => Some(value.words()),
            Kind::Text(value) => Some(value.clone()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }
}

/// The items of a value that may be one scalar or a list of them.
pub(crate) fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node { kind: Kind::List(items), .. }) => items,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}

/// The text below these keys.
pub(crate) fn text_at(node: &Node, path: &[&str]) -> Option<String> {
    node.at(path).and_then(Node::text)
}

pub(crate) fn section_mut<'a>(root: &'a mut Node, name: &str) -> &'a mut [Entry] {
    at_mut(root, &[name]).map_or(&mut [], entries_mut)
}

fn entries_mut(node: &mut Node) -> &mut [Entry] {
    if let Kind::Map(entries) = &mut node.kind { entries } else { &mut [] }
}

pub(crate) fn at_mut<'a>(node: &'a mut Node, path: &[&str]) -> Option<&'a mut Node> {
    path.iter().try_fold(node, |node, key| {
        let entry = entries_mut(node).iter_mut().find(|entry| entry.key == *key)?;
        Some(&mut entry.value)
    })
}
