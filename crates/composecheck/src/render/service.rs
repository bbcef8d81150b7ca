//! A service as Compose prints it.

use serde_json::{Map, Value, json};

use super::shorthand;
use super::values::{
    Setting, Table, boolean, boolean_or_not, bytes, command, duration, list, number, object,
    object_or_nothing, pairs, set_variables, text, texts, variables, whole, whole_or_zero,
};
use crate::load::normalize::pairs_to_map;
use crate::load::references::{How, Need, needs};
use crate::yaml::{Entry, Kind, Node};

const SERVICE: Table = &[
    ("annotations", pairs),
    ("attach", boolean_or_not),
    ("blkio_config", |node, setting| object(node, setting, BLKIO)),
    ("build", build),
    ("cap_add", texts),
    ("cap_drop", texts),
    ("cgroup", text),
    ("cgroup_parent", text),
    ("command", command),
    ("configs", |node, setting| files(node, setting, "")),
    ("container_name", text),
    ("cpu_count", whole),
    ("cpu_percent", number),
    ("cpu_period", whole),
    ("cpu_quota", whole),
    ("cpu_rt_period", whole),
    ("cpu_rt_runtime", whole),
    ("cpu_shares", whole),
    ("cpus", number),
    ("cpuset", text),
    ("credential_spec", |node, setting| object(node, setting, CREDENTIALS)),
    ("depends_on", dependencies),
    ("deploy", deploy),
    ("develop", |node, setting| object(node, setting, DEVELOP)),
    ("device_cgroup_rules", texts),
    ("devices", |node, setting| list(node, |item| shorthand::device(item, setting))),
    ("dns", texts),
    ("dns_opt", texts),
    ("dns_search", texts),
    ("domainname", text),
    ("entrypoint", command),
    ("environment", variables),
    ("expose", texts),
    ("external_links", texts),
    ("extra_hosts", |node, _| shorthand::hosts(node)),
    ("gpus", gpus),
    ("group_add", texts),
    ("healthcheck", |node, setting| object(node, setting, HEALTHCHECK)),
    ("hostname", text),
    ("image", text),
    ("init", boolean_or_not),
    ("ipc", text),
    ("isolation", text),
    ("labels", pairs),
    ("links", texts),
    ("logging", |node, setting| object(node, setting, LOGGING)),
    ("mac_address", text),
    ("mem_limit", bytes),
    ("mem_reservation", bytes),
    ("mem_swappiness", bytes),
    ("memswap_limit", bytes),
    ("network_mode", text),
    ("networks", networks),
    ("oom_kill_disable", boolean),
    ("oom_score_adj", whole),
    ("pid", text),
    ("pids_limit", whole),
    ("platform", text),
    ("ports", |node, setting| shorthand::ports(node, setting)),
    ("post_start", hooks),
    ("pre_stop", hooks),
    ("privileged", boolean),
    ("profiles", texts),
    ("pull_policy", pull_policy),
    ("read_only", boolean),
    ("restart", text),
    ("runtime", text),
    ("scale", whole_or_zero),
    ("secrets", |node, setting| files(node, setting, "/run/secrets/")),
    ("security_opt", texts),
    ("shm_size", bytes),
    ("stdin_open", boolean),
    ("stop_grace_period", duration),
    ("stop_signal", text),
    ("storage_opt", pairs),
    ("sysctls", pairs),
    ("tmpfs", texts),
    ("tty", boolean),
    ("ulimits", ulimits),
    ("user", text),
    ("userns_mode", text),
    ("uts", text),
    ("volumes", |node, setting| shorthand::mounts(node, setting)),
    ("volumes_from", texts),
    ("working_dir", text),
];

const BUILD: Table = &[
    ("additional_contexts", pairs),
    ("args", set_variables),
    ("cache_from", texts),
    ("cache_to", texts),
    ("context", text),
    ("dockerfile", text),
    ("dockerfile_inline", text),
    ("entitlements", texts),
    ("extra_hosts", |node, _| shorthand::hosts(node)),
    ("isolation", text),
    ("labels", pairs),
    ("network", text),
    ("no_cache", boolean),
    ("platforms", texts),
    ("privileged", boolean),
    ("pull", boolean),
    ("secrets", |node, setting| files(node, setting, "")),
    ("shm_size", bytes),
    ("ssh", texts),
    ("tags", texts),
    ("target", text),
    ("ulimits", ulimits),
];

