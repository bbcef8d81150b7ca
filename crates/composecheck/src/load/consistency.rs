//! What contradicts itself: Compose refuses it after the keys and their shapes are right.

use std::collections::HashSet;

use crate::compose::units;
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Node, one_or_many};

/// Two places for one limit; with both, they must agree. The second one counts as given where its group is.
const TWICE: [(&str, &[&str], &str); 4] = [
    ("cpus", &["deploy", "resources", "limits"], "cpus"),
    ("mem_limit", &["deploy", "resources", "limits"], "memory"),
    ("mem_reservation", &["deploy", "resources", "reservations"], "memory"),
    ("pids_limit", &["deploy", "resources", "limits"], "pids"),
];

/// Finds the first contradiction.
pub(crate) fn check(root: &Node) -> Result<(), Fault> {
    for service in root.at(&["services"]).map_or(&[][..], Node::entries) {
        check_service(service)?;
    }
    for section in ["volumes", "networks", "secrets", "configs"] {
        for entry in root.at(&[section]).map_or(&[][..], Node::entries) {
            check_external(section, entry)?;
            match section {
                "secrets" => one_source(section, entry, &["file", "environment"])?,
                "configs" => one_source(section, entry, &["file", "environment", "content"])?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn check_service(service: &Entry) -> Result<(), Fault> {
    let value = &service.value;
    let fault =
        |span: Span, cause: String| Err(Fault::new(span, format!("service '{}' {cause}", service.key)));
    let has_image = value.at(&["image"]).and_then(Node::text).is_some_and(|image| !image.is_empty());
    if !has_image && value.at(&["build"]).is_none() {
        return fault(service.span, "has neither an image nor a build; a file that is laid over another one needs both: -f BASE -f FILE".into());
    }
    let mode =
        value.entry("network_mode").filter(|mode| mode.value.text().is_some_and(|mode| !mode.is_empty()));
    if let Some((mode, _)) = mode.zip(value.at(&["networks"]).filter(|n| !n.entries().is_empty())) {
        return fault(mode.span, "has 'network_mode' and 'networks': only one of them can be".into());
    }
    if let (Some(_), Some(inline)) =
        (value.at(&["build", "dockerfile"]), value.at(&["build", "dockerfile_inline"]))
    {
        return fault(
            inline.span,
            "has 'dockerfile' and 'dockerfile_inline': only one of them can be".into(),
        );
    }
    if let (Some(platform), Some(platforms)) = (value.at(&["platform"]), value.at(&["build", "platforms"]))
        && !platforms.items().is_empty()
        && !platforms.items().iter().any(|one| one.text() == platform.text())
    {
        return fault(platform.span, "is not built for its 'platform': add it to build.platforms".into());
    }
    for (key, group, twin) in TWICE {
        check_twice(service, key, group, twin)?;
    }
    check_scale(service)?;
    check_devices(service)?;
    check_ssh(service)?;
    check_mounts(service)
}

/// Keys for a build by their names and files; the one of the agent is `default`.
fn check_ssh(service: &Entry) -> Result<(), Fault> {
    let items = service.value.at(&["build", "ssh"]).map_or(&[][..], Node::items);
    let mut seen = HashSet::new();
    for item in items {
        let key = item.text().unwrap_or_default();
        if key != "default" && !key.contains('=') || !seen.insert(key.clone()) {
            let cause =
                format!("service '{}' has no use for the ssh key '{key}': write ID=PATH, once", service.key);
            return Err(Fault::new(item.span, cause));
        }
    }
    Ok(())
}

/// A limit that is given in both places with different amounts, or in one while the other's group has others.
fn check_twice(service: &Entry, key: &str, group: &[&str], twin: &str) -> Result<(), Fault> {
    let (Some(own), Some(group_node)) = (service.value.at(&[key]), service.value.at(group)) else {
        return Ok(());
    };
    let other = group_node.at(&[twin]);
    if amount(Some(own)) == 0 || amount(Some(own)) == amount(other) {
        return Ok(());
    }
    let path = group.join(".");
    let cause = match other {
        Some(_) => format!("has another '{key}' than '{path}.{twin}'"),
        None => format!("has '{key}', and '{path}' without '{twin}': write it there too"),
    };
    Err(Fault::new(own.span, format!("service '{}' {cause}", service.key)))
}

/// A size in bytes, or a number in thousandths; nothing is zero, which is no limit.
fn amount(node: Option<&Node>) -> i64 {
    let text = node.and_then(Node::text).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "a share of a processor, cut as wanted")]
    let thousandths = text.parse::<f64>().ok().map(|number| (number * 1000.0) as i64);
    let size = || i64::try_from(units::bytes(&text)?).ok()?.checked_mul(1000);
    thousandths.or_else(size).unwrap_or_default()
}

fn check_scale(service: &Entry) -> Result<(), Fault> {
    let count =
        |path: &[&str]| Some((service.value.at(path)?, service.value.at(path)?.text()?.parse::<i64>().ok()?));
    let (scale, replicas) = (count(&["scale"]), count(&["deploy", "replicas"]));
    if let (Some((node, scale)), Some((_, replicas))) = (scale, replicas)
        && scale != replicas
    {
        let cause = format!("service '{}' has another 'scale' than 'deploy.replicas'", service.key);
        return Err(Fault::new(node.span, cause));
    }
    let many = scale.or(replicas).is_some_and(|(_, count)| count > 1);
    match service.value.at(&["container_name"]).filter(|_| many) {
        Some(name) => {
            let cause =
                format!("service '{}' has a 'container_name' for more than one container", service.key);
            Err(Fault::new(name.span, cause))
        }
        None => Ok(()),
    }
}

fn check_devices(service: &Entry) -> Result<(), Fault> {
    let reserved = service.value.at(&["deploy", "resources", "reservations", "devices"]);
    for device in [reserved, service.value.at(&["gpus"])].into_iter().flat_map(one_or_many) {
        if let (Some(count), Some(_)) = (device.at(&["count"]), device.at(&["device_ids"])) {
            let cause = format!("service '{}' has a device with 'count' and 'device_ids'", service.key);
            return Err(Fault::new(count.span, cause));
        }
    }
    Ok(())
}

fn check_mounts(service: &Entry) -> Result<(), Fault> {
    for mount in one_or_many(service.value.at(&["volumes"])) {
        let is_bind = mount.at(&["type"]).and_then(Node::text).as_deref() == Some("bind");
        if is_bind && mount.at(&["source"]).is_none() {
            let cause = format!("service '{}' has a mount of type bind without a source", service.key);
            return Err(Fault::new(mount.span, cause));
        }
    }
    Ok(())
}

fn check_external(section: &str, entry: &Entry) -> Result<(), Fault> {
    let Some(external) = entry.value.at(&["external"]) else { return Ok(()) };
    let is_external = external.kind != Kind::Bool(false) && external.text().as_deref() != Some("false");
    let allowed = |key: &str| matches!(key, "external" | "name") || key.starts_with("x-");
    let other = entry.value.entries().iter().find(|other| !allowed(&other.key));
    match other.filter(|_| is_external && section == "volumes") {
        Some(other) => {
            let cause =
                format!("'{section}.{}' is external: its '{}' is not ours to say", entry.key, other.key);
            Err(Fault::new(other.span, cause))
        }
        None => Ok(()),
    }
}

fn one_source(section: &str, entry: &Entry, sources: &[&str]) -> Result<(), Fault> {
    let is_external =
        entry.value.at(&["external"]).is_some_and(|node| node.text().as_deref() != Some("false"));
    let given: Vec<&Entry> =
        entry.value.entries().iter().filter(|given| sources.contains(&given.key.as_str())).collect();
    let subject = format!("'{section}.{}'", entry.key);
    match given.as_slice() {
        [] if is_external => Ok(()),
        [] => Err(Fault::new(entry.span, format!("{subject} needs one of {}", sources.join(", ")))),
        [_] => Ok(()),
        [_, second, ..] => {
            Err(Fault::new(second.span, format!("{subject} can have only one of {}", sources.join(", "))))
        }
    }
}
