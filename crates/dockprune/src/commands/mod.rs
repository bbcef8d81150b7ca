//! The commands, each from its arguments to an exit code.

mod orphans;
mod prune;
mod prune_run;
mod shared;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::docker::{DockerArgs, Engine, lock_name};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print};

use crate::cli::Cli;
use crate::decide;
use crate::edges::deadline::Deadline;
use crate::edges::{image_uses, plan_file};
use crate::model::policy::{Live, Policy, Scope, Times};
use crate::model::resource::Kind;

/// Runs dockprune with these arguments, to its exit code.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    if let Some(environment) = &cli.lock_name {
        print(&format!("{}\n", lock_name(&cli.docker.host()?, environment)))?;
        return Ok(Exit::Done);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed("start", e))?;
    let outcome = runtime.block_on(async {
        let deadline = Deadline::after(cli.deadline);
        tokio::select! {
            exit = Box::pin(command(cli, &deadline)) => exit,
            signal = deadline.second_signal() => Ok(Exit::Signal(signal)),
        }
    });
    // A connection that hangs must not delay the end.
    runtime.shutdown_background();
    outcome
}

async fn command(cli: &Cli, deadline: &Deadline) -> Result<Exit, Error> {
    let policy = policy(cli)?;
    let engine = connect(cli).await?;
    if cli.verify {
        verify::verify(cli, &engine, &policy).await
    } else if cli.orphans {
        orphans::orphans(cli, &engine, policy).await
    } else {
        prune::prune(cli, &engine, policy, deadline).await
    }
}

/// Longest wait for the first answer: an engine that hangs should be reported at once.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

/// Connects. No single answer may take so much of the deadline that nothing is left to report the rest.
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
    let given = cli.older_than.or(cli.unused_for);
    let older_than = given.unwrap_or(if cli.orphans { Duration::ZERO } else { OLDER_THAN });
    let exact = cli.plan.is_some() || scope.decides_itself();
    Ok(Policy {
        kinds: kinds(cli, &scope),
        older_than,
        created_older_than: cli.created_older_than.unwrap_or(older_than),
        // A running container of a plan was running when the plan was made; otherwise it has changed, and stays.
        live: if cli.include_running || scope.decides_itself() { Live::Remove } else { Live::Keep },
        max_containers: cli.max_containers,
        keep: cli.keep.clone(),
        times: if exact { Times::Exact } else { Times::Enough },
        busy: BTreeMap::new(),
        scope,
    })
}

fn scope(cli: &Cli) -> Result<Scope, Error> {
    if let Some(path) = &cli.apply {
        return plan_file::read(path).map(Scope::Planned);
    }
    if cli.build_cache {
        return Ok(Scope::BuildCache { keep_bytes: cli.keep_storage });
    }
    if cli.testcontainers {
        return Ok(Scope::Testcontainers);
    }
    let matching =
        Scope::Matching { labels: cli.labels.clone(), project: cli.project.clone(), name: cli.name.clone() };
    let unlimited = cli.labels.is_empty() && cli.project.is_none() && cli.name.is_none();
    let widest = cli.orphans || cli.expired || cli.unused_for.is_some();
    let scope = if widest && unlimited { Scope::Everything } else { matching };
    Ok(match cli.unused_for {
        Some(_) => Scope::Unused {
            within: Box::new(scope),
            uses: image_uses::read(&Home::from_env()?, &cli.docker.host()?)?,
        },
        None if cli.expired => Scope::Expiring(Box::new(scope)),
        None => scope,
    })
}

fn kinds(cli: &Cli, scope: &Scope) -> BTreeSet<Kind> {
    if cli.verify {
        return decide::leftovers::KINDS.into();
    }
    if cli.orphans {
        return decide::orphans::KINDS.into();
    }
    match scope {
        Scope::Expiring(_) | Scope::Testcontainers => {
            return BTreeSet::from([Kind::Container, Kind::Network, Kind::Volume, Kind::Image]);
        }
        Scope::BuildCache { .. } => return BTreeSet::from([Kind::BuildCache]),
        Scope::Unused { .. } => return BTreeSet::from([Kind::Image]),
        Scope::Everything | Scope::Matching { .. } | Scope::Planned(_) => {}
    }
    let mut kinds = BTreeSet::from([Kind::Container, Kind::Network]);
    kinds.extend(cli.volumes.then_some(Kind::Volume));
    kinds.extend(cli.images.then_some(Kind::Image));
    if let Scope::Planned(plan) = scope {
        kinds.extend(plan.iter().map(|planned| planned.kind));
    }
    kinds
}
