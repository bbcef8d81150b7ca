//! The documented JSON, written down once more: an unknown key fails.
#![expect(dead_code, reason = "the keys are the contract, whether a test reads them or not")]

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) service: Service,
    pub(crate) reason: String,
    pub(crate) retry_after_s: Option<u64>,
    pub(crate) rule: Option<String>,
    pub(crate) attempts_used: usize,
    pub(crate) attempts_limit: usize,
    pub(crate) window_s: u64,
    pub(crate) breaker: String,
    pub(crate) cooldown_left_s: u64,
    pub(crate) limits: Limits,
    pub(crate) took_ms: u64,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) state_directory: String,
    pub(crate) shared: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) host: String,
    pub(crate) project: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) cooldown_s: u64,
    pub(crate) cooldown_from: String,
    pub(crate) attempts: usize,
    pub(crate) attempts_from: String,
    pub(crate) window_s: u64,
    pub(crate) window_from: String,
    pub(crate) open_s: u64,
    pub(crate) open_from: String,
    pub(crate) stable_s: u64,
    pub(crate) stable_from: String,
    pub(crate) per_minute: usize,
    pub(crate) per_minute_from: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) state: String,
    pub(crate) exit_code: i64,
    pub(crate) oom_killed: bool,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) last_check: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) last_check_exit_code: Option<i64>,
    pub(crate) log: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) skipped_lines: usize,
    pub(crate) services: Vec<StatusRow>,
    pub(crate) state_directory: String,
    pub(crate) shared: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusRow {
    pub(crate) service: Service,
    pub(crate) attempts_used: usize,
    pub(crate) attempts_limit: usize,
    pub(crate) cooldown_left_s: u64,
    pub(crate) breaker: String,
    pub(crate) breaker_left_s: u64,
    pub(crate) failures: u32,
    pub(crate) last_action: String,
    pub(crate) last_at: String,
    pub(crate) last_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waited {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) took_ms: u64,
    pub(crate) services: Vec<WaitRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitRow {
    pub(crate) name: String,
    pub(crate) verdict: String,
    pub(crate) reason: Option<String>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) ready_by: Option<String>,
    pub(crate) ready_ms: Option<u64>,
    pub(crate) nano_cpus: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) skipped_lines: usize,
    pub(crate) records: Vec<Record>,
    pub(crate) state_directory: String,
    pub(crate) shared: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) at: String,
    pub(crate) service: Service,
    pub(crate) action: String,
    pub(crate) rule: Option<String>,
    pub(crate) healthy: Option<bool>,
    pub(crate) took_ms: Option<u64>,
    pub(crate) reason: Option<String>,
    pub(crate) forced: bool,
    pub(crate) user: String,
    pub(crate) pid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stats {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) skipped_lines: usize,
    pub(crate) rows: Vec<StatsRow>,
    pub(crate) state_directory: String,
    pub(crate) shared: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatsRow {
    pub(crate) day: String,
    pub(crate) service: Service,
    pub(crate) restarts: usize,
    pub(crate) healthy: usize,
    pub(crate) failed: usize,
    pub(crate) refused: usize,
    pub(crate) success_pct: Option<f64>,
    pub(crate) healthy_p50_ms: Option<u64>,
    pub(crate) healthy_p95_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explained {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) service: Service,
    pub(crate) decided_at: String,
    pub(crate) reason: Option<String>,
    pub(crate) ruling: Ruling,
    pub(crate) state_directory: String,
    pub(crate) shared: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ruling {
    pub(crate) rule: String,
    pub(crate) retry_after_s: Option<u64>,
    pub(crate) attempts_used: usize,
    pub(crate) attempts_limit: usize,
    pub(crate) window_s: u64,
    pub(crate) cooldown_s: u64,
    pub(crate) cooldown_left_s: u64,
    pub(crate) failures: u32,
    pub(crate) breaker: String,
    pub(crate) trips: u32,
    pub(crate) machine_used: usize,
    pub(crate) machine_limit: usize,
}

/// A line of `heal --json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum HealLine {
    Found(HealFound),
    Decision(Box<Report>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealFound {
    pub(crate) at: String,
    pub(crate) service: Service,
    pub(crate) container: Option<String>,
    pub(crate) step: String,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heal {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    pub(crate) at: String,
    pub(crate) verdict: String,
    pub(crate) found: Vec<HealFound>,
    pub(crate) decisions: Vec<Report>,
}
