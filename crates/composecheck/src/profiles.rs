//! Compose profiles: services that are there only when one of theirs is on.

use std::collections::HashSet;

use crate::model::{Kind, Node};

/// The profiles that are on: those asked for, and those of `COMPOSE_PROFILES`.
pub(crate) fn on(asked: &[String], variable: Option<&str>) -> Vec<String> {
    let listed = variable.into_iter().flat_map(|text| text.split(',')).map(str::trim);
    asked
        .iter()
        .map(String::as_str)
        .chain(listed)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Drops the services whose profiles are all off, as Compose does.
pub(crate) fn leave_out(root: &mut Node, on: &[String]) {
    let Kind::Map(sections) = &mut root.kind else { return };
    let Some(services) = sections.iter_mut().find(|section| section.key == "services") else { return };
    let Kind::Map(services) = &mut services.value.kind else { return };
    let off: HashSet<String> = services
        .iter()
        .filter(|service| !is_on(&service.value, on))
        .map(|service| service.key.clone())
        .collect();
    services.retain(|service| !off.contains(&service.key));
    for service in services {
        let Kind::Map(keys) = &mut service.value.kind else { continue };
        for key in keys.iter_mut().filter(|entry| entry.key == "depends_on") {
            if let Kind::Map(others) = &mut key.value.kind {
                others.retain(|other| !(off.contains(&other.key) && is_optional(&other.value)));
            }
        }
    }
}

/// A dependency that may be missing.
fn is_optional(dependency: &Node) -> bool {
    dependency.at(&["required"]).and_then(Node::text).as_deref() == Some("false")
}

fn is_on(service: &Node, on: &[String]) -> bool {
    let own: Vec<String> =
        service.at(&["profiles"]).map_or(&[][..], Node::items).iter().filter_map(Node::text).collect();
    own.is_empty() || on.iter().any(|name| name == "*" || own.contains(name))
}
