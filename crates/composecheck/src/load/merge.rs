//! Merging one file onto another by the rules of Compose.

use std::collections::{HashMap, HashSet};

use super::list_items::{merge_items, replace};
use super::normalize::{is_key_value_map, is_name_map, names_to_map};
use crate::source::SpannedError;
use crate::yaml::{Entry, Kind, MergeMode, Node};

/// Lists of a service that are replaced rather than appended to.
const REPLACED: [&str; 2] = ["command", "entrypoint"];

/// Merges one whole file onto another.
pub(super) fn merge(base: &mut Node, over: Node) -> Result<(), SpannedError> {
    merge_into(base, over, &mut Vec::new())
}

/// Merges a service onto the one that it extends.
pub(super) fn extend(base: &mut Node, over: Node, name: &str) -> Result<(), SpannedError> {
    merge_into(base, over, &mut vec!["services".to_owned(), name.to_owned()])
}

/// Removes values tagged `!reset`, which may also occur in the first file.
pub(super) fn remove_reset(node: &mut Node) {
    match &mut node.kind {
        Kind::Map(entries) => {
            entries.retain(|entry| entry.value.mode != MergeMode::Reset);
            for entry in entries {
                remove_reset(&mut entry.value);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(remove_reset),
        _ => {}
    }
}

fn merge_into(base: &mut Node, mut over: Node, path: &mut Vec<String>) -> Result<(), SpannedError> {
    if is_name_map(path) {
        names_to_map(&mut over);
    }
    if over.mode == MergeMode::Override || is_replaced_whole(path) || driver_changes(path, base, &over) {
        replace(base, over);
        return Ok(());
    }
    match (&mut base.kind, over.kind) {
        // An empty value keeps the earlier one.
        (_, Kind::Null) => {}
        (Kind::Map(known), Kind::Map(new)) => return merge_entries(known, new, path),
        (Kind::List(known), Kind::List(new)) if is_address_pools(path) => {
            return merge_address_pools(known, new, path);
        }
        (Kind::List(known), Kind::List(new)) => merge_items(known, new, path),
        (Kind::Map(_) | Kind::List(_), _) if !may_change_type(path) => {
            let what = if matches!(base.kind, Kind::Map(_)) { "a mapping" } else { "a list" };
            let cause = format!("'{}' must be {what}, as the value that it overrides", path.join("."));
            return Err(SpannedError::new(over.span, cause));
        }
        (_, kind) => replace(base, Node { kind, span: over.span, origins: over.origins, mode: over.mode }),
    }
    Ok(())
}

fn merge_entries(
    known: &mut Vec<Entry>,
    new: Vec<Entry>,
    path: &mut Vec<String>,
) -> Result<(), SpannedError> {
    let indices: HashMap<String, usize> =
        known.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    let mut removed = HashSet::new();
    for entry in new {
        match (indices.get(&entry.key), entry.value.mode) {
            (Some(&at), MergeMode::Reset) => {
                removed.insert(at);
            }
            (None, MergeMode::Reset) => {}
            (None, _) => known.push(entry),
            // A variable or label without a value replaces one with a value.
            (Some(&at), _) if is_key_value_map(path) => replace(&mut known[at].value, entry.value),
            (Some(&at), _) if entry.value.kind == Kind::Null && is_dependencies(path) => {
                reset_dependency(&mut known[at].value, &entry.value);
            }
            (Some(&at), _) => {
                path.push(entry.key);
                merge_into(&mut known[at].value, entry.value, path)?;
                path.pop();
            }
        }
    }
    let mut at = 0..;
    known.retain(|_| at.next().is_none_or(|at| !removed.contains(&at)));
    Ok(())
}

/// A dependency that is only named has the default condition and is required.
fn reset_dependency(dependency: &mut Node, name: &Node) {
    let Kind::Map(keys) = &mut dependency.kind else { return };
    keys.retain(|key| key.key != "required");
    for key in keys.iter_mut().filter(|key| key.key == "condition") {
        replace(&mut key.value, Node { kind: Kind::Text("service_started".into()), ..name.clone() });
    }
}

fn is_dependencies(path: &[String]) -> bool {
    matches!(path, [section, _, key] if section == "services" && key == "depends_on")
}

fn is_address_pools(path: &[String]) -> bool {
    matches!(path, [section, _, ipam, config] if section == "networks" && ipam == "ipam" && config == "config")
}

/// Maximum number of address pools of a network in both files: each pair is compared.
const MAX_POOLS: usize = 200;

/// Merges pools with the same subnet; of the others only those of the later file are kept, and none where one file has none. The result holds indices, not
/// pools, because Compose goes on changing a pool that is already in its result.
fn merge_address_pools(
    known: &mut Vec<Node>,
    new: Vec<Node>,
    path: &mut Vec<String>,
) -> Result<(), SpannedError> {
    let (count, mut pools) = (known.len(), std::mem::take(known));
    pools.extend(new);
    if let Some(pool) = pools.get(MAX_POOLS) {
        return Err(SpannedError::new(
            pool.span,
            format!("a network has more than {MAX_POOLS} address pools"),
        ));
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
            merge_into(&mut pools[base], later, path)?;
            let subnet = subnet_of(&pools[base]);
            match result.iter_mut().find(|at| subnet_of(&pools[**at]) == subnet) {
                Some(same) => *same = base,
                None => result.push(base),
            }
        }
    }
    known.extend(result.into_iter().map(|at| pools[at].clone()));
    Ok(())
}

fn subnet_of(pool: &Node) -> Option<String> {
    pool.text_at(&["subnet"])
}

/// Whether a mapping may be overridden by another type: ulimits, which are one number or two, and `external`, which may be a
/// mapping in the old syntax.
fn may_change_type(path: &[String]) -> bool {
    matches!(path, [section, _, key, _] if section == "services" && key == "ulimits")
        || matches!(path, [_, _, key] if key == "external")
}

fn is_replaced_whole(path: &[String]) -> bool {
    match path {
        [first, _, key] => first == "services" && REPLACED.contains(&key.as_str()),
        [first, _, check, key] => first == "services" && check == "healthcheck" && key == "test",
        _ => false,
    }
}

/// Whether the logging driver changes, in which case its options are replaced too.
fn driver_changes(path: &[String], base: &Node, over: &Node) -> bool {
    let [first, _, key] = path else { return false };
    let driver = |node: &Node| node.text_at(&["driver"]);
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
            crate::load::normalize::normalize(&mut node).unwrap();
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
        assert_eq!(a.text_at(&["environment", "K"]).as_deref(), Some("9"));
        assert_eq!(a.text_at(&["environment", "L"]).as_deref(), Some("2"));
        assert_eq!(a.text_at(&["restart"]).as_deref(), Some("always"));
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
