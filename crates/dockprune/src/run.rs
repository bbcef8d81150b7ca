//! From arguments to an exit code: the only place where all the parts meet.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::docker::{DockerArgs, Engine};
use evenkeel_common::journal::{Durability, Journal};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, Timestamp, print, print_json};

use crate::cli::Cli;
use crate::facts::Kind;
use crate::locks::Locks;
use crate::pruning::{self, Pruning};
use crate::remove::Remover;
use crate::report::log::Line;
use crate::report::orphans::{Orphan, Orphans};
use crate::report::{AddressPool, Report, Unreached};
use crate::scope::{Live, Policy, Scope, Times};
use crate::watch::{End, Watch};
use crate::words::{self, Colour};
use crate::{docker, orphans, plan};

/// Runs the tool.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed("start", e))?;
    let outcome = runtime.block_on(async {
        let watch = Watch::new(cli.deadline);
        tokio::select! {
            exit = Box::pin(story(cli, &watch)) => exit,
            signal = watch.signals() => Ok(Exit::Signal(signal)),
        }
    });
    // A connection that hangs must not hold up the end.
    runtime.shutdown_background();
    outcome
}

async fn story(cli: &Cli, watch: &Watch) -> Result<Exit, Error> {
    let policy = policy(cli)?;
    let engine = connect(cli).await?;
    if cli.orphans {
        list_orphans(cli, &engine, policy).await
    } else {
        prune(cli, &engine, policy, watch).await
    }
}

async fn prune(cli: &Cli, engine: &Engine, policy: Policy, watch: &Watch) -> Result<Exit, Error> {
    let begun = Instant::now();
    let locks = if cli.ignore_locks { None } else { Some(Locks::new(&Home::from_env()?)?) };
    let gathering =
        tokio::time::timeout_at(watch.deadline(), Box::pin(Pruning::gather(engine, policy, locks)));
    let mut pruning = gathering.await.map_err(|_| {
        Error::unavailable("decide what goes", "the deadline struck first")
            .hint("allow more time with --deadline")
    })??;
    if let Some(path) = &cli.plan {
        plan::write(path, &engine.host, evenkeel_common::now(), &pruning.planned())?;
    } else if !cli.dry_run {
        pruning.act(&Remover { engine, watch, grace: cli.grace }).await;
    }
    let mut report = pruning.report(engine).await;
    report.dry_run = cli.dry_run || cli.plan.is_some();
    report.verdict = verdict(&report);
    report.elapsed_ms = begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    warn(&report.unreached, report.address_pool);
    if !(cli.quiet_if_nothing && report.verdict == "nothing") {
        if cli.json { print_json(&report)? } else { print(&words::explain(&report, colour()))? }
    }
    if let Some(path) = &cli.log_file {
        log(path, &report)?;
    }
    Ok(exit(&report, watch))
}

async fn list_orphans(cli: &Cli, engine: &Engine, mut policy: Policy) -> Result<Exit, Error> {
    let listing = pruning::list(engine, &policy.kinds).await?;
    let mut locks = Locks::new(&Home::from_env()?)?;
    locks.probe(&orphans::environments(&listing.objects)).await?;
    policy.busy = locks.busy;
    let now = Timestamp::now();
    let found = orphans::find(&listing.objects, &policy, now);
    let mut found: Vec<_> = found.iter().map(|(&place, found)| (&listing.objects[place], found)).collect();
    found.sort_by_key(|(object, _)| object.order());
    let items = found.into_iter().map(|(object, found)| Orphan::new(object, &found.reason, now)).collect();
    let mut report = Orphans::new(engine.host.clone(), now, items);
    report.unreached = listing.unreached.iter().map(Unreached::from).collect();
    report.address_pool = docker::address_pool(engine, &listing, 0).await.map(Into::into);
    warn(&report.unreached, report.address_pool);
    let nothing = report.items.is_empty();
    if !(cli.quiet_if_nothing && nothing) {
        if cli.json { print_json(&report)? } else { print(&words::orphans(&report, colour()))? }
    }
    Ok(match (report.unreached.is_empty(), nothing) {
        (false, _) => Exit::Partial,
        (true, false) => Exit::No,
        (true, true) => Exit::Done,
    })
}

