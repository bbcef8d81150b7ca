//! `extends`: a service starts from another one, in the same file or in another.

use std::path::{Path, PathBuf};

use super::documents::Loader;
use super::interpolate::Variables;
use super::merge;
use crate::compose::paths;
use crate::source::{Span, SpannedError};
use crate::yaml::{Entry, Kind, Node, Origin, Via, at_mut};

/// Maximum number of services that extend one another in a row: they are resolved recursively.
const MAX_CHAIN: usize = 100;

/// Resolves every service of a document that extends another one.
pub(super) fn resolve_all(
    loader: &mut Loader<'_>,
    document: &mut Node,
    path: &Path,
    variables: &mut Variables,
) -> Result<(), SpannedError> {
    let extending =
        document.entries_at(&["services"]).iter().filter(|service| service.value.entry("extends").is_some());
    let names: Vec<String> = extending.map(|service| service.key.clone()).collect();
    let mut services = Vec::new();
    for name in names {
        let mut resolver = Resolver { loader, variables, chain: vec![(path.to_owned(), name.clone())] };
        services.push((name.clone(), resolver.resolve(document, path, &name)?));
    }
    for (name, service) in services {
        if let Some(node) = at_mut(document, &["services", &name]) {
            *node = service;
        }
    }
    Ok(())
}

/// The service that is extended; without a file it is in the same document.
struct Reference {
    service: String,
    file: Option<String>,
    span: Span,
}

fn reference(entry: &Entry) -> Result<Reference, SpannedError> {
    let text = |key: &str| entry.value.text_at(&[key]);
    let service = entry.value.text().or_else(|| text("service")).filter(|name| !name.is_empty());
    let service = service.ok_or_else(|| {
        SpannedError::new(entry.span, "'extends' names no service; write extends: {service: NAME}")
    })?;
    let span = entry.value.at(&["service"]).map_or(entry.value.span, |node| node.span);
    Ok(Reference { service, file: text("file"), span })
}

/// Makes the file that a service extends absolute.
fn keep_reference(mut service: Node, path: &Path) -> Node {
    let directory = path.parent().unwrap_or(Path::new(""));
    if let Some(file) = at_mut(&mut service, &["extends", "file"])
        && let Some(name) = file.text()
    {
        file.kind = Kind::Text(paths::absolute(directory, &name));
    }
    service
}

struct Resolver<'a, 'b> {
    loader: &'a mut Loader<'b>,
    variables: &'a mut Variables,
    /// The services being resolved, with their files: one that occurs again extends itself.
    chain: Vec<(PathBuf, String)>,
}

impl Resolver<'_, '_> {
    fn resolve(&mut self, document: &Node, path: &Path, name: &str) -> Result<Node, SpannedError> {
        let service = document.at(&["services", name]).cloned().unwrap_or_default();
        let Some(entry) = service.entry("extends") else { return Ok(service) };
        let reference = reference(entry)?;
        let mut base = match &reference.file {
            None => self.follow(document, path, &reference)?,
            Some(file) => {
                let other = path.parent().unwrap_or(Path::new("")).join(file);
                let span = entry.value.at(&["file"]).map_or(reference.span, |node| node.span);
                let document = self.document(&other, span)?;
                let mut found = self.follow(&document, &other, &reference)?;
                paths::make_service_absolute(&mut found, other.parent().unwrap_or(Path::new("")));
                found
            }
        };
        let mut own = service;
        if base.kind == Kind::Null {
            // Compose takes a service without content from another file, and keeps `extends`.
            return Ok(keep_reference(own, path));
        }
        base.origins.push(Origin { via: Via::Extends, span: reference.span });
        if let Kind::Map(entries) = &mut own.kind {
            entries.retain(|entry| entry.key != "extends");
        }
        merge::extend(&mut base, own, name)?;
        Ok(base)
    }

    fn follow(&mut self, document: &Node, path: &Path, reference: &Reference) -> Result<Node, SpannedError> {
        let name = &reference.service;
        let services = document.entries_at(&["services"]);
        if !services.iter().any(|service| service.key == *name) {
            let cause = format!("it extends service '{name}', which is not in {}", path.display());
            return Err(SpannedError::new(reference.span, cause));
        }
        let step = (path.to_owned(), name.clone());
        if self.chain.contains(&step) {
            let names: Vec<&str> = self.chain.iter().map(|(_, name)| name.as_str()).collect();
            let cause = format!("it extends itself: {} -> {name}", names.join(" -> "));
            return Err(SpannedError::new(reference.span, cause));
        }
        if self.chain.len() > MAX_CHAIN {
            return Err(SpannedError::new(
                reference.span,
                format!("more than {MAX_CHAIN} services extend one another in a row"),
            ));
        }
        self.chain.push(step);
        let resolved = self.resolve(document, path, name);
        self.chain.pop();
        resolved
    }

    /// Loads another file, its documents merged into one.
    fn document(&mut self, path: &Path, span: Span) -> Result<Node, SpannedError> {
        let text = self.loader.read_referenced(path, span)?;
        let mut documents = self.loader.documents(path, text, self.variables)?.into_iter();
        let mut first = documents.next().unwrap_or_default();
        documents.try_for_each(|document| merge::merge(&mut first, document))?;
        Ok(first)
    }
}
