//! How `--fix` changes a file to fix a finding.

use crate::source::Span;

/// A change of a file, and the value that it may change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Repair {
    /// The path of keys of the value that may be different afterwards.
    pub(crate) path: Vec<String>,
    pub(crate) action: Action,
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Replaces the text of a scalar.
    Replace { span: Span, with: String },
    /// Inserts entries into the mapping, or the list of `KEY=VALUE`, of a key.
    Insert { key: Span, entries: Vec<(String, NewValue)> },
    /// Appends entries to the top-level mapping, at the end of the file.
    Append { entries: Vec<(String, NewValue)> },
    /// Turns a list of names into a mapping from each name to a value.
    ListToMap { names: Vec<Span>, value: NewValue },
    /// Removes an entry that has a line of its own.
    RemoveLine { key: Span },
}

/// A value that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NewValue {
    /// A scalar as it is written, with the quotes that it needs.
    Scalar(String),
    Map(Vec<(String, NewValue)>),
}

impl NewValue {
    pub(crate) fn scalar(text: impl Into<String>) -> Self {
        Self::Scalar(text.into())
    }

    /// A mapping with one entry.
    pub(crate) fn entry(key: impl Into<String>, value: Self) -> Self {
        Self::Map(vec![(key.into(), value)])
    }

    /// In flow style, on one line.
    pub(crate) fn to_flow(&self) -> String {
        match self {
            Self::Scalar(text) => text.clone(),
            Self::Map(entries) => format!("{{{}}}", flow_entries(entries)),
        }
    }
}

/// Entries in flow style, without the braces.
pub(crate) fn flow_entries(entries: &[(String, NewValue)]) -> String {
    entries.iter().map(|(key, value)| format!("{key}: {}", value.to_flow())).collect::<Vec<_>>().join(", ")
}

/// Entries in block style, indented by this many spaces.
pub(crate) fn block_entries(entries: &[(String, NewValue)], indent: usize, newline: &str) -> String {
    let mut text = String::new();
    for (key, value) in entries {
        let margin = " ".repeat(indent);
        match value {
            NewValue::Scalar(value) => text += &format!("{margin}{key}: {value}{newline}"),
            NewValue::Map(entries) => {
                text += &format!("{margin}{key}:{newline}");
                text += &block_entries(entries, indent + 2, newline);
            }
        }
    }
    text
}
