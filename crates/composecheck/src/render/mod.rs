//! The merged model as `docker compose config --format json` prints it: every short spelling written out, defaults and
//! names filled in, relative paths made absolute, and what no service uses left away.

mod service;
mod shorthand;
mod values;

use std::collections::HashSet;
use std::path::PathBuf;

use evenkeel_common::Error;
use serde_json::{Map, Value};

use crate::compose::{Project, paths, project_name};
use crate::load::files::pairs_of;
use crate::yaml::{Entry, Kind, Node};
use values::{Setting, Table, boolean, object, object_or_nothing, pairs, raw, text};

const NETWORK: Table = &[
    ("attachable", boolean),
    ("driver", text),
    ("driver_opts", pairs),
    ("enable_ipv6", boolean),
    ("external", external),
    ("internal", boolean),
    ("ipam", ipam),
    ("labels", pairs),
    ("name", text),
];

const IPAM: Table = &[("config", pools), ("driver", text)];

const POOL: Table = &[("aux_addresses", pairs), ("gateway", text), ("ip_range", text), ("subnet", text)];

const VOLUME: Table =
    &[("driver", text), ("driver_opts", pairs), ("external", external), ("labels", pairs), ("name", text)];

const FILE: Table = &[
    ("content", text),
    ("driver", text),
    ("driver_opts", pairs),
    ("environment", text),
    ("external", external),
    ("file", text),
    ("labels", pairs),
    ("name", text),
    ("template_driver", text),
];

const SECTIONS: [(&str, Table); 4] =
    [("configs", FILE), ("networks", NETWORK), ("secrets", FILE), ("volumes", VOLUME)];

/// Renders a project. Fails where a file of variables cannot be read.
pub fn render(project: &Project) -> Result<Value, Error> {
    let setting = Setting { variables: &project.variables };
    let mut root = project.root.clone();
    paths::resolve(&mut root, &project.folder);
    let mut services = Map::new();
    for service in root.at(&["services"]).map_or(&[][..], Node::entries) {
        let mut rendered = service::render(&service.value, &setting);
        if let Value::Object(rendered) = &mut rendered {
            add_environment(rendered, &service.value, project)?;
            add_labels(rendered, &service.value, project)?;
        }
        services.insert(service.key.clone(), rendered);
    }
    let mut out = Map::new();
    let name = project_name::of(project);
    for (section, table) in SECTIONS {
        let used = used(&services, section);
        let rendered = section_of(&root, section, table, &name, &used, &setting);
        if !rendered.is_empty() {
            out.insert(section.to_owned(), Value::Object(rendered));
        }
    }
    out.insert("name".into(), Value::String(name));
    out.insert("services".into(), Value::Object(services));
    let extensions = root.entries().iter().filter(|entry| entry.key.starts_with("x-"));
    out.extend(extensions.map(|entry| (entry.key.clone(), raw(&entry.value))));
    let mut out = Value::Object(out);
    escape(&mut out);
    Ok(out)
}

/// Below the variables of its files, those that the service sets itself.
fn add_environment(
    rendered: &mut Map<String, Value>,
    service: &Node,
    project: &Project,
) -> Result<(), Error> {
    let pairs = pairs_in(&paths::env_files(service), project)?;
    add_below(rendered, "environment", pairs);
    Ok(())
}

fn add_labels(rendered: &mut Map<String, Value>, service: &Node, project: &Project) -> Result<(), Error> {
    let pairs = pairs_in(&paths::label_files(service), project)?;
    add_below(rendered, "labels", pairs);
    Ok(())
}

/// What files set; later ones may use what earlier ones did.
fn pairs_in(files: &[String], project: &Project) -> Result<Map<String, Value>, Error> {
    let mut known = project.variables.clone();
    let mut all = Map::new();
    for path in files.iter().map(PathBuf::from).filter(|path| path.exists()) {
        let found = pairs_of(&path, &known)?;
        known.extend(found.iter().cloned());
        all.extend(found.into_iter().map(|(key, value)| (key, Value::String(value))));
    }
    Ok(all)
}

fn add_below(rendered: &mut Map<String, Value>, key: &str, mut pairs: Map<String, Value>) {
    if let Some(Value::Object(own)) = rendered.remove(key) {
        pairs.extend(own);
    }
    if !pairs.is_empty() {
        rendered.insert(key.to_owned(), Value::Object(pairs));
    }
}

/// The items of a section that services refer to.
fn used(services: &Map<String, Value>, section: &str) -> HashSet<String> {
    let mut used = HashSet::new();
    for service in services.values() {
        let build = service.get("build").unwrap_or(&Value::Null);
        for items in [service.get(section), build.get(section)].into_iter().flatten() {
            match items {
                Value::Object(items) => used.extend(items.keys().cloned()),
                Value::Array(items) => used.extend(items.iter().filter_map(|item| source_of(item, section))),
                _ => {}
            }
        }
    }
    used
}

fn source_of(item: &Value, section: &str) -> Option<String> {
    let is_other = section == "volumes" && item.get("type").and_then(Value::as_str) != Some("volume");
    (!is_other).then(|| item.get("source")?.as_str().map(str::to_owned)).flatten()
}

fn section_of(
    root: &Node,
    section: &str,
    table: Table,
    project: &str,
    used: &HashSet<String>,
    setting: &Setting<'_>,
) -> Map<String, Value> {
    let declared = root.at(&[section]).map_or(&[][..], Node::entries);
    let mut rendered: Map<String, Value> = declared
        .iter()
        .filter(|entry| used.contains(&entry.key))
        .map(|entry| (entry.key.clone(), named(entry, table, project, setting)))
        .collect();
    // The network that services are on where they name none is there without being declared.
    if section == "networks" && used.contains("default") && !rendered.contains_key("default") {
        let default = Entry { key: "default".into(), ..Entry::default() };
        rendered.insert("default".into(), named(&default, table, project, setting));
    }
    rendered
}

/// One network, volume, secret or config under its full name.
fn named(entry: &Entry, table: Table, project: &str, setting: &Setting<'_>) -> Value {
    let mut value = match object_or_nothing(&entry.value, setting, table) {
        Some(Value::Object(value)) => value,
        _ => Map::new(),
    };
    if entry.value.entry("name").is_none() {
        let is_external = value.contains_key("external");
        let name = if is_external { entry.key.clone() } else { format!("{project}_{}", entry.key) };
        value.insert("name".into(), Value::String(name));
    }
    if std::ptr::eq(table, NETWORK) {
        value.entry("ipam").or_insert(Value::Object(Map::new()));
    }
    Value::Object(value)
}

/// `external: true`, or in the old spelling a mapping with the name.
fn external(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    if matches!(node.kind, Kind::Map(_)) { Some(Value::Bool(true)) } else { boolean(node, setting) }
}

fn ipam(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    object(node, setting, IPAM)
}

fn pools(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    values::list(node, |item| object(item, setting, POOL))
}

/// A `$` is written twice, so that what is printed can be read again.
fn escape(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('$') => *text = text.replace('$', "$$"),
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(entries) => {
            *entries = std::mem::take(entries)
                .into_iter()
                .map(|(key, mut value)| {
                    escape(&mut value);
                    (key.replace('$', "$$"), value)
                })
                .collect();
        }
        _ => {}
    }
}
