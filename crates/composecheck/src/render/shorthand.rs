//! Ports, mounts, devices and hosts, with their short syntax expanded.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::values::{Context, Fields, boolean, bytes, explicit_integer, integer, object, string_map, text};
use crate::compose::paths;
use crate::compose::shorthand::{self, port_range};
use crate::load::list_items::port_identity;
use crate::load::normalize::pairs_to_map;
use crate::yaml::{Kind, Node};

/// Keeps the last item of each identity, in the place of the first.
fn unique(items: Vec<(String, Value)>) -> Option<Value> {
    let (mut kept, mut indices): (Vec<Value>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    for (identity, item) in items {
        let index = *indices.entry(identity).or_insert(kept.len());
        match kept.get_mut(index) {
            Some(earlier) => *earlier = item,
            None => kept.push(item),
        }
    }
    (!kept.is_empty()).then_some(Value::Array(kept))
}

const PORT: Fields = &[
    ("app_protocol", text),
    ("host_ip", text),
    ("mode", text),
    ("name", text),
    ("protocol", text),
    ("published", text),
    ("target", integer),
];

pub(super) fn ports(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut found = Vec::new();
    for item in node.items() {
        match (&item.kind, item.text()) {
            (Kind::Map(_), _) => {
                found.extend(long_port(item, context).map(|port| (port_identity(item), port)));
            }
            (_, Some(text)) => {
                found.extend(short_ports(&text).into_iter().map(|port| (identity(&port), port)));
            }
            _ => {}
        }
    }
    unique(found)
}

/// The identity of a rendered port; equal to [`port_identity`] of the port in the file.
fn identity(port: &Value) -> String {
    let text = |key: &str| port[key].as_str().unwrap_or_default();
    format!("{}:{}:{}/{}", text("host_ip"), text("published"), port["target"], text("protocol"))
}

fn long_port(item: &Node, context: &Context<'_>) -> Option<Value> {
    let mut port = object(item, context, PORT)?;
    let keys = port.as_object_mut()?;
    keys.entry("mode").or_insert_with(|| "ingress".into());
    keys.entry("protocol").or_insert_with(|| "tcp".into());
    Some(port)
}

/// The ports of a port in short syntax: two ranges of equal length make one port each, sorted as text like in Compose.
fn short_ports(text: &str) -> Vec<Value> {
    let shorthand::Port { ip, published, target, protocol } = shorthand::port(text);
    let ip = ip.trim_matches(['[', ']']);
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_lowercase() };
    let Some((first, last)) = port_range(target) else { return Vec::new() };
    let from = port_range(published);
    let one = |target: u16| {
        let published = match from {
            Some((start, end)) if end - start == last - first => (start + (target - first)).to_string(),
            _ => published.to_owned(),
        };
        let mut port = json!({ "mode": "ingress", "target": target, "protocol": protocol });
        for (key, value) in [("host_ip", ip), ("published", published.as_str())] {
            if !value.is_empty() {
                port[key] = value.into();
            }
        }
        (target.to_string(), port)
    };
    (first..=last).map(one).collect::<BTreeMap<String, Value>>().into_values().collect()
}

const MOUNT: Fields = &[
    ("bind", |node, context| object(node, context, BIND)),
    ("consistency", text),
    ("image", |node, context| object(node, context, IMAGE)),
    ("read_only", boolean),
    ("source", text),
    ("target", |node, _| Some(paths::clean(&node.text()?).into())),
    ("tmpfs", |node, context| object(node, context, TMPFS)),
    ("type", text),
    ("volume", |node, context| object(node, context, VOLUME)),
];
const BIND: Fields =
    &[("create_host_path", boolean), ("propagation", text), ("recursive", text), ("selinux", text)];
const IMAGE: Fields = &[("subpath", text)];
const VOLUME: Fields = &[("labels", labels), ("nocopy", boolean), ("subpath", text)];
const TMPFS: Fields = &[("mode", explicit_integer), ("size", bytes)];

/// Labels of an item of a list, which are not normalized when the file is loaded.
fn labels(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut node = node.clone();
    pairs_to_map(&mut node);
    string_map(&node, context)
}

/// The identity of a mount is its target, which Compose cleans only in short syntax.
pub(super) fn mounts(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mount = |item: &Node| match (&item.kind, item.text()) {
        (Kind::Map(_), _) => Some((item.at(&["target"])?.text()?, object(item, context, MOUNT)?)),
        (_, Some(text)) => {
            let mount = short_mount(&text);
            Some((mount["target"].as_str()?.to_owned(), mount))
        }
        _ => None,
    };
    unique(node.items().iter().filter_map(mount).collect())
}

fn short_mount(text: &str) -> Value {
    let (source, target, options) = shorthand::mount(text);
    let target = paths::clean(target);
    let Some(source) = source else {
        let mut mount = json!({ "type": "volume", "target": target });
        // Compose does not parse a text of two bytes.
        if text.len() > 2 {
            mount["volume"] = json!({});
        }
        return mount;
    };
    let mut mount = if paths::is_host_path(source) {
        json!({ "type": "bind", "source": source, "target": target, "bind": { "create_host_path": true } })
    } else {
        json!({ "type": "volume", "source": source, "target": target, "volume": {} })
    };
    for option in options.split(',') {
        match option {
            "ro" => mount["read_only"] = true.into(),
            "nocopy" => mount["volume"]["nocopy"] = true.into(),
            "z" | "Z" => mount["bind"]["selinux"] = option.into(),
            "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
                mount["bind"]["propagation"] = option.into();
            }
            _ => {}
        }
    }
    mount
}

pub(super) fn device(item: &Node, context: &Context<'_>) -> Option<Value> {
    const DEVICE: Fields = &[("permissions", text), ("source", text), ("target", text)];
    let Some(spec) = item.text() else { return object(item, context, DEVICE) };
    let (source, target, permissions) = shorthand::device(&spec);
    Some(json!({ "source": source, "target": target, "permissions": permissions }))
}

/// Hosts as sorted `HOST=ADDRESS` texts.
pub(super) fn hosts(node: &Node) -> Option<Value> {
    let item = |text: String| {
        let (host, address) = shorthand::host(&text);
        format!("{host}={address}")
    };
    let mut found: Vec<String> = node.items().iter().filter_map(Node::text).map(item).collect();
    found.sort();
    (!found.is_empty()).then(|| found.into_iter().map(Value::String).collect())
}
