//! Items of lists that mean the same resource, such as two mounts of one target.

use std::collections::{HashMap, HashSet};

use crate::compose::shorthand;
use crate::yaml::{Kind, Node, Origin, Via, section_mut};

/// Removes duplicate items of the lists of services: the last one takes the place of the first.
pub(super) fn dedup_items(root: &mut Node) {
    for service in section_mut(root, "services") {
        let mut path = vec!["services".to_owned(), service.key.clone()];
        dedup_below(&mut service.value, &mut path);
    }
}

fn dedup_below(node: &mut Node, path: &mut Vec<String>) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                dedup_below(&mut entry.value, path);
                path.pop();
            }
        }
        Kind::List(items) if items.len() > 1 => {
            let all = std::mem::take(items);
            merge_items(items, all, path);
        }
        _ => {}
    }
}

/// Appends items to a list. One with the same identity as an earlier item replaces it.
pub(super) fn merge_items(known: &mut Vec<Node>, new: Vec<Node>, path: &[String]) {
    let mut indices = HashMap::new();
    for (at, item) in known.iter().enumerate() {
        if let Some(identity) = identity(item, path) {
            indices.entry(identity).or_insert(at);
        }
    }
    for item in new {
        let at = identity(&item, path).map(|identity| *indices.entry(identity).or_insert(known.len()));
        match at.and_then(|at| known.get_mut(at)) {
            Some(earlier) => replace(earlier, item),
            None => known.push(item),
        }
    }
}

/// What makes two items of a list of a service the same: for a mount its target, for instance. None where items are
/// never the same.
fn identity(item: &Node, path: &[String]) -> Option<String> {
    let [first, _, keys @ ..] = path else { return None };
    if first != "services" {
        return None;
    }
    let text = item.text();
    match keys.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [kind @ ("volumes" | "devices")] => match text {
            Some(text) if *kind == "volumes" => Some(shorthand::mount(&text).1.to_owned()),
            Some(text) => Some(shorthand::device(&text).1.to_owned()),
            None => item.at(&["target"]).or_else(|| item.at(&["source"])).and_then(Node::text),
        },
        ["secrets"] => target_path(item, "/run/secrets"),
        ["configs"] => target_path(item, ""),
        ["ports"] => Some(port_identity(item)),
        ["env_file"] => text.or_else(|| item.at(&["path"])?.text()),
        ["expose" | "extra_hosts"] | ["build", "extra_hosts"] => text,
        ["cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search" | "links" | "profiles" | "tmpfs"]
        | ["build", "tags"]
        | ["networks", _, "aliases" | "link_local_ips"] => {
            text.map(|text| text.split('=').next().unwrap_or_default().to_owned())
        }
        _ => None,
    }
}

/// The host port of a port. To Compose a number differs from the same number as text.
fn published_port(item: &Node) -> String {
    let text = item.text_at(&["published"]).unwrap_or_default();
    if matches!(item.at(&["published"]), Some(Node { kind: Kind::Int(_), .. })) {
        format!("#{text}")
    } else {
        text
    }
}

/// Two ports are the same if address, host port, container port and protocol are equal; ranges are compared as text.
pub(crate) fn port_identity(item: &Node) -> String {
    let part = |key: &str| item.text_at(&[key]).unwrap_or_default();
    let (ip, published, target, protocol) = match item.text() {
        None => (part("host_ip"), published_port(item), part("target"), part("protocol")),
        Some(text) => {
            let shorthand::Port { ip, published, target, protocol } = shorthand::port(&text);
            let ip = ip.trim_matches(['[', ']']);
            (ip.to_owned(), published.to_owned(), target.to_owned(), protocol.to_ascii_lowercase())
        }
    };
    let protocol = if protocol.is_empty() { "tcp" } else { &protocol };
    format!("{ip}:{published}:{target}/{protocol}")
}

/// The path in the container of a secret or config.
fn target_path(item: &Node, directory: &str) -> Option<String> {
    let part = |key: &str| item.text_at(&[key]);
    part("target").or_else(|| Some(format!("{directory}/{}", item.text().or_else(|| part("source"))?)))
}

/// Replaces a value, and records the replaced one in the history of the new one.
pub(super) fn replace(base: &mut Node, mut over: Node) {
    over.origins.push(Origin { via: Via::Override, span: base.span });
    *base = over;
}

/// The first scalar item that occurs before. A number differs from the same number as text.
pub(super) fn duplicate(items: &[Node]) -> Option<&Node> {
    let mut seen = HashSet::new();
    let identity = |item: &Node| (item.text(), matches!(item.kind, Kind::Text(_)));
    items.iter().find(|item| !seen.insert(identity(item)))
}
