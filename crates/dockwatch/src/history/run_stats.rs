//! The figures of a run, from samples taken while it goes on. Memory grows by eight bytes a sample.

use std::collections::BTreeSet;
use std::time::Duration;

use evenkeel_common::{Exit, Timestamp, percentile};

use crate::history::records::{RunRecord, SampleRecord};
use crate::model::facts::Facts;
use crate::model::level::{Budget, Level, assess};
use crate::model::numbers::{round2, round3};
use crate::model::scope::Scope;

/// Figures of the samples so far.
#[derive(Debug)]
pub(crate) struct RunStats {
    /// `None` where an engine did not say.
    resources_before: Option<BTreeSet<String>>,
    memory_start: Option<u64>,
    memory: Vec<u64>,
    containers_peak: Option<u64>,
    cpu_peak: Option<f64>,
    cpu_sum: f64,
    cpu_samples: u32,
    level: Option<Level>,
    was_healthy: bool,
    outages: Vec<Timestamp>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct RunEnd {
    pub(crate) category: String,
    pub(crate) started_at: Timestamp,
    pub(crate) at: Timestamp,
    pub(crate) duration: Duration,
    pub(crate) exit: Exit,
}

impl RunStats {
    /// Starts with a sample from before the command.
    pub(crate) fn new(facts: &Facts, budget: &Budget, at: Timestamp) -> Self {
        let mut stats = Self {
            resources_before: facts.all_known().then(|| facts.resource_ids()),
            memory_start: facts.usage().memory_bytes,
            memory: Vec::new(),
            containers_peak: None,
            cpu_peak: None,
            cpu_sum: 0.0,
            cpu_samples: 0,
            level: None,
            was_healthy: facts.is_healthy(),
            outages: Vec::new(),
        };
        stats.add(facts, budget, at);
        stats
    }

    /// Adds a sample taken while the command runs.
    pub(crate) fn add(&mut self, facts: &Facts, budget: &Budget, at: Timestamp) {
        let usage = facts.usage();
        self.memory.extend(usage.memory_bytes);
        self.containers_peak = self.containers_peak.max(usage.containers);
        if let Some(pct) = facts.cpu_pct() {
            self.cpu_peak = Some(self.cpu_peak.unwrap_or(0.0).max(pct));
            self.cpu_sum += pct;
            self.cpu_samples += 1;
        }
        self.level = self.level.max(assess(&usage, budget).known_level());
        let is_healthy = facts.is_healthy();
        if self.was_healthy && !is_healthy {
            self.outages.push(at);
        }
        self.was_healthy = is_healthy;
    }

    /// The record of the run, with a last sample from after the command.
    pub(crate) fn finish(self, last: &Facts, end: RunEnd, scope: &Scope) -> RunRecord {
        // Without a scope, others may have created the resources.
        let before = self.resources_before.filter(|_| last.all_known() && !scope.is_everything());
        let left_behind = before.map(|before| last.resource_ids().difference(&before).count() as u64);
        let cpu_mean = (self.cpu_samples > 0).then(|| round2(self.cpu_sum / f64::from(self.cpu_samples)));
        RunRecord {
            at: end.at,
            started_at: end.started_at,
            category: end.category,
            duration_s: round3(end.duration.as_secs_f64()),
            exit_code: end.exit.code(),
            memory_peak_bytes: self.memory.iter().max().copied(),
            memory_p95_bytes: percentile(&self.memory, 95),
            memory_start_bytes: self.memory_start,
            cpu_peak_pct: self.cpu_peak,
            cpu_mean_pct: cpu_mean,
            containers_peak: self.containers_peak,
            left_behind,
            engine_outages: self.outages.len() as u64,
            outages_at: self.outages,
            level: self.level,
            samples: self.memory.len() as u64,
            scope: scope.to_string(),
        }
    }
}

impl SampleRecord {
    /// The record of a sample.
    pub(crate) fn new(facts: &Facts, budget: &Budget, at: Timestamp) -> Self {
        let usage = facts.usage();
        Self {
            at,
            healthy: facts.is_healthy(),
            level: assess(&usage, budget).known_level(),
            memory_working_set_bytes: usage.memory_bytes,
            containers: usage.containers,
            networks: usage.networks,
            volumes: usage.volumes,
            cpu_pct: facts.cpu_pct(),
            mem_available_bytes: facts.mem_available(),
            disk_free_bytes: usage.disk.map(|space| space.free),
        }
    }
}
