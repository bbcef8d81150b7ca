//! Samples while a command runs, and records its peaks.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::units::{show_duration, show_size};
use evenkeel_common::{Error, Exit, Timestamp, VERSION, now};
use serde::Serialize;

use crate::cli::RecordArgs;
use crate::commands::child::Running;
use crate::history::predict::percentile;
use crate::history::store::{Check, History, Run, SampleRecord};
use crate::measure::collector::Gatherer;
use crate::measure::events::{Happening, listen};
use crate::measure::poll_schedule::Pace;
use crate::measure::sampler::{Ask, Manner};
use crate::model::container::Facts;
use crate::model::level::{Budget, Level, judge};
use tokio::sync::mpsc::UnboundedReceiver;

/// The ring must span hours, not minutes.
const RING_INTERVAL: Duration = Duration::from_secs(5);

/// An engine that hangs is noticed this soon.
const ASK_INTERVAL: Duration = Duration::from_secs(2);

/// `dockwatch record`
pub async fn record(args: RecordArgs, home: &Home) -> Result<Exit, Error> {
    if let Some(orphans) = args.orphans {
        let check = Check { at: now(), category: args.category, orphans };
        return History::open(home)?.add_check(&check).map(|()| Exit::Done);
    }
    if args.command.is_empty() {
        return record_sample(&args, home).await;
    }
    let as_wrapper = |error: Error| error.with_exit(Exit::Wrapper);
    let history = History::open(home).map_err(as_wrapper)?;
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::WATCH).map_err(as_wrapper)?;
    let budget = args.budget.budget();
    let first = gatherer.facts(Ask::Everyone).await.map_err(as_wrapper)?;
    let mut tally = Tally::start(&first, &budget);
    let (started_at, start) = (now(), Instant::now());
    let mut running = Running::start(&args.command)?;
    let happenings = listen(gatherer.args());
    let mut recorder = Recorder {
        gatherer: &mut gatherer,
        history: &history,
        budget,
        last_kept: None,
        pace: Pace::new(ASK_INTERVAL),
        happenings,
    };
    let exit = recorder.until_end(&mut running, args.interval, &mut tally).await?;
    drop(recorder);
    let took = start.elapsed();
    let last = gatherer.facts(Ask::Everyone).await.map_err(as_wrapper)?;
    gatherer.store(home);
    let run = tally.finish(
        &last,
        Ending {
            category: args.category,
            started_at,
            took,
            exit,
            scope: gatherer.scope().to_string(),
            scoped: !gatherer.scope().is_everything(),
        },
    );
    // The command's outcome counts, whatever becomes of its record.
    let kept =
        history.add_run(&run).and_then(|()| args.report.as_deref().map_or(Ok(()), |path| write(path, &run)));
    say(&kept.map_or_else(|error| error.to_string(), |()| summary(&run)));
    Ok(exit)
}

fn say(text: &str) {
    use std::io::Write as _;
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "dockwatch: {text}");
}

/// One sample for the ring: for cron.
async fn record_sample(args: &RecordArgs, home: &Home) -> Result<Exit, Error> {
    let history = History::open(home)?;
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::ONCE)?;
    let facts = gatherer.facts(Ask::Everyone).await?;
    gatherer.store(home);
    history.add_sample(&sample(&facts, &args.budget.budget(), now()))?;
    facts.require_healthy()?;
    Ok(Exit::Done)
}

struct Recorder<'a> {
    gatherer: &'a mut Gatherer,
    history: &'a History,
    budget: Budget,
    last_kept: Option<Instant>,
    pace: Pace,
    happenings: UnboundedReceiver<Happening>,
}

impl Recorder<'_> {
    async fn until_end(
        &mut self,
        running: &mut Running,
        interval: Duration,
        tally: &mut Tally,
    ) -> Result<Exit, Error> {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let sample = async {
                ticks.tick().await;
                while self.happenings.try_recv().is_ok() {
                    self.pace.hurry();
                }
                self.gatherer.facts(self.pace.whom()).await
            };
            tokio::select! {
                exit = running.wait() => return exit,
                facts = sample => self.keep(&facts.map_err(|e| e.with_exit(Exit::Wrapper))?, tally),
            }
        }
    }

    fn keep(&mut self, facts: &Facts, tally: &mut Tally) {
        self.pace.learn(facts);
        tally.add(facts, &self.budget);
        if self.last_kept.is_none_or(|last| last.elapsed() >= RING_INTERVAL) {
            self.last_kept = Some(Instant::now());
            if let Err(error) = self.history.add_sample(&sample(facts, &self.budget, now())) {
                tracing::warn!("a sample is lost: {error}");
            }
        }
    }
}

/// The sample that goes into the ring.
pub fn sample(facts: &Facts, budget: &Budget, at: Timestamp) -> SampleRecord {
    let usage = facts.usage();
    SampleRecord {
        at,
        healthy: facts.is_healthy(),
        level: judge(&usage, budget).level,
        memory_working_set_bytes: usage.memory_bytes,
        containers: usage.containers,
        networks: usage.networks,
        volumes: usage.volumes,
        cpu_pct: facts.cpu_pct(),
        mem_available_bytes: facts.mem_available(),
    }
}

