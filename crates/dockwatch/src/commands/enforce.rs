//! `dockwatch enforce`: ends containers that are over their limits, or runs a command when a level is reached.

use std::time::{Duration, Instant};

use bollard::query_parameters::KillContainerOptions;
use evenkeel_common::child::Running;
use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::signals::Signals;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};
use tokio::time::MissedTickBehavior;

use crate::api::{inspect, stop};
use crate::cli::EnforceArgs;
use crate::decide::hysteresis::Hysteresis;
use crate::decide::limits::{Decision, EnforceAction, EnforceVerdict, Outcome, Violation, find_violations};
use crate::measure::collector::Collector;
use crate::measure::sample::{Query, SampleMode};
use crate::model::level::{Level, assess};
use crate::output::enforce;

pub(crate) async fn run(args: &EnforceArgs, home: &Home) -> Result<Exit, Error> {
    match args.on_level {
        Some(level) => run_on_level(args, level, home).await,
        None => enforce_once(args, home).await,
    }
}

async fn enforce_once(args: &EnforceArgs, home: &Home) -> Result<Exit, Error> {
    let scope = args.scope.scope();
    if scope.is_everything() {
        return Err(Error::usage("enforce limits", "no scope is given")
            .hint("select the containers that may be ended: --label KEY=VALUE or --project NAME"));
    }
    let mut collector =
        Collector::new(args.engines.docker_args(), scope, home, SampleMode::ONCE_WITHOUT_CPU)?;
    let facts = collector.collect(Query::EngineAndKernel).await?;
    facts.require_healthy()?;
    let mut done = Vec::new();
    for violation in find_violations(&facts, &args.budget.budget(&args.scope.scope())) {
        let outcome = act(&collector, &violation, args.action()).await;
        done.push((violation, outcome));
    }
    if args.json {
        print_json(&enforce::json(&done, args.action(), now()))?;
    } else {
        print(&enforce::text(&done))?;
    }
    Ok(match EnforceVerdict::of(done.iter().map(|(_, outcome)| outcome)) {
        EnforceVerdict::Within => Exit::Done,
        EnforceVerdict::Over => Exit::No,
        EnforceVerdict::Failed => Exit::Partial,
    })
}

async fn act(collector: &Collector, violation: &Violation<'_>, action: EnforceAction) -> Outcome {
    if violation.decision == Decision::Spare {
        return Outcome::Spared;
    }
    let Some(engine) = collector.engine(&violation.container.engine) else {
        return Outcome::Failed("its engine is not reachable any more".into());
    };
    let id = &violation.container.summary.id;
    let ended = match action {
        EnforceAction::DryRun => return Outcome::WouldEnd,
        EnforceAction::Stop(grace) => stop_running(engine, id, grace).await,
        EnforceAction::Kill => kill(engine, id).await,
    };
    match ended {
        Ok(outcome) => outcome,
        // It is not running any more: 304 answers a stop, 409 a kill.
        Err(CallError::Status { code: 304 | 404 | 409, .. }) => Outcome::Gone,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

async fn stop_running(engine: &Engine, id: &str, grace: Duration) -> Result<Outcome, CallError> {
    if !is_running(engine, id).await? {
        return Ok(Outcome::Gone);
    }
    stop::stop(engine, id, grace).await?;
    Ok(Outcome::Stopped)
}

async fn kill(engine: &Engine, id: &str) -> Result<Outcome, CallError> {
    if !is_running(engine, id).await? {
        return Ok(Outcome::Gone);
    }
    engine.call(engine.docker.kill_container(id, None::<KillContainerOptions>)).await?;
    Ok(Outcome::Killed)
}

/// Asks once more before the container is ended: it may have ended since it was measured.
async fn is_running(engine: &Engine, id: &str) -> Result<bool, CallError> {
    Ok(inspect::fetch(engine, id, engine.call_timeout).await?.is_running())
}

/// Runs the command each time the level rises to `threshold` or above, until a signal.
async fn run_on_level(args: &EnforceArgs, threshold: Level, home: &Home) -> Result<Exit, Error> {
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ESSENTIAL)?;
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    collector.collect(Query::EngineAndKernel).await?.require_healthy()?;
    // Starts below every threshold, so that a level that is reached already counts.
    let mut level = Hysteresis::new(Level::Safe);
    let mut ticks = tokio::time::interval(args.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            signal = signals.next() => return Ok(Exit::Signal(signal.number())),
        }
        let facts = collector.collect(Query::EngineAndKernel).await?;
        let assessment = assess(&facts.usage(), &args.budget.budget(&args.scope.scope()));
        let previous = level.level();
        level.update(assessment.level, Instant::now());
        if previous < threshold && level.level() >= threshold {
            let reasons = assessment.reasons().join(", ");
            super::report_message(&format!("{}: {reasons}", level.level().name()));
            let exit = Running::start(&args.command)?.wait().await?;
            if exit.code() != 0 {
                super::report_message(&format!("the command ended with exit code {}", exit.code()));
            }
        }
    }
}
