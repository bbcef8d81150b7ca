//! Brings values that have several spellings to one, for the merge and the rules.

use std::collections::HashMap;

use super::list_items::{dedup_items, duplicate};
use crate::source::SpannedError;
use crate::yaml::{Entry, Kind, MergeMode, Node, at_mut, section_mut};

/// Mappings that may also be written as lists of `KEY=VALUE`: section and path in its items.
const KEY_VALUE_MAPS: [(&str, &[&str]); 12] = [
    ("services", &["annotations"]),
    ("services", &["build", "additional_contexts"]),
    ("services", &["build", "args"]),
    ("services", &["build", "labels"]),
    ("services", &["deploy", "labels"]),
    ("services", &["environment"]),
    ("services", &["labels"]),
    ("services", &["sysctls"]),
    ("volumes", &["labels"]),
    ("networks", &["labels"]),
    ("secrets", &["labels"]),
    ("configs", &["labels"]),
];
/// Mappings of a service that may also be written as lists of names.
const NAME_MAPS: [&str; 3] = ["depends_on", "models", "networks"];
/// Lists of a service that may also be written as their only item.
const SCALAR_LISTS: [&str; 5] = ["dns", "dns_search", "env_file", "label_file", "tmpfs"];
/// Lists of hosts of a service, which may also be written as mappings.
const HOST_LISTS: [&[&str]; 2] = [&["extra_hosts"], &["build", "extra_hosts"]];

/// Normalizes a document and removes duplicate items of its lists, of which Compose keeps the last one.
pub(crate) fn normalize(root: &mut Node) -> Result<(), SpannedError> {
    for (section, path) in KEY_VALUE_MAPS {
        for entry in section_mut(root, section) {
            if let Some(node) = at_mut(&mut entry.value, path) {
                pairs_to_map(node);
            }
        }
    }
    for service in section_mut(root, "services") {
        normalize_service(&mut service.value)?;
    }
    dedup_items(root);
    Ok(())
}

fn normalize_service(service: &mut Node) -> Result<(), SpannedError> {
    if let Some(empty) = service.at(&["depends_on"]).and_then(first_null_entry) {
        return Err(SpannedError::new(
            empty.span,
            format!("'{}' must be a mapping with a condition", empty.key),
        ));
    }
    for key in NAME_MAPS {
        // Compose rejects a duplicate name, but only if the list is not merged onto an earlier file.
        if let Some(names) = at_mut(service, &[key]).filter(|names| duplicate(names.items()).is_none()) {
            names_to_map(names);
        }
    }
    for path in HOST_LISTS {
        at_mut(service, path).map_or(Ok(()), hosts_to_list)?;
    }
    if let Some(build) = at_mut(service, &["build"]) {
        context_to_map(build);
    }
    if let Some(gpus) = at_mut(service, &["gpus"]) {
        gpus_to_list(gpus);
    }
    for key in SCALAR_LISTS {
        if let Some(node) = at_mut(service, &[key]) {
            text_to_list(node);
        }
    }
    Ok(())
}

/// Replaces the old syntax `external: {name: NAME}` by `external: true` and `name`.
pub(super) fn normalize_external_names(root: &mut Node) -> Result<(), SpannedError> {
    for section in ["volumes", "networks", "secrets", "configs"] {
        section_mut(root, section).iter_mut().try_for_each(normalize_external_name)?;
    }
    Ok(())
}

/// Whether the value at this path is a mapping that may also be written as a list of `KEY=VALUE`.
pub(super) fn is_key_value_map(path: &[String]) -> bool {
    let [section, _, below @ ..] = path else { return false };
    KEY_VALUE_MAPS.iter().any(|(first, rest)| first == section && *rest == below)
}

fn first_null_entry(node: &Node) -> Option<&Entry> {
    node.entries().iter().find(|entry| entry.value.kind == Kind::Null)
}

/// Turns a list of `KEY=VALUE` into a mapping. Other values are left for the schema to reject.
pub(crate) fn pairs_to_map(node: &mut Node) {
    let Kind::List(items) = &node.kind else { return };
    let mut entries: Vec<Entry> = Vec::new();
    let mut indices = HashMap::new();
    for item in items {
        let Kind::Text(text) = &item.kind else { return };
        let (key, kind) = match text.split_once('=') {
            Some((key, value)) => (key.to_owned(), Kind::Text(value.to_owned())),
            None => (text.clone(), Kind::Null),
        };
        let at = *indices.entry(key.clone()).or_insert(entries.len());
        let entry = Entry { key, span: item.span, value: Node { kind, ..item.clone() } };
        match entries.get_mut(at) {
            Some(earlier) => *earlier = entry,
            None => entries.push(entry),
        }
    }
    node.kind = Kind::Map(entries);
}

