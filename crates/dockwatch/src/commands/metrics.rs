//! `dockwatch metrics`: figures for Prometheus.

use std::time::Instant;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, files, print};

use crate::cli::MetricsArgs;
use crate::measure::collector::Collector;
use crate::measure::sample::{Query, SampleMode};
use crate::model::level::assess;
use crate::output::prometheus;

pub(crate) async fn run(args: &MetricsArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ONCE_WITHOUT_CPU)?;
    let facts = collector.collect(Query::EngineAndKernel).await?;
    collector.save_cache(home);
    let assessment = assess(&facts.usage(), &args.budget.budget(&args.scope.scope()));
    let text = prometheus::render(&facts, &assessment, start.elapsed());
    match &args.textfile {
        Some(path) => files::replace(path, &text)?,
        None => print(&text)?,
    }
    facts.require_healthy()?;
    Ok(Exit::Done)
}
