//! The statistics that the engine collects about one container.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::model::container::ContainerStats;

/// Asks for the statistics of one container.
pub(crate) async fn fetch(engine: &Engine, id: &str, limit: Duration) -> Result<ContainerStats, CallError> {
    let path = format!("/containers/{id}/stats?stream=false&one-shot=true");
    let gone = || CallError::Status { code: 404, message: "it has no statistics".into() };
    engine.get::<Answer>(limit, &path).await?.stats().ok_or_else(gone)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    read: Option<String>,
    memory_stats: Memory,
    cpu_stats: Cpu,
    pids_stats: Pids,
    networks: Option<BTreeMap<String, Interface>>,
    blkio_stats: Block,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Memory {
    usage: Option<u64>,
    max_usage: Option<u64>,
    stats: Option<BTreeMap<String, u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cpu {
    cpu_usage: CpuTime,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CpuTime {
    total_usage: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pids {
    current: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    rx_bytes: u64,
    tx_bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    io_service_bytes_recursive: Option<Vec<BlockEntry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BlockEntry {
    op: String,
    value: u64,
}

impl Answer {
    /// `None` where the statistics are empty: the container ended while the engine collected them.
    pub(super) fn stats(self) -> Option<ContainerStats> {
        let usage = self.memory_stats.usage?;
        let stats = self.memory_stats.stats.unwrap_or_default();
        // cgroup v1 names the totals of the subtree, v2 has no others.
        let stat = |v1: &str, v2: &str| stats.get(v1).or_else(|| stats.get(v2)).copied();
        let at = self.read.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        Some(ContainerStats {
            at_ns: at.and_then(|at| u64::try_from(at.as_nanosecond()).ok()).unwrap_or(0),
            memory_usage: Some(usage),
            // Podman 4 does not send it, and then what docker stats would show is unknown.
            memory_working_set: stat("total_inactive_file", "inactive_file")
                .map(|cache| usage.saturating_sub(cache)),
            memory_anon: stat("total_rss", "anon"),
            memory_shmem: stat("total_shmem", "shmem"),
            memory_peak: self.memory_stats.max_usage.filter(|peak| *peak > 0),
            // Without a limit the engine reports the machine's memory; the inspect has the real limit.
            memory_limit: None,
            cpu_ns: self.cpu_stats.cpu_usage.total_usage,
            pids: self.pids_stats.current,
            net: self.networks.as_ref().map(net_bytes),
            block: self.blkio_stats.io_service_bytes_recursive.as_deref().map(block_bytes),
            oom_kills: None,
            pressure_memory: None,
        })
    }
}

fn net_bytes(networks: &BTreeMap<String, Interface>) -> (u64, u64) {
    networks.values().fold((0, 0), |(received, sent): (u64, u64), one| {
        (received.saturating_add(one.rx_bytes), sent.saturating_add(one.tx_bytes))
    })
}

fn block_bytes(entries: &[BlockEntry]) -> (u64, u64) {
    // v1 writes "Read", v2 "read".
    let sum = |op: &str| {
        let of_op = entries.iter().filter(|entry| entry.op.eq_ignore_ascii_case(op));
        of_op.fold(0, |sum: u64, entry| sum.saturating_add(entry.value))
    };
    (sum("read"), sum("write"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(text: &str) -> Option<ContainerStats> {
        serde_json::from_str::<Answer>(text).unwrap().stats()
    }

    #[test]
    fn both_cgroup_versions() {
        let v1 = r#"{"read": "2026-11-24T18:14:34.5Z", "memory_stats": {"usage": 1000, "max_usage": 2000, "limit": 9,
                "stats": {"total_inactive_file": 400, "inactive_file": 1, "total_rss": 300, "total_shmem": 20}},
            "cpu_stats": {"cpu_usage": {"total_usage": 7}}, "pids_stats": {"current": 3},
            "networks": {"eth0": {"rx_bytes": 5, "tx_bytes": 6}, "eth1": {"rx_bytes": 1, "tx_bytes": 1}},
            "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 4}, {"op": "Write", "value": 2}]}}"#;
        let found = stats(v1).unwrap();
        assert_eq!(
            (found.memory_working_set, found.memory_anon, found.memory_shmem),
            (Some(600), Some(300), Some(20))
        );
        assert_eq!((found.memory_peak, found.cpu_ns, found.pids), (Some(2000), Some(7), Some(3)));
        assert_eq!((found.net, found.block), (Some((6, 7)), Some((4, 2))));
        let v2 = r#"{"memory_stats": {"usage": 1000, "stats": {"inactive_file": 400, "anon": 300}},
            "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 4}]}}"#;
        let found = stats(v2).unwrap();
        assert_eq!((found.memory_working_set, found.block, found.net), (Some(600), Some((4, 0)), None));
    }

    #[test]
    fn what_is_missing_is_unknown() {
        let podman = r#"{"memory_stats": {"usage": 52000000, "max_usage": 1, "limit": 9}, "networks": null,
            "blkio_stats": {"io_service_bytes_recursive": null}}"#;
        let found = stats(podman).unwrap();
        assert_eq!((found.memory_usage, found.memory_working_set), (Some(52_000_000), None));
        assert_eq!((found.net, found.block, found.cpu_ns), (None, None, None));
        assert_eq!(stats("{\"memory_stats\": {}}"), None);
    }

    #[test]
    fn sums_beyond_what_a_number_holds_stay_at_its_end() {
        let most = u64::MAX;
        let interface = format!(r#"{{"rx_bytes": {most}, "tx_bytes": {most}}}"#);
        let block = format!(r#"{{"op": "read", "value": {most}}}"#);
        let text = format!(
            r#"{{"memory_stats": {{"usage": 1}}, "networks": {{"a": {interface}, "b": {interface}}},
                "blkio_stats": {{"io_service_bytes_recursive": [{block}, {block}]}}}}"#
        );
        let found = stats(&text).unwrap();
        assert_eq!((found.net, found.block), (Some((most, most)), Some((most, 0))));
    }
}
