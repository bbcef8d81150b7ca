//! Items of lists: which are the same thing, and what becomes of them.

use std::collections::{HashMap, HashSet};

use crate::compose::shorthand;
use crate::yaml::{Kind, Node, Origin, Via, section_mut, text_at};

/// Of items of a list that are the same thing, keeps the last one in the place of the first.
pub(super) fn unite(root: &mut Node) {
    for service in section_mut(root, "services") {
        let mut path = vec!["services".to_owned(), service.key.clone()];
        unite_below(&mut service.value, &mut path);
    }
}

fn unite_below(node: &mut Node, path: &mut Vec<String>) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                unite_below(&mut entry.value, path);
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

/// Mounts, ports and devices are the same when they land in the same place: the later one wins, in place.
pub(super) fn merge_items(known: &mut Vec<Node>, new: Vec<Node>, path: &[String]) {
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

/// What makes an item of a list of a service the same as another one; none where items are never the same.
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
        ["secrets"] => place_of(item, "/run/secrets"),
        ["configs"] => place_of(item, ""),
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

/// To Compose a number is not what the same text is.
fn published_of(item: &Node) -> String {
    let text = text_at(item, &["published"]).unwrap_or_default();
    if matches!(item.at(&["published"]), Some(Node { kind: Kind::Int(_), .. })) {
        format!("#{text}")
    } else {
        text
    }
}

/// Two ports are the same when they join the same ends. A range of ports is known by its text.
pub(crate) fn port_identity(item: &Node) -> String {
    let part = |key: &str| text_at(item, &[key]).unwrap_or_default();
    let (ip, published, target, protocol) = match item.text() {
        None => (part("host_ip"), published_of(item), part("target"), part("protocol")),
        Some(text) => {
            let shorthand::Port { ip, published, target, protocol } = shorthand::port(&text);
            let ip = ip.trim_matches(['[', ']']);
            (ip.to_owned(), published.to_owned(), target.to_owned(), protocol.to_ascii_lowercase())
        }
    };
    let protocol = if protocol.is_empty() { "tcp" } else { &protocol };
    format!("{ip}:{published}:{target}/{protocol}")
}

/// Where a secret or config lands.
fn place_of(item: &Node, folder: &str) -> Option<String> {
    let part = |key: &str| item.at(&[key]).and_then(Node::text);
    part("target").or_else(|| Some(format!("{folder}/{}", item.text().or_else(|| part("source"))?)))
}

pub(super) fn replace(base: &mut Node, mut over: Node) {
    over.origins.push(Origin { via: Via::Override, span: base.span });
    *base = over;
}

/// The first item that is there before. A number is not what the same text is.
pub(crate) fn twin_in(items: &[Node]) -> Option<&Node> {
    let mut seen = HashSet::new();
    let identity = |item: &Node| (item.text(), matches!(item.kind, Kind::Text(_)));
    items.iter().find(|item| !seen.insert(identity(item)))
}
