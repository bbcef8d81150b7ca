//! `include`: other projects, each with its own variables and directory, become part of this one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::documents::{Loader, with_unset_variable};
use super::files::{Format, read_variables};
use super::interpolate::Variables;
use super::{extends, merge, normalize, schema};
use crate::compose::paths;
use crate::source::{Span, SpannedError};
use crate::yaml::{Entry, Kind, Node, Origin, Via, section_mut};

/// The sections that are imported from an included project.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Merges a file onto the earlier ones, with everything that it includes and extends.
pub(super) fn merge_file(
    loader: &mut Loader<'_>,
    path: &Path,
    text: String,
    variables: &mut Variables,
    root: &mut Option<Node>,
) -> Result<(), SpannedError> {
    for mut document in loader.documents(path, text, variables)? {
        include_all(loader, &mut document, path, variables)?;
        extends::resolve_all(loader, &mut document, path, variables)?;
        let root = match root {
            Some(base) => {
                merge::merge(base, document)?;
                base
            }
            None => root.insert(document),
        };
        merge::remove_reset(root);
        normalize::normalize_external_names(root)?;
        schema::check(root).map_err(|error| with_unset_variable(error, variables))?;
    }
    Ok(())
}

/// Imports all that a document includes, and removes its `include`.
fn include_all(
    loader: &mut Loader<'_>,
    document: &mut Node,
    path: &Path,
    variables: &mut Variables,
) -> Result<(), SpannedError> {
    let Kind::Map(entries) = &mut document.kind else { return Ok(()) };
    let Some(at) = entries.iter().position(|entry| entry.key == "include") else { return Ok(()) };
    let entry = entries.remove(at);
    let items = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Null => &[],
        _ => return Err(SpannedError::new(entry.span, "'include' must be a list")),
    };
    for item in items {
        if !matches!(item.kind, Kind::Map(_) | Kind::Text(_) | Kind::Null) {
            return Err(SpannedError::new(
                item.span,
                "an item of 'include' must be a path or a mapping with 'path'",
            ));
        }
        let inclusion = Inclusion::of(item, path.parent().unwrap_or(Path::new("")));
        let root = inclusion.load(loader, variables)?;
        import(document, root, inclusion.span)?;
    }
    Ok(())
}

/// One item of `include`.
struct Inclusion {
    files: Vec<PathBuf>,
    env_files: Vec<PathBuf>,
    /// The directory that its relative paths are resolved against.
    directory: PathBuf,
    span: Span,
}

impl Inclusion {
    /// An item without a path includes nothing, which Compose accepts.
    fn of(item: &Node, directory: &Path) -> Self {
        let paths = item.text().map_or_else(|| texts(item.at(&["path"])), |path| vec![path]);
        let files: Vec<PathBuf> = paths.iter().map(|path| directory.join(path)).collect();
        let own = item.text_at(&["project_directory"]).filter(|own| !own.is_empty());
        let project_directory = match own.map(|own| directory.join(own)) {
            // Compose takes the parent of a path that is not a directory.
            Some(own) if !own.is_dir() => own.parent().unwrap_or(directory).to_owned(),
            Some(own) => own,
            None => files.first().and_then(|first| first.parent()).unwrap_or(directory).to_owned(),
        };
        let env_files = match texts(item.at(&["env_file"])) {
            named if named.is_empty() => {
                Vec::from_iter(Some(project_directory.join(".env")).filter(|path| path.is_file()))
            }
            named => named.iter().map(|path| directory.join(path)).collect(),
        };
        let span = item.at(&["path"]).map_or(item.span, |node| node.span);
        Self { files, env_files, directory: project_directory, span }
    }

    /// Loads the included project. The variables of the including project take precedence over its own.
    fn load(&self, loader: &mut Loader<'_>, variables: &mut Variables) -> Result<Node, SpannedError> {
        let mut defaults = Vec::new();
        for path in &self.env_files {
            let cannot = |e: evenkeel_common::Error| {
                SpannedError::new(self.span, format!("{}: {}", path.display(), e.cause()))
            };
            defaults.extend(
                read_variables(path, Format::Dotenv, variables.values(), &HashMap::new()).map_err(cannot)?,
            );
        }
        let mut own = variables.with_defaults(defaults);
        let mut root = None;
        for path in &self.files {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if loader.including.contains(&absolute) {
                return Err(SpannedError::new(self.span, format!("{} includes itself", path.display())));
            }
            let text = loader.read_referenced(path, self.span)?;
            loader.including.push(absolute);
            let merged = merge_file(loader, path, text, &mut own, &mut root);
            loader.including.pop();
            merged?;
        }
        let mut root = root.unwrap_or_default();
        paths::make_absolute(&mut root, &self.directory);
        for service in section_mut(&mut root, "services") {
            set_inherited_variables(&mut service.value, &own);
            let known = loader.service_variables.entry(service.key.clone());
            known.or_insert_with(|| own.values().clone());
        }
        variables.record(own);
        Ok(root)
    }
}

/// Sets the variables that a service names without a value to their value in its own project.
fn set_inherited_variables(service: &mut Node, variables: &Variables) {
    let Kind::Map(keys) = &mut service.kind else { return };
    for environment in keys.iter_mut().filter(|entry| entry.key == "environment") {
        let Kind::Map(entries) = &mut environment.value.kind else { continue };
        for entry in entries.iter_mut().filter(|entry| entry.value.kind == Kind::Null) {
            if let Some(value) = variables.get(&entry.key) {
                entry.value.kind = Kind::Text(value.to_owned());
            }
        }
    }
}

/// The texts of a value that may be one text or a list of them.
fn texts(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    node.text().map_or_else(|| node.items().iter().filter_map(Node::text).collect(), |text| vec![text])
}

/// Adds the sections of an included project to a document. An item that both have must be equal.
fn import(document: &mut Node, root: Node, span: Span) -> Result<(), SpannedError> {
    let (Kind::Map(own), Kind::Map(included)) = (&mut document.kind, root.kind) else { return Ok(()) };
    for section in included.into_iter().filter(|section| SECTIONS.contains(&section.key.as_str())) {
        let place = own.iter().position(|entry| entry.key == section.key).unwrap_or(own.len());
        if place == own.len() {
            let value = Node { kind: Kind::Map(Vec::new()), ..section.value.clone() };
            own.push(Entry { value, ..section.clone() });
        }
        let target = &mut own[place].value.kind;
        if *target == Kind::Null {
            *target = Kind::Map(Vec::new());
        }
        let (Kind::Map(target), Kind::Map(items)) = (target, section.value.kind) else { continue };
        for mut item in items {
            match target.iter().find(|entry| entry.key == item.key) {
                Some(own) if !own.value.same_value(&item.value) => {
                    let cause =
                        format!("'{}.{}' differs from the one in an included file", section.key, item.key);
                    return Err(SpannedError::new(own.span, cause));
                }
                Some(_) => {}
                None => {
                    item.value.origins.push(Origin { via: Via::Include, span });
                    target.push(item);
                }
            }
        }
    }
    Ok(())
}
