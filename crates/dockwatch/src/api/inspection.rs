//! A container's inspect, for a person who opens the container.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;
use serde_json::Value;

use crate::api::inspect::{Inspect, fetch_whole};
use crate::api::unsigned;
use crate::model::container::ContainerSummary;
use crate::model::inspection::{Access, Inspection, Mount, Port};

/// Billionths in one CPU, as the engine counts them.
const NANO: f64 = 1e9;

/// Inspects a container.
pub(crate) async fn fetch(engine: &Engine, id: &str, limit: Duration) -> Result<Inspection, CallError> {
    parse(&fetch_whole(engine, id, limit).await?)
}

fn parse(whole: &Value) -> Result<Inspection, CallError> {
    let found = Found::deserialize(whole).map_err(|error| CallError::Protocol(error.to_string()))?;
    let inspect = Inspect::parse(whole)?;
    let reading = inspect.reading();
    let inspected = inspect.evidence();
    let mut summary = ContainerSummary {
        id: found.id,
        name: found.name.trim_start_matches('/').to_owned(),
        image: found.config.image,
        created_at: inspected.created_at.map(evenkeel_common::Timestamp::as_second),
        labels: found.config.labels.unwrap_or_default(),
        ..ContainerSummary::default()
    };
    summary.follow(&reading);
    let host = found.host_config;
    Ok(Inspection {
        summary,
        inspected,
        cpus: host.cpus(),
        pids_limit: unsigned(host.pids_limit).filter(|limit| *limit > 0),
        mounts: mounts(found.mounts.unwrap_or_default(), host.tmpfs.unwrap_or_default()),
        ports: ports(found.network_settings.ports.unwrap_or_default()),
        restart_policy: host.restart_policy.text(),
    })
}

/// The parts that are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Found {
    id: String,
    name: String,
    config: Config,
    host_config: HostConfig,
    mounts: Option<Vec<FoundMount>>,
    network_settings: NetworkSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    nano_cpus: Option<i64>,
    cpu_quota: Option<i64>,
    cpu_period: Option<i64>,
    pids_limit: Option<i64>,
    tmpfs: Option<BTreeMap<String, String>>,
    restart_policy: RestartPolicy,
}

impl HostConfig {
    /// The limit is set as billionths of CPUs or as microseconds of each period.
    #[expect(clippy::cast_precision_loss, reason = "display does not need more")]
    fn cpus(&self) -> Option<f64> {
        let nano = self.nano_cpus.filter(|nano| *nano > 0).map(|nano| nano as f64 / NANO);
        let period = self.cpu_period.filter(|period| *period > 0).unwrap_or(100_000);
        nano.or_else(|| self.cpu_quota.filter(|quota| *quota > 0).map(|quota| quota as f64 / period as f64))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RestartPolicy {
    name: String,
    maximum_retry_count: i64,
}

impl RestartPolicy {
    fn text(&self) -> String {
        match (self.name.as_str(), self.maximum_retry_count) {
            ("" | "no", _) => "no".into(),
            (name, 0) => name.into(),
            (name, most) => format!("{name}:{most}"),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FoundMount {
    r#type: String,
    name: String,
    source: String,
    destination: String,
    #[serde(rename = "RW")]
    rw: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Binding {
    host_ip: String,
    host_port: String,
}

/// `--tmpfs` mounts are only in the configuration.
fn mounts(found: Vec<FoundMount>, tmpfs: BTreeMap<String, String>) -> Vec<Mount> {
    let access = |writable| if writable { Access::ReadWrite } else { Access::ReadOnly };
    let mount = |found: FoundMount| Mount {
        // A volume's path on the machine says less than its name.
        source: if found.name.is_empty() { found.source } else { found.name },
        kind: found.r#type,
        destination: found.destination,
        access: access(found.rw),
    };
    let of_memory = |destination| Mount {
        kind: "tmpfs".into(),
        source: String::new(),
        destination,
        access: Access::ReadWrite,
    };
    let mut mounts: Vec<Mount> =
        found.into_iter().map(mount).chain(tmpfs.into_keys().map(of_memory)).collect();
    mounts.sort_by(|a, b| a.destination.cmp(&b.destination));
    mounts.dedup_by(|a, b| a.destination == b.destination);
    mounts
}

fn ports(found: BTreeMap<String, Option<Vec<Binding>>>) -> Vec<Port> {
    let address = |binding: Binding| {
        let ip = binding.host_ip;
        let ip = if ip.contains(':') { format!("[{ip}]") } else { ip };
        format!("{ip}:{}", binding.host_port)
    };
    let port = |(container, bindings): (String, Option<Vec<Binding>>)| Port {
        container,
        published: bindings.unwrap_or_default().into_iter().map(address).collect(),
    };
    let mut ports: Vec<Port> = found.into_iter().map(port).collect();
    let number = |port: &Port| port.container.split('/').next().and_then(|n| n.parse::<u16>().ok());
    ports.sort_by_key(number);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_mounts_and_ports() {
        let whole = json!({"Id": "c", "Name": "/shop-db", "State": {"Status": "running"},
            "Config": {"Image": "postgres", "Labels": {"a": "b"}},
            "HostConfig": {"NanoCpus": 500_000_000, "PidsLimit": 100, "Tmpfs": {"/ram": "size=1m"},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
            "Mounts": [{"Type": "volume", "Name": "data", "Source": "/x", "Destination": "/data", "RW": true},
                {"Type": "bind", "Source": "/etc/x", "Destination": "/conf", "RW": false}],
            "NetworkSettings": {"Ports": {"10/udp": null, "9/tcp": [{"HostIp": "::", "HostPort": "90"}]}}});
        let found = parse(&whole).unwrap();
        assert_eq!((found.summary.name.as_str(), found.restart_policy.as_str()), ("shop-db", "on-failure:3"));
        assert_eq!((found.cpus, found.pids_limit), (Some(0.5), Some(100)));
        let mounts: Vec<_> =
            found.mounts.iter().map(|m| (m.destination.as_str(), m.source.as_str(), m.access)).collect();
        let expected = [
            ("/conf", "/etc/x", Access::ReadOnly),
            ("/data", "data", Access::ReadWrite),
            ("/ram", "", Access::ReadWrite),
        ];
        assert_eq!(mounts, expected);
        let ports: Vec<_> = found.ports.iter().map(|p| (p.container.as_str(), p.published.clone())).collect();
        assert_eq!(ports, [("9/tcp", vec!["[::]:90".to_owned()]), ("10/udp", vec![])]);
    }

    #[test]
    fn what_is_not_limited_is_none() {
        let found =
            parse(&json!({"HostConfig": {"NanoCpus": 0, "CpuQuota": -1, "PidsLimit": null}})).unwrap();
        assert_eq!((found.cpus, found.pids_limit, found.restart_policy.as_str()), (None, None, "no"));
        let found = parse(&json!({"HostConfig": {"CpuQuota": 150_000, "PidsLimit": -1}})).unwrap();
        assert_eq!((found.cpus, found.pids_limit), (Some(1.5), None));
        assert!(parse(&json!({"State": 1})).is_err());
    }
}
