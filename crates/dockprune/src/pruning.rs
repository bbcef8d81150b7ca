//! One run over a scope: gather under lock, decide, remove, and keep the record of it.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_common::docker::Engine;
use evenkeel_common::{Error, Timestamp};

use crate::docker::{self, Listing};
use crate::facts::{Kind, Object};
use crate::locks::Locks;
use crate::plan;
use crate::progress::Progress;
use crate::remove::{Done, Remover};
use crate::report::{Environment, Item, Report, Unreached};
use crate::scope::{Planned, Policy, Scope};
use crate::select::{self, Decisions};

/// One run: what it knows, what it decided, what it did.
#[derive(Debug)]
pub struct Pruning {
    policy: Policy,
    listing: Listing,
    locks: Option<Locks>,
    now: Timestamp,
    decisions: Decisions,
    done: BTreeMap<usize, Done>,
}

impl Pruning {
    /// Reads the facts, with the environments in scope locked, and decides.
    ///
    /// Without locks it does not care who holds what.
    pub async fn gather(
        engine: &Engine,
        mut policy: Policy,
        mut locks: Option<Locks>,
    ) -> Result<Self, Error> {
        if let Some(locks) = &mut locks {
            // Usually the scope names the environment, and then one listing is enough.
            locks.try_take(&policy.scope.own_environments()).await?;
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
        let unsettled = select::unsettled(&self.listing.objects, &self.policy, self.now);
        docker::settle(engine, &mut self.listing.objects, unsettled).await;
        self.decisions = select::select(&self.listing.objects, &self.policy, self.now);
    }

    /// Removes what was decided: the containers, then, on facts read afresh, what they used.
    pub async fn act(&mut self, remover: &Remover<'_>) {
        self.remove(remover, Kind::Container).await;
        if self.targets().any(|(_, object)| object.kind() != Kind::Container) {
            self.reconsider(remover).await;
        }
        for kind in [Kind::Network, Kind::Volume, Kind::Image] {
            self.remove(remover, kind).await;
        }
    }

    async fn remove(&mut self, remover: &Remover<'_>, kind: Kind) {
        let targets: Vec<_> = self.targets().filter(|(_, object)| object.kind() == kind).collect();
        let all = self.done.len() + self.targets().count();
        let mut progress = Progress::new();
        let mut outcomes = Vec::new();
        let settled = |place, done| {
            outcomes.push((place, done));
            progress.show(self.done.len() + outcomes.len(), all);
        };
        remover.remove_all(targets, settled).await;
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
        let kinds = self.targets().map(|(_, object)| object.kind()).collect();
        let fresh = Box::pin(docker::list(remover.engine, &kinds)).await;
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

    /// What the run would remove, in the form that a plan keeps.
    pub fn planned(&self) -> Vec<Planned> {
        let targets = self.targets();
        targets
            .filter_map(|(_, object)| plan::planned(object, self.policy.scope.environments(object)))
            .collect()
    }

    /// What was found, decided and done.
    pub async fn report(&self, engine: &Engine) -> Report {
        let mut report = Report::new(engine.host.clone(), self.now);
        if !self.policy.scope.is_plan() {
            report.older_than_s = Some(self.policy.older_than.as_secs());
            report.created_older_than_s = Some(self.policy.created_older_than.as_secs());
        }
        report.max_containers = self.policy.max_containers;
        report.environments = self.locks.as_ref().map(environments).unwrap_or_default();
        report.unreached = self.listing.unreached.iter().map(Unreached::from).collect();
        self.places().for_each(|place| report.push(self.item(place)));
        self.missing().for_each(|planned| report.push(Item::gone(planned)));
        report.over_cap =
            report.containers_left().saturating_sub(self.policy.max_containers.unwrap_or(usize::MAX));
        report.address_pool =
            docker::address_pool(engine, &self.listing, report.networks_removed()).await.map(Into::into);
        report
    }

    /// Places of what is in scope, in the order of the report.
    fn places(&self) -> impl Iterator<Item = usize> {
        let mut places: Vec<usize> = self.decisions.keys().copied().collect();
        places.sort_by_key(|&place| self.listing.objects[place].order());
        places.into_iter()
    }

    fn item(&self, place: usize) -> Item {
        let object = &self.listing.objects[place];
        let environments = self.policy.scope.environments(object);
        Item { environments, ..Item::new(object, &self.decisions[&place], self.done.get(&place), self.now) }
    }

    /// What was planned and is not there any more.
    fn missing(&self) -> impl Iterator<Item = &Planned> {
        let plan = match &self.policy.scope {
            Scope::Planned(plan) => plan.as_slice(),
            _ => &[],
        };
        let listed = |kind| !self.listing.unreached.iter().any(|(unreached, _)| *unreached == kind);
        plan.iter().filter(move |planned| {
            listed(planned.kind) && !self.listing.objects.iter().any(|object| planned.is(object))
        })
    }
}

/// Lists resources; nothing can be decided where the containers are not known.
pub async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, Error> {
    Box::pin(docker::list(engine, kinds)).await.map_err(|e| e.into_error("list the containers"))
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
