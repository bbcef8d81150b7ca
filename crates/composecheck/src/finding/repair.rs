//! What would mend a finding, in terms of the file.

use crate::source::Span;

/// A change, and what it is allowed to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The value of the model that becomes another one.
    pub path: Vec<String>,
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write something else in place of a value.
    Replace {
        /// The value.
        span: Span,
        /// What is written there instead.
        with: String,
    },
    /// Add entries to the mapping, or to the list of `KEY=VALUE`, that belongs to a key.
    Add {
        /// The key.
        under: Span,
        /// The entries.
        entries: Vec<(String, Yaml)>,
    },
    /// Add entries to the whole file, at its end.
    Append {
        /// The entries.
        entries: Vec<(String, Yaml)>,
    },
    /// Turn a list of names into a mapping, each name to this value.
    Map {
        /// The names.
        names: Vec<Span>,
        /// The value.
        to: Yaml,
    },
    /// Remove an entry that has a line to itself.
    Remove {
        /// Its key.
        key: Span,
    },
}

/// A value that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// A scalar, as it is written.
    Scalar(String),
    /// A mapping.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A scalar that needs no quotes, or has them.
    pub(crate) fn scalar(text: impl Into<String>) -> Self {
        Self::Scalar(text.into())
    }

    /// A mapping with one entry.
    pub(crate) fn one(key: impl Into<String>, value: Self) -> Self {
        Self::Map(vec![(key.into(), value)])
    }

    /// On one line.
    pub(crate) fn flow(&self) -> String {
        match self {
            Self::Scalar(text) => text.clone(),
            Self::Map(entries) => format!("{{{}}}", flow_entries(entries)),
        }
    }
}

/// Entries on one line.
pub(crate) fn flow_entries(entries: &[(String, Yaml)]) -> String {
    entries.iter().map(|(key, value)| format!("{key}: {}", value.flow())).collect::<Vec<_>>().join(", ")
}

/// Entries on lines of their own, indented this far.
pub(crate) fn block_entries(entries: &[(String, Yaml)], indent: usize, newline: &str) -> String {
    let mut text = String::new();
    for (key, value) in entries {
        let margin = " ".repeat(indent);
        match value {
            Yaml::Scalar(value) => text += &format!("{margin}{key}: {value}{newline}"),
            Yaml::Map(below) => {
                text += &format!("{margin}{key}:{newline}");
                text += &block_entries(below, indent + 2, newline);
            }
        }
    }
    text
}
