//! Two readings of the CPU time of containers that were not read before.

use std::collections::HashMap;
use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use tokio::time::Instant;

use crate::measure::cgroup::all::Readers;
use crate::measure::cgroup::reader::Buffer;
use crate::measure::cpu::{CpuCounter, CpuUsage, ENGINE_WINDOW, now_ns, wait_for_periods};
use crate::measure::engine;
use crate::measure::sample::CpuWait;
use crate::model::container::ContainerStats;

/// Two readings of a container, made for one figure.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadingPair {
    pub(super) earlier: CpuCounter,
    pub(super) later: CpuCounter,
    /// Its CPU limit in percent of one core; `None` is unlimited or unknown.
    pub(super) limit_pct: Option<f64>,
}

/// Readings by container id.
pub(super) type ReadingPairs = HashMap<String, ReadingPair>;

/// The answers of an engine, by container id.
pub(super) type StatsAnswers = Vec<(String, Result<ContainerStats, CallError>)>;

impl ReadingPair {
    /// CPU use between the readings. On a busy machine a short window can hold one burst too many, but no container uses
    /// more than its limit for long.
    pub(super) fn usage(&self) -> Option<CpuUsage> {
        let usage = self.later.usage_since(self.earlier)?;
        Some(CpuUsage { pct: self.limit_pct.map_or(usage.pct, |limit| limit.min(usage.pct)), ..usage })
    }
}

/// Reads the kernel's counters of some containers twice.
pub(super) async fn from_kernel(readers: &mut Readers, ids: &[String]) -> ReadingPairs {
    if ids.is_empty() {
        return ReadingPairs::new();
    }
    let limits = ids.iter().map(|id| readers.get_mut(id)?.read_cpu_limit(&mut Buffer::default()));
    let limits: Vec<Option<f64>> = limits.collect();
    let start = Instant::now();
    let earlier = read(readers, ids);
    wait_for_periods(start).await;
    let later = read(readers, ids);
    let pair = |((id, limit_pct), (earlier, later)): ((&String, _), (Option<_>, Option<_>))| {
        Some((id.clone(), ReadingPair { earlier: earlier?, later: later?, limit_pct }))
    };
    ids.iter().zip(limits).zip(earlier.into_iter().zip(later)).filter_map(pair).collect()
}

/// Reads the counters in the order of the ids, so that the window of each is the same.
fn read(readers: &mut Readers, ids: &[String]) -> Vec<Option<CpuCounter>> {
    let mut buffer = Buffer::default();
    let read = |id| {
        let used_ns = readers.get_mut(id)?.read_cpu(&mut buffer)?;
        Some(CpuCounter { at_ns: now_ns(), used_ns })
    };
    ids.iter().map(read).collect()
}

/// Asks an engine for the statistics of some containers, and a second time where CPU use is waited for. An engine
/// before 25.0 answers only after its next collection, which it makes each second.
pub(super) async fn from_engine(
    engine: &Engine,
    ids: &[String],
    wait: CpuWait,
) -> (StatsAnswers, ReadingPairs) {
    let start = Instant::now();
    let answers = engine::stats_all(engine, ids, engine.call_timeout).await;
    if wait == CpuWait::No {
        return (answers, ReadingPairs::new());
    }
    let earlier: HashMap<&String, CpuCounter> =
        answers.iter().filter_map(|(id, answer)| Some((id, counter(answer.as_ref().ok()?)?))).collect();
    let pairs =
        if earlier.is_empty() { ReadingPairs::new() } else { ask_again(engine, &earlier, start).await };
    (answers, pairs)
}

async fn ask_again(engine: &Engine, earlier: &HashMap<&String, CpuCounter>, start: Instant) -> ReadingPairs {
    tokio::time::sleep_until(start + ENGINE_WINDOW).await;
    let ids: Vec<String> = earlier.keys().map(|id| (*id).clone()).collect();
    // Where the engine takes longer, only CPU use stays unknown.
    let left = engine.call_timeout.saturating_sub(start.elapsed()).max(Duration::from_millis(1));
    let answers = engine::stats_all(engine, &ids, left).await;
    let pair = |(id, answer): (String, Result<ContainerStats, CallError>)| {
        let (earlier, later) = (*earlier.get(&id)?, counter(&answer.ok()?)?);
        Some((id, ReadingPair { earlier, later, limit_pct: None }))
    };
    answers.into_iter().filter_map(pair).collect()
}

/// The CPU time in a container's statistics.
pub(super) fn counter(stats: &ContainerStats) -> Option<CpuCounter> {
    Some(CpuCounter { at_ns: stats.at_ns, used_ns: stats.cpu_ns? })
}
