//! What services refer to has to be there: other services, networks, volumes, files of variables.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::model::{Entry, Node};
use crate::source::{Fault, Span};
use crate::{paths, short};

/// Finds the first reference that leads nowhere, or in a circle, as Compose refuses it. What may be missing may lead to a
/// service that is `off`; `folder` is where relative paths begin.
pub(crate) fn check(root: &Node, off: &HashSet<String>, folder: &Path) -> Result<(), Fault> {
    let services = root.at(&["services"]).map_or(&[][..], Node::entries);
    for service in services {
        dependencies(service, services, off)?;
        linked(service, services)?;
        networks(service, root)?;
        volumes(service, root)?;
        for section in ["secrets", "configs"] {
            named(service, root, section)?;
        }
        files(service, folder)?;
    }
    circles(services)
}

fn declared(root: &Node, section: &str, name: &str) -> bool {
    root.at(&[section]).is_some_and(|section| section.entry(name).is_some())
}

fn nowhere(service: &Entry, span: Span, what: &str, name: &str) -> Fault {
    Fault::new(span, format!("service '{}' refers to the {what} '{name}', which is not defined", service.key))
}

fn dependencies(service: &Entry, services: &[Entry], off: &HashSet<String>) -> Result<(), Fault> {
    for other in service.value.at(&["depends_on"]).map_or(&[][..], Node::entries) {
        let optional = other.value.at(&["required"]).and_then(Node::text).as_deref() == Some("false");
        let is_known = services.iter().any(|service| service.key == other.key);
        let is_off = optional && off.contains(&other.key);
        if !is_known && !is_off {
            return Err(nowhere(service, other.span, "service", &other.key));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts"] {
        let Some(mode) = service.value.at(&[key]) else { continue };
        let text = mode.text().unwrap_or_default();
        let Some(name) = text.strip_prefix("service:") else { continue };
        if !services.iter().any(|service| service.key == name) {
            return Err(nowhere(service, mode.span, "service", name));
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
    let (source, _, _) = short::mount(&text);
    source.filter(|source| !source.is_empty() && !paths::is_folder(source)).map(str::to_owned)
}

fn named(service: &Entry, root: &Node, section: &str) -> Result<(), Fault> {
    let of_build = service.value.at(&["build", section]);
    for item in service.value.at(&[section]).into_iter().chain(of_build).flat_map(Node::items) {
        let name = item.text().or_else(|| item.at(&["source"])?.text()).unwrap_or_default();
        if !declared(root, section, &name) {
            return Err(nowhere(service, item.span, section.trim_end_matches('s'), &name));
        }
    }
    Ok(())
}

fn files(service: &Entry, folder: &Path) -> Result<(), Fault> {
    for item in
        ["env_file", "label_file"].iter().filter_map(|key| service.value.at(&[key])).flat_map(Node::items)
    {
        let optional = item.at(&["required"]).and_then(Node::text).as_deref() == Some("false");
        let Some(path) = item.text().or_else(|| item.at(&["path"])?.text()) else { continue };
        if !optional && !folder.join(&path).exists() {
            return Err(nowhere(service, item.span, "file", &path));
        }
    }
    Ok(())
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
