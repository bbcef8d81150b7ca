//! Compose profiles: services that are part of the project only if one of their profiles is enabled.

use std::collections::HashSet;

use crate::yaml::{Kind, Node};

/// The enabled profiles: those of the request and those of `COMPOSE_PROFILES`.
pub(super) fn enabled(requested: &[String], variable: Option<&str>) -> Vec<String> {
    let listed = variable.into_iter().flat_map(|text| text.split(',')).map(str::trim);
    requested
        .iter()
        .map(String::as_str)
        .chain(listed)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Removes the services whose profiles are all disabled, as Compose does; returns their names.
pub(super) fn remove_disabled(root: &mut Node, enabled: &[String]) -> HashSet<String> {
    let mut disabled = HashSet::new();
    let Kind::Map(sections) = &mut root.kind else { return disabled };
    let Some(services) = sections.iter_mut().find(|section| section.key == "services") else {
        return disabled;
    };
    if let Kind::Map(services) = &mut services.value.kind {
        services
            .retain(|service| is_enabled(&service.value, enabled) || !disabled.insert(service.key.clone()));
    }
    disabled
}

fn is_enabled(service: &Node, enabled: &[String]) -> bool {
    let own: Vec<String> = service.items_at(&["profiles"]).iter().filter_map(Node::text).collect();
    own.is_empty() || enabled.iter().any(|name| name == "*" || own.contains(name))
}
