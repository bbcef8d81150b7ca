//! The answer of `dockwatch check`.

use std::time::Duration;

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::decide::fits::{CurrentUse, FitVerdict, RunNeeds};
use crate::history::predict::Basis;
use crate::model::level::{Budget, Level};
use crate::model::numbers::round3;

/// Where the needs of the run come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NeedBasis {
    /// The flag `--need`.
    Flag,
    Prediction(Basis),
}

impl NeedBasis {
    /// The name in JSON.
    const fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Prediction(basis) => basis.name(),
        }
    }
}

/// Everything an answer shows.
#[derive(Debug)]
pub(crate) struct CheckReport<'a> {
    pub(crate) at: Timestamp,
    pub(crate) verdict: &'a FitVerdict,
    /// `None` where it is unknown.
    pub(crate) level: Option<Level>,
    pub(crate) needs: RunNeeds,
    pub(crate) need_basis: Option<NeedBasis>,
    /// Number of recorded runs behind a prediction.
    pub(crate) need_runs: Option<usize>,
    pub(crate) current: &'a CurrentUse,
    pub(crate) budget: Budget,
    pub(crate) waited: Duration,
}

/// `dockwatch.check/1`
#[derive(Serialize)]
pub(crate) struct CheckJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    reasons: &'a [String],
    level: Option<Level>,
    need_memory_bytes: Option<u64>,
    need_containers: Option<u64>,
    need_basis: Option<&'static str>,
    need_runs: Option<usize>,
    used_memory_bytes: Option<u64>,
    used_containers: Option<u64>,
    budget_memory_bytes: u64,
    budget_containers: u64,
    mem_available_bytes: Option<u64>,
    waited_s: f64,
    need_disk_bytes: Option<u64>,
    disk_free_bytes: Option<u64>,
    budget_disk_free_bytes: u64,
}

impl CheckReport<'_> {
    pub(crate) fn json(&self) -> CheckJson<'_> {
        CheckJson {
            schema: "dockwatch.check/1",
            tool_version: VERSION,
            at: self.at,
            verdict: self.verdict.name(),
            reasons: self.verdict.reasons(),
            level: self.level,
            need_memory_bytes: self.needs.memory_bytes,
            need_containers: self.needs.containers,
            need_basis: self.need_basis.map(NeedBasis::name),
            need_runs: self.need_runs,
            used_memory_bytes: self.current.usage.memory_bytes,
            used_containers: self.current.usage.containers,
            budget_memory_bytes: self.budget.memory_bytes,
            budget_containers: self.budget.containers,
            mem_available_bytes: self.current.mem_available,
            waited_s: round3(self.waited.as_secs_f64()),
            need_disk_bytes: self.needs.disk_bytes,
            disk_free_bytes: self.current.usage.disk.map(|space| space.free),
            budget_disk_free_bytes: self.budget.disk_free_bytes,
        }
    }

    /// One line where the run fits, else one a reason.
    pub(crate) fn text(&self) -> String {
        let name = self.verdict.name();
        match self.verdict {
            FitVerdict::Fits => {
                let level = self.level.map_or("unknown", Level::name);
                format!("{name}: the run fits, the level is {level}\n")
            }
            other => {
                other.reasons().iter().fold(String::new(), |text, reason| text + name + ": " + reason + "\n")
            }
        }
    }
}
