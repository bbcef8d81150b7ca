//! `dockwatch record`: samples while a command runs and records its peaks.

use std::time::{Duration, Instant};

use evenkeel_common::child::Running;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files, now};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::image_uses;
use crate::cli::RecordArgs;
use crate::history::records::{OrphanCheck, RunRecord, SampleRecord};
use crate::history::run_stats::{RunEnd, RunStats};
use crate::history::store::History;
use crate::measure::collector::Collector;
use crate::measure::events::{EngineEvent, listen};
use crate::measure::poll_schedule::PollSchedule;
use crate::measure::sample::{Query, SampleMode};
use crate::model::facts::Facts;
use crate::model::level::Budget;
use crate::output::runs;

/// Time between two samples that are kept, so that the kept ones span hours instead of minutes.
const KEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The engine is asked this often even without events, so that an outage is recorded with its time.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(2);

pub(crate) async fn run(args: RecordArgs, home: &Home) -> Result<Exit, Error> {
    if let Some(orphans) = args.orphans {
        let check = OrphanCheck { at: now(), category: args.category, orphans };
        return History::open(home)?.add_orphan_check(&check).map(|()| Exit::Done);
    }
    if args.command.is_empty() {
        return record_sample(&args, home).await;
    }
    record_run(&args, home).await
}

/// Records one sample, for cron.
async fn record_sample(args: &RecordArgs, home: &Home) -> Result<Exit, Error> {
    let history = History::open(home)?;
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ONCE)?;
    let facts = collector.collect(Query::EngineAndKernel).await?;
    collector.save_cache(home);
    if facts.is_healthy() {
        image_uses::note(&collector, home).await;
    }
    history.add_sample(&SampleRecord::new(&facts, &args.budget.budget(&args.scope.scope()), now()))?;
    facts.require_healthy()?;
    Ok(Exit::Done)
}

/// A wrapper's own failures must not look like the command's.
fn as_wrapper(error: Error) -> Error {
    error.with_exit(Exit::Wrapper)
}

async fn record_run(args: &RecordArgs, home: &Home) -> Result<Exit, Error> {
    let history = History::open(home).map_err(as_wrapper)?;
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ESSENTIAL)
            .map_err(as_wrapper)?;
    let budget = args.budget.budget(&args.scope.scope());
    // A command does not wait long for an engine that hangs, neither for its start nor for its end.
    let query = Query::IfAnswering(args.engines.call_timeout() / 3);
    let first = collector.collect(query).await.map_err(as_wrapper)?;
    let mut stats = RunStats::new(&first, &budget, now());
    let (started_at, start) = (now(), Instant::now());
    let mut running = Running::start(&args.command)?;
    let events = listen(collector.docker_args());
    let mut recorder = Recorder {
        collector: &mut collector,
        home,
        noted: Instant::now(),
        history: &history,
        budget,
        last_kept: None,
        schedule: PollSchedule::new(MAX_POLL_INTERVAL, Query::EngineAndKernel, Query::KernelOnly),
        events,
    };
    let exit = recorder.sample_until_end(&mut running, args.interval, &mut stats).await?;
    let end =
        RunEnd { category: args.category.clone(), started_at, at: now(), duration: start.elapsed(), exit };
    let last = collector.collect(query).await.map_err(as_wrapper)?;
    collector.save_cache(home);
    if last.is_healthy() {
        image_uses::note(&collector, home).await;
    }
    let record = stats.finish(&last, end, collector.scope());
    // The exit code is the command's even where its record cannot be written.
    match save(&history, &record, args) {
        Ok(()) => super::report_message(&runs::summary(&record)),
        Err(error) => super::report_message(&error.to_string()),
    }
    Ok(exit)
}

fn save(history: &History, record: &RunRecord, args: &RecordArgs) -> Result<(), Error> {
    history.add_run(record)?;
    match &args.report {
        Some(path) => files::replace(path, runs::report(record)?),
        None => Ok(()),
    }
}

struct Recorder<'a> {
    collector: &'a mut Collector,
    home: &'a Home,
    /// When the uses of images were last noted.
    noted: Instant,
    history: &'a History,
    budget: Budget,
    last_kept: Option<Instant>,
    schedule: PollSchedule,
    events: UnboundedReceiver<EngineEvent>,
}

impl Recorder<'_> {
    async fn sample_until_end(
        &mut self,
        running: &mut Running,
        interval: Duration,
        stats: &mut RunStats,
    ) -> Result<Exit, Error> {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sample = async {
                ticks.tick().await;
                while self.events.try_recv().is_ok() {
                    self.schedule.invalidate();
                }
                let facts = self.collector.collect(self.schedule.next_query()).await?;
                if self.noted.elapsed() >= image_uses::INTERVAL && facts.is_healthy() {
                    self.noted = Instant::now();
                    image_uses::note(self.collector, self.home).await;
                }
                Ok::<_, Error>(facts)
            };
            tokio::select! {
                exit = running.wait() => return exit,
                facts = sample => self.add(&facts.map_err(as_wrapper)?, stats),
            }
        }
    }

    fn add(&mut self, facts: &Facts, stats: &mut RunStats) {
        self.schedule.observe(facts);
        stats.add(facts, &self.budget, now());
        if self.last_kept.is_none_or(|last| last.elapsed() >= KEEP_INTERVAL) {
            self.last_kept = Some(Instant::now());
            if let Err(error) = self.history.add_sample(&SampleRecord::new(facts, &self.budget, now())) {
                tracing::warn!("a sample is lost: {error}");
            }
        }
    }
}
