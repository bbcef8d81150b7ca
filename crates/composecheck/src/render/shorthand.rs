//! Short spellings, written out: ports, mounts, devices, hosts.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::values::{Setting, Table, boolean, bytes, object, text, whole, whole_or_zero};
use crate::compose::paths;
use crate::compose::shorthand::{self, range};
use crate::load::list_items::port_identity;
use crate::yaml::{Kind, Node};

/// Later items take the place of earlier ones that are the same thing.
fn unique(items: Vec<(String, Value)>) -> Option<Value> {
    let (mut kept, mut places): (Vec<Value>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    for (identity, item) in items {
        let place = *places.entry(identity).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(twin) => *twin = item,
            None => kept.push(item),
        }
    }
    (!kept.is_empty()).then_some(Value::Array(kept))
}

const PORT: Table = &[
    ("app_protocol", text),
    ("host_ip", text),
    ("mode", text),
    ("name", text),
    ("protocol", text),
    ("published", text),
    ("target", whole),
];

pub(super) fn ports(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut found = Vec::new();
    for item in node.items() {
        match (&item.kind, item.text()) {
            (Kind::Map(_), _) => {
                found.extend(long_port(item, setting).map(|port| (port_identity(item), port)));
            }
            (_, Some(text)) => {
                found.extend(short_ports(&text).into_iter().map(|port| (identity(&port), port)));
            }
            _ => {}
        }
    }
    unique(found)
}

/// As that of a port in a file.
fn identity(port: &Value) -> String {
    let said = |key: &str| port[key].as_str().unwrap_or_default();
    format!("{}:{}:{}/{}", said("host_ip"), said("published"), port["target"], said("protocol"))
}

fn long_port(item: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut port = object(item, setting, PORT)?;
    let keys = port.as_object_mut()?;
    keys.entry("mode").or_insert_with(|| "ingress".into());
    keys.entry("protocol").or_insert_with(|| "tcp".into());
    Some(port)
}

/// Of equal ranges, each port is one; they come in the order of their texts, as Compose puts them.
fn short_ports(text: &str) -> Vec<Value> {
    let shorthand::Port { ip, published, target, protocol } = shorthand::port(text);
    let ip = ip.trim_matches(['[', ']']);
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_lowercase() };
    let Some((first, last)) = range(target) else { return Vec::new() };
    let from = range(published);
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

const MOUNT: Table = &[
    ("bind", |node, setting| object(node, setting, BIND)),
    ("consistency", text),
    ("read_only", boolean),
    ("source", text),
    ("target", |node, _| Some(paths::clean(&node.text()?).into())),
    ("tmpfs", |node, setting| object(node, setting, TMPFS)),
    ("type", text),
    ("volume", |node, setting| object(node, setting, VOLUME)),
];
const BIND: Table = &[("create_host_path", boolean), ("propagation", text), ("selinux", text)];
const VOLUME: Table = &[("nocopy", boolean), ("subpath", text)];
const TMPFS: Table = &[("mode", whole_or_zero), ("size", bytes)];

/// Only the targets of short mounts are tidied up before they are compared.
pub(super) fn mounts(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mount = |item: &Node| match (&item.kind, item.text()) {
        (Kind::Map(_), _) => Some((item.at(&["target"])?.text()?, object(item, setting, MOUNT)?)),
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
        // Compose does not look into a text of two characters.
        if text.len() > 2 {
            mount["volume"] = json!({});
        }
        return mount;
    };
    let mut mount = if paths::is_folder(source) {
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

pub(super) fn device(item: &Node, setting: &Setting<'_>) -> Option<Value> {
    const DEVICE: Table = &[("permissions", text), ("source", text), ("target", text)];
    let Some(spec) = item.text() else { return object(item, setting, DEVICE) };
    let (source, target, permissions) = shorthand::device(&spec);
    Some(json!({ "source": source, "target": target, "permissions": permissions }))
}

/// Hosts and their addresses, as `HOST=ADDRESS` in order.
pub(super) fn hosts(node: &Node) -> Option<Value> {
    let item = |text: String| {
        let (host, address) = shorthand::host(&text);
        format!("{host}={address}")
    };
    let mut found: Vec<String> = node.items().iter().filter_map(Node::text).map(item).collect();
    found.sort();
    (!found.is_empty()).then(|| found.into_iter().map(Value::String).collect())
}
