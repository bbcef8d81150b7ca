//! What runs of a project share although it is isolated.

use std::path::Path;

use serde_json::Value;

use super::{entries, is_external, items, text};

/// Host paths that containers use without writing data there.
const HARMLESS_PATHS: [&str; 7] =
    ["/dev", "/proc", "/sys", "/etc/localtime", "/etc/timezone", "/var/run/docker.sock", "/run/docker.sock"];

/// Which runs share something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of the same checkout.
    Checkout,
    /// Those of every checkout on the machine.
    Machine,
}

impl Scope {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Machine => "machine",
        }
    }
}

/// Whether runs that share something disturb each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Only one run at a time may use it.
    Exclusive,
    /// Several may.
    Common,
}

/// Something that runs share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) kind: &'static str,
    /// The service, the resource or the path.
    pub(crate) name: String,
    pub(crate) reason: String,
    pub(crate) usage: Use,
    pub(crate) scope: Scope,
}

/// What the files of this machine say.
pub(crate) struct Disk<'a> {
    /// The directory of the project.
    pub(crate) project: &'a Path,
    /// Whether a path on the host is a plain file.
    pub(crate) is_file: &'a dyn Fn(&Path) -> bool,
}

/// Everything that runs share, by kind and name.
pub(crate) fn shared(model: &Value, disk: &Disk<'_>) -> Vec<Shared> {
    let mut found = Vec::new();
    for (name, service) in entries(model, "services") {
        found.extend(namespaces(name, service));
        found.extend(addresses(name, service));
        found.extend(items(service, "volumes").filter_map(|mount| bind_mount(name, mount, disk)));
        found.extend(built_image(name, service));
        found.extend(items(service, "volumes_from").filter_map(Value::as_str).filter_map(|from| {
            from.strip_prefix("container:").map(|other| container("volumes", name, other))
        }));
    }
    for section in ["volumes", "networks", "configs", "secrets"] {
        found.extend(entries(model, section).filter_map(|(key, resource)| external(section, key, resource)));
    }
    found.extend(entries(model, "networks").filter_map(|(key, network)| fixed_network(key, network)));
    found.extend(entries(model, "volumes").filter_map(|(key, volume)| device(key, volume)));
    found.sort_by(|a, b| (a.kind, &a.name, &a.reason).cmp(&(b.kind, &b.name, &b.reason)));
    found.dedup();
    found
}

fn on_machine(kind: &'static str, name: &str, usage: Use, reason: impl Into<String>) -> Shared {
    Shared { kind, name: name.to_owned(), reason: reason.into(), usage, scope: Scope::Machine }
}

fn container(what: &str, service: &str, other: &str) -> Shared {
    let reason = format!("uses the {what} of the container '{other}', of which there is one");
    on_machine("container", service, Use::Exclusive, reason)
}

/// Namespaces of the host and of containers by name.
fn namespaces(name: &str, service: &Value) -> Vec<Shared> {
    let host = [
        ("network_mode", "host network", Use::Exclusive, "binds its ports on the host directly"),
        ("ipc", "host ipc", Use::Exclusive, "uses the shared memory of the host"),
        ("pid", "host pid", Use::Common, "sees the processes of the host"),
    ];
    let of = |(key, kind, usage, reason): (&str, &'static str, Use, &str)| {
        let mode = text(service, key)?;
        if mode == "host" {
            return Some(on_machine(kind, name, usage, reason));
        }
        let what = key.trim_end_matches("_mode");
        mode.strip_prefix("container:").map(|other| container(what, name, other))
    };
    host.into_iter().filter_map(of).collect()
}

/// Fixed addresses need the same subnet in every run.
fn addresses(name: &str, service: &Value) -> Vec<Shared> {
    let of = |(_, network): (&String, &Value)| {
        let address = text(network, "ipv4_address").or_else(|| text(network, "ipv6_address"))?;
        let reason = format!("has the fixed address {address}");
        Some(on_machine("address", name, Use::Exclusive, reason))
    };
    entries(service, "networks").filter_map(of).collect()
}

/// A bind mount that containers can write to.
fn bind_mount(service: &str, mount: &Value, disk: &Disk<'_>) -> Option<Shared> {
    let is_bind = text(mount, "type") == Some("bind");
    let is_writable = mount.get("read_only") != Some(&Value::Bool(true));
    let source = text(mount, "source").filter(|_| is_bind && is_writable)?;
    let path = Path::new(source);
    let is_harmless = HARMLESS_PATHS.iter().any(|known| path.starts_with(known));
    // A single file is configuration in practice; data needs a directory.
    let usage = if is_harmless || (disk.is_file)(path) { Use::Common } else { Use::Exclusive };
    let is_inside = path.starts_with(disk.project);
    let (scope, place) = if is_inside { (Scope::Checkout, "inside") } else { (Scope::Machine, "outside") };
    let reason = format!("is {place} the project and can be written by '{service}'");
    Some(Shared { kind: "bind mount", name: source.to_owned(), reason, usage, scope })
}

