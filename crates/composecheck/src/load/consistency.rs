//! Contradictions between keys, which Compose rejects after the schema.

use std::collections::{HashMap, HashSet};

use crate::compose::{paths, shorthand, units};
use crate::source::{Span, SpannedError};
use crate::yaml::{Entry, Kind, Node, one_or_many};

/// Limits that can be set in two places, which must agree: key of the service, and group and key below `deploy`. Where
/// the group exists, a missing key in it counts as another value.
const DUPLICATE_LIMITS: [(&str, &[&str], &str); 4] = [
    ("cpus", &["deploy", "resources", "limits"], "cpus"),
    ("mem_limit", &["deploy", "resources", "limits"], "memory"),
    ("mem_reservation", &["deploy", "resources", "reservations"], "memory"),
    ("pids_limit", &["deploy", "resources", "limits"], "pids"),
];

/// Rejects the first contradiction.
pub(super) fn check(root: &Node) -> Result<(), SpannedError> {
    root.entries_at(&["services"]).iter().try_for_each(check_service)?;
    for section in ["volumes", "networks", "secrets", "configs"] {
        for entry in root.entries_at(&[section]) {
            check_external(section, entry)?;
            match section {
                "secrets" => check_source(section, entry, &["file", "environment"])?,
                "configs" => check_source(section, entry, &["file", "environment", "content"])?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn check_service(service: &Entry) -> Result<(), SpannedError> {
    check_image(service)?;
    check_exclusive_keys(service)?;
    check_platform(service)?;
    for (key, group, group_key) in DUPLICATE_LIMITS {
        check_duplicate_limit(service, key, group, group_key)?;
    }
    check_scale(service)?;
    check_devices(service)?;
    check_ssh(service)?;
    check_mounts(service)
}

fn error(service: &Entry, span: Span, what: impl std::fmt::Display) -> SpannedError {
    SpannedError::new(span, format!("service '{}' {what}", service.key))
}

fn check_image(service: &Entry) -> Result<(), SpannedError> {
    let has_image = service.value.text_at(&["image"]).is_some_and(|image| !image.is_empty());
    if has_image || ["build", "provider"].iter().any(|key| service.value.at(&[key]).is_some()) {
        return Ok(());
    }
    let what =
        "has neither 'image' nor 'build'; load an override file together with its base: -f BASE -f FILE";
    let span = service.value.at(&["image"]).map_or(service.span, |image| image.span);
    Err(error(service, span, what))
}

fn check_exclusive_keys(service: &Entry) -> Result<(), SpannedError> {
    let value = &service.value;
    let mode =
        value.entry("network_mode").filter(|mode| mode.value.text().is_some_and(|mode| !mode.is_empty()));
    if let Some(mode) = mode.filter(|_| !value.entries_at(&["networks"]).is_empty()) {
        return Err(error(service, mode.span, "has both 'network_mode' and 'networks'"));
    }
    match (value.at(&["build", "dockerfile"]), value.at(&["build", "dockerfile_inline"])) {
        (Some(_), Some(inline)) => {
            Err(error(service, inline.span, "has both 'dockerfile' and 'dockerfile_inline'"))
        }
        _ => Ok(()),
    }
}

fn check_platform(service: &Entry) -> Result<(), SpannedError> {
    let Some(platform) = service.value.at(&["platform"]) else { return Ok(()) };
    let built = service.value.items_at(&["build", "platforms"]);
    if built.is_empty() || built.iter().any(|one| one.text() == platform.text()) {
        return Ok(());
    }
    Err(error(service, platform.span, "has a 'platform' that is missing from 'build.platforms'"))
}

/// SSH keys of a build are `default` or `ID=PATH`, each once.
fn check_ssh(service: &Entry) -> Result<(), SpannedError> {
    let mut seen = HashSet::new();
    for item in service.value.items_at(&["build", "ssh"]) {
        let key = item.text().unwrap_or_default();
        if key != "default" && !key.contains('=') {
            return Err(error(service, item.span, format!("has the ssh key '{key}'; write ID=PATH")));
        }
        if !seen.insert(key.clone()) {
            return Err(error(service, item.span, format!("has the ssh key '{key}' twice")));
        }
    }
    Ok(())
}

fn check_duplicate_limit(
    service: &Entry,
    key: &str,
    group: &[&str],
    group_key: &str,
) -> Result<(), SpannedError> {
    let (Some(own), Some(group_node)) = (service.value.at(&[key]), service.value.at(group)) else {
        return Ok(());
    };
    let other = group_node.at(&[group_key]);
    if amount(Some(own)) == 0 || amount(Some(own)) == amount(other) {
        return Ok(());
    }
    let path = group.join(".");
    let what = match other {
        Some(_) => format!("has different values for '{key}' and '{path}.{group_key}'"),
        None => format!("has '{key}', and '{path}' without '{group_key}'; set both"),
    };
    Err(error(service, own.span, what))
}

/// A size in thousandths of a byte, or a number in thousandths; zero where nothing is set, which means no limit.
fn amount(node: Option<&Node>) -> i64 {
    let text = node.and_then(Node::text).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "a share of a processor, cut as wanted")]
    let thousandths = text.parse::<f64>().ok().map(|number| (number * 1000.0) as i64);
    let size = || i64::try_from(units::bytes(&text)?).ok()?.checked_mul(1000);
    thousandths.or_else(size).unwrap_or_default()
}

fn check_scale(service: &Entry) -> Result<(), SpannedError> {
    let count = |path: &[&str]| {
        let node = service.value.at(path)?;
        Some((node, node.text()?.parse::<i64>().ok()?))
    };
    let (scale, replicas) = (count(&["scale"]), count(&["deploy", "replicas"]));
    if let (Some((node, scale)), Some((_, replicas))) = (scale, replicas)
        && scale != replicas
    {
        return Err(error(service, node.span, "has different values for 'scale' and 'deploy.replicas'"));
    }
    let is_scaled = scale.or(replicas).is_some_and(|(_, count)| count > 1);
    match service.value.at(&["container_name"]).filter(|_| is_scaled) {
        Some(name) => Err(error(service, name.span, "has a 'container_name' and more than one replica")),
        None => Ok(()),
    }
}

fn check_devices(service: &Entry) -> Result<(), SpannedError> {
    let reserved = service.value.at(&["deploy", "resources", "reservations", "devices"]);
    for device in [reserved, service.value.at(&["gpus"])].into_iter().flat_map(one_or_many) {
        if let (Some(count), Some(_)) = (device.at(&["count"]), device.at(&["device_ids"])) {
            return Err(error(service, count.span, "has a device with both 'count' and 'device_ids'"));
        }
    }
    Ok(())
}

fn check_mounts(service: &Entry) -> Result<(), SpannedError> {
    for mount in one_or_many(service.value.at(&["volumes"])) {
        let is_bind = mount.text_at(&["type"]).as_deref() == Some("bind");
        if is_bind && mount.at(&["source"]).is_none() {
            return Err(error(service, mount.span, "has a bind mount without a source"));
        }
    }
    check_targets(service)
}

/// Each place in a container has one mount. Mounts with the same target replace each other instead; Compose cleans it only
/// in short syntax.
fn check_targets(service: &Entry) -> Result<(), SpannedError> {
    let tmpfs = service.value.items_at(&["tmpfs"]).iter().filter_map(|node| {
        let text = node.text()?;
        let target = text.split(':').next().unwrap_or_default();
        Some((paths::clean(target), format!("tmpfs {target}"), node))
    });
    let mounts = service.value.items_at(&["volumes"]).iter().filter_map(|node| match node.text() {
        Some(text) => {
            let target = paths::clean(shorthand::mount(&text).1);
            Some((target.clone(), target, node))
        }
        None => node.text_at(&["target"]).map(|target| (paths::clean(&target), target, node)),
    });
    let mut known = HashMap::new();
    for (place, target, node) in tmpfs.chain(mounts) {
        let first = known.entry(place.clone()).or_insert_with(|| target.clone());
        if *first != target {
            return Err(error(service, node.span, format!("mounts '{place}' twice")));
        }
    }
    Ok(())
}

/// An external volume has no other properties than its name.
fn check_external(section: &str, entry: &Entry) -> Result<(), SpannedError> {
    let Some(external) = entry.value.at(&["external"]) else { return Ok(()) };
    let is_external = external.kind != Kind::Bool(false) && external.text().as_deref() != Some("false");
    let is_allowed = |key: &str| matches!(key, "external" | "name") || key.starts_with("x-");
    let other = entry.value.entries().iter().find(|other| !is_allowed(&other.key));
    match other.filter(|_| is_external && section == "volumes") {
        Some(other) => {
            let cause = format!("'{section}.{}' is external and cannot have '{}'", entry.key, other.key);
            Err(SpannedError::new(other.span, cause))
        }
        None => Ok(()),
    }
}

/// A secret or config has exactly one source, unless it is external.
fn check_source(section: &str, entry: &Entry, sources: &[&str]) -> Result<(), SpannedError> {
    let is_external =
        entry.value.at(&["external"]).is_some_and(|node| node.text().as_deref() != Some("false"));
    let given: Vec<&Entry> =
        entry.value.entries().iter().filter(|given| sources.contains(&given.key.as_str())).collect();
    let (subject, one_of) = (format!("'{section}.{}'", entry.key), sources.join(", "));
    match given.as_slice() {
        [] if is_external => Ok(()),
        [] => Err(SpannedError::new(entry.span, format!("{subject} must have one of: {one_of}"))),
        [_] => Ok(()),
        [_, second, ..] => {
            Err(SpannedError::new(second.span, format!("{subject} must have only one of: {one_of}")))
        }
    }
}
