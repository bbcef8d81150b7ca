//! The documented JSON, as strict types: an undocumented key fails.
#![expect(dead_code, reason = "the keys are the contract, whether a test reads them or not")]

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) duration_ms: u64,
    pub(crate) levels: Vec<Judged>,
    pub(crate) engines: Vec<Engine>,
    pub(crate) totals: Totals,
    pub(crate) environments: Vec<Group>,
    pub(crate) projects: Vec<Group>,
    pub(crate) containers: Vec<Container>,
    pub(crate) networks: Vec<Network>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) vanished: u64,
    pub(crate) errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    pub(crate) resource: String,
    pub(crate) used: Option<u64>,
    pub(crate) budget: u64,
    pub(crate) used_pct: Option<f64>,
    pub(crate) level: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Engine {
    pub(crate) host: String,
    pub(crate) reachable: bool,
    pub(crate) healthy: bool,
    pub(crate) version: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) machine: Machine,
    pub(crate) address_pools_free: Option<u64>,
    pub(crate) address_pools_total: Option<u64>,
    pub(crate) disk: Option<Disk>,
    pub(crate) data_root: Option<String>,
    pub(crate) disk_free_bytes: Option<u64>,
    pub(crate) disk_total_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "JSON keys end with their unit")]
pub(crate) struct Disk {
    pub(crate) total_bytes: Option<u64>,
    pub(crate) images_bytes: Option<u64>,
    pub(crate) containers_bytes: Option<u64>,
    pub(crate) volumes_bytes: Option<u64>,
    pub(crate) build_cache_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) ms: f64,
    pub(crate) error: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    pub(crate) mem_total_bytes: Option<u64>,
    pub(crate) mem_available_bytes: Option<u64>,
    pub(crate) swap_total_bytes: Option<u64>,
    pub(crate) swap_free_bytes: Option<u64>,
    pub(crate) cpus: Option<u64>,
    pub(crate) load_1m: Option<f64>,
    pub(crate) load_5m: Option<f64>,
    pub(crate) load_15m: Option<f64>,
    pub(crate) pressure_memory_some_pct: Option<f64>,
    pub(crate) pressure_memory_full_pct: Option<f64>,
    pub(crate) pressure_cpu_some_pct: Option<f64>,
    pub(crate) pressure_io_some_pct: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Totals {
    pub(crate) containers_running: Option<u64>,
    pub(crate) containers_stopped: Option<u64>,
    pub(crate) networks: Option<u64>,
    pub(crate) volumes: Option<u64>,
    pub(crate) memory_usage_bytes: Option<u64>,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) memory_anon_bytes: Option<u64>,
    pub(crate) memory_shmem_bytes: Option<u64>,
    pub(crate) tmpfs_used_bytes: Option<u64>,
    pub(crate) cpu_pct: Option<f64>,
    pub(crate) pids: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) containers_running: u64,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) cpu_pct: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) engine: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) project: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) state: String,
    pub(crate) health: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) started_at: Option<String>,
    pub(crate) restarts: Option<u64>,
    pub(crate) oom_killed: Option<bool>,
    pub(crate) oom_kills: Option<u64>,
    pub(crate) source: Option<String>,
    pub(crate) memory_usage_bytes: Option<u64>,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) memory_anon_bytes: Option<u64>,
    pub(crate) memory_shmem_bytes: Option<u64>,
    pub(crate) memory_peak_bytes: Option<u64>,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) memory_used_pct: Option<f64>,
    pub(crate) level: Option<String>,
    pub(crate) cpu_pct: Option<f64>,
    pub(crate) cpu_window_ms: Option<u64>,
    pub(crate) cpu_ns: Option<u64>,
    pub(crate) pids: Option<u64>,
    pub(crate) net_rx_bytes: Option<u64>,
    pub(crate) net_tx_bytes: Option<u64>,
    pub(crate) block_read_bytes: Option<u64>,
    pub(crate) block_write_bytes: Option<u64>,
    pub(crate) pressure_memory_some_pct: Option<f64>,
    pub(crate) tmpfs: Vec<Tmpfs>,
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tmpfs {
    pub(crate) destination: String,
    pub(crate) used_bytes: Option<u64>,
    pub(crate) size_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    pub(crate) engine: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) driver: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Volume {
    pub(crate) engine: String,
    pub(crate) name: String,
    pub(crate) driver: String,
    pub(crate) tmpfs: bool,
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) level: String,
    pub(crate) need_memory_bytes: Option<u64>,
    pub(crate) need_containers: Option<u64>,
    pub(crate) need_basis: Option<String>,
    pub(crate) need_runs: Option<u64>,
    pub(crate) used_memory_bytes: Option<u64>,
    pub(crate) used_containers: Option<u64>,
    pub(crate) budget_memory_bytes: u64,
    pub(crate) budget_containers: u64,
    pub(crate) mem_available_bytes: Option<u64>,
    pub(crate) waited_s: f64,
    pub(crate) need_disk_bytes: Option<u64>,
    pub(crate) disk_free_bytes: Option<u64>,
    pub(crate) budget_disk_free_bytes: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) skipped_lines: u64,
    pub(crate) runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    // Of the report alone.
    pub(crate) schema: Option<String>,
    pub(crate) tool_version: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) at: String,
    pub(crate) started_at: String,
    pub(crate) category: String,
    pub(crate) duration_s: f64,
    pub(crate) exit_code: u8,
    pub(crate) memory_peak_bytes: Option<u64>,
    pub(crate) memory_p95_bytes: Option<u64>,
    pub(crate) memory_start_bytes: Option<u64>,
    pub(crate) cpu_peak_pct: Option<f64>,
    pub(crate) cpu_mean_pct: Option<f64>,
    pub(crate) containers_peak: Option<u64>,
    pub(crate) left_behind: Option<u64>,
    pub(crate) engine_outages: u64,
    pub(crate) level: Option<String>,
    pub(crate) samples: u64,
    pub(crate) scope: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) since: Option<String>,
    pub(crate) runs: u64,
    pub(crate) samples: u64,
    pub(crate) skipped_lines: u64,
    pub(crate) figures: Vec<Figure>,
    pub(crate) disk_free_min_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: Option<f64>,
    pub(crate) target: f64,
    pub(crate) target_kind: String,
    pub(crate) met: Option<bool>,
    pub(crate) basis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Predict {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) category: String,
    pub(crate) runs: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) containers: u64,
    pub(crate) memory_min_bytes: Option<u64>,
    pub(crate) memory_p50_bytes: Option<u64>,
    pub(crate) memory_max_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredictionScore {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) categories: Vec<CategoryScore>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryScore {
    pub(crate) category: String,
    pub(crate) runs: u64,
    pub(crate) predicted: u64,
    pub(crate) exceeded: u64,
    pub(crate) within_pct: Option<f64>,
    pub(crate) to_p95: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleLine {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) r#type: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) level: Option<String>,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) cpu_pct: Option<f64>,
    pub(crate) containers_running: Option<u64>,
    pub(crate) networks: Option<u64>,
    pub(crate) volumes: Option<u64>,
    pub(crate) mem_available_bytes: Option<u64>,
    pub(crate) pressure_memory_some_pct: Option<f64>,
    pub(crate) containers: Vec<ContainerLine>,
    pub(crate) disk_free_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContainerLine {
    pub(crate) engine: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) health: Option<String>,
    pub(crate) memory_usage_bytes: Option<u64>,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) memory_anon_bytes: Option<u64>,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) level: Option<String>,
    pub(crate) cpu_pct: Option<f64>,
    pub(crate) oom_kills: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventLine {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) r#type: String,
    pub(crate) engine: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) memory_limit_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enforced {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) deed: String,
    pub(crate) items: Vec<Ended>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ended {
    pub(crate) engine: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) outcome: String,
    pub(crate) reason: String,
    pub(crate) error: Option<String>,
    pub(crate) over_bytes: u64,
    pub(crate) memory_working_set_bytes: Option<u64>,
    pub(crate) memory_limit_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collected {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) scope: String,
    pub(crate) directory: String,
    pub(crate) summary_file: String,
    pub(crate) events_file: Option<String>,
    pub(crate) events: Option<usize>,
    pub(crate) first: Option<FirstWrong>,
    pub(crate) containers: Vec<CollectedContainer>,
    pub(crate) failures: Vec<CollectFailure>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstWrong {
    pub(crate) service: Option<String>,
    pub(crate) name: String,
    pub(crate) fault: String,
    pub(crate) reason: String,
    pub(crate) wrong_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectedContainer {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) service: Option<String>,
    pub(crate) state: String,
    pub(crate) health: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) oom_killed: Option<bool>,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) restarts: Option<u64>,
    pub(crate) created_at: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) fault: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) wrong_at: Option<String>,
    pub(crate) log_file: Option<String>,
    pub(crate) log_cut: Option<bool>,
    pub(crate) inspect_file: Option<String>,
    pub(crate) health_file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectFailure {
    pub(crate) what: String,
    pub(crate) error: String,
}

/// A file in the state directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageUses {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) host: String,
    pub(crate) watched_since: String,
    pub(crate) containers: BTreeMap<String, String>,
    pub(crate) images: BTreeMap<String, String>,
}
