//! From the text of a file to its documents, ready to be merged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use super::interpolate::Variables;
use super::{files, normalize};
use crate::source::{Fault, FileId, Sources, Span, position};
use crate::yaml::{self, Entry, Kind, Mode, Node};

/// Keys of a Compose file; `x-…` is free.
const TOP_LEVEL: [&str; 9] =
    ["configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"];

/// Why a project is not loaded; where a place in a file is to blame, with that.
#[derive(Debug)]
pub(crate) struct Refused {
    /// In one line.
    pub(crate) error: Error,
    /// The place, and the files read so far.
    pub(crate) fault: Option<(Fault, Sources)>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, fault: None }
    }
}

/// A value may be of the wrong shape only because a variable in it has no value.
pub(super) fn with_unset(mut fault: Fault, unset: &[(String, Span)]) -> Fault {
    if let Some((name, _)) = unset.iter().find(|(_, span)| *span == fault.span) {
        fault.cause = format!("{} (the variable {name} is not set)", fault.cause);
    }
    fault
}

/// Reads files, and the files that these bring in.
pub(crate) struct Loader<'a> {
    /// Texts that stand in for what is in the files.
    pub(super) texts: &'a HashMap<PathBuf, String>,
    /// Every file that was read.
    pub(crate) sources: Sources,
    /// Files that are being included, outermost first.
    pub(crate) chain: Vec<PathBuf>,
}

impl Loader<'_> {
    pub(super) fn refuse(&self, fault: Fault) -> Refused {
        Refused { error: self.sources.error(&fault), fault: Some((fault, self.sources.clone())) }
    }

    pub(super) fn read(&self, path: &Path) -> Result<String, Error> {
        self.texts.get(path).map_or_else(|| files::read(path), |text| Ok(text.clone()))
    }

    /// Reads a file that is named in another one.
    pub(crate) fn read_named(&self, path: &Path, at: Span) -> Result<String, Fault> {
        self.read(path).map_err(|e| Fault::new(at, format!("cannot read {}: {}", path.display(), e.cause())))
    }

    /// The documents of a file, with their variables filled in, in the one shape that rules and merge see.
    pub(crate) fn documents(
        &mut self,
        path: &Path,
        text: String,
        variables: &mut Variables,
    ) -> Result<Vec<Node>, Fault> {
        let file = self.sources.add(path.display().to_string(), text);
        let text = &self.sources.get(file).text;
        refuse_nul(file, text)?;
        let mut documents = yaml::parse(file, text)?;
        if let [Node { kind: Kind::Null, .. }] = documents.as_slice() {
            documents.clear();
        }
        for document in &mut documents {
            check_shape(document)?;
            variables.fill(document)?;
            normalize::unify(document)?;
        }
        Ok(documents)
    }
}

/// The mistakes that leave nothing to look at; and what is not followed yet must not pass as checked.
fn check_shape(document: &Node) -> Result<(), Fault> {
    let map = |node: &Node, what: &str, at: Span| match node.kind {
        Kind::Map(_) => Ok(()),
        _ => Err(Fault::new(at, format!("{what} must be a mapping"))),
    };
    map(document, "a Compose file", document.span)?;
    let known = |entry: &Entry| {
        let key = entry.key.as_str();
        TOP_LEVEL.contains(&key) || key.starts_with("x-") || entry.value.mode == Mode::Reset
    };
    if let Some(entry) = document.entries().iter().find(|entry| !known(entry)) {
        return Err(Fault::new(entry.span, format!("unknown key '{}'", entry.key)));
    }
    for section in ["services", "volumes", "networks", "secrets", "configs"] {
        // Over another file nothing is no change, but for services.
        let says = |entry: &&Entry| section == "services" || entry.value.kind != Kind::Null;
        let Some(entry) = document.entry(section).filter(says) else { continue };
        map(&entry.value, &format!("'{section}'"), entry.span)?;
        for item in entry.value.entries() {
            // Compose looks at the names of networks only where a service uses them.
            if section != "networks" && !is_name(&item.key) {
                let cause = format!(
                    "'{}' is no name for one of the {section}: it may have letters, digits, '.', '_' and '-'",
                    item.key
                );
                return Err(Fault::new(item.span, cause));
            }
        }
    }
    for key in ["name", "version"] {
        let is_text = |entry: &&Entry| match entry.value.kind {
            Kind::Text(_) => true,
            Kind::Time(_) => key == "version",
            _ => false,
        };
        if let Some(entry) = document.entry(key).filter(|entry| !is_text(entry)) {
            return Err(Fault::new(entry.span, format!("'{key}' must be text: put it in quotes")));
        }
    }
    Ok(())
}

fn is_name(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn refuse_nul(file: FileId, text: &str) -> Result<(), Fault> {
    let Some(at) = text.find('\0') else { return Ok(()) };
    let (line, column) = position(&text[..at]);
    Err(Fault::new(Span { line, column, start: at, end: at, ..Span::start_of(file) }, "it holds a NUL byte"))
}
