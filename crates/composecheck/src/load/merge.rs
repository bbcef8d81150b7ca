//! One file laid over another, by Compose's rules.

use std::collections::{HashMap, HashSet};

use super::list_items::{merge_items, replace};
use super::normalize::{is_names, is_pairs, names_to_map};
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Mode, Node};

/// Sequences of a service that an override replaces instead of extending.
const REPLACED: [&str; 2] = ["command", "entrypoint"];

/// Lays `over` on `base`. Both are whole files.
pub(crate) fn merge(base: &mut Node, over: Node) -> Result<(), Fault> {
    lay(base, over, &mut Vec::new())
}

/// Lays a service on the one that it extends.
pub(crate) fn extend(base: &mut Node, over: Node, name: &str) -> Result<(), Fault> {
    lay(base, over, &mut vec!["services".to_owned(), name.to_owned()])
}

/// Drops what `!reset` removes, where it stands in the only or first file.
pub(crate) fn drop_resets(node: &mut Node) {
    match &mut node.kind {
        Kind::Map(entries) => {
            entries.retain(|entry| entry.value.mode != Mode::Reset);
            for entry in entries {
                drop_resets(&mut entry.value);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(drop_resets),
        _ => {}
    }
}

fn lay(base: &mut Node, mut over: Node, path: &mut Vec<String>) -> Result<(), Fault> {
    if is_names(path) {
        names_to_map(&mut over);
    }
    if over.mode == Mode::Override || is_replaced(path) || driver_changes(path, base, &over) {
        replace(base, over);
        return Ok(());
    }
    match (&mut base.kind, over.kind) {
        // An empty override keeps what was there.
        (_, Kind::Null) => {}
        (Kind::Map(known), Kind::Map(new)) => return lay_entries(known, new, path),
        (Kind::List(known), Kind::List(new)) if is_pools(path) => {
            return lay_pools(known, new, over.span, path);
        }
        (Kind::List(known), Kind::List(new)) => merge_items(known, new, path),
        (Kind::Map(_) | Kind::List(_), _) if !is_free(path) => {
            let what = if matches!(base.kind, Kind::Map(_)) { "a mapping" } else { "a list" };
            let cause = format!("'{}' is {what} in what it is laid over", path.join("."));
            return Err(Fault::new(over.span, cause));
        }
        (_, kind) => replace(base, Node { kind, span: over.span, origins: over.origins, mode: over.mode }),
    }
    Ok(())
}

fn lay_entries(known: &mut Vec<Entry>, new: Vec<Entry>, path: &mut Vec<String>) -> Result<(), Fault> {
    let places: HashMap<String, usize> =
        known.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    let mut gone = HashSet::new();
    for entry in new {
        match (places.get(&entry.key), entry.value.mode) {
            (Some(&at), Mode::Reset) => {
                gone.insert(at);
            }
            (None, Mode::Reset) => {}
            (None, _) => known.push(entry),
            // A variable or label without a value is one all the same.
            (Some(&at), _) if is_pairs(path) => replace(&mut known[at].value, entry.value),
            (Some(&at), _) if entry.value.kind == Kind::Null && is_dependencies(path) => {
                start_only(&mut known[at].value, &entry.value);
            }
            (Some(&at), _) => {
                path.push(entry.key);
                lay(&mut known[at].value, entry.value, path)?;
                path.pop();
            }
        }
    }
    let mut at = 0..;
    known.retain(|_| at.next().is_none_or(|at| !gone.contains(&at)));
    Ok(())
}

/// In a list of names each asks for what a name alone means.
fn start_only(dependency: &mut Node, name: &Node) {
    let Kind::Map(keys) = &mut dependency.kind else { return };
    keys.retain(|key| key.key != "required");
    for key in keys.iter_mut().filter(|key| key.key == "condition") {
        replace(&mut key.value, Node { kind: Kind::Text("service_started".into()), ..name.clone() });
    }
}

fn is_dependencies(path: &[String]) -> bool {
    matches!(path, [section, _, key] if section == "services" && key == "depends_on")
}

fn is_pools(path: &[String]) -> bool {
    matches!(path, [section, _, ipam, config] if section == "networks" && ipam == "ipam" && config == "config")
}

/// Most address pools of a network that are merged, from both files: each is compared with each.
const MAX_POOLS: usize = 200;

/// Address pools of the same subnet become one; of others only those of the later file stay. With two pools or more
/// Compose mixes them up, because it changes a pool that is in its result already: the result here holds places, not pools.
fn lay_pools(known: &mut Vec<Node>, new: Vec<Node>, at: Span, path: &mut Vec<String>) -> Result<(), Fault> {
    let (count, mut pools) = (known.len(), std::mem::take(known));
    pools.extend(new);
    if let Some(pool) = pools.get(MAX_POOLS) {
        return Err(Fault::new(pool.span, format!("a network with more than {MAX_POOLS} address pools")));
    }
    let mut result: Vec<usize> = Vec::new();
    for base in 0..count {
        for over in count..pools.len() {
            let same = |one: usize, other: usize| subnet_of(&pools[one]) == subnet_of(&pools[other]);
            if !same(base, over) && !result.iter().any(|at| same(*at, over)) {
                result.push(over);
                continue;
            }
            let later = pools[over].clone();
            lay(&mut pools[base], later, path)?;
            let subnet = subnet_of(&pools[base]);
            match result.iter_mut().find(|at| subnet_of(&pools[**at]) == subnet) {
                Some(twin) => *twin = base,
                None => result.push(base),
            }
        }
    }
    if result.is_empty() {
        return Err(Fault::new(at, "of these pools and those that they are laid over nothing is left"));
    }
    known.extend(result.into_iter().map(|at| pools[at].clone()));
    Ok(())
}

fn subnet_of(pool: &Node) -> Option<String> {
    pool.at(&["subnet"]).and_then(Node::text)
}

/// What may change from a mapping to a value: extensions, ulimits, which are one number or two, and `external`, which had a
/// name in it once.
fn is_free(path: &[String]) -> bool {
    path.last().is_some_and(|key| key.starts_with("x-"))
        || matches!(path, [section, _, key, _] if section == "services" && key == "ulimits")
        || matches!(path, [_, _, key] if key == "external")
}

fn is_replaced(path: &[String]) -> bool {
    match path {
        [extension] => extension.starts_with("x-"),
        [first, _, key] => first == "services" && REPLACED.contains(&key.as_str()),
        [first, _, check, key] => first == "services" && check == "healthcheck" && key == "test",
        _ => false,
    }
}

/// Options belong to a logging driver: another driver brings its own.
fn driver_changes(path: &[String], base: &Node, over: &Node) -> bool {
    let [first, _, key] = path else { return false };
    let driver = |node: &Node| node.at(&["driver"]).and_then(Node::text);
    first == "services"
        && key == "logging"
        && driver(base).zip(driver(over)).is_some_and(|(old, new)| old != new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;
    use crate::yaml::Via;

    fn merged(base: &str, over: &str) -> Node {
        let read = |text: &str| {
            let mut node = yaml::parse(FileId(0), text).unwrap().remove(0);
            crate::load::normalize::unify(&mut node).unwrap();
            node
        };
        let mut base = read(base);
        merge(&mut base, read(over)).unwrap();
        base.at(&["services", "a"]).unwrap().clone()
    }

    fn texts(node: &Node, key: &str) -> Vec<String> {
        node.at(&[key]).unwrap().items().iter().filter_map(Node::text).collect()
    }

    #[test]
    fn lists_maps_and_replacements() {
        let a = merged(
            "services: {a: {command: [x, y], expose: ['1'], environment: [K=1, L=2], volumes: ['vol:/d', 'web:/e'], restart: always}}",
            "services: {a: {command: [z], expose: ['2'], environment: {K: '9'}, volumes: ['new:/d'], restart: }}",
        );
        assert_eq!(texts(&a, "command"), ["z"]);
        assert_eq!(texts(&a, "expose"), ["1", "2"]);
        assert_eq!(texts(&a, "volumes"), ["new:/d", "web:/e"]);
        assert_eq!(a.at(&["environment", "K"]).and_then(Node::text).as_deref(), Some("9"));
        assert_eq!(a.at(&["environment", "L"]).and_then(Node::text).as_deref(), Some("2"));
        assert_eq!(a.at(&["restart"]).and_then(Node::text).as_deref(), Some("always"));
    }

    #[test]
    fn tags_reset_and_override() {
        let a = merged(
            "services: {a: {ports: ['1:1'], expose: ['1'], restart: always}}",
            "services: {a: {ports: !override ['2:2'], expose: !reset [], restart: no}}",
        );
        assert_eq!(texts(&a, "ports"), ["2:2"]);
        assert!(a.entry("expose").is_none());
        assert_eq!(a.at(&["restart"]).unwrap().origins[0].via, Via::Override);
    }

    #[test]
    fn another_logging_driver_brings_its_own_options() {
        let base = "services: {a: {logging: {driver: json-file, options: {max-size: 1m}}}}";
        let a = merged(base, "services: {a: {logging: {driver: local}}}");
        assert!(a.at(&["logging", "options"]).is_none());
        let a = merged(base, "services: {a: {logging: {options: {max-file: '3'}}}}");
        assert_eq!(a.at(&["logging", "options"]).unwrap().entries().len(), 2);
    }
}
