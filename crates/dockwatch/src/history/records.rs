//! The records on disk. Unknown values are `None`: the engine may have been unreachable.

use evenkeel_common::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::level::Level;

/// One run of a command under `dockwatch record`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    /// When it ended.
    pub(crate) at: Timestamp,
    pub(crate) started_at: Timestamp,
    pub(crate) category: String,
    pub(crate) duration_s: f64,
    /// Exit code of the command; 128+n where a signal ended it.
    pub(crate) exit_code: u8,
    /// Highest memory of the scope's containers together, as `docker stats` counts it.
    pub(crate) memory_peak_bytes: Option<u64>,
    /// 95th percentile of the same.
    pub(crate) memory_p95_bytes: Option<u64>,
    /// The same before the command started.
    pub(crate) memory_start_bytes: Option<u64>,
    /// Highest CPU use, percent of one core.
    pub(crate) cpu_peak_pct: Option<f64>,
    /// Mean CPU use, percent of one core.
    pub(crate) cpu_mean_pct: Option<f64>,
    /// Most containers running at once.
    pub(crate) containers_peak: Option<u64>,
    /// Containers, networks and volumes of the scope that the run created and did not remove. `None` without a scope,
    /// because others may have created them.
    pub(crate) left_behind: Option<u64>,
    /// Times the engine stopped answering while the command ran.
    pub(crate) engine_outages: u64,
    /// When each outage was noticed; empty in records of older versions.
    #[serde(default)]
    pub(crate) outages_at: Vec<Timestamp>,
    /// Highest level that was reached.
    pub(crate) level: Option<Level>,
    /// Number of samples behind these figures.
    pub(crate) samples: u64,
    /// The labels that selected the containers, as text.
    pub(crate) scope: String,
}

/// One sample of the engines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SampleRecord {
    pub(crate) at: Timestamp,
    /// Whether every endpoint of every engine answered.
    pub(crate) healthy: bool,
    /// `None` where it is unknown.
    pub(crate) level: Option<Level>,
    /// Memory of all containers as `docker stats` counts it.
    pub(crate) memory_working_set_bytes: Option<u64>,
    /// Running containers.
    pub(crate) containers: Option<u64>,
    pub(crate) networks: Option<u64>,
    pub(crate) volumes: Option<u64>,
    /// CPU use, percent of one core.
    pub(crate) cpu_pct: Option<f64>,
    /// Memory that the machine could still allocate without swapping.
    pub(crate) mem_available_bytes: Option<u64>,
    /// Free space where the engine keeps its data; records of older versions have none.
    #[serde(default)]
    pub(crate) disk_free_bytes: Option<u64>,
}

/// The number of resources found after an environment was taken down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OrphanCheck {
    pub(crate) at: Timestamp,
    /// Category of the run before.
    pub(crate) category: String,
    /// Containers, networks and volumes that were left.
    pub(crate) orphans: u64,
}

/// All records of a span of time, each kind oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedHistory {
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) samples: Vec<SampleRecord>,
    pub(crate) orphan_checks: Vec<OrphanCheck>,
    /// Lines of the files that could not be parsed.
    pub(crate) skipped_lines: usize,
}

impl RecordedHistory {
    /// The least free space of any sample, bytes.
    pub(crate) fn least_disk_free(&self) -> Option<u64> {
        self.samples.iter().filter_map(|sample| sample.disk_free_bytes).min()
    }
}
