//! `include`: other projects, with variables and a folder of their own, are taken into this one.

use std::path::{Path, PathBuf};

use super::documents::{Loader, with_unset};
use super::files::pairs_of;
use super::interpolate::Variables;
use super::{extends, merge, normalize, schema};
use crate::compose::paths;
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Node, Origin, Via, section_mut};

/// Sections that an included project brings along.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Lays a file on those before it, with all that it includes and extends.
pub(super) fn lay(
    loader: &mut Loader<'_>,
    path: &Path,
    text: String,
    variables: &mut Variables,
    root: &mut Option<Node>,
) -> Result<(), Fault> {
    for mut document in loader.documents(path, text, variables)? {
        apply(loader, &mut document, path, variables)?;
        extends::apply(loader, &mut document, path, variables)?;
        let root = match root {
            Some(base) => {
                merge::merge(base, document)?;
                base
            }
            None => root.insert(document),
        };
        merge::drop_resets(root);
        normalize::name_externals(root)?;
        schema::check(root).map_err(|fault| with_unset(fault, &variables.unset))?;
    }
    Ok(())
}

/// Takes in all that a document includes, and drops its `include`.
fn apply(
    loader: &mut Loader<'_>,
    document: &mut Node,
    path: &Path,
    variables: &mut Variables,
) -> Result<(), Fault> {
    let Kind::Map(entries) = &mut document.kind else { return Ok(()) };
    let Some(at) = entries.iter().position(|entry| entry.key == "include") else { return Ok(()) };
    let entry = entries.remove(at);
    let items = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Null => &[],
        _ => return Err(Fault::new(entry.span, "'include' must be a list")),
    };
    for item in items {
        if !matches!(item.kind, Kind::Map(_) | Kind::Text(_) | Kind::Null) {
            return Err(Fault::new(item.span, "an item of 'include' must be a path, or a mapping with one"));
        }
        let inclusion = Inclusion::of(item, path.parent().unwrap_or(Path::new("")));
        let root = inclusion.load(loader, variables)?;
        import(document, root, inclusion.span)?;
    }
    Ok(())
}

/// One item of the list.
struct Inclusion {
    files: Vec<PathBuf>,
    env_files: Vec<PathBuf>,
    /// Where its relative paths begin.
    folder: PathBuf,
    span: Span,
}

impl Inclusion {
    /// One without a file brings nothing, and Compose says nothing about it.
    fn of(item: &Node, folder: &Path) -> Self {
        let paths = item.text().map_or_else(|| texts(item.at(&["path"])), |path| vec![path]);
        let files: Vec<PathBuf> = paths.iter().map(|path| folder.join(path)).collect();
        let own = item.at(&["project_directory"]).and_then(Node::text).filter(|own| !own.is_empty());
        let beside = match own.map(|own| folder.join(own)) {
            // What is no folder stands for the one that it would be in.
            Some(own) if !own.is_dir() => own.parent().unwrap_or(folder).to_owned(),
            Some(own) => own,
            None => files.first().and_then(|first| first.parent()).unwrap_or(folder).to_owned(),
        };
        let env_files = match texts(item.at(&["env_file"])) {
            named if named.is_empty() => {
                Vec::from_iter(Some(beside.join(".env")).filter(|path| path.is_file()))
            }
            named => named.iter().map(|path| folder.join(path)).collect(),
        };
        let span = item.at(&["path"]).map_or(item.span, |node| node.span);
        Self { files, env_files, folder: beside, span }
    }

    /// The included project. The variables of the one that includes it win over its own.
    fn load(&self, loader: &mut Loader<'_>, variables: &mut Variables) -> Result<Node, Fault> {
        let mut defaults = Vec::new();
        for path in &self.env_files {
            let cannot = |e: evenkeel_common::Error| {
                Fault::new(self.span, format!("{}: {}", path.display(), e.cause()))
            };
            defaults.extend(pairs_of(path, variables.values()).map_err(cannot)?);
        }
        let mut own = variables.with_defaults(defaults);
        let mut root = None;
        for path in &self.files {
            let place = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if loader.chain.contains(&place) {
                return Err(Fault::new(self.span, format!("{} includes itself", path.display())));
            }
            let text = loader.read_named(path, self.span)?;
            loader.chain.push(place);
            let laid = lay(loader, path, text, &mut own, &mut root);
            loader.chain.pop();
            laid?;
        }
        variables.unset.append(&mut own.unset);
        let mut root = root.unwrap_or_default();
        paths::resolve(&mut root, &self.folder);
        for service in section_mut(&mut root, "services") {
            give_values(&mut service.value, &own);
        }
        Ok(root)
    }
}

/// Variables that a service only names have the values that they have in its own project.
fn give_values(service: &mut Node, variables: &Variables) {
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

/// A text, or a list of texts.
fn texts(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    node.text().map_or_else(|| node.items().iter().filter_map(Node::text).collect(), |text| vec![text])
}

/// Takes the sections of an included project in. What both have must be the same.
fn import(document: &mut Node, root: Node, at: Span) -> Result<(), Fault> {
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
                Some(own) if !own.value.says_same(&item.value) => {
                    let cause =
                        format!("'{}.{}' is here, and differs in an included file", section.key, item.key);
                    return Err(Fault::new(own.span, cause));
                }
                Some(_) => {}
                None => {
                    item.value.origins.push(Origin { via: Via::Include, span: at });
                    target.push(item);
                }
            }
        }
    }
    Ok(())
}