/// An image that is built under a fixed name.
fn built_image(name: &str, service: &Value) -> Option<Shared> {
    service.get("build")?;
    let image = text(service, "image")?;
    let reason =
        format!("is built for '{name}' under a fixed name: the latest build is what every checkout starts");
    Some(on_machine("image", image, Use::Common, reason))
}

fn external(section: &str, key: &str, resource: &Value) -> Option<Shared> {
    let (kind, usage, reason) = match section {
        _ if !is_external(resource) => return None,
        "volumes" => ("external volume", Use::Exclusive, "its data is common to all who mount it"),
        "networks" => ("external network", Use::Exclusive, "service names of several runs meet on it"),
        "configs" => ("external config", Use::Common, "it is only read"),
        _ => ("external secret", Use::Common, "it is only read"),
    };
    Some(on_machine(kind, text(resource, "name").unwrap_or(key), usage, reason))
}

/// A network whose subnet or bridge is fixed cannot exist twice.
fn fixed_network(key: &str, network: &Value) -> Option<Shared> {
    let pools = network.pointer("/ipam/config").and_then(Value::as_array);
    let subnet = pools.into_iter().flatten().find_map(|pool| text(pool, "subnet"));
    let options = network.get("driver_opts").unwrap_or(&Value::Null);
    let bridge = text(options, "com.docker.network.bridge.name");
    let fixed = subnet.map(|subnet| format!("the subnet {subnet}"));
    let fixed = fixed.or_else(|| bridge.map(|bridge| format!("the bridge {bridge}")))?;
    Some(on_machine("network", key, Use::Exclusive, format!("has {fixed}, which can exist once")))
}

/// A volume that is a directory of the host or a share of another machine.
fn device(key: &str, volume: &Value) -> Option<Shared> {
    let options = volume.get("driver_opts")?;
    let device = text(options, "device").filter(|_| text(options, "type") != Some("tmpfs"))?;
    let reason = format!("its data is in {device}, whatever the name of the volume");
    Some(on_machine("volume", key, Use::Exclusive, reason))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shared() {
        let service = |value: Value| json!({"services": {"s": value}});
        let bind = |value: Value| service(json!({"volumes": [value]}));
        for (model, wanted) in [
            (service(json!({})), ""),
            (service(json!({"network_mode": "host"})), "host network s exclusive machine"),
            (service(json!({"network_mode": "service:t"})), ""),
            (service(json!({"network_mode": "container:c"})), "container s exclusive machine"),
            (service(json!({"volumes_from": ["container:c"]})), "container s exclusive machine"),
            (service(json!({"pid": "host"})), "host pid s common machine"),
            (service(json!({"ipc": "host"})), "host ipc s exclusive machine"),
            (
                service(json!({"networks": {"n": {"ipv4_address": "10.0.0.2"}}})),
                "address s exclusive machine",
            ),
            (service(json!({"build": {}, "image": "x"})), "image x common machine"),
            (service(json!({"build": {}})), ""),
            (bind(json!({"type": "bind", "source": "/p/data"})), "bind mount /p/data exclusive checkout"),
            (bind(json!({"type": "bind", "source": "/q"})), "bind mount /q exclusive machine"),
            (bind(json!({"type": "bind", "source": "/p/file"})), "bind mount /p/file common checkout"),
            (bind(json!({"type": "bind", "source": "/p/data", "read_only": true})), ""),
            (
                bind(json!({"type": "bind", "source": "/var/run/docker.sock"})),
                "bind mount /var/run/docker.sock common machine",
            ),
            (bind(json!({"type": "volume", "source": "data"})), ""),
            (
                json!({"volumes": {"v": {"name": "x", "external": true}}}),
                "external volume x exclusive machine",
            ),
            (json!({"volumes": {"v": {"driver_opts": {"device": "/d"}}}}), "volume v exclusive machine"),
            (json!({"volumes": {"v": {"driver_opts": {"device": "t", "type": "tmpfs"}}}}), ""),
            (
                json!({"networks": {"n": {"name": "x", "external": true}}}),
                "external network x exclusive machine",
            ),
            (
                json!({"networks": {"n": {"ipam": {"config": [{"subnet": "10.0.0.0/24"}]}}}}),
                "network n exclusive machine",
            ),
            (json!({"secrets": {"s": {"name": "x", "external": true}}}), "external secret x common machine"),
        ] {
            let disk = Disk { project: Path::new("/p"), is_file: &|path| path.ends_with("file") };
            let found: Vec<String> = shared(&model, &disk)
                .iter()
                .map(|one| {
                    let usage = if one.usage == Use::Exclusive { "exclusive" } else { "common" };
                    format!("{} {} {usage} {}", one.kind, one.name, one.scope.name())
                })
                .collect();
            assert_eq!(found.join(";"), wanted, "{model}");
        }
    }
}
