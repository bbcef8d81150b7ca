//! One shape for what may be written in several, so that rules and the merge see only one.

use std::collections::HashMap;

use super::list_items::{twin_in, unite};
use crate::source::Fault;
use crate::yaml::{Entry, Kind, Mode, Node, at_mut, section_mut};

/// Mappings that may be written as lists of `KEY=VALUE`, by where they stand.
const PAIRS: [(&str, &[&str]); 12] = [
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
/// Mappings that may be written as lists of names.
const NAMES: [&str; 2] = ["depends_on", "networks"];
/// Lists that may be written as their only item.
const LISTS: [&str; 5] = ["dns", "dns_search", "env_file", "label_file", "tmpfs"];
/// Lists of hosts, which may be written as mappings.
const HOSTS: [&[&str]; 2] = [&["extra_hosts"], &["build", "extra_hosts"]];

/// Brings a document to one shape. Of items that are the same thing the last one is kept, as Compose does it.
pub(crate) fn unify(root: &mut Node) -> Result<(), Fault> {
    for (section, path) in PAIRS {
        for entry in section_mut(root, section) {
            if let Some(node) = at_mut(&mut entry.value, path) {
                pairs_to_map(node);
            }
        }
    }
    for service in section_mut(root, "services") {
        if let Some(empty) = service.value.at(&["depends_on"]).and_then(nothing_below) {
            return Err(Fault::new(
                empty.span,
                format!("'{}' must be a mapping: say what to wait for", empty.key),
            ));
        }
        for key in NAMES {
            // With a name twice it is only taken over another file.
            if let Some(names) =
                at_mut(&mut service.value, &[key]).filter(|names| twin_in(names.items()).is_none())
            {
                names_to_map(names);
            }
        }
        for path in HOSTS {
            at_mut(&mut service.value, path).map_or(Ok(()), hosts_to_list)?;
        }
        if let Some(build) = at_mut(&mut service.value, &["build"]) {
            context_to_map(build);
        }
        if let Some(gpus) = at_mut(&mut service.value, &["gpus"]) {
            all_to_list(gpus);
        }
        for key in LISTS {
            if let Some(node) = at_mut(&mut service.value, &[key]) {
                text_to_list(node);
            }
        }
    }
    unite(root);
    Ok(())
}

/// Brings the names of what is external to the place where they are today.
pub(crate) fn name_externals(root: &mut Node) -> Result<(), Fault> {
    for section in ["volumes", "networks", "secrets", "configs"] {
        section_mut(root, section).iter_mut().try_for_each(external_name)?;
    }
    Ok(())
}

/// Whether a mapping at this path may be written as a list of `KEY=VALUE`.
pub(crate) fn is_pairs(path: &[String]) -> bool {
    let [section, _, below @ ..] = path else { return false };
    PAIRS.iter().any(|(first, rest)| first == section && *rest == below)
}

fn nothing_below(node: &Node) -> Option<Entry> {
    node.entries().iter().find(|entry| entry.value.kind == Kind::Null).cloned()
}

/// Makes a mapping of a list of `KEY=VALUE`.
pub(crate) fn pairs_to_map(node: &mut Node) {
    let Kind::List(items) = &node.kind else { return };
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = HashMap::new();
    for item in items {
        let Kind::Text(text) = &item.kind else { return };
        let (key, kind) = match text.split_once('=') {
            Some((key, value)) => (key.to_owned(), Kind::Text(value.to_owned())),
            None => (text.clone(), Kind::Null),
        };
        let at = *places.entry(key.clone()).or_insert(entries.len());
        let entry = Entry { key, span: item.span, value: Node { kind, ..item.clone() } };
        match entries.get_mut(at) {
            Some(earlier) => *earlier = entry,
            None => entries.push(entry),
        }
    }
    node.kind = Kind::Map(entries);
}

/// Makes a mapping of a list of names.
pub(crate) fn names_to_map(node: &mut Node) {
    let Kind::List(items) = &node.kind else { return };
    let entry = |item: &Node| match &item.kind {
        Kind::Text(name) => {
            let value = Node { kind: Kind::Null, ..item.clone() };
            Some(Entry { key: name.clone(), span: item.span, value })
        }
        _ => None,
    };
    // What is no list of names is left for the schema to refuse.
    if let Some(entries) = items.iter().map(entry).collect() {
        node.kind = Kind::Map(entries);
    }
}

/// Compose takes an item of such a list only once.
fn refuse_twins(node: &Node) -> Result<(), Fault> {
    match twin_in(node.items()) {
        Some(twin) => {
            Err(Fault::new(twin.span, format!("'{}' is here twice", twin.text().unwrap_or_default())))
        }
        None => Ok(()),
    }
}

/// Whether a mapping at this path may be written as a list of names.
pub(crate) fn is_names(path: &[String]) -> bool {
    matches!(path, [section, _, key] if section == "services" && NAMES.contains(&key.as_str()))
}

fn hosts_to_list(node: &mut Node) -> Result<(), Fault> {
    refuse_twins(node)?;
    let Kind::Map(entries) = &node.kind else { return Ok(()) };
    let items: Vec<Node> = entries.iter().flat_map(host_items).collect();
    if let Some(wrong) = items.iter().find(|item| !matches!(item.kind, Kind::Text(_))) {
        return Err(Fault::new(wrong.span, "the address of a host must be text: put it in quotes"));
    }
    node.kind = Kind::List(items);
    Ok(())
}

/// A host may have several addresses.
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

/// A build may be written as its context alone.
fn context_to_map(build: &mut Node) {
    if matches!(build.kind, Kind::Text(_)) {
        let context = Node { mode: Mode::Merge, ..build.clone() };
        build.kind = Kind::Map(vec![Entry { key: "context".into(), span: build.span, value: context }]);
    }
}

/// `gpus: all` is a device of which there are as many as there are.
fn all_to_list(gpus: &mut Node) {
    if gpus.text().as_deref() == Some("all") {
        let count = Entry { key: "count".into(), span: gpus.span, value: gpus.clone() };
        gpus.kind = Kind::List(vec![Node { kind: Kind::Map(vec![count]), ..gpus.clone() }]);
    }
}

/// The old spelling of the name of what is external: `external: {name: NAME}`.
fn external_name(entry: &mut Entry) -> Result<(), Fault> {
    let Some(old) = entry.value.at(&["external", "name"]).cloned() else { return Ok(()) };
    if let Some(new) = entry.value.at(&["name"]).filter(|new| !new.says_same(&old)) {
        let cause = format!("'{}' has two names: only 'name' should say it", entry.key);
        return Err(Fault::new(new.span, cause));
    }
    let Kind::Map(keys) = &mut entry.value.kind else { return Ok(()) };
    for external in keys.iter_mut().filter(|key| key.key == "external") {
        let Kind::Map(inside) = &external.value.kind else { continue };
        // Other keys in it are left for the schema to refuse.
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
        // Its tag is about the whole.
        *node = Node { span: item.span, mode: item.mode, ..Node::default() };
        node.kind = Kind::List(vec![Node { mode: Mode::Merge, ..item }]);
    }
}
