//! The merged project as `docker compose config --format json` prints it: short syntax expanded, defaults and names
//! filled in, paths absolute, unused resources omitted.

mod service;
mod shorthand;
mod values;

use std::collections::HashSet;
use std::path::PathBuf;

use evenkeel_common::Error;
use serde_json::{Map, Value};

use crate::compose::{Project, paths, project_name};
use crate::load::files::read_variables;
use crate::yaml::{Entry, Kind, Node};
use values::{Context, Fields, boolean, non_empty_object, object, raw, string_map, text};

const NETWORK: Fields = &[
    ("attachable", boolean),
    ("driver", text),
    ("driver_opts", string_map),
    ("enable_ipv6", boolean),
    ("external", external),
    ("internal", boolean),
    ("ipam", ipam),
    ("labels", string_map),
    ("name", text),
];

const IPAM: Fields = &[("config", pools), ("driver", text)];

const POOL: Fields =
    &[("aux_addresses", string_map), ("gateway", text), ("ip_range", text), ("subnet", text)];

const VOLUME: Fields = &[
    ("driver", text),
    ("driver_opts", string_map),
    ("external", external),
    ("labels", string_map),
    ("name", text),
];

const FILE: Fields = &[
    ("content", text),
    ("driver", text),
    ("driver_opts", string_map),
    ("environment", text),
    ("external", external),
    ("file", text),
    ("labels", string_map),
    ("name", text),
    ("template_driver", text),
];

const SECTIONS: [(&str, Fields); 4] =
    [("configs", FILE), ("networks", NETWORK), ("secrets", FILE), ("volumes", VOLUME)];

/// Renders a project. Fails if a file of variables of a service cannot be read.
pub fn render(project: &Project) -> Result<Value, Error> {
    let mut model = model(project)?;
    escape(&mut model);
    Ok(model)
}

/// The merged project in the form of [`render`], with every `$` as the containers get it.
pub(crate) fn model(project: &Project) -> Result<Value, Error> {
    let context = Context { variables: &project.variables };
    let mut root = project.root.clone();
    paths::make_absolute(&mut root, &project.directory);
    let mut services = Map::new();
    for service in root.entries_at(&["services"]) {
        let mut rendered = service::render(&service.value, &context);
        add_defaults(&mut rendered, "environment", read_files(&env_files(&service.value), project)?);
        add_defaults(&mut rendered, "labels", read_files(&label_files(&service.value), project)?);
        services.insert(service.key.clone(), Value::Object(rendered));
    }
    let mut out = Map::new();
    let name = project_name(project);
    for (section, fields) in SECTIONS {
        let used = used_names(&services, section);
        let resources = Resources { fields, project: &name, context: &context };
        let rendered = resources.render(root.entries_at(&[section]), &used);
        if !rendered.is_empty() {
            out.insert(section.to_owned(), Value::Object(rendered));
        }
    }
    out.insert("name".into(), Value::String(name));
    out.insert("services".into(), Value::Object(services));
    let extensions = root.entries().iter().filter(|entry| entry.key.starts_with("x-"));
    out.extend(extensions.map(|entry| (entry.key.clone(), raw(&entry.value))));
    Ok(Value::Object(out))
}

fn env_files(service: &Node) -> Vec<String> {
    let items = service.items_at(&["env_file"]).iter();
    items.filter_map(|item| item.text().or_else(|| item.text_at(&["path"]))).collect()
}

fn label_files(service: &Node) -> Vec<String> {
    service.items_at(&["label_file"]).iter().filter_map(Node::text).collect()
}

/// The variables that files set. Later files may use the variables of earlier ones. Files that do not exist are optional.
fn read_files(files: &[String], project: &Project) -> Result<Map<String, Value>, Error> {
    let mut known = project.variables.clone();
    let mut all = Map::new();
    for path in files.iter().map(PathBuf::from).filter(|path| path.exists()) {
        let found = read_variables(&path, &known)?;
        known.extend(found.iter().cloned());
        all.extend(found.into_iter().map(|(key, value)| (key, Value::String(value))));
    }
    Ok(all)
}

/// Adds values to a mapping of a service where it does not set them itself.
fn add_defaults(rendered: &mut Map<String, Value>, key: &str, mut values: Map<String, Value>) {
    if let Some(Value::Object(own)) = rendered.remove(key) {
        values.extend(own);
    }
    if !values.is_empty() {
        rendered.insert(key.to_owned(), Value::Object(values));
    }
}

/// The names in a section that services refer to.
fn used_names(services: &Map<String, Value>, section: &str) -> HashSet<String> {
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

/// Renders the networks, volumes, secrets or configs of a project.
struct Resources<'a> {
    fields: Fields,
    /// The name of the project.
    project: &'a str,
    context: &'a Context<'a>,
}

impl Resources<'_> {
    fn render(&self, declared: &[Entry], used: &HashSet<String>) -> Map<String, Value> {
        let declared = declared.iter().filter(|entry| used.contains(&entry.key));
        let mut rendered: Map<String, Value> =
            declared.map(|entry| (entry.key.clone(), self.render_one(entry))).collect();
        // The network 'default' exists without being declared.
        if self.is_network() && used.contains("default") && !rendered.contains_key("default") {
            let default = Entry { key: "default".into(), ..Entry::default() };
            rendered.insert("default".into(), self.render_one(&default));
        }
        rendered
    }

    /// Renders one resource with its full name.
    fn render_one(&self, entry: &Entry) -> Value {
        let mut value = match non_empty_object(&entry.value, self.context, self.fields) {
            Some(Value::Object(value)) => value,
            _ => Map::new(),
        };
        if entry.value.entry("name").is_none() {
            let is_external = value.contains_key("external");
            let name =
                if is_external { entry.key.clone() } else { format!("{}_{}", self.project, entry.key) };
            value.insert("name".into(), Value::String(name));
        }
        if self.is_network() {
            value.entry("ipam").or_insert(Value::Object(Map::new()));
        }
        Value::Object(value)
    }

    fn is_network(&self) -> bool {
        std::ptr::eq(self.fields, NETWORK)
    }
}

/// `external: true`, also for the old syntax, a mapping with the name.
fn external(node: &Node, context: &Context<'_>) -> Option<Value> {
    if matches!(node.kind, Kind::Map(_)) { Some(Value::Bool(true)) } else { boolean(node, context) }
}

fn ipam(node: &Node, context: &Context<'_>) -> Option<Value> {
    object(node, context, IPAM)
}

fn pools(node: &Node, context: &Context<'_>) -> Option<Value> {
    values::list(node, |item| object(item, context, POOL))
}

/// Doubles every `$`, so that the output can be loaded again.
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
