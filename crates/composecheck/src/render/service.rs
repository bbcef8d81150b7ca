//! A service as Compose prints it.

use serde_json::{Map, Value, json};

use super::shorthand;
use super::values::{
    Context, Fields, boolean, build_args, bytes, command, duration, environment, explicit_boolean,
    explicit_integer, float32, integer, list, non_empty_object, object, string_map, text, texts,
};
use crate::load::normalize::pairs_to_map;
use crate::load::references::{Dependency, DependencyKind, dependencies};
use crate::yaml::{Entry, Kind, Node};

const SERVICE: Fields = &[
    ("annotations", string_map),
    ("attach", explicit_boolean),
    ("blkio_config", |node, context| object(node, context, BLKIO)),
    ("build", build),
    ("cap_add", texts),
    ("cap_drop", texts),
    ("cgroup", text),
    ("cgroup_parent", text),
    ("command", command),
    ("configs", |node, context| files(node, context, "")),
    ("container_name", text),
    ("cpu_count", integer),
    ("cpu_percent", float32),
    ("cpu_period", integer),
    ("cpu_quota", integer),
    ("cpu_rt_period", integer),
    ("cpu_rt_runtime", integer),
    ("cpu_shares", integer),
    ("cpus", float32),
    ("cpuset", text),
    ("credential_spec", |node, context| object(node, context, CREDENTIALS)),
    ("depends_on", depends_on),
    ("deploy", deploy),
    ("develop", |node, context| object(node, context, DEVELOP)),
    ("device_cgroup_rules", texts),
    ("devices", |node, context| list(node, |item| shorthand::device(item, context))),
    ("dns", texts),
    ("dns_opt", texts),
    ("dns_search", texts),
    ("domainname", text),
    ("entrypoint", command),
    ("environment", environment),
    ("expose", texts),
    ("extends", |node, context| object(node, context, EXTENDS)),
    ("external_links", texts),
    ("extra_hosts", |node, _| shorthand::hosts(node)),
    ("gpus", gpus),
    ("group_add", texts),
    ("healthcheck", |node, context| object(node, context, HEALTHCHECK)),
    ("hostname", text),
    ("image", text),
    ("init", explicit_boolean),
    ("ipc", text),
    ("isolation", text),
    ("labels", string_map),
    ("links", texts),
    ("logging", |node, context| object(node, context, LOGGING)),
    ("mac_address", text),
    ("mem_limit", bytes),
    ("mem_reservation", bytes),
    ("mem_swappiness", bytes),
    ("memswap_limit", bytes),
    ("models", models),
    ("network_mode", text),
    ("networks", networks),
    ("oom_kill_disable", boolean),
    ("oom_score_adj", integer),
    ("pid", text),
    ("pids_limit", integer),
    ("platform", text),
    ("ports", |node, context| shorthand::ports(node, context)),
    ("post_start", hooks),
    ("pre_start", hooks),
    ("pre_stop", hooks),
    ("privileged", boolean),
    ("profiles", texts),
    ("provider", |node, context| object(node, context, PROVIDER)),
    ("pull_policy", pull_policy),
    ("read_only", boolean),
    ("restart", text),
    ("runtime", text),
    ("scale", explicit_integer),
    ("secrets", |node, context| files(node, context, "/run/secrets/")),
    ("security_opt", texts),
    ("shm_size", bytes),
    ("stdin_open", boolean),
    ("stop_grace_period", duration),
    ("stop_signal", text),
    ("storage_opt", string_map),
    ("sysctls", string_map),
    ("tmpfs", texts),
    ("tty", boolean),
    ("ulimits", ulimits),
    ("use_api_socket", boolean),
    ("user", text),
    ("userns_mode", text),
    ("uts", text),
    ("volumes", |node, context| shorthand::mounts(node, context)),
    ("volumes_from", texts),
    ("working_dir", text),
];

