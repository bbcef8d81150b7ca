//! References of services: to other services, networks, volumes, secrets, configs and files of variables.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::compose::{Absent, paths, shorthand};
use crate::source::{Span, SpannedError};
use crate::yaml::{Entry, Kind, Node};

/// Rejects the first reference to something undefined, and cycles of services, as Compose does. An optional dependency
/// may be a service that its profiles have `disabled`.
pub(super) fn check(root: &Node, disabled: &HashSet<String>) -> Result<(), SpannedError> {
    let services = root.entries_at(&["services"]);
    let defined = Defined::of(root);
    let is_built = |service: &&Entry| service.value.at(&["build"]).is_some();
    let built = services.iter().filter(is_built).map(|service| service.key.as_str()).collect();
    for service in services {
        let is_checked =
            |dependency: &&Dependency<'_>| !(dependency.optional && disabled.contains(dependency.name));
        for dependency in dependencies(&service.value).iter().filter(is_checked) {
            defined.require("services", dependency.name, service, dependency.span)?;
        }
        check_build_contexts(service, &built)?;
        check_networks(service, &defined)?;
        for model in service.value.entries_at(&["models"]) {
            defined.require("models", &model.key, service, model.span)?;
        }
        check_volumes(service, &defined)?;
        for section in ["secrets", "configs"] {
            check_section(service, &defined, section)?;
        }
    }
    check_cycles(services)
}

/// The names that are defined, with their section.
struct Defined<'a>(HashSet<(&'static str, &'a str)>);

impl<'a> Defined<'a> {
    fn of(root: &'a Node) -> Self {
        let sections = ["services", "networks", "volumes", "secrets", "configs", "models"];
        let names = |section| {
            let entries = root.entries_at(&[section]);
            entries.iter().map(move |entry| (section, entry.key.as_str()))
        };
        Self(sections.into_iter().flat_map(names).collect())
    }

    /// Fails if a service refers to a name that is not defined.
    fn require(
        &self,
        section: &'static str,
        name: &str,
        service: &Entry,
        span: Span,
    ) -> Result<(), SpannedError> {
        if self.0.contains(&(section, name)) {
            return Ok(());
        }
        let what = section.trim_end_matches('s');
        let cause = format!("service '{}' refers to the undefined {what} '{name}'", service.key);
        Err(SpannedError::new(span, cause))
    }
}

/// How a service depends on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    /// `depends_on`.
    Explicit,
    /// It shares a namespace with the other service, or links to it.
    SharedNamespace,
    /// `volumes_from`.
    VolumesFrom,
}

/// A service that another one depends on. It must exist, and starts first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependency<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: DependencyKind,
    span: Span,
    optional: bool,
}

impl<'a> Dependency<'a> {
    /// The dependency that a text expresses; `name` extracts the service from the text.
    fn from_text(node: &'a Node, kind: DependencyKind, name: fn(&'a str) -> Option<&'a str>) -> Option<Self> {
        let Kind::Text(text) = &node.kind else { return None };
        Some(Self { name: name(text)?, kind, span: node.span, optional: false })
    }
}

/// Every service that a service depends on.
pub(crate) fn dependencies(service: &Node) -> Vec<Dependency<'_>> {
    use DependencyKind::{Explicit, SharedNamespace, VolumesFrom};
    let explicit = service.entries_at(&["depends_on"]).iter().map(|other| {
        let optional = other.value.text_at(&["required"]).as_deref() == Some("false");
        Dependency { name: &other.key, kind: Explicit, span: other.span, optional }
    });
    let namespaces = ["network_mode", "ipc", "pid", "uts"].iter().filter_map(|key| service.at(&[key]));
    let namespaces = namespaces.filter_map(|mode| {
        Dependency::from_text(mode, SharedNamespace, |text| text.strip_prefix("service:"))
    });
    // An alias or the access mode may follow after a colon.
    let links = service.items_at(&["links"]).iter();
    let links =
        links.filter_map(|item| Dependency::from_text(item, SharedNamespace, |text| text.split(':').next()));
    let volumes = service.items_at(&["volumes_from"]).iter().filter_map(|item| {
        Dependency::from_text(item, VolumesFrom, |text| {
            text.split(':').next().filter(|_| !text.starts_with("container:"))
        })
    });
    explicit.chain(namespaces).chain(links).chain(volumes).collect()
}

fn check_networks(service: &Entry, defined: &Defined<'_>) -> Result<(), SpannedError> {
    // The network 'default' exists without being declared.
    let mut named = service.value.entries_at(&["networks"]).iter().filter(|network| network.key != "default");
    named.try_for_each(|network| defined.require("networks", &network.key, service, network.span))
}