const BLKIO: Table = &[
    ("device_read_bps", rates),
    ("device_read_iops", rates),
    ("device_write_bps", rates),
    ("device_write_iops", rates),
    ("weight", whole),
    ("weight_device", |node, setting| list(node, |item| object(item, setting, WEIGHT).map(in_capitals))),
];
const RATE: Table = &[("path", text), ("rate", bytes)];
const WEIGHT: Table = &[("path", text), ("weight", whole_or_zero)];

const CREDENTIALS: Table = &[("config", text), ("file", text), ("registry", text)];

const DEPLOY: Table = &[
    ("endpoint_mode", text),
    ("labels", pairs),
    ("mode", text),
    ("placement", |node, setting| object(node, setting, PLACEMENT)),
    ("replicas", whole_or_zero),
    ("resources", |node, setting| object(node, setting, RESOURCES)),
    ("restart_policy", |node, setting| object(node, setting, RESTART)),
    ("rollback_config", |node, setting| object(node, setting, UPDATE)),
    ("update_config", |node, setting| object(node, setting, UPDATE)),
];
const PLACEMENT: Table = &[
    ("constraints", texts),
    ("max_replicas_per_node", whole),
    ("preferences", |node, setting| list(node, |item| object(item, setting, &[("spread", text)]))),
];
const RESOURCES: Table = &[
    ("limits", |node, setting| object(node, setting, RESOURCE)),
    ("reservations", |node, setting| object(node, setting, RESOURCE)),
];
const RESOURCE: Table = &[
    ("cpus", number),
    ("devices", |node, setting| list(node, |item| object(item, setting, GPU))),
    ("generic_resources", |node, setting| list(node, |item| object(item, setting, GENERIC))),
    ("memory", bytes),
    ("pids", whole),
];
const GPU: Table =
    &[("capabilities", texts), ("count", count), ("device_ids", texts), ("driver", text), ("options", pairs)];
const GENERIC: Table = &[("discrete_resource_spec", |node, setting| object(node, setting, DISCRETE))];
const DISCRETE: Table = &[("kind", text), ("value", whole_or_zero)];
const RESTART: Table =
    &[("condition", text), ("delay", duration), ("max_attempts", whole_or_zero), ("window", duration)];
const UPDATE: Table = &[
    ("delay", duration),
    ("failure_action", text),
    ("max_failure_ratio", number),
    ("monitor", duration),
    ("order", text),
    ("parallelism", whole_or_zero),
];

const DEVELOP: Table = &[("watch", |node, setting| list(node, |item| watch(item, setting)))];
const WATCH: Table = &[("action", text), ("exec", hook), ("ignore", texts), ("path", text), ("target", text)];
const HOOK: Table = &[
    ("command", command),
    ("environment", listed_variables),
    ("privileged", boolean),
    ("user", text),
    ("working_dir", text),
];

const HEALTHCHECK: Table = &[
    ("disable", boolean),
    ("interval", duration),
    ("retries", whole_or_zero),
    ("start_interval", duration),
    ("start_period", duration),
    ("test", test),
    ("timeout", duration),
];

const LOGGING: Table = &[("driver", text), ("options", pairs)];

const NETWORK: Table = &[
    ("aliases", texts),
    ("driver_opts", pairs),
    ("gw_priority", whole),
    ("ipv4_address", text),
    ("ipv6_address", text),
    ("link_local_ips", texts),
    ("mac_address", text),
    ("priority", whole),
];

/// Renders a service, with what Compose adds of its own.
pub(super) fn render(service: &Node, setting: &Setting<'_>) -> Value {
    let Some(Value::Object(mut rendered)) = object(service, setting, SERVICE) else {
        return Value::Object(Map::new());
    };
    for key in ["command", "entrypoint"] {
        rendered.entry(key).or_insert(Value::Null);
    }
    if service.entry("network_mode").is_none() && !rendered.contains_key("networks") {
        rendered.insert("networks".into(), json!({ "default": null }));
    }
    if let (Some(scale), Some(Value::Object(deploy))) =
        (rendered.get("scale").cloned(), rendered.get_mut("deploy"))
    {
        deploy.entry("replicas").or_insert(scale);
    }
    add_dependencies(&mut rendered, service);
    Value::Object(rendered)
}

/// What a service shares with another, it also waits for.
fn add_dependencies(rendered: &mut Map<String, Value>, service: &Node) {
    for Need { name, how, .. } in needs(service).into_iter().filter(|need| need.how != How::Waits) {
        let mut dependency = json!({ "condition": "service_started", "required": true });
        if how == How::Shares {
            dependency["restart"] = true.into();
        }
        let depends_on = rendered.entry("depends_on").or_insert_with(|| json!({}));
        if let Value::Object(depends_on) = depends_on {
            depends_on.entry(name).or_insert(dependency);
        }
    }
}

