//! Which keys there are, and what shape their values have: what Compose checks before it looks at the meaning.

use crate::model::{Entry, Kind, Node};
use crate::source::{Fault, Span};
use crate::units;

/// The shape of a value.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Whatever it is: newer keys, and those with a shape of their own that is checked elsewhere.
    Any,
    Text,
    Bool,
    Whole,
    Number,
    /// A number of bytes, or text such as 512m.
    Bytes,
    /// The same; -1 is no limit.
    Swap,
    /// A number, or a duration.
    Period,
    /// Text such as 1m30s.
    Duration,
    List,
    /// A list of texts.
    Texts,
    TextOrList,
    /// A command, which may also be nothing.
    Command,
    /// `KEY=VALUE` items or a mapping.
    Pairs,
    /// A mapping with keys of the user's.
    Map,
    /// A mapping with these keys.
    Keys(Keys),
    /// The same, or nothing.
    MaybeKeys(Keys),
    TextOrKeys(Keys),
    /// true, false, or a mapping.
    External,
}

type Keys = &'static [(&'static str, Shape)];

use Shape::{
    Any, Bool, Bytes, Command, Duration, External, List, Map, MaybeKeys, Number, Pairs, Period, Swap, Text,
    TextOrKeys, TextOrList, Texts, Whole,
};

const HEALTHCHECK: Keys = &[
    ("disable", Bool),
    ("interval", Duration),
    ("retries", Number),
    ("start_interval", Duration),
    ("start_period", Duration),
    ("test", TextOrList),
    ("timeout", Duration),
];

const DEVELOP: Keys = &[("watch", List)];

const LOGGING: Keys = &[("driver", Text), ("options", Map)];

const DEPLOY: Keys = &[
    ("endpoint_mode", Text),
    ("labels", Pairs),
    ("mode", Text),
    ("placement", Map),
    ("replicas", Whole),
    ("resources", Shape::Keys(RESOURCES)),
    ("restart_policy", Map),
    ("rollback_config", Map),
    ("update_config", Map),
];

const RESOURCES: Keys = &[("limits", Shape::Keys(LIMITS)), ("reservations", Shape::Keys(RESERVATIONS))];
const LIMITS: Keys = &[("cpus", Number), ("devices", Any), ("memory", Bytes), ("pids", Whole)];
const RESERVATIONS: Keys =
    &[("cpus", Number), ("devices", Any), ("generic_resources", Any), ("memory", Bytes)];

const BUILD: Keys = &[
    ("additional_contexts", Pairs),
    ("args", Pairs),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", Texts),
    ("extra_hosts", Pairs),
    ("isolation", Text),
    ("labels", Pairs),
    ("network", Text),
    ("no_cache", Bool),
    ("no_cache_filter", TextOrList),
    ("platforms", Texts),
    ("privileged", Bool),
    ("provenance", Any),
    ("pull", Bool),
    ("sbom", Any),
    ("secrets", List),
    ("shm_size", Bytes),
    ("ssh", Pairs),
    ("tags", Texts),
    ("target", Text),
    ("ulimits", Map),
];

