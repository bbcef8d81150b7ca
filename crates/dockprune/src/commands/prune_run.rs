//! One run over a scope: gather with locks held, decide, remove, and keep the record of it.

use std::collections::BTreeMap;

use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::terminal::Progress;
use evenkeel_common::{Error, Timestamp};

use super::shared::{list, unreached};
use crate::decide::rule::Decisions;
use crate::decide::select;
use crate::decide::users::Users;
use crate::edges::engine::{self, Listed, Listing};
use crate::edges::locks::Locks;
use crate::edges::plan_file;
use crate::edges::remove::{Done, Remover};
use crate::model::policy::{Planned, Policy, Scope};
use crate::model::resource::{Kind, Resource};
use crate::output::report_json::{EnvironmentJson, ItemJson, ReportJson};

/// What a run knows, what it decided, and what it did.
#[derive(Debug)]
pub(super) struct PruneRun {
    policy: Policy,
    listing: Listing,
    locks: Option<Locks>,
    now: Timestamp,
    decisions: Decisions,
    done: BTreeMap<usize, Done>,
}

impl PruneRun {
    /// Reads the facts, with the environments in scope locked, and decides. Without `locks` nothing is locked, and
    /// the locks of others are ignored.
    pub(super) async fn gather(
        engine: &Engine,
        mut policy: Policy,
        mut locks: Option<Locks>,
    ) -> Result<Self, Error> {
        if let Some(locks) = &mut locks {
            // Usually the scope names the environment, and then one listing is enough.
            locks.try_take(&policy.scope.own_environments()).await?;
        }
        let listing = loop {
            let listing = list(engine, &policy.kinds).await?;
            let environments = select::environments(&listing.resources, &policy);
            let Some(locks) = &mut locks else { break listing };
            // What was read before a lock was taken may have changed until it was.
            if !locks.try_take(&environments).await? {
                break listing;
            }
        };
        policy.busy = locks.as_ref().map(|locks| locks.busy.clone()).unwrap_or_default();
        let now = Timestamp::now();
        let mut run =
            Self { policy, listing, locks, now, decisions: Decisions::new(), done: BTreeMap::new() };
        run.decide(engine).await;
        Ok(run)
    }

    async fn decide(&mut self, engine: &Engine) {
        let coarse = select::needs_inspection(&self.listing.resources, &self.policy, self.now);
        engine::inspect_times(engine, &mut self.listing.resources, coarse).await;
        self.decisions = select::select(&self.listing.resources, &self.policy, self.now);
    }

    pub(super) const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Removes what was decided: the containers, then, after another listing, what they used.
    pub(super) async fn remove(&mut self, remover: &Remover<'_>) {
        let mut progress = Progress::new();
        self.remove_kind(remover, Kind::Container, &mut progress).await;
        if self.targets().any(|(_, resource)| resource.kind() != Kind::Container) {
            self.reconsider(remover).await;
        }
        for kind in [Kind::Network, Kind::Volume, Kind::Image, Kind::BuildCache] {
            self.remove_kind(remover, kind, &mut progress).await;
        }
    }

    async fn remove_kind(&mut self, remover: &Remover<'_>, kind: Kind, progress: &mut Progress) {
        let targets: Vec<_> = self.targets().filter(|(_, resource)| resource.kind() == kind).collect();
        let all = self.done.len() + self.targets().count();
        let mut outcomes = Vec::new();
        let done = |index, done| {
            outcomes.push((index, done));
            progress.show(&format!("removing: {} of {all}", self.done.len() + outcomes.len()));
        };
        remover.remove_all(targets, done).await;
        self.done.extend(outcomes);
    }

    /// What is to be removed and was not tried yet.
    fn targets(&self) -> impl Iterator<Item = (usize, &Resource)> {
        let untried = |index: &usize| !self.done.contains_key(index);
        let removes = self.decisions.iter().filter(|(_, decision)| decision.rule.removes());
        removes.map(|(&index, _)| index).filter(untried).map(|index| (index, &self.listing.resources[index]))
    }

