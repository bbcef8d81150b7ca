//! `dockprune`: decides what is removed, and removes it, writes it to a plan or only says so.

use std::path::Path;
use std::time::Instant;

use evenkeel_common::docker::Engine;
use evenkeel_common::state::Home;
use evenkeel_common::state::journal::{Durability, Journal};
use evenkeel_common::{Error, Exit, now, print, print_json};

use super::prune_run::PruneRun;
use super::shared::{address_pool, colour, warn};
use crate::cli::Cli;
use crate::edges::deadline::{Deadline, StopReason};
use crate::edges::locks::Locks;
use crate::edges::plan_file;
use crate::edges::remove::Remover;
use crate::model::policy::Policy;
use crate::output::log_json::LineJson;
use crate::output::report_json::{ReportJson, Verdict};
use crate::output::text;

pub(super) async fn prune(
    cli: &Cli,
    engine: &Engine,
    policy: Policy,
    deadline: &Deadline,
) -> Result<Exit, Error> {
    let started = Instant::now();
    let mut run = gather(cli, engine, policy, deadline).await?;
    if let Some(path) = &cli.plan {
        plan_file::write(path, &engine.host, now(), &run.planned())?;
    } else if !cli.dry_run {
        run.remove(&Remover { engine, deadline, grace: cli.grace }).await;
    }
    let mut report = run.report(&engine.host);
    let pool = address_pool(engine, run.listing(), report.networks_removed()).await;
    report.address_pool = pool.map(Into::into);
    report.dry_run = cli.dry_run || cli.plan.is_some();
    report.conclude();
    report.elapsed_ms = started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    warn(run.listing(), pool);
    if !(cli.quiet_if_nothing && report.verdict == Verdict::Nothing) {
        if cli.json { print_json(&report)? } else { print(&text::report(&report, colour()))? }
    }
    if let Some(path) = &cli.log_file {
        log(path, &report)?;
    }
    Ok(exit(&report, deadline))
}

/// Reads the facts and decides, before the deadline.
async fn gather(cli: &Cli, engine: &Engine, policy: Policy, deadline: &Deadline) -> Result<PruneRun, Error> {
    let locks = if cli.ignore_locks { None } else { Some(Locks::new(&Home::from_env()?, &engine.host)?) };
    let gathering = Box::pin(PruneRun::gather(engine, policy, locks));
    tokio::time::timeout_at(deadline.at(), gathering).await.map_err(|_| {
        Error::unavailable("decide what to remove", StopReason::Deadline.text())
            .hint("allow more time with --deadline")
    })?
}

fn exit(report: &ReportJson, deadline: &Deadline) -> Exit {
    match (deadline.stop_reason(), report.verdict) {
        (Some(StopReason::Signal(signal)), _) => Exit::Signal(signal),
        (_, Verdict::Partial) => Exit::Partial,
        (_, Verdict::OverCap) => Exit::No,
        (_, Verdict::Nothing | Verdict::Removed | Verdict::WouldRemove) => Exit::Done,
    }
}

/// Size at which the log is rotated: it holds about ten thousand runs.
const LOG_BYTES: u64 = 8 << 20;

fn log(path: &Path, report: &ReportJson) -> Result<(), Error> {
    Journal::new(path, LOG_BYTES).append(&LineJson::from(report), Durability::Cached)
}
