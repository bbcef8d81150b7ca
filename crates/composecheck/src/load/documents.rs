//! From the text of a file to its documents, interpolated and normalized.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use super::error::LoadError;
use super::interpolate::Variables;
use super::{files, normalize};
use crate::source::{FileId, Sources, Span, SpannedError, nearest, position};
use crate::yaml::{self, Entry, Kind, MergeMode, Node};

/// The keys of a Compose file; keys that begin with `x-` are allowed too.
const TOP_LEVEL: [&str; 9] =
    ["configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"];

/// Reads files and keeps them, with those that they include or extend.
pub(super) struct Loader<'a> {
    texts: &'a HashMap<PathBuf, String>,
    /// The values that are not loaded.
    left_out: &'a [Span],
    /// Every file that was read.
    pub(super) sources: Sources,
    /// The files that are being included, outermost first.
    pub(super) including: Vec<PathBuf>,
    /// The variables of the services of included projects, which have their own.
    pub(super) service_variables: HashMap<String, HashMap<String, String>>,
}

impl<'a> Loader<'a> {
    /// `texts` is used instead of what is on disk; the values that are `left_out` are not loaded.
    pub(super) fn new(texts: &'a HashMap<PathBuf, String>, left_out: &'a [Span]) -> Self {
        let (sources, service_variables) = (Sources::default(), HashMap::new());
        Self { texts, left_out, sources, including: Vec::new(), service_variables }
    }

    /// The error of the whole load for a mistake in a file.
    pub(super) fn failure(&self, error: SpannedError) -> Box<LoadError> {
        let shown = self.sources.error(&error);
        Box::new(LoadError { error: shown, located: Some((error, self.sources.clone())) })
    }

    pub(super) fn read(&self, path: &Path) -> Result<String, Error> {
        self.texts.get(path).map_or_else(|| files::read(path), |text| Ok(text.clone()))
    }

    /// Reads a file that another one refers to at this span.
    pub(super) fn read_referenced(&self, path: &Path, span: Span) -> Result<String, SpannedError> {
        self.read(path)
            .map_err(|e| SpannedError::new(span, format!("cannot read {}: {}", path.display(), e.cause())))
    }

    /// The documents of a file, interpolated and normalized.
    pub(super) fn documents(
        &mut self,
        path: &Path,
        text: String,
        variables: &mut Variables,
    ) -> Result<Vec<Node>, SpannedError> {
        let file = self.sources.add(path.display().to_string(), text);
        let text = &self.sources.get(file).text;
        reject_nul(file, text)?;
        let mut documents = yaml::parse(file, text)?;
        if let [Node { kind: Kind::Null, .. }] = documents.as_slice() {
            documents.clear();
        }
        for document in &mut documents {
            check_top_level(document)?;
            variables.interpolate(document)?;
            leave_out(document, self.left_out);
            normalize::normalize(document).map_err(|error| with_unset_variable(error, variables))?;
        }
        Ok(documents)
    }
}

/// Stands for an image that is left out: a service must have one.
const NO_IMAGE: &str = "unset";

/// Removes values from the lists and mappings that they are in.
fn leave_out(node: &mut Node, spans: &[Span]) {
    if spans.is_empty() {
        return;
    }
    match &mut node.kind {
        Kind::List(items) => {
            items.retain(|item| !spans.contains(&item.span));
            for item in items {
                leave_out(item, spans);
            }
        }
        Kind::Map(entries) => {
            entries.retain(|entry| entry.key == "image" || !spans.contains(&entry.value.span));
            for entry in entries {
                if spans.contains(&entry.value.span) {
                    entry.value.kind = Kind::Text(NO_IMAGE.to_owned());
                } else {
                    leave_out(&mut entry.value, spans);
                }
            }
        }
        _ => {}
    }
}