const BUILD: Fields = &[
    ("additional_contexts", string_map),
    ("args", build_args),
    ("cache_from", texts),
    ("cache_to", texts),
    ("context", text),
    ("dockerfile", text),
    ("dockerfile_inline", text),
    ("entitlements", texts),
    ("extra_hosts", |node, _| shorthand::hosts(node)),
    ("isolation", text),
    ("labels", string_map),
    ("network", text),
    ("no_cache", boolean),
    ("platforms", texts),
    ("privileged", boolean),
    ("provenance", text),
    ("pull", boolean),
    ("sbom", text),
    ("secrets", |node, context| files(node, context, "")),
    ("shm_size", bytes),
    ("ssh", texts),
    ("tags", texts),
    ("target", text),
    ("ulimits", ulimits),
];

const BLKIO: Fields = &[
    ("device_read_bps", rates),
    ("device_read_iops", rates),
    ("device_write_bps", rates),
    ("device_write_iops", rates),
    ("weight", integer),
    ("weight_device", |node, context| list(node, |item| object(item, context, WEIGHT).map(with_capitals))),
];
const RATE: Fields = &[("path", text), ("rate", bytes)];
const WEIGHT: Fields = &[("path", text), ("weight", explicit_integer)];

const CREDENTIALS: Fields = &[("config", text), ("file", text), ("registry", text)];

const DEPLOY: Fields = &[
    ("endpoint_mode", text),
    ("labels", string_map),
    ("mode", text),
    ("placement", |node, context| object(node, context, PLACEMENT)),
    ("replicas", explicit_integer),
    ("resources", |node, context| object(node, context, RESOURCES)),
    ("restart_policy", |node, context| object(node, context, RESTART)),
    ("rollback_config", |node, context| object(node, context, UPDATE)),
    ("update_config", |node, context| object(node, context, UPDATE)),
];
const PLACEMENT: Fields = &[
    ("constraints", texts),
    ("max_replicas_per_node", integer),
    ("preferences", |node, context| list(node, |item| object(item, context, &[("spread", text)]))),
];
const RESOURCES: Fields = &[
    ("limits", |node, context| object(node, context, RESOURCE)),
    ("reservations", |node, context| object(node, context, RESOURCE)),
];
const RESOURCE: Fields = &[
    ("cpus", float32),
    ("devices", gpus),
    ("generic_resources", |node, context| list(node, |item| object(item, context, GENERIC))),
    ("memory", bytes),
    ("pids", integer),
];
const GPU: Fields = &[
    ("capabilities", texts),
    ("count", count),
    ("device_ids", texts),
    ("driver", text),
    ("options", string_map),
];
const GENERIC: Fields = &[("discrete_resource_spec", |node, context| object(node, context, DISCRETE))];
const DISCRETE: Fields = &[("kind", text), ("value", explicit_integer)];
const RESTART: Fields =
    &[("condition", text), ("delay", duration), ("max_attempts", explicit_integer), ("window", duration)];
const UPDATE: Fields = &[
    ("delay", duration),
    ("failure_action", text),
    ("max_failure_ratio", float32),
    ("monitor", duration),
    ("order", text),
    ("parallelism", explicit_integer),
];

const DEVELOP: Fields = &[("watch", |node, context| list(node, |item| watch(item, context)))];
const WATCH: Fields = &[
    ("action", text),
    ("exec", hook),
    ("ignore", texts),
    ("include", texts),
    ("initial_sync", boolean),
    ("path", text),
    ("target", text),
];
const HOOK: Fields = &[
    ("command", command),
    ("environment", item_environment),
    ("privileged", boolean),
    ("user", text),
    ("working_dir", text),
];

const EXTENDS: Fields = &[("file", text), ("service", text)];
const MODEL: Fields = &[("endpoint_var", text), ("model_var", text)];
const PROVIDER: Fields = &[("options", options), ("type", text)];

const HEALTHCHECK: Fields = &[
    ("disable", boolean),
    ("interval", duration),
    ("retries", explicit_integer),
    ("start_interval", duration),
    ("start_period", duration),
    ("test", test),
    ("timeout", duration),
];

const LOGGING: Fields = &[("driver", text), ("options", string_map)];

