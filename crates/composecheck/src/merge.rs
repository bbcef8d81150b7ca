//! One file laid over another, by Compose's rules.

use std::collections::{HashMap, HashSet};

use crate::model::{Entry, Kind, Mode, Node, Origin, Via};

/// Sequences of a service that an override replaces instead of extending.
const REPLACED: [&str; 2] = ["command", "entrypoint"];
/// `KEY=VALUE` lists of a service: the same as a mapping.
const KEY_VALUE: [&str; 4] = ["environment", "labels", "annotations", "sysctls"];
/// Lists of names of a service: the same as a mapping to nothing.
const NAMED: [&str; 2] = ["depends_on", "networks"];

/// Lays `over` on `base`. Both are whole files.
pub fn merge(base: &mut Node, over: Node) {
    lay(base, over, &mut Vec::new());
}

/// Lays a service on the one that it extends.
pub fn extend(base: &mut Node, over: Node, name: &str) {
    lay(base, over, &mut vec!["services".to_owned(), name.to_owned()]);
}

/// Brings the two spellings of a mapping to one, so that rules and the merge see one shape.
pub fn canonical(root: &mut Node) {
    for (section, keys) in [
        ("services", [KEY_VALUE.as_slice(), &NAMED].concat()),
        ("volumes", vec!["labels"]),
        ("networks", vec!["labels"]),
    ] {
        for entry in section_mut(root, section) {
            for value in entries_mut(&mut entry.value) {
                if keys.contains(&value.key.as_str()) {
                    list_to_map(&mut value.value);
                }
            }
        }
    }
}

/// Drops what `!reset` removes, where it stands in the only or first file.
pub fn drop_resets(node: &mut Node) {
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain(|entry| entry.value.mode != Mode::Reset);
        for entry in entries {
            drop_resets(&mut entry.value);
        }
    }
}

fn section_mut<'a>(root: &'a mut Node, name: &str) -> &'a mut [Entry] {
    entries_mut(root)
        .iter_mut()
        .find(|entry| entry.key == name)
        .map_or(&mut [], |e| entries_mut(&mut e.value))
}

fn entries_mut(node: &mut Node) -> &mut [Entry] {
    if let Kind::Map(entries) = &mut node.kind { entries } else { &mut [] }
}

fn list_to_map(node: &mut Node) {
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

fn lay(base: &mut Node, over: Node, path: &mut Vec<String>) {
    if over.mode == Mode::Override
        || is_replaced(path) && over.kind != Kind::Null
        || driver_changes(path, base, &over)
    {
        return replace(base, over);
    }
    match (&mut base.kind, over.kind) {
        // An empty override keeps what was there.
        (_, Kind::Null) => {}
        (Kind::Map(known), Kind::Map(new)) => lay_entries(known, new, path),
        (Kind::List(known), Kind::List(new)) => lay_items(known, new, path),
        (_, kind) => replace(base, Node { kind, span: over.span, origins: over.origins, mode: over.mode }),
    }
}

fn lay_entries(known: &mut Vec<Entry>, new: Vec<Entry>, path: &mut Vec<String>) {
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
            (Some(&at), _) => {
                path.push(entry.key);
                lay(&mut known[at].value, entry.value, path);
                path.pop();
            }
        }
    }
    let mut at = 0..;
    known.retain(|_| at.next().is_none_or(|at| !gone.contains(&at)));
}

/// Mounts, ports and devices are the same when they land in the same place: the later one wins, in place.
fn lay_items(known: &mut Vec<Node>, new: Vec<Node>, path: &[String]) {
    let mut places = HashMap::new();
    for (at, item) in known.iter().enumerate() {
        if let Some(identity) = identity(item, path) {
            places.entry(identity).or_insert(at);
        }
    }
    for item in new {
        let at = identity(&item, path).map(|identity| *places.entry(identity).or_insert(known.len()));
        match at.and_then(|at| known.get_mut(at)) {
            Some(twin) => replace(twin, item),
            None => known.push(item),
        }
    }
}

fn identity(item: &Node, path: &[String]) -> Option<String> {
    let [first, _, key] = path else { return None };
    if first != "services" {
        return None;
    }
    let text = item.text();
    match key.as_str() {
        "volumes" | "devices" | "secrets" | "configs" => match text {
            Some(text) => Some(target_of_short(&text, key)),
            None => item.at(&["target"]).or_else(|| item.at(&["source"])).and_then(Node::text),
        },
        "ports" | "tmpfs" | "dns" | "dns_search" | "dns_opt" | "env_file" | "cap_add" | "cap_drop"
        | "expose" => text,
        _ => None,
    }
}

fn target_of_short(text: &str, key: &str) -> String {
    if key == "secrets" || key == "configs" {
        return text.to_owned();
    }
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    parts.next().unwrap_or(first).to_owned()
}

fn is_replaced(path: &[String]) -> bool {
    match path {
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

fn replace(base: &mut Node, mut over: Node) {
    over.origins.push(Origin { via: Via::Override, span: base.span });
    *base = over;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn merged(base: &str, over: &str) -> Node {
        let read = |text: &str| {
            let mut node = yaml::parse(FileId(0), text).unwrap().remove(0);
            canonical(&mut node);
            node
        };
        let mut base = read(base);
        merge(&mut base, read(over));
        base.at(&["services", "a"]).unwrap().clone()
    }

    fn texts(node: &Node, key: &str) -> Vec<String> {
        node.at(&[key]).unwrap().items().iter().filter_map(Node::text).collect()
    }

    #[test]
    fn lists_maps_and_replacements() {
        let a = merged(
            "services: {a: {command: [x, y], expose: ['1'], environment: [K=1, L=2], volumes: ['v:/d', 'w:/e'], restart: always}}",
            "services: {a: {command: [z], expose: ['2'], environment: {K: '9'}, volumes: ['n:/d'], restart: }}",
        );
        assert_eq!(texts(&a, "command"), ["z"]);
        assert_eq!(texts(&a, "expose"), ["1", "2"]);
        assert_eq!(texts(&a, "volumes"), ["n:/d", "w:/e"]);
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
