//! Measures all engines that are named, as one.

use evenkeel_common::docker::{DockerArgs, Engine};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};
use futures_util::future::join_all;

use crate::cli::{EngineArgs, ScopeArgs};
use crate::measure::cache::Stored;
use crate::measure::sampler::{Ask, Manner, Sample, Sampler};
use crate::model::container::{Answer, Container, Endpoint, EngineFacts, Facts};
use crate::model::scope::Scope;

/// Measures all named engines, once or again and again.
#[derive(Debug)]
pub struct Gatherer {
    targets: Vec<Target>,
    scope: Scope,
}

/// An engine that may be away now and back later.
#[derive(Debug)]
struct Target {
    args: DockerArgs,
    host: String,
    known: Option<Stored>,
    sampler: Option<Sampler>,
    manner: Manner,
}

impl Gatherer {
    /// Prepares to measure; starts from what an earlier run stored.
    pub fn new(engines: &EngineArgs, scope: &ScopeArgs, home: &Home, manner: Manner) -> Result<Self, Error> {
        let target = |args: DockerArgs| {
            let host = args.host()?;
            let known = Some(Stored::load(home, &host));
            Ok(Target { args, host, known, sampler: None, manner })
        };
        let targets = engines.each().into_iter().map(target).collect::<Result<_, Error>>()?;
        Ok(Self { targets, scope: scope.scope() })
    }

    /// Which resources are meant.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Measures all engines at once. Fails only for a host that can never be an engine.
    pub async fn facts(&mut self, ask: Ask) -> Result<Facts, Error> {
        let samples = join_all(self.targets.iter_mut().map(|target| target.sample(ask))).await;
        let mut facts =
            Facts { containers_known: true, networks_known: true, volumes_known: true, ..Facts::default() };
        for sample in samples {
            let sample = sample?;
            facts.vanished +=
                sample.vanished.iter().filter(|labels| self.scope.covers(labels)).count() as u64;
            add(&mut facts, sample);
        }
        facts.containers.sort_by(|a, b| (&a.listed.name, &a.engine).cmp(&(&b.listed.name, &b.engine)));
        facts.networks.sort_by(|a, b| (&a.name, &a.engine).cmp(&(&b.name, &b.engine)));
        facts.volumes.sort_by(|a, b| (&a.name, &a.engine).cmp(&(&b.name, &b.engine)));
        self.scope.narrow(&mut facts);
        let troubles = |c: &Container| Some(format!("{}: {}", c.listed.name, c.trouble.as_ref()?));
        facts.errors = facts.containers.iter().filter_map(troubles).collect();
        Ok(facts)
    }

    /// Engines to listen to; one that is away now is opened anew by the listener.
    pub fn args(&self) -> impl Iterator<Item = &DockerArgs> {
        self.targets.iter().map(|target| &target.args)
    }

    /// Adds what the engines keep on disk, which takes them seconds.
    pub async fn add_disk(&self, facts: &mut Facts) {
        let ask = |engine: &mut EngineFacts| {
            let host = engine.host.clone();
            async move { Some(crate::measure::engine::disk(self.engine(&host)?).await) }
        };
        let answers = join_all(facts.engines.iter_mut().map(ask)).await;
        for (engine, (endpoint, disk)) in
            facts.engines.iter_mut().zip(answers).filter_map(|(e, a)| Some((e, a?)))
        {
            engine.endpoints.push(endpoint);
            engine.disk = disk;
        }
    }

    /// The engine at this host, where it could be reached.
    pub fn engine(&self, host: &str) -> Option<&Engine> {
        self.targets.iter().find(|target| target.host == host)?.sampler.as_ref().map(Sampler::engine)
    }

    /// Leaves to the next run what it should know.
    pub fn store(&self, home: &Home) {
        self.targets.iter().filter_map(|target| target.sampler.as_ref()).for_each(|s| s.stored().store(home));
    }
}

impl Target {
    async fn sample(&mut self, ask: Ask) -> Result<Sample, Error> {
        if self.sampler.is_none() {
            match Engine::open(&self.args) {
                Ok(engine) => {
                    let known = self.known.take().unwrap_or_else(|| Stored::new(&self.host));
                    self.sampler = Some(Sampler::new(engine, known, self.manner));
                }
                Err(error) if error.exit() == Exit::Unavailable => return Ok(absent(&self.host, &error)),
                Err(error) => return Err(error),
            }
        }
        match &mut self.sampler {
            Some(sampler) => Ok(sampler.sample(ask).await),
            None => Ok(Sample::default()),
        }
    }
}

/// What is known of an engine that cannot even be asked.
fn absent(host: &str, error: &Error) -> Sample {
    let answer = Answer::Failed(error.cause().to_owned());
    let endpoints = vec![Endpoint { name: "ping", answer, ms: 0.0 }];
    let engine = EngineFacts { host: host.to_owned(), endpoints, ..EngineFacts::default() };
    Sample { engine, ..Sample::default() }
}

fn add(facts: &mut Facts, sample: Sample) {
    facts.containers_known &= sample.containers.is_some();
    facts.networks_known &= sample.networks.is_some();
    facts.volumes_known &= sample.volumes.is_some();
    facts.engines.push(sample.engine);
    facts.containers.extend(sample.containers.unwrap_or_default());
    facts.networks.extend(sample.networks.unwrap_or_default());
    facts.volumes.extend(sample.volumes.unwrap_or_default());
}
