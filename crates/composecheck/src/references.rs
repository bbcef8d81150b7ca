//! What services refer to has to be there: other services, networks, volumes, files of variables.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::model::{Entry, Kind, Node};
use crate::source::{Fault, Span};

/// Finds the first reference that leads nowhere, or in a circle, as Compose refuses it. `folder` is where relative paths
/// begin.
pub(crate) fn check(root: &Node, folder: &Path) -> Result<(), Fault> {
    let services = root.at(&["services"]).map_or(&[][..], Node::entries);
    for service in services {
        dependencies(service, services)?;
        linked(service, services)?;
        networks(service, root)?;
        volumes(service, root)?;
        for section in ["secrets", "configs"] {
            named(service, root, section)?;
        }
        env_files(service, folder)?;
    }
    circles(services)
}

fn declared(root: &Node, section: &str, name: &str) -> bool {
    root.at(&[section]).is_some_and(|section| section.entry(name).is_some())
}

fn nowhere(service: &Entry, span: Span, what: &str, name: &str) -> Fault {
    Fault::new(span, format!("service '{}' refers to the {what} '{name}', which is not defined", service.key))
}

fn dependencies(service: &Entry, services: &[Entry]) -> Result<(), Fault> {
    for other in service.value.at(&["depends_on"]).map_or(&[][..], Node::entries) {
        let optional = other.value.at(&["required"]).and_then(Node::text).as_deref() == Some("false");
        if !optional && !services.iter().any(|service| service.key == other.key) {
            return Err(nowhere(service, other.span, "service", &other.key));
        }
    }
    Ok(())
}

/// `links` and `volumes_from` name a service, and after a colon how.
fn linked(service: &Entry, services: &[Entry]) -> Result<(), Fault> {
    for key in ["links", "volumes_from"] {
        for item in service.value.at(&[key]).map_or(&[][..], Node::items) {
            let text = item.text().unwrap_or_default();
            let name = text.split(':').next().unwrap_or_default();
            let outside = key == "volumes_from" && name == "container";
            if !outside && !services.iter().any(|service| service.key == name) {
                return Err(nowhere(service, item.span, "service", name));
            }
        }
    }
    Ok(())
}

fn networks(service: &Entry, root: &Node) -> Result<(), Fault> {
    for network in service.value.at(&["networks"]).map_or(&[][..], Node::entries) {
        if network.key != "default" && !declared(root, "networks", &network.key) {
            return Err(nowhere(service, network.span, "network", &network.key));
        }
    }
    Ok(())
}

fn volumes(service: &Entry, root: &Node) -> Result<(), Fault> {
    for mount in service.value.at(&["volumes"]).map_or(&[][..], Node::items) {
        let Some(name) = volume_of(mount) else { continue };
        if !declared(root, "volumes", &name) {
            return Err(nowhere(service, mount.span, "volume", &name));
        }
    }
    Ok(())
}

/// The named volume of a mount; none for a folder, a tmpfs and an anonymous volume.
fn volume_of(mount: &Node) -> Option<String> {
    let Some(text) = mount.text() else {
        let is_volume = mount.at(&["type"]).and_then(Node::text).as_deref() == Some("volume");
        return is_volume.then(|| mount.at(&["source"])?.text())?.filter(|name| !name.is_empty());
    };
    let (source, rest) = text.split_once(':')?;
    // One letter and a slash is a folder on Windows.
    let is_drive = source.len() == 1 && rest.starts_with(['/', '\\']);
    let is_folder = source.is_empty() || source.starts_with(['.', '/', '~', '\\']);
    (!is_drive && !is_folder).then(|| source.to_owned())
}

fn named(service: &Entry, root: &Node, section: &str) -> Result<(), Fault> {
    for item in service.value.at(&[section]).map_or(&[][..], Node::items) {
        let Some(name) = item.text().or_else(|| item.at(&["source"])?.text()) else { continue };
        if !declared(root, section, &name) {
            return Err(nowhere(service, item.span, section.trim_end_matches('s'), &name));
        }
    }
    Ok(())
}

fn env_files(service: &Entry, folder: &Path) -> Result<(), Fault> {
    for item in service.value.at(&["env_file"]).map_or(&[][..], items) {
        let optional = item.at(&["required"]).and_then(Node::text).as_deref() == Some("false");
        let Some(path) = item.text().or_else(|| item.at(&["path"])?.text()) else { continue };
        if !optional && !folder.join(&path).exists() {
            return Err(nowhere(service, item.span, "file", &path));
        }
    }
    Ok(())
}

/// The items of a list, or the one value that stands for it.
fn items(node: &Node) -> &[Node] {
    if let Kind::List(items) = &node.kind { items } else { std::slice::from_ref(node) }
}

/// Makes the relative paths of a service that was brought in from elsewhere begin in its own folder.
pub(crate) fn relocate(service: &mut Node, folder: &Path) {
    let Kind::Map(entries) = &mut service.kind else { return };
    let Some(entry) = entries.iter_mut().find(|entry| entry.key == "env_file") else { return };
    match &mut entry.value.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| relocate_path(item, folder)),
        _ => relocate_path(&mut entry.value, folder),
    }
}

fn relocate_path(item: &mut Node, folder: &Path) {
    match &mut item.kind {
        Kind::Text(path) => {
            let place = folder.join(&*path);
            *path = std::path::absolute(&place).unwrap_or(place).display().to_string();
        }
        Kind::Map(entries) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == "path") {
                relocate_path(&mut entry.value, folder);
            }
        }
        _ => {}
    }
}

/// Longest chain of dependencies that is followed: it is walked recursively.
const MAX_CHAIN: usize = 1000;

/// A service that waits for itself never starts.
fn circles(services: &[Entry]) -> Result<(), Fault> {
    let by_name = services.iter().map(|service| (service.key.as_str(), service)).collect();
    let mut walk = Walk { by_name, way: Vec::new(), done: HashSet::new() };
    services.iter().try_for_each(|service| walk.visit(service))
}

struct Walk<'a> {
    by_name: HashMap<&'a str, &'a Entry>,
    way: Vec<&'a str>,
    done: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, service: &'a Entry) -> Result<(), Fault> {
        if self.done.contains(service.key.as_str()) {
            return Ok(());
        }
        if self.way.len() == MAX_CHAIN {
            let cause = format!("more than {MAX_CHAIN} services wait for each other in a row");
            return Err(Fault::new(service.span, cause));
        }
        self.way.push(&service.key);
        for other in service.value.at(&["depends_on"]).map_or(&[][..], Node::entries) {
            if let Some(start) = self.way.iter().position(|name| *name == other.key) {
                let circle = [&self.way[start..], &[other.key.as_str()]].concat().join(" -> ");
                let cause = format!("services depend on each other in a circle: {circle}");
                return Err(Fault::new(other.span, cause));
            }
            if let Some(next) = self.by_name.get(other.key.as_str()).copied() {
                self.visit(next)?;
            }
        }
        self.way.pop();
        self.done.insert(&service.key);
        Ok(())
    }
}