const NETWORK: Fields = &[
    ("aliases", texts),
    ("driver_opts", string_map),
    ("gw_priority", integer),
    ("interface_name", text),
    ("ipv4_address", text),
    ("ipv6_address", text),
    ("link_local_ips", texts),
    ("mac_address", text),
    ("priority", integer),
];

/// Renders a service, with the defaults that Compose adds.
pub(super) fn render(service: &Node, context: &Context<'_>) -> Map<String, Value> {
    let Some(Value::Object(mut rendered)) = object(service, context, SERVICE) else { return Map::new() };
    for key in ["command", "entrypoint"] {
        rendered.entry(key).or_insert(Value::Null);
    }
    let has_no_network = service.entry("network_mode").is_some() || service.entry("provider").is_some();
    if !has_no_network && !rendered.contains_key("networks") {
        rendered.insert("networks".into(), json!({ "default": null }));
    }
    if let (Some(scale), Some(Value::Object(deploy))) =
        (rendered.get("scale").cloned(), rendered.get_mut("deploy"))
    {
        deploy.entry("replicas").or_insert(scale);
    }
    add_implicit_dependencies(&mut rendered, service);
    rendered
}

/// Adds the dependencies that follow from shared namespaces, links and `volumes_from`.
fn add_implicit_dependencies(rendered: &mut Map<String, Value>, service: &Node) {
    let is_implicit = |dependency: &Dependency<'_>| dependency.kind != DependencyKind::Explicit;
    for Dependency { name, kind, .. } in dependencies(service).into_iter().filter(is_implicit) {
        let mut dependency = json!({ "condition": "service_started", "required": true });
        if kind == DependencyKind::SharedNamespace {
            dependency["restart"] = true.into();
        }
        let depends_on = rendered.entry("depends_on").or_insert_with(|| json!({}));
        if let Value::Object(depends_on) = depends_on {
            depends_on.entry(name).or_insert(dependency);
        }
    }
}

fn deploy(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut value = object(node, context, DEPLOY)?;
    for key in ["placement", "resources"] {
        value.as_object_mut()?.entry(key).or_insert_with(|| json!({}));
    }
    Some(value)
}

fn build(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut built = object(node, context, BUILD)?;
    let keys = built.as_object_mut()?;
    // One that a variable without a value leaves empty is not the default one.
    if !keys.contains_key("dockerfile_inline") && node.entry("dockerfile").is_none() {
        keys.entry("dockerfile").or_insert_with(|| "Dockerfile".into());
    }
    Some(built)
}

fn rates(node: &Node, context: &Context<'_>) -> Option<Value> {
    list(node, |item| object(item, context, RATE).map(with_capitals))
}

/// Compose prints the keys of these mappings with an initial capital.
fn with_capitals(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    let capital = |key: String| key[..1].to_uppercase() + &key[1..];
    Value::Object(entries.into_iter().map(|(key, value)| (capital(key), value)).collect())
}

/// Secrets and configs. The default target of a secret is below `directory`; configs have none.
fn files(node: &Node, context: &Context<'_>, directory: &str) -> Option<Value> {
    const FILE: Fields =
        &[("gid", text), ("mode", file_mode), ("source", text), ("target", text), ("uid", text)];
    list(node, |item| match &item.kind {
        Kind::Text(name) if directory.is_empty() => Some(json!({ "source": name })),
        Kind::Text(name) => Some(json!({ "source": name, "target": format!("{directory}{name}") })),
        _ => {
            let mut file = object(item, context, FILE)?;
            let name = file["source"].as_str().unwrap_or_default().to_owned();
            if !directory.is_empty() {
                file.as_object_mut()?.entry("target").or_insert_with(|| format!("{directory}{name}").into());
            }
            Some(file)
        }
    })
}

