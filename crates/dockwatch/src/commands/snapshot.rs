//! `dockwatch`: one sample of everything.

use std::time::Instant;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::SnapshotArgs;
use crate::measure::collector::Collector;
use crate::measure::sample::{Query, SampleMode};
use crate::model::level::assess;
use crate::output::{ContainerFilter, snapshot_json, snapshot_text};

pub(crate) async fn run(args: &SnapshotArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let filter = if args.all { ContainerFilter::All } else { ContainerFilter::Live };
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ONCE)?;
    let query = if args.disk { Query::EngineKernelAndDisk } else { Query::EngineAndKernel };
    let facts = collector.collect(query).await?;
    collector.save_cache(home);
    let assessment = assess(&facts.usage(), &args.budget.budget(&args.scope.scope()));
    if args.json {
        print_json(&snapshot_json::snapshot(&facts, &assessment, filter, now(), start.elapsed()))?;
        return Ok(if facts.is_healthy() { Exit::Done } else { Exit::Unavailable });
    }
    if facts.is_reachable() {
        print(&snapshot_text::for_stdout(&snapshot_text::snapshot(&facts, &assessment, filter)))?;
    }
    facts.require_healthy()?;
    Ok(Exit::Done)
}