/// Longest wait for the first answer: an engine that hangs should be known as such at once.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

/// Connects. No single answer may take so much of the deadline that the rest could not be told about.
async fn connect(cli: &Cli) -> Result<Engine, Error> {
    let call_timeout = cli.docker.call_timeout.min(cli.deadline / 3);
    let first = DockerArgs { call_timeout: call_timeout.min(FIRST_ANSWER), ..cli.docker.clone() };
    let mut engine = Engine::connect(&first).await?;
    engine.call_timeout = call_timeout;
    Ok(engine)
}

/// Age limit unless one is given.
const OLDER_THAN: Duration = Duration::from_hours(1);

fn policy(cli: &Cli) -> Result<Policy, Error> {
    let scope = scope(cli)?;
    let older_than = cli.older_than.unwrap_or(if cli.orphans { Duration::ZERO } else { OLDER_THAN });
    let exact = cli.plan.is_some() || scope.is_plan();
    Ok(Policy {
        kinds: kinds(cli, &scope),
        older_than,
        created_older_than: cli.created_older_than.unwrap_or(older_than),
        // What a plan names has been seen to run, or it has changed and stays.
        live: if cli.include_running || scope.is_plan() { Live::Remove } else { Live::Keep },
        max_containers: cli.max_containers,
        keep: cli.keep.clone(),
        times: if exact { Times::Exact } else { Times::Enough },
        busy: BTreeMap::new(),
        scope,
    })
}

fn scope(cli: &Cli) -> Result<Scope, Error> {
    if let Some(path) = &cli.apply {
        return plan::read(path).map(Scope::Planned);
    }
    let matching =
        Scope::Matching { labels: cli.labels.clone(), project: cli.project.clone(), name: cli.name.clone() };
    let unlimited = cli.labels.is_empty() && cli.project.is_none() && cli.name.is_none();
    Ok(if cli.orphans && unlimited { Scope::Everything } else { matching })
}

fn kinds(cli: &Cli, scope: &Scope) -> BTreeSet<Kind> {
    if cli.orphans {
        return orphans::KINDS.into();
    }
    let mut kinds = BTreeSet::from([Kind::Container, Kind::Network]);
    kinds.extend(cli.volumes.then_some(Kind::Volume));
    kinds.extend(cli.images.then_some(Kind::Image));
    if let Scope::Planned(plan) = scope {
        kinds.extend(plan.iter().map(|planned| planned.kind));
    }
    kinds
}

fn verdict(report: &Report) -> &'static str {
    let counts = report.counts;
    if counts.left() > 0 || !report.unreached.is_empty() {
        "partial"
    } else if report.over_cap > 0 {
        "over_cap"
    } else if counts.planned > 0 {
        "would_remove"
    } else if counts.removed + counts.gone > 0 {
        "removed"
    } else {
        "nothing"
    }
}

fn exit(report: &Report, watch: &Watch) -> Exit {
    match (watch.end(), report.verdict) {
        (Some(End::Signal(signal)), _) => Exit::Signal(signal),
        (_, "partial") => Exit::Partial,
        (_, "over_cap") => Exit::No,
        _ => Exit::Done,
    }
}

/// Largest log before it is rotated: some ten thousand runs.
const LOG_BYTES: u64 = 8 << 20;

fn log(path: &Path, report: &Report) -> Result<(), Error> {
    Journal::new(path, LOG_BYTES).append(&Line::from(report), Durability::Cached)
}

fn warn(unreached: &[Unreached], pool: Option<AddressPool>) {
    let mut stderr = std::io::stderr();
    // A closed stderr leaves nobody to warn; the report says the same.
    for Unreached { kind, error } in unreached {
        let _ = writeln!(stderr, "dockprune: warning: the engine did not list the {kind}s: {error}");
    }
    if let Some(pool) = pool.filter(AddressPool::is_nearly_full) {
        let AddressPool { bridge_networks, room } = pool;
        let _ = writeln!(
            stderr,
            "dockprune: warning: {bridge_networks} bridge networks, and the engine has addresses for {room}\n\
             hint: 'dockprune --orphans' lists those that nobody needs"
        );
    }
}

fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !unwanted { Colour::On } else { Colour::Off }
}
