//! The merged files.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::source::{Sources, Span};
use crate::yaml::{Entry, Node};

/// A project: its files, merged into one value.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Every file that was read for it.
    pub sources: Sources,
    /// The merged value.
    pub root: Node,
    /// Variables that are used and have neither a value nor a default, each with the value that uses it.
    pub(crate) unset: Vec<(String, Span)>,
    /// The Compose files, in the order in which they were merged; not those that they include or extend.
    pub(crate) files: Vec<PathBuf>,
    /// The directory that relative paths are resolved against.
    pub(crate) directory: PathBuf,
    /// The name that `COMPOSE_PROJECT_NAME` gives it, if it does.
    pub(crate) given_name: Option<String>,
    /// The variables that were available for interpolation. `COMPOSE_PROJECT_NAME` is among them, whatever names the project.
    pub(crate) variables: HashMap<String, String>,
    /// The variables of the services of included projects, which have their own.
    pub(crate) service_variables: HashMap<String, HashMap<String, String>>,
}

impl Project {
    /// The entries of a top-level mapping such as `services`.
    pub fn section(&self, name: &str) -> &[Entry] {
        self.root.entries_at(&[name])
    }

    /// The services, in the order of the files.
    pub fn services(&self) -> &[Entry] {
        self.section("services")
    }
}