    /// Lists once more, now that the containers are removed, and decides again about what they used.
    async fn reconsider(&mut self, remover: &Remover<'_>) {
        if remover.deadline.stop_reason().is_some() {
            return;
        }
        let fresh = self.list_again(remover.engine).await;
        let now = Timestamp::now();
        let indices: Vec<usize> = self.targets().map(|(index, _)| index).collect();
        let users = Users::new(fresh.as_ref().map_or(&[], |fresh| &fresh.resources));
        let listed = fresh.as_ref().map(Listed::from);
        for index in indices {
            let resource = &mut self.listing.resources[index];
            match listed.as_ref().map_err(|error| *error).and_then(|listed| listed.find(resource)) {
                Err(error) => drop(self.done.insert(index, Done::not_reached(error))),
                Ok(None) => drop(self.done.insert(index, Done::gone())),
                Ok(Some(found)) => {
                    let before = (&*resource, &self.decisions[&index]);
                    let decision = select::reconsider(before, found, &users, &self.policy, now);
                    self.decisions.insert(index, decision);
                    resource.clone_from(found);
                }
            }
        }
    }

    /// Lists the kinds of what is still to be removed, with the times of images, which no listing has.
    async fn list_again(&self, engine: &Engine) -> Result<Listing, CallError> {
        let kinds = self.targets().map(|(_, resource)| resource.kind()).collect();
        let mut fresh = Box::pin(engine::list(engine, &kinds)).await?;
        let mut coarse = select::needs_inspection(&fresh.resources, &self.policy, Timestamp::now());
        coarse.retain(|&index| fresh.resources[index].kind() == Kind::Image);
        engine::inspect_times(engine, &mut fresh.resources, coarse).await;
        Ok(fresh)
    }

    /// What the run would remove, in the form that a plan keeps.
    pub(super) fn planned(&self) -> Vec<Planned> {
        let targets = self.indices().filter(|index| self.decisions[index].rule.removes());
        targets
            .map(|index| &self.listing.resources[index])
            .filter_map(|resource| plan_file::planned(resource, self.policy.scope.environments(resource)))
            .collect()
    }

    /// What was found, decided and done.
    pub(super) fn report(&self, host: &str) -> ReportJson {
        let mut report = ReportJson::new(host.to_owned(), self.now);
        if self.policy.scope.has_age_limit() {
            report.older_than_s = Some(self.policy.older_than.as_secs());
            report.created_older_than_s = Some(self.policy.created_older_than.as_secs());
        }
        report.max_containers = self.policy.max_containers;
        report.environments = self.locks.as_ref().map(environments).unwrap_or_default();
        if let Some(dir) = self.locks.as_ref().map(Locks::dir) {
            report.place = dir.into();
        }
        report.unreached = unreached(&self.listing);
        self.indices().for_each(|index| report.push(self.item(index)));
        self.missing().for_each(|planned| report.push(ItemJson::gone(planned)));
        report.over_cap =
            report.containers_left().saturating_sub(self.policy.max_containers.unwrap_or(usize::MAX));
        report
    }

    /// Indices of what is in scope, in the order of the report.
    fn indices(&self) -> impl Iterator<Item = usize> {
        let mut indices: Vec<usize> = self.decisions.keys().copied().collect();
        indices.sort_by_key(|&index| self.listing.resources[index].sort_key());
        indices.into_iter()
    }

    fn item(&self, index: usize) -> ItemJson {
        let resource = &self.listing.resources[index];
        let mut item = ItemJson::new(resource, &self.decisions[&index], self.done.get(&index), self.now);
        item.environments = self.policy.scope.environments(resource);
        item
    }

    /// What was planned and is not there any more.
    fn missing(&self) -> impl Iterator<Item = &Planned> {
        let plan = match &self.policy.scope {
            Scope::Planned(plan) => plan.as_slice(),
            _ => &[],
        };
        plan.iter().filter(|planned| {
            self.listing.error_of(planned.kind).is_none()
                && !self.listing.resources.iter().any(|resource| planned.is(resource))
        })
    }
}

fn environments(locks: &Locks) -> Vec<EnvironmentJson> {
    let ours = locks.held().map(|name| EnvironmentJson { name: name.clone(), held: false, holder: None });
    let others = locks.busy.iter().map(|(name, holder)| EnvironmentJson {
        name: name.clone(),
        held: true,
        holder: Some(holder.clone()),
    });
    let mut all: Vec<EnvironmentJson> = ours.chain(others).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
