//! Gather, lock, decide, remove, report: the only place where these meet.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use drydock_common::docker::{DockerArgs, Engine};
use drydock_common::state::Home;
use drydock_common::{Error, Exit, Timestamp, print, print_json};

use crate::cli::Cli;
use crate::docker::{self, Listing};
use crate::facts::{Kind, Object};
use crate::locks::Locks;
use crate::remove::{Done, Remover};
use crate::report::{Environment, Item, Report, Unreached};
use crate::select::{self, Decisions, Live, Policy, Scope};
use crate::watch::{End, Watch};
use crate::words::{self, Colour};

/// Runs the tool.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed("start", e))?;
    runtime.block_on(async {
        let watch = Watch::new(cli.deadline);
        tokio::select! {
            exit = Box::pin(prune(cli, &watch)) => exit,
            signal = watch.signals() => Ok(Exit::Signal(signal)),
        }
    })
}

async fn prune(cli: &Cli, watch: &Watch) -> Result<Exit, Error> {
    let begun = Instant::now();
    let engine = connect(&cli.docker).await?;
    let mut run = Box::pin(Run::gather(cli, &engine)).await?;
    if !cli.dry_run {
        run.act(&Remover { engine: &engine, watch, grace: cli.grace }).await;
    }
    let mut report = run.report(cli, engine.host.clone());
    report.elapsed_ms = begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    show(cli, &report)?;
    Ok(exit(&report, watch))
}

/// Longest wait for the first answer: an engine that hangs should be known as such at once.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

async fn connect(args: &DockerArgs) -> Result<Engine, Error> {
    let first = DockerArgs { call_timeout: args.call_timeout.min(FIRST_ANSWER), ..args.clone() };
    let engine = Engine::connect(&first).await?;
    Ok(Engine { call_timeout: args.call_timeout, ..engine })
}

/// One run: what it knows, what it decided, what it did.
struct Run {
    policy: Policy,
    listing: Listing,
    locks: Option<Locks>,
    now: Timestamp,
    decisions: Decisions,
    done: BTreeMap<usize, Done>,
}

impl Run {
    /// Reads the facts, with the environments in scope locked, and decides.
    async fn gather(cli: &Cli, engine: &Engine) -> Result<Self, Error> {
        let mut policy = policy(cli);
        let mut locks = if cli.ignore_locks { None } else { Some(Locks::new(&Home::from_env()?)?) };
        if let Some(locks) = &mut locks {
            // Usually the scope names the environment, and then one listing is enough.
            locks.try_take(&policy.scope.own_environments().into_iter().collect()).await?;
        }
        let listing = loop {
            let listing = Box::pin(list(engine, &policy.kinds)).await?;
            let environments = select::environments(&listing.objects, &policy);
            let Some(locks) = &mut locks else { break listing };
            // What was read before a lock was taken may have changed until it was.
            if !locks.try_take(&environments).await? {
                break listing;
            }
        };
        policy.busy = locks.as_ref().map(|locks| locks.busy.clone()).unwrap_or_default();
        let mut run = Self {
            policy,
            listing,
            locks,
            now: Timestamp::now(),
            decisions: Decisions::new(),
            done: BTreeMap::new(),
        };
        run.decide(engine).await;
        Ok(run)
    }

    async fn decide(&mut self, engine: &Engine) {
        let unsettled: Vec<usize> =
            select::unsettled(&self.listing.objects, &self.policy, self.now).collect();
        docker::settle(engine, &mut self.listing.objects, unsettled).await;
        self.decisions = select::select(&self.listing.objects, &self.policy, self.now);
    }

    /// Removes what was decided: the containers, then, on facts read afresh, what they used.
    async fn act(&mut self, remover: &Remover<'_>) {
        self.remove(remover, Kind::Container).await;
        if self.targets().any(|(_, object)| object.kind() != Kind::Container) {
            self.reconsider(remover).await;
        }
        for kind in [Kind::Network, Kind::Volume, Kind::Image] {
            self.remove(remover, kind).await;
        }
    }

    async fn remove(&mut self, remover: &Remover<'_>, kind: Kind) {
        let targets = self.targets().filter(|(_, object)| object.kind() == kind).collect();
        let mut outcomes = Vec::new();
        remover.remove_all(targets, |place, done| outcomes.push((place, done))).await;
        self.done.extend(outcomes);
    }

