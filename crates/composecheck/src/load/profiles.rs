//! Compose profiles: services that are there only when one of theirs is on.

use std::collections::HashSet;

use crate::yaml::{Kind, Node};

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

/// Drops the services whose profiles are all off, as Compose does; gives their names.
pub(crate) fn leave_out(root: &mut Node, on: &[String]) -> HashSet<String> {
    let mut off = HashSet::new();
    let Kind::Map(sections) = &mut root.kind else { return off };
    let Some(services) = sections.iter_mut().find(|section| section.key == "services") else { return off };
    if let Kind::Map(services) = &mut services.value.kind {
        services.retain(|service| is_on(&service.value, on) || !off.insert(service.key.clone()));
    }
    off
}

fn is_on(service: &Node, on: &[String]) -> bool {
    let own: Vec<String> =
        service.at(&["profiles"]).map_or(&[][..], Node::items).iter().filter_map(Node::text).collect();
    own.is_empty() || on.iter().any(|name| name == "*" || own.contains(name))
}
