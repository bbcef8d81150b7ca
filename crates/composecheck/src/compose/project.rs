//! The merged files.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::source::{Sources, Span};
use crate::yaml::{Entry, Node};

/// The merged files.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The files.
    pub sources: Sources,
    /// The merged model.
    pub root: Node,
    /// Variables without a value or default, and where they are used.
    pub unset: Vec<(String, Span)>,
    /// Where its relative paths begin.
    pub folder: PathBuf,
    /// The variables that it was filled in with.
    pub variables: HashMap<String, String>,
}

impl Project {
    /// The entries of a top-level mapping such as `services`.
    pub fn section(&self, name: &str) -> &[Entry] {
        self.root.at(&[name]).map_or(&[], Node::entries)
    }

    /// The services.
    pub fn services(&self) -> &[Entry] {
        self.section("services")
    }
}
