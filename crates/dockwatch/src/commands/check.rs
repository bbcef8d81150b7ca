//! `dockwatch check`: whether a run fits.

use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::CheckArgs;
use crate::decide::fits::{self, CurrentUse, FitVerdict, RunNeeds};
use crate::history::predict::Prediction;
use crate::history::store::History;
use crate::measure::collector::Collector;
use crate::measure::sample::{Query, SampleMode};
use crate::model::level::assess;
use crate::output::check::{CheckReport, NeedBasis};

/// Time between two samples while waiting.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

pub(crate) async fn run(args: &CheckArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let prediction = match &args.category {
        Some(category) => History::open(home)?.predict(category)?,
        None => None,
    };
    let needs = needs(args, prediction.as_ref());
    let budget = args.budget.budget(&args.scope.scope());
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ONCE_WITHOUT_CPU)?;
    loop {
        let facts = collector.collect(Query::EngineAndKernel).await?;
        let current = CurrentUse::new(&facts);
        let assessment = assess(&current.usage, &budget);
        let verdict = fits::decide(&needs, &current, &budget, &assessment, args.fail_on);
        let left = args.wait.unwrap_or_default().saturating_sub(start.elapsed());
        if verdict != FitVerdict::Fits && !left.is_zero() {
            tokio::time::sleep(left.min(RETRY_INTERVAL)).await;
            continue;
        }
        collector.save_cache(home);
        let report = CheckReport {
            at: now(),
            verdict: &verdict,
            level: assessment.known_level(),
            needs,
            need_basis: need_basis(args, prediction.as_ref()),
            need_runs: prediction.as_ref().map(|found| found.runs),
            current: &current,
            budget,
            waited: start.elapsed(),
        };
        if args.json {
            print_json(&report.json())?;
        } else {
            facts.require_healthy()?;
            print(&report.text())?;
        }
        return Ok(exit(&verdict));
    }
}

/// The flag `--need` overrides the predicted memory.
fn needs(args: &CheckArgs, prediction: Option<&Prediction>) -> RunNeeds {
    RunNeeds {
        memory_bytes: args.need.or(prediction.map(|found| found.peak.memory_bytes)),
        containers: prediction.map(|found| found.peak.containers),
        disk_bytes: args.need_disk,
    }
}

fn need_basis(args: &CheckArgs, prediction: Option<&Prediction>) -> Option<NeedBasis> {
    let predicted = prediction.map(|found| NeedBasis::Prediction(found.basis));
    if args.need.is_some() { Some(NeedBasis::Flag) } else { predicted }
}

const fn exit(verdict: &FitVerdict) -> Exit {
    match verdict {
        FitVerdict::Fits => Exit::Done,
        FitVerdict::DoesNotFit(_) => Exit::No,
        FitVerdict::Unknown(_) => Exit::Failed,
        FitVerdict::Unavailable(_) => Exit::Unavailable,
    }
}
