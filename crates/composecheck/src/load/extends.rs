//! `extends`: a service begins as another one, of the same file or of another.

use std::path::{Path, PathBuf};

use super::documents::Loader;
use super::interpolate::Variables;
use super::merge;
use crate::compose::paths;
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Node, Origin, Via};

/// Longest chain that is followed: it is walked recursively.
const MAX_CHAIN: usize = 100;

/// Replaces every service that extends another one by what comes out.
pub(crate) fn apply(
    loader: &mut Loader<'_>,
    document: &mut Node,
    path: &Path,
    variables: &mut Variables,
) -> Result<(), Fault> {
    let services = document.at(&["services"]).map_or(&[][..], Node::entries);
    let extending = services.iter().filter(|service| service.value.entry("extends").is_some());
    let names: Vec<String> = extending.map(|service| service.key.clone()).collect();
    let mut resolved = Vec::new();
    for name in names {
        let mut extension = Extension { loader, variables, chain: vec![(path.to_owned(), name.clone())] };
        resolved.push((name.clone(), extension.resolve(document, path, &name)?));
    }
    for (name, service) in resolved {
        if let Some(entry) = service_mut(document, &name) {
            entry.value = service;
        }
    }
    Ok(())
}

fn service_mut<'a>(document: &'a mut Node, name: &str) -> Option<&'a mut Entry> {
    let Kind::Map(sections) = &mut document.kind else { return None };
    let services = sections.iter_mut().find(|entry| entry.key == "services")?;
    let Kind::Map(services) = &mut services.value.kind else { return None };
    services.iter_mut().find(|entry| entry.key == name)
}

/// What a service extends.
struct Reference {
    service: String,
    file: Option<String>,
    span: Span,
}

fn reference(entry: &Entry) -> Result<Reference, Fault> {
    let text = |key: &str| entry.value.at(&[key]).and_then(Node::text);
    let service = entry.value.text().or_else(|| text("service")).filter(|name| !name.is_empty());
    let service = service.ok_or_else(|| {
        Fault::new(entry.span, "'extends' names no service: write extends: {service: NAME}")
    })?;
    let span = entry.value.at(&["service"]).map_or(entry.value.span, |node| node.span);
    Ok(Reference { service, file: text("file"), span })
}

struct Extension<'a, 'b> {
    loader: &'a mut Loader<'b>,
    variables: &'a mut Variables,
    /// Services on the way, with their files: one that comes again extends itself.
    chain: Vec<(PathBuf, String)>,
}

impl Extension<'_, '_> {
    fn resolve(&mut self, document: &Node, path: &Path, name: &str) -> Result<Node, Fault> {
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
                paths::resolve_service(&mut found, other.parent().unwrap_or(Path::new("")));
                found
            }
        };
        base.origins.push(Origin { via: Via::Extends, span: reference.span });
        let mut own = service;
        if let Kind::Map(entries) = &mut own.kind {
            entries.retain(|entry| entry.key != "extends");
        }
        merge::extend(&mut base, own, name)?;
        Ok(base)
    }

    fn follow(&mut self, document: &Node, path: &Path, reference: &Reference) -> Result<Node, Fault> {
        let name = &reference.service;
        let services = document.at(&["services"]).map_or(&[][..], Node::entries);
        if !services.iter().any(|service| service.key == *name) {
            let cause = format!("it extends the service '{name}', which {} does not have", path.display());
            return Err(Fault::new(reference.span, cause));
        }
        let step = (path.to_owned(), name.clone());
        if self.chain.contains(&step) {
            let names: Vec<&str> = self.chain.iter().map(|(_, name)| name.as_str()).collect();
            let cause = format!("it extends itself: {} -> {name}", names.join(" -> "));
            return Err(Fault::new(reference.span, cause));
        }
        if self.chain.len() > MAX_CHAIN {
            return Err(Fault::new(
                reference.span,
                format!("more than {MAX_CHAIN} services extend each other in a row"),
            ));
        }
        self.chain.push(step);
        let resolved = self.resolve(document, path, name);
        self.chain.pop();
        resolved
    }

    /// Another file; of several documents each is laid on the one before.
    fn document(&mut self, path: &Path, at: Span) -> Result<Node, Fault> {
        let text = self.loader.read_named(path, at)?;
        let mut documents = self.loader.documents(path, text, self.variables)?.into_iter();
        let mut first = documents.next().unwrap_or_default();
        documents.try_for_each(|document| merge::merge(&mut first, document))?;
        Ok(first)
    }
}
