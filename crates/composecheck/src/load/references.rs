//! What services refer to has to be there: other services, networks, volumes, files of variables.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::compose::{paths, shorthand};
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Node};

/// Finds the first reference that leads nowhere, or in a circle, as Compose refuses it. What may be missing may lead to a
/// service that is `off`; `folder` is where relative paths begin.
pub(crate) fn check(root: &Node, off: &HashSet<String>, folder: &Path) -> Result<(), Fault> {
    let services = root.at(&["services"]).map_or(&[][..], Node::entries);
    let declared = Declared::of(root);
    let is_built = |service: &&Entry| service.value.at(&["build"]).is_some();
    let built = services.iter().filter(is_built).map(|service| service.key.as_str()).collect();
    for service in services {
        for need in needs(&service.value).iter().filter(|need| !(need.optional && off.contains(need.name))) {
            declared.need("services", need.name, service, need.span)?;
        }
        contexts(service, &built)?;
        networks(service, &declared)?;
        volumes(service, &declared)?;
        for section in ["secrets", "configs"] {
            named(service, &declared, section)?;
        }
        files(service, folder)?;
    }
    circles(services)
}

/// What there is in each section.
struct Declared<'a>(HashSet<(&'static str, &'a str)>);

impl<'a> Declared<'a> {
    fn of(root: &'a Node) -> Self {
        let sections = ["services", "networks", "volumes", "secrets", "configs"];
        let names = |section| {
            let entries = root.at(&[section]).map_or(&[][..], Node::entries);
            entries.iter().map(move |entry| (section, entry.key.as_str()))
        };
        Self(sections.into_iter().flat_map(names).collect())
    }

    /// Fails where a service refers to what is not there.
    fn need(&self, section: &'static str, name: &str, service: &Entry, span: Span) -> Result<(), Fault> {
        if self.0.contains(&(section, name)) {
            return Ok(());
        }
        let what = section.trim_end_matches('s');
        let cause = format!("service '{}' refers to the {what} '{name}', which is not defined", service.key);
        Err(Fault::new(span, cause))
    }
}

/// How a service needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It waits for it, as it says itself.
    Waits,
    /// It shares a namespace with it, or is linked to it.
    Shares,
    /// It mounts its volumes.
    Mounts,
}

/// Another service, which has to be there and to start first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need<'a> {
    pub(crate) name: &'a str,
    pub(crate) how: How,
    span: Span,
    optional: bool,
}

impl<'a> Need<'a> {
    /// What a text stands for by its part that is a name.
    fn of(node: &'a Node, how: How, name: fn(&'a str) -> Option<&'a str>) -> Option<Self> {
        let Kind::Text(text) = &node.kind else { return None };
        Some(Self { name: name(text)?, how, span: node.span, optional: false })
    }
}

/// The services that a service needs.
pub(crate) fn needs(service: &Node) -> Vec<Need<'_>> {
    let waits = service.at(&["depends_on"]).map_or(&[][..], Node::entries).iter().map(|other| {
        let optional = other.value.at(&["required"]).and_then(Node::text).as_deref() == Some("false");
        Need { name: &other.key, how: How::Waits, span: other.span, optional }
    });
    let modes = ["network_mode", "ipc", "pid", "uts"].iter().filter_map(|key| service.at(&[key]));
    let shared = modes.filter_map(|mode| Need::of(mode, How::Shares, |text| text.strip_prefix("service:")));
    let items = |key| service.at(&[key]).map_or(&[][..], Node::items).iter();
    // After a colon they say how.
    let linked = items("links").filter_map(|item| Need::of(item, How::Shares, |text| text.split(':').next()));
    let mounted = items("volumes_from").filter_map(|item| {
        Need::of(item, How::Mounts, |text| text.split(':').next().filter(|_| !text.starts_with("container:")))
    });
    waits.chain(shared).chain(linked).chain(mounted).collect()
}

fn networks(service: &Entry, declared: &Declared<'_>) -> Result<(), Fault> {
    let named = service.value.at(&["networks"]).map_or(&[][..], Node::entries);
    let mut others = named.iter().filter(|network| network.key != "default");
    others.try_for_each(|network| declared.need("networks", &network.key, service, network.span))
}

fn volumes(service: &Entry, declared: &Declared<'_>) -> Result<(), Fault> {
    for mount in service.value.at(&["volumes"]).map_or(&[][..], Node::items) {
        if let Some(name) = volume_of(mount) {
            declared.need("volumes", &name, service, mount.span)?;
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
    let (source, _, _) = shorthand::mount(&text);
    source.filter(|source| !source.is_empty() && !paths::is_folder(source)).map(str::to_owned)
}

fn named(service: &Entry, declared: &Declared<'_>, section: &'static str) -> Result<(), Fault> {
    let of_build = service.value.at(&["build", section]);
    for item in service.value.at(&[section]).into_iter().chain(of_build).flat_map(Node::items) {
        let name = item.text().or_else(|| item.at(&["source"])?.text()).unwrap_or_default();
        declared.need(section, &name, service, item.span)?;
    }
    Ok(())
}

/// A context may be what another service is built as.
fn contexts(service: &Entry, built: &HashSet<&str>) -> Result<(), Fault> {
    for context in service.value.at(&["build", "additional_contexts"]).map_or(&[][..], Node::entries) {
        let Kind::Text(text) = &context.value.kind else { continue };
        let Some(name) = text.strip_prefix("service:") else { continue };
        if !built.contains(name) {
            let cause = format!("service '{}' builds on service '{name}', which is not built", service.key);
            return Err(Fault::new(context.value.span, cause));
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
            let cause = format!("service '{}' refers to the file '{path}', which is not there", service.key);
            return Err(Fault::new(item.span, cause));
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
        for Need { name, span, .. } in needs(&service.value) {
            if let Some(start) = self.way.iter().position(|before| *before == name) {
                let circle = [&self.way[start..], &[name]].concat().join(" -> ");
                let cause = format!("services depend on each other in a circle: {circle}");
                return Err(Fault::new(span, cause));
            }
            if let Some(next) = self.by_name.get(name).copied() {
                self.visit(next)?;
            }
        }
        self.way.pop();
        self.done.insert(&service.key);
        Ok(())
    }
}
