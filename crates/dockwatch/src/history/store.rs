//! The history files in the state directory.

use std::collections::BTreeMap;

use evenkeel_common::state::Home;
use evenkeel_common::state::journal::{Durability, Journal, Records};
use evenkeel_common::{Error, Timestamp};

use crate::history::predict::{self, Prediction, RunPeak};
use crate::history::records::{OrphanCheck, RecordedHistory, RunRecord, SampleRecord};

/// Rotation size of the orphan checks.
const CHECKS_BYTES: u64 = 512 << 10;
/// Rotation size of the samples: room for about fifteen thousand, which is 20 hours of runs or 50 days of cron.
const SAMPLES_BYTES: u64 = 4 << 20;
/// Rotation size of the runs: room for about ten thousand.
const RUNS_BYTES: u64 = 4 << 20;

/// The history of this state directory. Any number of processes may append to it.
#[derive(Clone, Debug)]
pub(crate) struct History {
    runs: Journal,
    samples: Journal,
    orphan_checks: Journal,
}

impl History {
    /// Opens the history, creating its directory where it is missing.
    pub(crate) fn open(home: &Home) -> Result<Self, Error> {
        let dir = home.dir("history")?;
        Ok(Self {
            runs: Journal::new(dir.join("runs.jsonl"), RUNS_BYTES),
            samples: Journal::new(dir.join("samples.jsonl"), SAMPLES_BYTES),
            orphan_checks: Journal::new(dir.join("checks.jsonl"), CHECKS_BYTES),
        })
    }

    pub(crate) fn add_run(&self, run: &RunRecord) -> Result<(), Error> {
        self.runs.append(run, Durability::Synced)
    }

    pub(crate) fn add_sample(&self, sample: &SampleRecord) -> Result<(), Error> {
        self.samples.append(sample, Durability::Cached)
    }

    pub(crate) fn add_orphan_check(&self, check: &OrphanCheck) -> Result<(), Error> {
        self.orphan_checks.append(check, Durability::Synced)
    }

    /// Reads everything recorded since a moment; `None` reads all.
    pub(crate) fn since(&self, since: Option<Timestamp>) -> Result<RecordedHistory, Error> {
        let is_wanted = |at: Timestamp| since.is_none_or(|since| at >= since);
        let mut runs = self.runs(|run| is_wanted(run.at))?;
        let mut samples = self.samples.read::<SampleRecord>()?;
        let mut checks = self.orphan_checks.read::<OrphanCheck>()?;
        runs.records.sort_by_key(|run| run.at);
        samples.records.retain(|sample| is_wanted(sample.at));
        samples.records.sort_by_key(|sample| sample.at);
        checks.records.retain(|check| is_wanted(check.at));
        Ok(RecordedHistory {
            runs: runs.records,
            samples: samples.records,
            orphan_checks: checks.records,
            skipped_lines: runs.skipped + samples.skipped + checks.skipped,
        })
    }

    /// Reads the runs for which `is_wanted` holds, oldest first.
    pub(crate) fn runs(&self, is_wanted: impl Fn(&RunRecord) -> bool) -> Result<Records<RunRecord>, Error> {
        let mut all = self.runs.read::<RunRecord>()?;
        all.records.retain(is_wanted);
        Ok(all)
    }

    /// Predicts what a run of a category needs; `None` where nothing is known about it.
    pub(crate) fn predict(&self, category: &str) -> Result<Option<Prediction>, Error> {
        let runs = self.runs(|run| run.category == category)?.records;
        Ok(predict::predict(category, &runs.iter().filter_map(peak).collect::<Vec<_>>()))
    }

    /// The peaks of all runs by category, oldest first.
    pub(crate) fn peaks(&self) -> Result<BTreeMap<String, Vec<RunPeak>>, Error> {
        let mut categories = BTreeMap::<String, Vec<RunPeak>>::new();
        for run in self.runs(|_| true)?.records {
            let peak = peak(&run);
            categories.entry(run.category).or_default().extend(peak);
        }
        Ok(categories)
    }
}

/// `None` where an engine did not say.
fn peak(run: &RunRecord) -> Option<RunPeak> {
    Some(RunPeak { memory_bytes: run.memory_peak_bytes?, containers: run.containers_peak? })
}
