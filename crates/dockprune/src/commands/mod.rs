//! The commands, each from its arguments to an exit code.

mod orphans;
mod prune;
mod prune_run;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::time::Duration;

use evenkeel_common::docker::{DockerArgs, Engine};
use evenkeel_common::{Error, Exit};

use crate::cli::Cli;
use crate::decide;
use crate::decide::address_pool::{self, AddressPool};
use crate::edges::deadline::Deadline;
use crate::edges::engine::{self, Listing};
use crate::edges::plan_file;
use crate::model::policy::{Live, Policy, Scope, Times};
use crate::model::resource::Kind;
use crate::output::report_json::UnreachedJson;
use crate::output::text::Colour;

/// Runs the tool.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
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
    if cli.orphans {
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
    let engine = Engine::connect(&first).await?;
    Ok(Engine { call_timeout, ..engine })
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
        // A container in a plan was running when the plan was made, or it has changed and stays.
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
        return plan_file::read(path).map(Scope::Planned);
    }
    let matching =
        Scope::Matching { labels: cli.labels.clone(), project: cli.project.clone(), name: cli.name.clone() };
    let unlimited = cli.labels.is_empty() && cli.project.is_none() && cli.name.is_none();
    Ok(if cli.orphans && unlimited { Scope::Everything } else { matching })
}

fn kinds(cli: &Cli, scope: &Scope) -> BTreeSet<Kind> {
    if cli.orphans {
        return decide::orphans::KINDS.into();
    }
    let mut kinds = BTreeSet::from([Kind::Container, Kind::Network]);
    kinds.extend(cli.volumes.then_some(Kind::Volume));
    kinds.extend(cli.images.then_some(Kind::Image));
    if let Scope::Planned(plan) = scope {
        kinds.extend(plan.iter().map(|planned| planned.kind));
    }
    kinds
}

/// Lists resources. Where the containers cannot be listed, nothing can be decided.
async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, Error> {
    Box::pin(engine::list(engine, kinds)).await.map_err(|e| e.into_error("list the containers"))
}

/// How many more networks fit, after some were removed; `None` where networks were not listed.
async fn address_pool(engine: &Engine, listing: &Listing, removed: u64) -> Option<AddressPool> {
    if listing.error_of(Kind::Network).is_some() {
        return None;
    }
    let less = |pool: AddressPool| AddressPool { used: pool.used.saturating_sub(removed), ..pool };
    let pool = less(address_pool::count(&listing.resources, &[]));
    // Only an engine that looks full is worth another call: it may be configured with more addresses.
    if !pool.is_nearly_full() {
        return Some(pool);
    }
    Some(less(address_pool::count(&listing.resources, &engine::address_ranges(engine).await)))
}

/// Warns on stderr of what makes the result incomplete, and of an address pool that is nearly full.
fn warn(listing: &Listing, pool: Option<AddressPool>) {
    let mut stderr = std::io::stderr();
    // A closed stderr leaves nobody to warn; the report says the same.
    for (kind, error) in &listing.unreached {
        let _ = writeln!(stderr, "dockprune: warning: the engine did not list the {}s: {error}", kind.name());
    }
    if let Some(AddressPool { used, room }) = pool.filter(|pool| pool.is_nearly_full()) {
        let _ = writeln!(
            stderr,
            "dockprune: warning: {used} bridge networks, and the engine has addresses for {room}\n\
             hint: 'dockprune --orphans' lists those that nobody needs"
        );
    }
}

fn unreached(listing: &Listing) -> Vec<UnreachedJson> {
    listing.unreached.iter().map(|(kind, error)| UnreachedJson::new(*kind, error)).collect()
}

fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !unwanted { Colour::On } else { Colour::Off }
}