/// Sums up samples; holds eight bytes a sample.
#[derive(Debug)]
struct Tally {
    before: BTreeSet<String>,
    memory_start: Option<u64>,
    memory: Vec<u64>,
    containers_peak: Option<u64>,
    cpu_peak: Option<f64>,
    cpu_sum: f64,
    cpu_samples: u32,
    level: Option<Level>,
    healthy: bool,
    outages: Vec<Timestamp>,
}

/// How a run ended.
struct Ending {
    category: String,
    started_at: Timestamp,
    took: Duration,
    exit: Exit,
    scope: String,
    scoped: bool,
}

impl Tally {
    fn start(facts: &Facts, budget: &Budget) -> Self {
        let mut tally = Self {
            before: facts.resource_ids(),
            memory_start: facts.usage().memory_bytes,
            memory: Vec::new(),
            containers_peak: None,
            cpu_peak: None,
            cpu_sum: 0.0,
            cpu_samples: 0,
            level: None,
            healthy: facts.is_healthy(),
            outages: Vec::new(),
        };
        tally.add(facts, budget);
        tally
    }

    fn add(&mut self, facts: &Facts, budget: &Budget) {
        let usage = facts.usage();
        self.memory.extend(usage.memory_bytes);
        self.containers_peak = self.containers_peak.max(usage.containers);
        if let Some(pct) = facts.cpu_pct() {
            self.cpu_peak = Some(self.cpu_peak.unwrap_or(0.0).max(pct));
            self.cpu_sum += pct;
            self.cpu_samples += 1;
        }
        self.level = self.level.max(Some(judge(&usage, budget).level));
        let healthy = facts.is_healthy();
        if self.healthy && !healthy {
            self.outages.push(now());
        }
        self.healthy = healthy;
    }

    fn finish(mut self, last: &Facts, ending: Ending) -> Run {
        self.memory.sort_unstable();
        let known = last.containers_known && last.networks_known && last.volumes_known;
        let left = last.resource_ids().difference(&self.before).count() as u64;
        Run {
            at: now(),
            started_at: ending.started_at,
            category: ending.category,
            duration_s: (ending.took.as_secs_f64() * 1000.0).round() / 1000.0,
            exit_code: ending.exit.code(),
            memory_peak_bytes: self.memory.last().copied(),
            memory_p95_bytes: percentile(&self.memory, 95),
            memory_start_bytes: self.memory_start,
            cpu_peak_pct: self.cpu_peak,
            cpu_mean_pct: (self.cpu_samples > 0)
                .then(|| (self.cpu_sum * 100.0 / f64::from(self.cpu_samples)).round() / 100.0),
            containers_peak: self.containers_peak,
            left_behind: (ending.scoped && known).then_some(left),
            engine_outages: self.outages.len() as u64,
            outages_at: self.outages,
            level: self.level,
            samples: self.memory.len() as u64,
            scope: ending.scope,
        }
    }
}

/// `dockwatch.run/1`
#[derive(Serialize)]
struct RunWire<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    started_at: Timestamp,
    category: &'a str,
    duration_s: f64,
    exit_code: u8,
    memory_peak_bytes: Option<u64>,
    memory_p95_bytes: Option<u64>,
    memory_start_bytes: Option<u64>,
    cpu_peak_pct: Option<f64>,
    cpu_mean_pct: Option<f64>,
    containers_peak: Option<u64>,
    left_behind: Option<u64>,
    engine_outages: u64,
    level: Option<Level>,
    samples: u64,
    scope: &'a str,
}

fn write(path: &Path, run: &Run) -> Result<(), Error> {
    let wire = RunWire {
        schema: "dockwatch.run/1",
        tool_version: VERSION,
        at: run.at,
        verdict: if run.exit_code == 0 { "passed" } else { "failed" },
        started_at: run.started_at,
        category: &run.category,
        duration_s: run.duration_s,
        exit_code: run.exit_code,
        memory_peak_bytes: run.memory_peak_bytes,
        memory_p95_bytes: run.memory_p95_bytes,
        memory_start_bytes: run.memory_start_bytes,
        cpu_peak_pct: run.cpu_peak_pct,
        cpu_mean_pct: run.cpu_mean_pct,
        containers_peak: run.containers_peak,
        left_behind: run.left_behind,
        engine_outages: run.engine_outages,
        level: run.level,
        samples: run.samples,
        scope: &run.scope,
    };
    let mut text = serde_json::to_string(&wire).map_err(|e| Error::failed("write JSON", e))?;
    text.push('\n');
    std::fs::write(path, text).map_err(|e| Error::failed(format!("write {}", path.display()), e))
}

fn summary(run: &Run) -> String {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "unknown".into(), show_size);
    let took = show_duration(Duration::try_from_secs_f64(run.duration_s).unwrap_or_default());
    format!(
        "{} run took {took}, exit code {}: peak memory {}, {} containers at most, {} samples",
        run.category,
        run.exit_code,
        size(run.memory_peak_bytes),
        run.containers_peak.map_or_else(|| "unknown".into(), |n| n.to_string()),
        run.samples
    )
}