fn deploy(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut value = object(node, setting, DEPLOY)?;
    for key in ["placement", "resources"] {
        value.as_object_mut()?.entry(key).or_insert_with(|| json!({}));
    }
    Some(value)
}

fn build(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut built = object(node, setting, BUILD)?;
    let keys = built.as_object_mut()?;
    if !keys.contains_key("dockerfile_inline") {
        keys.entry("dockerfile").or_insert_with(|| "Dockerfile".into());
    }
    Some(built)
}

fn rates(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    list(node, |item| object(item, setting, RATE).map(in_capitals))
}

/// Compose prints these keys as its program names them.
fn in_capitals(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    let capital = |key: String| key[..1].to_uppercase() + &key[1..];
    Value::Object(entries.into_iter().map(|(key, value)| (capital(key), value)).collect())
}

/// Secrets and configs; where a secret lands is written out for the short spelling.
fn files(node: &Node, setting: &Setting<'_>, folder: &str) -> Option<Value> {
    const FILE: Table =
        &[("gid", text), ("mode", whole_or_zero), ("source", text), ("target", text), ("uid", text)];
    list(node, |item| match &item.kind {
        Kind::Text(name) if folder.is_empty() => Some(json!({ "source": name })),
        Kind::Text(name) => Some(json!({ "source": name, "target": format!("{folder}{name}") })),
        _ => {
            let mut file = object(item, setting, FILE)?;
            let name = file["source"].as_str().unwrap_or_default().to_owned();
            if !folder.is_empty() {
                file.as_object_mut()?.entry("target").or_insert_with(|| format!("{folder}{name}").into());
            }
            Some(file)
        }
    })
}

fn dependencies(node: &Node, _: &Setting<'_>) -> Option<Value> {
    let print = |entry: &Entry| {
        let own = |key: &str| entry.value.at(&[key]);
        let condition = own("condition").and_then(Node::text).unwrap_or_else(|| "service_started".into());
        let mut value = Map::from_iter([("condition".to_owned(), Value::String(condition))]);
        if own("restart").and_then(super::values::truth) == Some(true) {
            value.insert("restart".into(), true.into());
        }
        let required = own("required").and_then(super::values::truth).unwrap_or(true);
        value.insert("required".into(), required.into());
        (entry.key.clone(), Value::Object(value))
    };
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

/// The number of devices; -1 is all of them.
fn count(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    if node.text().as_deref() == Some("all") { Some((-1).into()) } else { whole(node, setting) }
}

fn watch(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut value = object(node, setting, WATCH)?;
    // Compose prints the empty command of an action that has none.
    value.as_object_mut()?.entry("exec").or_insert_with(|| json!({ "command": null }));
    Some(value)
}

fn hooks(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    list(node, |item| hook(item, setting))
}

fn hook(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut value = object(node, setting, HOOK)?;
    value.as_object_mut()?.entry("command").or_insert(Value::Null);
    Some(value)
}

/// What stands in a list has not been brought to one shape.
fn listed_variables(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let mut node = node.clone();
    pairs_to_map(&mut node);
    variables(&node, setting)
}

/// Where nothing says how many, it is all of them.
fn gpus(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    list(node, |item| {
        let mut gpu = object(item, setting, GPU)?;
        let keys = gpu.as_object_mut()?;
        if !keys.contains_key("device_ids") {
            keys.entry("count").or_insert_with(|| (-1).into());
        }
        Some(gpu)
    })
}

/// Text is for a shell.
fn test(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) => Some(json!(["CMD-SHELL", text])),
        _ => texts(node, setting),
    }
}

fn networks(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let print =
        |entry: &Entry| (entry.key.clone(), object(&entry.value, setting, NETWORK).unwrap_or(Value::Null));
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

fn pull_policy(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    let policy = text(node, setting)?;
    Some(if policy == "if_not_present" { "missing".into() } else { policy })
}

fn ulimits(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    const BOTH: Table = &[("hard", whole), ("soft", whole)];
    let print = |entry: &Entry| {
        let limit = match entry.value.kind {
            Kind::Map(_) => object_or_nothing(&entry.value, setting, BOTH),
            _ => whole(&entry.value, setting),
        };
        (entry.key.clone(), limit.unwrap_or_else(|| 0.into()))
    };
    let entries: Map<String, Value> = node.entries().iter().map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}
