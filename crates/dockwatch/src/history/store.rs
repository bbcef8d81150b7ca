//! What was recorded: one record a run, and a ring of samples.

use evenkeel_common::journal::{Durability, Journal, Records};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Timestamp};
use serde::{Deserialize, Serialize};

use crate::history::predict::{self, Need, Prediction};
use crate::history::scorecard::Recorded;
use crate::model::level::Level;

/// Samples that are kept.
pub const RING: usize = 1000;
/// Holds at least [`RING`] samples of at most 500 bytes.
const SAMPLES_BYTES: u64 = 512 << 10;
/// Holds some ten thousand runs.
const RUNS_BYTES: u64 = 4 << 20;

/// One run. Unknown is `None`: the engine may have been away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When it ended.
    pub at: Timestamp,
    /// When it started.
    pub started_at: Timestamp,
    /// Kind of run.
    pub category: String,
    /// How long it took.
    pub duration_s: f64,
    /// How the command ended.
    pub exit_code: u8,
    /// Memory of the scope's containers together, as Docker counts it: the most that was seen.
    pub memory_peak_bytes: Option<u64>,
    /// The same, 95th percentile of the samples.
    pub memory_p95_bytes: Option<u64>,
    /// The same, before the command started.
    pub memory_start_bytes: Option<u64>,
    /// CPU use, percent of one core: the most that was seen.
    pub cpu_peak_pct: Option<f64>,
    /// CPU use: mean of the samples.
    pub cpu_mean_pct: Option<f64>,
    /// Most containers at once.
    pub containers_peak: Option<u64>,
    /// Containers, networks and volumes of the scope that were not there before and still are; `None` without a
    /// scope, because they may be another's.
    pub left_behind: Option<u64>,
    /// Times the engine stopped answering while the command ran.
    pub engine_outages: u64,
    /// When each was noticed. Older records do not say.
    #[serde(default)]
    pub outages_at: Vec<Timestamp>,
    /// Worst level that was seen.
    pub level: Option<Level>,
    /// How many samples the figures rest on.
    pub samples: u64,
    /// What was measured.
    pub scope: String,
}

/// One sample of the ring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleRecord {
    /// When.
    pub at: Timestamp,
    /// Whether every endpoint of every engine answered.
    pub healthy: bool,
    /// The level.
    pub level: Level,
    /// Memory of all containers as Docker counts it.
    pub memory_working_set_bytes: Option<u64>,
    /// Running containers.
    pub containers: Option<u64>,
    /// Networks.
    pub networks: Option<u64>,
    /// Volumes.
    pub volumes: Option<u64>,
    /// CPU use, percent of one core.
    pub cpu_pct: Option<f64>,
    /// What the machine could still give.
    pub mem_available_bytes: Option<u64>,
}

/// A look for orphans after an environment was taken down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: Timestamp,
    /// Kind of the run before.
    pub category: String,
    /// Containers, networks and volumes that were left.
    pub orphans: u64,
}

/// The records on disk.
#[derive(Clone, Debug)]
pub struct History {
    runs: Journal,
    samples: Journal,
    checks: Journal,
}

impl History {
    /// Opens the history in the state directory.
    pub fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.dir("history")?;
        Ok(Self {
            runs: Journal::new(dir.join("runs.jsonl"), RUNS_BYTES),
            samples: Journal::new(dir.join("samples.jsonl"), SAMPLES_BYTES),
            checks: Journal::new(dir.join("checks.jsonl"), SAMPLES_BYTES),
        })
    }

    /// Records a run.
    pub fn add_run(&self, run: &Run) -> Result<(), Error> {
        self.runs.append(run, Durability::Synced)
    }

    /// Records a sample.
    pub fn add_sample(&self, sample: &SampleRecord) -> Result<(), Error> {
        self.samples.append(sample, Durability::Cached)
    }

    /// Records a look for orphans.
    pub fn add_check(&self, check: &Check) -> Result<(), Error> {
        self.checks.append(check, Durability::Synced)
    }

    /// Everything since a moment, and how many lines were torn.
    pub fn recorded(&self, since: Option<Timestamp>) -> Result<(Recorded, usize), Error> {
        let is_new = |at: Timestamp| since.is_none_or(|since| at >= since);
        let mut runs = self.runs(|run| is_new(run.at))?;
        let (mut samples, mut checks) = (self.samples()?, self.checks.read::<Check>()?);
        runs.records.sort_by_key(|run| run.at);
        samples.records.retain(|sample| is_new(sample.at));
        samples.records.sort_by_key(|sample| sample.at);
        checks.records.retain(|check| is_new(check.at));
        let skipped = runs.skipped + samples.skipped + checks.skipped;
        Ok((Recorded { runs: runs.records, samples: samples.records, checks: checks.records }, skipped))
    }

    /// All runs that are wanted, oldest first.
    pub fn runs(&self, wanted: impl Fn(&Run) -> bool) -> Result<Records<Run>, Error> {
        let mut all = self.runs.read::<Run>()?;
        all.records.retain(wanted);
        Ok(all)
    }

    /// The newest samples, oldest first.
    pub fn samples(&self) -> Result<Records<SampleRecord>, Error> {
        let mut all = self.samples.read::<SampleRecord>()?;
        all.records.drain(..all.records.len().saturating_sub(RING));
        Ok(all)
    }

    /// Predicts what a run of a category needs.
    pub fn predict(&self, category: &str) -> Result<Option<Prediction>, Error> {
        let runs = self.runs(|run| run.category == category)?.records;
        let need =
            |run: &Run| Some(Need { memory_bytes: run.memory_peak_bytes?, containers: run.containers_peak? });
        Ok(predict::predict(category, &runs.iter().filter_map(need).collect::<Vec<_>>()))
    }
}