const SERVICE: Keys = &[
    ("annotations", Pairs),
    ("attach", Bool),
    ("blkio_config", Map),
    ("build", TextOrKeys(BUILD)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup", Text),
    ("cgroup_parent", Text),
    ("command", Command),
    ("configs", List),
    ("container_name", Text),
    ("cpu_count", Whole),
    ("cpu_percent", Whole),
    ("cpu_period", Period),
    ("cpu_quota", Period),
    ("cpu_rt_period", Period),
    ("cpu_rt_runtime", Period),
    ("cpu_shares", Number),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", Map),
    ("depends_on", Pairs),
    ("deploy", MaybeKeys(DEPLOY)),
    ("develop", MaybeKeys(DEVELOP)),
    ("device_cgroup_rules", Texts),
    ("devices", Texts),
    ("dns", TextOrList),
    ("dns_opt", Texts),
    ("dns_search", TextOrList),
    ("domainname", Text),
    ("entrypoint", Command),
    ("env_file", TextOrList),
    ("environment", Pairs),
    ("expose", List),
    ("external_links", Texts),
    ("extra_hosts", Pairs),
    ("gpus", Any),
    ("group_add", List),
    ("healthcheck", Shape::Keys(HEALTHCHECK)),
    ("hostname", Text),
    ("image", Text),
    ("init", Bool),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", TextOrList),
    ("labels", Pairs),
    ("links", Texts),
    ("logging", Shape::Keys(LOGGING)),
    ("mac_address", Text),
    ("mem_limit", Bytes),
    ("mem_reservation", Bytes),
    ("mem_swappiness", Whole),
    ("memswap_limit", Swap),
    ("models", Any),
    ("network_mode", Text),
    ("networks", Pairs),
    ("oom_kill_disable", Bool),
    ("oom_score_adj", Whole),
    ("pid", Text),
    ("pids_limit", Number),
    ("platform", Text),
    ("ports", List),
    ("post_start", List),
    ("pre_stop", List),
    ("privileged", Bool),
    ("profiles", Texts),
    ("provider", Any),
    ("pull_policy", Text),
    ("pull_refresh_after", Text),
    ("read_only", Bool),
    ("restart", Text),
    ("runtime", Text),
    ("scale", Whole),
    ("secrets", List),
    ("security_opt", Texts),
    ("shm_size", Bytes),
    ("stdin_open", Bool),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", Map),
    ("sysctls", Pairs),
    ("tmpfs", TextOrList),
    ("tty", Bool),
    ("ulimits", Map),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", List),
    ("volumes_from", Texts),
    ("working_dir", Text),
];

const NETWORK: Keys = &[
    ("attachable", Bool),
    ("driver", Text),
    ("driver_opts", Map),
    ("enable_ipv4", Bool),
    ("enable_ipv6", Bool),
    ("external", External),
    ("internal", Bool),
    ("ipam", Map),
    ("labels", Pairs),
    ("name", Text),
];

const VOLUME: Keys =
    &[("driver", Text), ("driver_opts", Map), ("external", External), ("labels", Pairs), ("name", Text)];

const FILE: Keys = &[
    ("content", Text),
    ("driver", Text),
    ("driver_opts", Map),
    ("environment", Text),
    ("external", External),
    ("file", Text),
    ("labels", Pairs),
    ("name", Text),
    ("template_driver", Text),
];

const SECTIONS: [(&str, Keys); 5] =
    [("services", SERVICE), ("networks", NETWORK), ("volumes", VOLUME), ("secrets", FILE), ("configs", FILE)];

/// Finds the first key that does not exist, and the first value of a shape that its key does not take.
pub(crate) fn check(root: &Node) -> Result<(), Fault> {
    for (section, keys) in SECTIONS {
        for item in root.at(&[section]).map_or(&[][..], Node::entries) {
            let path = format!("{section}.{}", item.key);
            match item.value.kind {
                Kind::Map(_) => check_keys(&item.value, keys, &path)?,
                // Networks and volumes may be empty.
                Kind::Null if section != "services" => {}
                _ => return Err(Fault::new(item.span, format!("'{path}' must be a mapping"))),
            }
        }
    }
    Ok(())
}

fn check_keys(node: &Node, keys: Keys, path: &str) -> Result<(), Fault> {
    for entry in node.entries().iter().filter(|entry| !entry.key.starts_with("x-")) {
        let Some((_, shape)) = keys.iter().find(|(key, _)| *key == entry.key) else {
            return Err(unknown(entry, keys, path));
        };
        check_value(entry, *shape, &format!("{path}.{}", entry.key))?;
    }
    Ok(())
}

fn unknown(entry: &Entry, keys: Keys, path: &str) -> Fault {
    let near = keys
        .iter()
        .map(|(key, _)| (strsim::damerau_levenshtein(key, &entry.key), *key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 5)
        .min();
    let meant = near.map(|(_, key)| format!(": did you mean '{key}'?")).unwrap_or_default();
    Fault::new(entry.span, format!("'{path}' has no key '{}'{meant}", entry.key))
}

fn check_value(entry: &Entry, shape: Shape, path: &str) -> Result<(), Fault> {
    let node = &entry.value;
    let wanted = match shape {
        Any => return Ok(()),
        Shape::Keys(keys) | MaybeKeys(keys) | TextOrKeys(keys) if matches!(node.kind, Kind::Map(_)) => {
            return check_keys(node, keys, path);
        }
        _ if fits(node, shape) => return Ok(()),
        Text => "text: put it in quotes",
        Bool => "true or false",
        Whole => "a whole number",
        Number => "a number",
        Bytes | Swap => "a size such as 512m",
        Period => "a number, or a duration such as 10ms",
        Duration => "a duration such as 10s",
        List => "a list",
        Texts => "a list of texts",
        TextOrList | Command => "text or a list",
        Pairs => "a mapping, or a list of KEY=VALUE",
        Map | Shape::Keys(_) | MaybeKeys(_) => "a mapping",
        TextOrKeys(_) => "text or a mapping",
        External => "true, false or a mapping",
    };
    let span = if node.kind == Kind::Null { entry.span } else { place(entry) };
    Err(Fault::new(span, format!("'{path}' must be {wanted}")))
}

/// A collection is shown by its key.
fn place(entry: &Entry) -> Span {
    if entry.value.text().is_some() { entry.value.span } else { entry.span }
}

fn fits(node: &Node, shape: Shape) -> bool {
    let parses = |parse: fn(&str) -> bool| node.text().is_some_and(|text| parse(&text));
    match shape {
        Any => true,
        Text => matches!(node.kind, Kind::Text(_)),
        Bool => matches!(node.kind, Kind::Bool(_)) || matches!(&node.kind, Kind::Text(text) if is_bool(text)),
        Whole => matches!(node.kind, Kind::Int(_)) || is_text_of(node, |text| text.parse::<i64>().is_ok()),
        Number => {
            matches!(node.kind, Kind::Int(_) | Kind::Float(_))
                || is_text_of(node, |text| text.parse::<f64>().is_ok())
        }
        Bytes => {
            matches!(node.kind, Kind::Int(_) | Kind::Float(_)) || parses(|text| units::bytes(text).is_some())
        }
        Duration => is_text_of(node, |text| units::duration(text).is_some()),
        Swap => fits(node, Bytes) || is_text_of(node, |text| text == "-1"),
        Period => fits(node, Number) || fits(node, Duration),
        List => matches!(node.kind, Kind::List(_)),
        Texts => matches!(&node.kind, Kind::List(items) if items.iter().all(|item| fits(item, Text))),
        TextOrList => fits(node, Text) || matches!(node.kind, Kind::List(_)),
        Command => fits(node, Text) || fits(node, Texts) || node.kind == Kind::Null,
        Pairs => fits(node, Texts) || matches!(node.kind, Kind::Map(_)),
        Map | Shape::Keys(_) => matches!(node.kind, Kind::Map(_)),
        MaybeKeys(_) => matches!(node.kind, Kind::Map(_) | Kind::Null),
        TextOrKeys(_) => matches!(node.kind, Kind::Map(_) | Kind::Text(_)),
        External => matches!(node.kind, Kind::Map(_) | Kind::Bool(_)) || is_text_of(node, is_bool),
    }
}

fn is_text_of(node: &Node, parses: fn(&str) -> bool) -> bool {
    matches!(&node.kind, Kind::Text(text) if parses(text))
}

fn is_bool(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn said(text: &str) -> String {
        let mut root = yaml::parse(FileId(0), text).unwrap().remove(0);
        crate::merge::canonical(&mut root);
        check(&root).map_or_else(
            |fault| format!("{}:{} {}", fault.span.line, fault.span.column, fault.cause),
            |()| String::new(),
        )
    }

    #[test]
    fn unknown_keys_are_named_with_what_was_meant() {
        for (text, wanted) in [
            ("services: {a: {imge: x}}", "1:16 'services.a' has no key 'imge': did you mean 'image'?"),
            (
                "services: {a: {memlimit: x}}",
                "1:16 'services.a' has no key 'memlimit': did you mean 'mem_limit'?",
            ),
            ("services: {a: {zzzz: x}}", "1:16 'services.a' has no key 'zzzz'"),
            (
                "services: {a: {healthcheck: {intervall: 5s}}}",
                "1:30 'services.a.healthcheck' has no key 'intervall': did you mean 'interval'?",
            ),
            ("services: {a: {x-mine: 1}}", ""),
            ("volumes: {v: {size: 1g}}", "1:15 'volumes.v' has no key 'size'"),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    #[test]
    fn values_of_the_wrong_shape_are_named() {
        for (text, wanted) in [
            ("services: {a: {restart: false}}", "1:25 'services.a.restart' must be text: put it in quotes"),
            ("services: {a: {ports: 80}}", "1:23 'services.a.ports' must be a list"),
            (
                "services: {a: {environment: }}",
                "1:16 'services.a.environment' must be a mapping, or a list of KEY=VALUE",
            ),
            ("services: {a: {mem_limit: lots}}", "1:27 'services.a.mem_limit' must be a size such as 512m"),
            (
                "services: {a: {healthcheck: {interval: 10}}}",
                "1:40 'services.a.healthcheck.interval' must be a duration such as 10s",
            ),
            ("services: {a: {tty: maybe}}", "1:21 'services.a.tty' must be true or false"),
            ("services: {a: {tty: 'yes', command: , deploy: , mem_limit: 1e9, cpus: '0.5'}}", ""),
            ("services: {a: }", "1:12 'services.a' must be a mapping"),
            ("networks: {n: }\nvolumes: {v: {external: true}}", ""),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }
}