/// Permissions, as Compose prints them since 2.40: octal, with a leading zero. Text is octal already.
fn file_mode(node: &Node, _: &Context<'_>) -> Option<Value> {
    let mode = match &node.kind {
        Kind::Int(mode) => *mode,
        Kind::Text(text) => i64::from_str_radix(text, 8).ok()?,
        _ => return None,
    };
    let sign = if mode < 0 { "-" } else { "" };
    Some(Value::String(format!("0{sign}{:o}", mode.unsigned_abs())))
}

fn depends_on(node: &Node, _: &Context<'_>) -> Option<Value> {
    let print = |entry: &Entry| {
        let own = |key: &str| entry.value.at(&[key]);
        let condition = own("condition").and_then(Node::text).unwrap_or_else(|| "service_started".into());
        let mut value = Map::from_iter([("condition".to_owned(), Value::String(condition))]);
        if own("restart").and_then(super::values::parse_bool) == Some(true) {
            value.insert("restart".into(), true.into());
        }
        let required = own("required").and_then(super::values::parse_bool).unwrap_or(true);
        value.insert("required".into(), required.into());
        (entry.key.clone(), Value::Object(value))
    };
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

/// A number of devices; -1 for all.
fn count(node: &Node, context: &Context<'_>) -> Option<Value> {
    if node.text().as_deref() == Some("all") { Some((-1).into()) } else { integer(node, context) }
}

fn watch(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut value = object(node, context, WATCH)?;
    // Compose prints an empty command for an action without one.
    value.as_object_mut()?.entry("exec").or_insert_with(|| json!({ "command": null }));
    Some(value)
}

fn hooks(node: &Node, context: &Context<'_>) -> Option<Value> {
    list(node, |item| hook(item, context))
}

fn hook(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut value = object(node, context, HOOK)?;
    value.as_object_mut()?.entry("command").or_insert(Value::Null);
    Some(value)
}

/// The variables of an item of a list, which are not normalized when the file is loaded.
fn item_environment(node: &Node, context: &Context<'_>) -> Option<Value> {
    let mut node = node.clone();
    pairs_to_map(&mut node);
    environment(&node, context)
}

/// Without a count or ids, all devices are meant.
fn gpus(node: &Node, context: &Context<'_>) -> Option<Value> {
    list(node, |item| {
        let mut gpu = object(item, context, GPU)?;
        let keys = gpu.as_object_mut()?;
        if !keys.contains_key("device_ids") {
            keys.entry("count").or_insert_with(|| (-1).into());
        }
        Some(gpu)
    })
}

/// The test of a health check. A string is run by a shell.
fn test(node: &Node, context: &Context<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) => Some(json!(["CMD-SHELL", text])),
        _ => texts(node, context),
    }
}

fn networks(node: &Node, context: &Context<'_>) -> Option<Value> {
    named(node, context, NETWORK)
}

fn models(node: &Node, context: &Context<'_>) -> Option<Value> {
    named(node, context, MODEL)
}

/// The options of a provider: lists of texts, also where one value is written.
fn options(node: &Node, context: &Context<'_>) -> Option<Value> {
    let print = |entry: &Entry| Some((entry.key.clone(), texts(&entry.value, context)?));
    let entries: Map<String, Value> = node.entries().iter().filter_map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

/// A mapping from names to mappings or nothing.
fn named(node: &Node, context: &Context<'_>, fields: Fields) -> Option<Value> {
    let print =
        |entry: &Entry| (entry.key.clone(), object(&entry.value, context, fields).unwrap_or(Value::Null));
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

fn pull_policy(node: &Node, context: &Context<'_>) -> Option<Value> {
    let policy = text(node, context)?;
    Some(if policy == "if_not_present" { "missing".into() } else { policy })
}

fn ulimits(node: &Node, context: &Context<'_>) -> Option<Value> {
    const BOTH: Fields = &[("hard", integer), ("soft", integer)];
    let print = |entry: &Entry| {
        let limit = match entry.value.kind {
            Kind::Map(_) => non_empty_object(&entry.value, context, BOTH),
            _ => integer(&entry.value, context),
        };
        // Compose prints a limit of 0 so.
        (entry.key.clone(), limit.unwrap_or_else(|| json!({})))
    };
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}