/// Turns a list of names into a mapping. Other values are left for the schema to reject.
pub(super) fn names_to_map(node: &mut Node) {
    let Kind::List(items) = &node.kind else { return };
    let entry = |item: &Node| match &item.kind {
        Kind::Text(name) => {
            let value = Node { kind: Kind::Null, ..item.clone() };
            Some(Entry { key: name.clone(), span: item.span, value })
        }
        _ => None,
    };
    if let Some(entries) = items.iter().map(entry).collect() {
        node.kind = Kind::Map(entries);
    }
}

fn reject_duplicates(node: &Node) -> Result<(), SpannedError> {
    match duplicate(node.items()) {
        Some(item) => {
            Err(SpannedError::new(item.span, format!("duplicate item '{}'", item.text().unwrap_or_default())))
        }
        None => Ok(()),
    }
}

/// Whether the value at this path is a mapping that may also be written as a list of names.
pub(super) fn is_name_map(path: &[String]) -> bool {
    matches!(path, [section, _, key] if section == "services" && NAME_MAPS.contains(&key.as_str()))
}

fn hosts_to_list(node: &mut Node) -> Result<(), SpannedError> {
    reject_duplicates(node)?;
    let Kind::Map(entries) = &node.kind else { return Ok(()) };
    let items: Vec<Node> = entries.iter().flat_map(host_items).collect();
    if let Some(wrong) = items.iter().find(|item| !matches!(item.kind, Kind::Text(_))) {
        return Err(SpannedError::new(wrong.span, "the address of a host must be a string; quote it"));
    }
    node.kind = Kind::List(items);
    Ok(())
}

/// One `HOST=ADDRESS` item for each address of a host.
fn host_items(entry: &Entry) -> Vec<Node> {
    let addresses = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&entry.value),
    };
    let item = |address: &Node| match &address.kind {
        Kind::Text(text) => Node { kind: Kind::Text(format!("{}={text}", entry.key)), ..address.clone() },
        _ => address.clone(),
    };
    addresses.iter().map(item).collect()
}

/// `build: DIR` stands for `build: {context: DIR}`.
fn context_to_map(build: &mut Node) {
    if matches!(build.kind, Kind::Text(_)) {
        let context = Node { mode: MergeMode::Merge, ..build.clone() };
        build.kind = Kind::Map(vec![Entry { key: "context".into(), span: build.span, value: context }]);
    }
}

/// `gpus: all` stands for `gpus: [{count: all}]`.
fn gpus_to_list(gpus: &mut Node) {
    if gpus.text().as_deref() == Some("all") {
        let count = Entry { key: "count".into(), span: gpus.span, value: gpus.clone() };
        gpus.kind = Kind::List(vec![Node { kind: Kind::Map(vec![count]), ..gpus.clone() }]);
    }
}

fn normalize_external_name(entry: &mut Entry) -> Result<(), SpannedError> {
    let Some(old) = entry.value.at(&["external", "name"]).cloned() else { return Ok(()) };
    if let Some(new) = entry.value.at(&["name"]).filter(|new| !new.same_value(&old)) {
        let cause = format!("'{}' has both 'name' and 'external.name'", entry.key);
        return Err(SpannedError::new(new.span, cause));
    }
    let Kind::Map(keys) = &mut entry.value.kind else { return Ok(()) };
    for external in keys.iter_mut().filter(|key| key.key == "external") {
        let Kind::Map(inside) = &external.value.kind else { continue };
        // With other keys the mapping is left for the schema to reject.
        if inside.len() == 1 {
            external.value.kind = Kind::Bool(true);
        }
    }
    keys.retain(|key| key.key != "name");
    keys.push(Entry { key: "name".into(), span: old.span, value: old });
    Ok(())
}

fn text_to_list(node: &mut Node) {
    if matches!(node.kind, Kind::Text(_)) {
        let item = std::mem::take(node);
        // The tag applies to the list.
        *node = Node { span: item.span, mode: item.mode, ..Node::default() };
        node.kind = Kind::List(vec![Node { mode: MergeMode::Merge, ..item }]);
    }
}
