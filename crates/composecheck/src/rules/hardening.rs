//! What the rules share that want every service to have a setting: one finding for all services without it.

use super::rule::{Context, Rule};
use crate::finding::Finding;
use crate::yaml::{Entry, Node};

/// The services that do not have a setting.
pub(super) fn without<'a>(context: &Context<'a>, is_set: fn(&Node) -> bool) -> Vec<&'a Entry> {
    context.project.services().iter().filter(|entry| !is_set(&entry.value)).collect()
}

/// One finding at the first of these services, which names all of them.
pub(super) fn one_for_all(
    rule: &Rule,
    context: &Context<'_>,
    message: &str,
    services: &[&Entry],
) -> Vec<Finding> {
    let Some(first) = services.first() else { return Vec::new() };
    let names: Vec<&str> = services.iter().map(|entry| entry.key.as_str()).collect();
    let which = if names.len() == context.project.services().len() && names.len() > 3 {
        format!("all {} services", names.len())
    } else {
        names.join(", ")
    };
    vec![rule.finding("services".into(), first.span, format!("{message}: {which}"))]
}