/// Names the variable without a value, if there is one, that may be the cause of an error.
pub(super) fn with_unset_variable(mut error: SpannedError, variables: &Variables) -> SpannedError {
    if let Some(name) = variables.unset_at(error.span) {
        error.cause = format!("{} (the variable {name} is not set)", error.cause);
        error.is_unset = true;
    }
    error
}

/// Checks the top-level keys and the names in each section. The schema is checked after the merge.
fn check_top_level(document: &Node) -> Result<(), SpannedError> {
    check_mapping(document, document.span, "a Compose file")?;
    let is_known = |entry: &Entry| {
        let key = entry.key.as_str();
        TOP_LEVEL.contains(&key) || key.starts_with("x-") || entry.value.mode == MergeMode::Reset
    };
    if let Some(entry) = document.entries().iter().find(|entry| !is_known(entry)) {
        return Err(unknown_key(entry));
    }
    for section in ["services", "volumes", "networks", "secrets", "configs"] {
        check_section(document, section)?;
    }
    for key in ["name", "version"] {
        let is_text = |entry: &&Entry| matches!(entry.value.kind, Kind::Text(_));
        if let Some(entry) = document.entry(key).filter(|entry| !is_text(entry)) {
            return Err(SpannedError::new(entry.span, format!("'{key}' must be a string; quote it")));
        }
    }
    Ok(())
}

/// Says what the key may be meant for: another one, or a service of a file of version 1.
fn unknown_key(entry: &Entry) -> SpannedError {
    let is_service = ["image", "build"].iter().any(|key| entry.value.at(&[key]).is_some());
    let meant = match nearest(&entry.key, TOP_LEVEL.into_iter()) {
        Some(key) => format!("; did you mean '{key}'?"),
        None if is_service => "; services stand below 'services:' since version 2 of the format".to_owned(),
        None => String::new(),
    };
    SpannedError::new(entry.span, format!("unknown key '{}'{meant}", entry.key))
}

fn check_section(document: &Node, section: &str) -> Result<(), SpannedError> {
    // An empty section of an override file changes nothing; Compose rejects only empty services.
    let is_checked = |entry: &&Entry| section == "services" || entry.value.kind != Kind::Null;
    let Some(entry) = document.entry(section).filter(is_checked) else { return Ok(()) };
    check_mapping(&entry.value, entry.span, &format!("'{section}'"))?;
    // Compose checks the names of networks only where a service uses them.
    let is_wrong = |item: &&Entry| section != "networks" && !is_resource_name(&item.key);
    match entry.value.entries().iter().find(is_wrong) {
        Some(item) => {
            let (what, name) = (section.trim_end_matches('s'), &item.key);
            let cause = format!(
                "'{name}' is not a valid {what} name: it may contain letters, digits, '.', '_' and '-'"
            );
            Err(SpannedError::new(item.span, cause))
        }
        None => Ok(()),
    }
}

fn check_mapping(node: &Node, span: Span, what: &str) -> Result<(), SpannedError> {
    match node.kind {
        Kind::Map(_) => Ok(()),
        _ => Err(SpannedError::new(span, format!("{what} must be a mapping"))),
    }
}

fn is_resource_name(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn reject_nul(file: FileId, text: &str) -> Result<(), SpannedError> {
    let Some(at) = text.find('\0') else { return Ok(()) };
    let (line, column) = position(&text[..at]);
    let span = Span { line, column, start: at, end: at, ..Span::start_of(file) };
    Err(SpannedError::new(span, "the file contains a NUL byte"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_say_what_may_be_meant() {
        let of = |text: &str| {
            let document = yaml::parse(FileId(0), text).unwrap().remove(0);
            check_top_level(&document).unwrap_err().cause
        };
        assert_eq!(of("service: {a: {image: x}}"), "unknown key 'service'; did you mean 'services'?");
        assert_eq!(
            of("db: {image: x}"),
            "unknown key 'db'; services stand below 'services:' since version 2 of the format"
        );
        assert_eq!(of("something: 1"), "unknown key 'something'");
    }
}