fn check_volumes(service: &Entry, defined: &Defined<'_>) -> Result<(), SpannedError> {
    for mount in service.value.items_at(&["volumes"]) {
        if let Some(name) = volume_name(mount) {
            defined.require("volumes", &name, service, mount.span)?;
        }
    }
    Ok(())
}

/// The name of the volume of a mount; none for a host path, a tmpfs and an anonymous volume.
fn volume_name(mount: &Node) -> Option<String> {
    let Some(text) = mount.text() else {
        let is_volume = mount.text_at(&["type"]).as_deref() == Some("volume");
        return is_volume.then(|| mount.text_at(&["source"]))?.filter(|name| !name.is_empty());
    };
    let (source, _, _) = shorthand::mount(&text);
    source.filter(|source| !source.is_empty() && !paths::is_host_path(source)).map(str::to_owned)
}

/// Checks the secrets or configs of a service and of its build.
fn check_section(service: &Entry, defined: &Defined<'_>, section: &'static str) -> Result<(), SpannedError> {
    let of_build = service.value.items_at(&["build", section]);
    for item in service.value.items_at(&[section]).iter().chain(of_build) {
        let name = item.text().or_else(|| item.text_at(&["source"])).unwrap_or_default();
        defined.require(section, &name, service, item.span)?;
    }
    Ok(())
}

/// Checks build contexts of the form `service:NAME`, which are the image of a service that is built.
fn check_build_contexts(service: &Entry, built: &HashSet<&str>) -> Result<(), SpannedError> {
    for context in service.value.entries_at(&["build", "additional_contexts"]) {
        let Kind::Text(text) = &context.value.kind else { continue };
        let Some(name) = text.strip_prefix("service:") else { continue };
        if !built.contains(name) {
            let cause = format!("service '{}' builds on service '{name}', which has no 'build'", service.key);
            return Err(SpannedError::new(context.value.span, cause));
        }
    }
    Ok(())
}

/// The files that services refer to and that are not there. Paths are resolved against `directory`.
pub(crate) fn absent_files(root: &Node, directory: &Path) -> Vec<Absent> {
    let services = root.entries_at(&["services"]).iter();
    services.flat_map(|service| absent_files_of(service, directory)).collect()
}

fn absent_files_of(service: &Entry, directory: &Path) -> Vec<Absent> {
    let files = ["env_file", "label_file"].iter().flat_map(|key| service.value.items_at(&[key]));
    let required = files.filter(|item| item.text_at(&["required"]).as_deref() != Some("false"));
    let named = required.filter_map(|item| {
        let name = item.text().or_else(|| item.text_at(&["path"]))?;
        let message = format!("service '{}' refers to the file '{name}', which does not exist", service.key);
        Some(Absent { name, message, span: item.span })
    });
    named.filter(|file| !directory.join(&file.name).exists()).collect()
}

/// Maximum number of services that depend on one another in a row: they are walked recursively.
const MAX_CHAIN: usize = 1000;

/// Rejects services that depend on themselves, directly or through others.
fn check_cycles(services: &[Entry]) -> Result<(), SpannedError> {
    let by_name = services.iter().map(|service| (service.key.as_str(), service)).collect();
    let mut search = CycleSearch { by_name, path: Vec::new(), done: HashSet::new() };
    services.iter().try_for_each(|service| search.visit(service))
}

/// A depth-first search for cycles.
struct CycleSearch<'a> {
    by_name: HashMap<&'a str, &'a Entry>,
    /// The services that depend on the current one, outermost first.
    path: Vec<&'a str>,
    done: HashSet<&'a str>,
}

impl<'a> CycleSearch<'a> {
    fn visit(&mut self, service: &'a Entry) -> Result<(), SpannedError> {
        if self.done.contains(service.key.as_str()) {
            return Ok(());
        }
        if self.path.len() == MAX_CHAIN {
            let cause = format!("more than {MAX_CHAIN} services depend on one another in a row");
            return Err(SpannedError::new(service.span, cause));
        }
        self.path.push(&service.key);
        for Dependency { name, span, .. } in dependencies(&service.value) {
            if let Some(start) = self.path.iter().position(|earlier| *earlier == name) {
                let cycle = [&self.path[start..], &[name]].concat().join(" -> ");
                return Err(SpannedError::new(
                    span,
                    format!("services depend on each other in a cycle: {cycle}"),
                ));
            }
            if let Some(next) = self.by_name.get(name).copied() {
                self.visit(next)?;
            }
        }
        self.path.pop();
        self.done.insert(&service.key);
        Ok(())
    }
}