    /// What is to go and was not tried yet.
    fn targets(&self) -> impl Iterator<Item = (usize, &Object)> {
        let untried = |place: &usize| !self.done.contains_key(place);
        let removes = self.decisions.iter().filter(|(_, decision)| decision.rule.removes());
        removes.map(|(&place, _)| place).filter(untried).map(|place| (place, &self.listing.objects[place]))
    }

    /// Reads the facts once more, now that the containers are gone, and thinks again about what they used.
    async fn reconsider(&mut self, remover: &Remover<'_>) {
        if remover.watch.end().is_some() {
            return;
        }
        let fresh = Box::pin(docker::list(remover.engine, &self.policy.kinds)).await;
        let now = Timestamp::now();
        let places: Vec<usize> = self.targets().map(|(place, _)| place).collect();
        for place in places {
            let object = &mut self.listing.objects[place];
            match fresh.as_ref().and_then(|fresh| fresh.find(object)) {
                Err(error) => drop(self.done.insert(place, Done::unreached(error))),
                Ok(None) => drop(self.done.insert(place, Done::gone())),
                Ok(Some(found)) => {
                    let facts = fresh.as_ref().map_or(&[][..], |fresh| &fresh.objects);
                    let decision = select::reconsider(object, found, facts, &self.policy, now);
                    self.decisions.insert(place, decision);
                    object.clone_from(found);
                }
            }
        }
    }

    fn report(&self, cli: &Cli, host: String) -> Report {
        let mut report = Report::new(host, self.now);
        report.dry_run = cli.dry_run;
        report.older_than_s = Some(self.policy.older_than.as_secs());
        report.created_older_than_s = Some(self.policy.created_older_than.as_secs());
        report.max_containers = self.policy.max_containers;
        report.over_cap = select::over_cap(&self.listing.objects, &self.policy, &self.decisions);
        report.environments = self.locks.as_ref().map(environments).unwrap_or_default();
        report.unreached = self
            .listing
            .unreached
            .iter()
            .map(|(kind, error)| Unreached { kind: kind.word(), error: error.to_string() })
            .collect();
        let mut places: Vec<usize> = self.decisions.keys().copied().collect();
        let objects = &self.listing.objects;
        places.sort_by_key(|&place| (objects[place].kind(), &objects[place].name, &objects[place].id));
        for place in places {
            let done = self.done.get(&place);
            let mut item = Item::new(&objects[place], &self.decisions[&place], done, self.now);
            item.environments = self.policy.scope.environments(&objects[place]);
            report.push(item);
        }
        report.verdict = verdict(&report);
        report
    }
}

async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, Error> {
    Box::pin(docker::list(engine, kinds)).await.map_err(|e| e.into_error("list the containers"))
}

fn policy(cli: &Cli) -> Policy {
    let optional = [(Kind::Volume, cli.volumes), (Kind::Image, cli.images)];
    let optional = optional.into_iter().filter(|(_, wanted)| *wanted).map(|(kind, _)| kind);
    Policy {
        scope: Scope::Matching {
            labels: cli.labels.clone(),
            project: cli.project.clone(),
            name: cli.name.clone(),
        },
        kinds: [Kind::Container, Kind::Network].into_iter().chain(optional).collect(),
        older_than: cli.older_than,
        created_older_than: cli.created_older_than.unwrap_or(cli.older_than),
        live: if cli.include_running { Live::Remove } else { Live::Keep },
        max_containers: cli.max_containers,
        keep: cli.keep.clone(),
        busy: BTreeMap::new(),
    }
}

fn environments(locks: &Locks) -> Vec<Environment> {
    let ours = locks.held().map(|name| Environment { name: name.clone(), held: false, holder: None });
    let others = locks.busy.iter().map(|(name, holder)| Environment {
        name: name.clone(),
        held: true,
        holder: Some(holder.clone()),
    });
    let mut all: Vec<Environment> = ours.chain(others).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn verdict(report: &Report) -> &'static str {
    if report.counts.left() > 0 || !report.unreached.is_empty() {
        "partial"
    } else if report.over_cap > 0 {
        "over_cap"
    } else if report.counts.planned > 0 {
        "would_remove"
    } else if report.counts.removed + report.counts.gone > 0 {
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

fn show(cli: &Cli, report: &Report) -> Result<(), Error> {
    for unreached in &report.unreached {
        // A closed stderr leaves nobody to warn; the report says the same.
        let _ = writeln!(
            std::io::stderr(),
            "dockprune: warning: the engine did not list the {}s: {}",
            unreached.kind,
            unreached.error
        );
    }
    if cli.json { print_json(report) } else { print(&words::explain(report, colour())) }
}

fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !unwanted { Colour::On } else { Colour::Off }
}
