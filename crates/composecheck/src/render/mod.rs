//! The merged project as `docker compose config --format json` prints it: short syntax expanded, defaults and names
//! filled in, paths absolute, unused resources omitted.

mod service;
mod shorthand;
mod values;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use evenkeel_common::Error;
use serde_json::{Map, Value};

use crate::compose::{Project, paths, project_name};
use crate::load::files::{Format, read_variables};
use crate::source::SpannedError;
use crate::yaml::{Entry, Kind, Node};
use values::{Context, Fields, boolean, explicit_boolean, non_empty_object, object, raw, string_map, text};

const NETWORK: Fields = &[
    ("attachable", boolean),
    ("driver", text),
    ("driver_opts", string_map),
    ("enable_ipv4", explicit_boolean),
    ("enable_ipv6", explicit_boolean),
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

/// Renders a project. Fails if a file of variables of a service cannot be read, or where Compose has refused the project
/// since 2.40: two services with one `container_name`, which a check finds as CC307.
pub fn render(project: &Project) -> Result<Value, Error> {
    check_container_names(project)?;
    let mut model = model(project)?;
    escape(&mut model);
    Ok(model)
}

fn check_container_names(project: &Project) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for service in project.services() {
        let Some(node) = service.value.at(&["container_name"]) else { continue };
        let name = node.text().unwrap_or_default();
        if !name.is_empty() && !seen.insert(name.clone()) {
            let cause =
                format!("service '{}' has the container_name '{name}' of another service", service.key);
            return Err(project.sources.error(&SpannedError::new(node.span, cause)));
        }
    }
    Ok(())
}

/// The merged project in the form of [`render`], with every `$` as the containers get it.
pub fn model(project: &Project) -> Result<Value, Error> {
    let context = Context { variables: &project.variables };
    let mut root = project.root.clone();
    paths::make_absolute(&mut root, &project.directory);
    let mut services = Map::new();
    for service in root.entries_at(&["services"]) {
        let mut rendered = service::render(&service.value, &context);
        let files = [("environment", env_files(&service.value)), ("labels", label_files(&service.value))];
        for (key, files) in files.into_iter().filter(|(_, files)| !files.is_empty()) {
            let environment = service_environment(service, &rendered, project);
            add_defaults(&mut rendered, key, read_files(&files, &environment)?);
        }
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

/// A file of variables, and how it is written.
type VariableFile = (PathBuf, Format);

fn env_files(service: &Node) -> Vec<VariableFile> {
    let file = |item: &Node| {
        let is_raw = item.text_at(&["format"]).as_deref() == Some("raw");
        let path = item.text().or_else(|| item.text_at(&["path"]))?;
        Some((PathBuf::from(path), if is_raw { Format::Raw } else { Format::Dotenv }))
    };
    service.items_at(&["env_file"]).iter().filter_map(file).collect()
}

fn label_files(service: &Node) -> Vec<VariableFile> {
    let texts = service.items_at(&["label_file"]).iter().filter_map(Node::text);
    texts.map(|path| (PathBuf::from(path), Format::Dotenv)).collect()
}

/// The variables that files set. Values may use those of the environment, and of earlier files. Files that do not exist are
/// optional.
fn read_files(
    files: &[VariableFile],
    environment: &HashMap<String, String>,
) -> Result<Map<String, Value>, Error> {
    let (mut earlier, mut all) = (HashMap::new(), Map::new());
    for (path, format) in files.iter().filter(|(path, _)| path.exists()) {
        let found = read_variables(path, *format, environment, &earlier)?;
        earlier.extend(found.iter().cloned());
        all.extend(found.into_iter().map(|(key, value)| (key, Value::String(value))));
    }
    Ok(all)
}

/// The variables that the files of a service may use: its own, where its project does not set them.
fn service_environment(
    service: &Entry,
    rendered: &Map<String, Value>,
    project: &Project,
) -> HashMap<String, String> {
    let own = rendered.get("environment").and_then(Value::as_object).into_iter().flatten();
    let mut environment: HashMap<String, String> =
        own.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    environment.extend(project.service_variables.get(&service.key).unwrap_or(&project.variables).clone());
    environment
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
