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
    /// What it needs and is not here, where the load did not refuse that.
    pub(crate) absent: Vec<Absent>,
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

/// A file or a variable that Compose would refuse to start without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    /// The path or the name.
    pub(crate) name: String,
    /// What is wrong, in one sentence without a full stop.
    pub(crate) message: String,
    /// Where it is used.
    pub(crate) span: Span,
}

impl Project {
    /// The entries of a top-level mapping such as `services`.
    pub fn section(&self, name: &str) -> &[Entry] {
        self.root.entries_at(&[name])
    }

    /// Whether the value at a span uses a variable that has no value.
    pub(crate) fn is_unset(&self, span: Span) -> bool {
        let unset = self.unset.iter().map(|(_, at)| at);
        unset.chain(self.absent.iter().map(|one| &one.span)).any(|at| *at == span)
    }

    /// The services, in the order of the files.
    pub fn services(&self) -> &[Entry] {
        self.section("services")
    }
}
