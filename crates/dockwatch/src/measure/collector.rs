//! Measures all engines of the command line and combines them.

use evenkeel_common::docker::{DockerArgs, Engine};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};
use futures_util::future::join_all;

use crate::measure::cache::EngineCache;
use crate::measure::sample::{Query, Sample, SampleMode};
use crate::measure::sampler::Sampler;
use crate::model::container::Container;
use crate::model::engine::{Endpoint, EndpointState, EngineFacts};
use crate::model::facts::Facts;
use crate::model::scope::Scope;

/// Measures all engines, once or repeatedly.
#[derive(Debug)]
pub(crate) struct Collector {
    targets: Vec<Target>,
    scope: Scope,
}

/// One engine, which may become reachable only later.
#[derive(Debug)]
struct Target {
    args: DockerArgs,
    host: String,
    mode: SampleMode,
    /// Until there is a sampler.
    cache: Option<EngineCache>,
    sampler: Option<Sampler>,
}

impl Collector {
    /// Prepares to measure, from what an earlier invocation cached.
    pub(crate) fn new(
        engines: Vec<DockerArgs>,
        scope: Scope,
        home: &Home,
        mode: SampleMode,
    ) -> Result<Self, Error> {
        let target = |args: DockerArgs| {
            let host = args.host()?;
            let cache = Some(EngineCache::load(home, &host));
            Ok(Target { args, host, mode, cache, sampler: None })
        };
        Ok(Self { targets: engines.into_iter().map(target).collect::<Result<_, Error>>()?, scope })
    }

    pub(crate) const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How to reach each engine.
    pub(crate) fn docker_args(&self) -> impl Iterator<Item = &DockerArgs> {
        self.targets.iter().map(|target| &target.args)
    }

    /// The engine at this host, where it was reachable.
    pub(crate) fn engine(&self, host: &str) -> Option<&Engine> {
        self.targets.iter().find(|target| target.host == host)?.sampler.as_ref().map(Sampler::engine)
    }

    /// The engines that were reachable.
    pub(crate) fn engines(&self) -> impl Iterator<Item = &Engine> {
        self.targets.iter().filter_map(|target| target.sampler.as_ref()).map(Sampler::engine)
    }

    /// Measures all engines concurrently. An engine that does not answer is part of the facts; this fails only for an
    /// unusable host name.
    pub(crate) async fn collect(&mut self, query: Query) -> Result<Facts, Error> {
        let samples = join_all(self.targets.iter_mut().map(|target| target.sample(query))).await;
        let mut facts =
            Facts { containers_known: true, networks_known: true, volumes_known: true, ..Facts::default() };
        for sample in samples {
            let sample = sample?;
            let in_scope = sample.vanished.iter().filter(|labels| self.scope.matches(labels));
            facts.vanished += in_scope.count() as u64;
            add(&mut facts, sample);
        }
        facts.containers.sort_by(|a, b| (&a.summary.name, &a.engine).cmp(&(&b.summary.name, &b.engine)));
        facts.networks.sort_by(|a, b| (&a.name, &a.engine).cmp(&(&b.name, &b.engine)));
        facts.volumes.sort_by(|a, b| (&a.name, &a.engine).cmp(&(&b.name, &b.engine)));
        self.scope.apply(&mut facts);
        let error = |c: &Container| Some(format!("{}: {}", c.summary.name, c.error.as_ref()?));
        let without_cgroups = facts.engines.iter().filter(|engine| engine.info.lacks_cgroups);
        facts.errors = without_cgroups.map(lacks_cgroups).collect();
        facts.errors.extend(facts.containers.iter().filter_map(error));
        Ok(facts)
    }

    /// Saves what the next invocation can continue from.
    pub(crate) fn save_cache(&self, home: &Home) {
        for sampler in self.targets.iter().filter_map(|target| target.sampler.as_ref()) {
            sampler.cache().save(home);
        }
    }
}

impl Target {
    async fn sample(&mut self, query: Query) -> Result<Sample, Error> {
        if self.sampler.is_none() {
            match Engine::open(&self.args) {
                Ok(engine) => {
                    let cache = self.cache.take().unwrap_or_else(|| EngineCache::new(&self.host));
                    self.sampler = Some(Sampler::new(engine, cache, self.mode));
                }
                Err(error) if error.exit() == Exit::Unavailable => {
                    return Ok(unreachable(&self.host, &error));
                }
                Err(error) => return Err(error),
            }
        }
        match &mut self.sampler {
            Some(sampler) => Ok(sampler.sample(query).await),
            None => Ok(Sample::default()),
        }
    }
}

/// The sample of an engine to which there is no connection.
fn unreachable(host: &str, error: &Error) -> Sample {
    let state = EndpointState::Failed { cause: error.cause().into(), hint: error.advice().map(Into::into) };
    let endpoints = vec![Endpoint { name: "ping", state, ms: 0.0 }];
    let engine = EngineFacts { host: host.to_owned(), endpoints, ..EngineFacts::default() };
    Sample { engine, ..Sample::default() }
}

fn lacks_cgroups(engine: &EngineFacts) -> String {
    format!("{}: the engine has no cgroups, so that what its containers use is unknown", engine.host)
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
