//! `dockprune.report/1`, apart from the types that the tool works with.

use std::collections::BTreeMap;

use evenkeel_common::docker::CallError;
use evenkeel_common::{Timestamp, VERSION, to_milliseconds};
use serde::Serialize;

use super::place_json::PlaceJson;
use crate::decide::address_pool::AddressPool;
use crate::decide::age;
use crate::decide::rule::{Decision, Rule};
use crate::edges::remove::{Done, Outcome};
use crate::model::policy::Planned;
use crate::model::resource::{Kind, Resource, State};

/// `dockprune.report/1`.
#[derive(Debug, Serialize)]
pub(crate) struct ReportJson {
    schema: &'static str,
    tool_version: &'static str,
    /// When the decisions were made.
    pub(crate) at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) host: String,
    /// Whether nothing was to be removed.
    pub(crate) dry_run: bool,
    pub(crate) elapsed_ms: u64,
    /// `null` where no one age limit holds for the whole scope.
    pub(crate) older_than_s: Option<u64>,
    pub(crate) created_older_than_s: Option<u64>,
    pub(crate) max_containers: Option<usize>,
    pub(crate) over_cap: usize,
    /// Sizes of the removed images and of the build cache.
    pub(crate) bytes_freed: u64,
    pub(crate) counts: Counts,
    pub(crate) environments: Vec<EnvironmentJson>,
    pub(crate) address_pool: Option<AddressPoolJson>,
    /// Kinds that could not be listed.
    pub(crate) unreached: Vec<UnreachedJson>,
    pub(crate) items: Vec<ItemJson>,
    #[serde(flatten)]
    pub(crate) place: PlaceJson,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Nothing,
    Removed,
    WouldRemove,
    OverCap,
    Partial,
}

/// How many items had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) in_scope: usize,
    pub(crate) removed: usize,
    pub(crate) gone: usize,
    pub(crate) planned: usize,
    pub(crate) kept: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    pub(crate) not_reached: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct AddressPoolJson {
    bridge_networks: u64,
    room: u64,
}

impl From<AddressPool> for AddressPoolJson {
    fn from(pool: AddressPool) -> Self {
        Self { bridge_networks: pool.used, room: pool.room }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct EnvironmentJson {
    pub(crate) name: String,
    /// Whether somebody else held it.
    pub(crate) held: bool,
    pub(crate) holder: Option<String>,
}

/// One kind that could not be listed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UnreachedJson {
    kind: Kind,
    error: String,
}

/// What was decided about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Remove,
    Keep,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemOutcome {
    Removed,
    /// Removed by somebody else.
    Gone,
    Planned,
    /// Kept, by decision or because the engine refused.
    Kept,
    Failed,
    /// Removed or not: the engine did not answer.
    Unknown,
    NotReached,
}

impl ItemOutcome {
    /// Whether it was to be removed and may still be there.
    pub(crate) const fn is_left(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown | Self::NotReached)
    }
}

/// One resource in scope.
#[derive(Debug, Serialize)]
pub(crate) struct ItemJson {
    pub(crate) kind: Kind,
    /// Of a volume, its name.
    pub(crate) id: String,
    pub(crate) name: String,
    action: Action,
    rule: Rule,
    pub(crate) reason: String,
    pub(crate) outcome: ItemOutcome,
    /// Why it did not become what was decided.
    pub(crate) error: Option<String>,
    state: Option<State>,
    labels: BTreeMap<String, String>,
    /// Environments whose locks guard it.
    pub(crate) environments: Vec<String>,
    created_at: Option<Timestamp>,
    active_at: Option<Timestamp>,
    /// Its age is at least this.
    pub(crate) age_s: Option<u64>,
    bytes: Option<u64>,
    /// Time its removal took.
    ms: Option<u64>,
}

impl ReportJson {
    /// A report without items yet.
    pub(crate) fn new(host: String, at: Timestamp) -> Self {
        Self {
            schema: "dockprune.report/1",
            tool_version: VERSION,
            at: to_milliseconds(at),
            verdict: Verdict::Nothing,
            host,
            dry_run: false,
            elapsed_ms: 0,
            older_than_s: None,
            created_older_than_s: None,
            max_containers: None,
            over_cap: 0,
            bytes_freed: 0,
            counts: Counts::default(),
            environments: Vec::new(),
            address_pool: None,
            unreached: Vec::new(),
            items: Vec::new(),
            place: PlaceJson::default(),
        }
    }

    /// Containers in scope that are not known to be gone.
    pub(crate) fn containers_left(&self) -> usize {
        use ItemOutcome::{Gone, Planned, Removed};
        let left = |item: &&ItemJson| !matches!(item.outcome, Removed | Gone | Planned);
        self.items.iter().filter(|item| item.kind == Kind::Container).filter(left).count()
    }

    /// Networks that this run removed.
    pub(crate) fn networks_removed(&self) -> u64 {
        let removed = |item: &&ItemJson| item.kind == Kind::Network && item.outcome == ItemOutcome::Removed;
        self.items.iter().filter(removed).count() as u64
    }

    /// Adds an item and counts it.
    pub(crate) fn push(&mut self, item: ItemJson) {
        self.counts.in_scope += 1;
        *self.counts.of(item.outcome) += 1;
        if item.outcome == ItemOutcome::Removed {
            self.bytes_freed += item.bytes.unwrap_or(0);
        }
        self.items.push(item);
    }

    /// Sets the verdict, once all else is known.
    pub(crate) fn conclude(&mut self) {
        let counts = self.counts;
        self.verdict = if counts.left() > 0 || !self.unreached.is_empty() {
            Verdict::Partial
        } else if self.over_cap > 0 {
            Verdict::OverCap
        } else if counts.planned > 0 {
            Verdict::WouldRemove
        } else if counts.removed + counts.gone > 0 {
            Verdict::Removed
        } else {
            Verdict::Nothing
        };
    }
}

impl Counts {
    const fn of(&mut self, outcome: ItemOutcome) -> &mut usize {
        match outcome {
            ItemOutcome::Removed => &mut self.removed,
            ItemOutcome::Gone => &mut self.gone,
            ItemOutcome::Planned => &mut self.planned,
            ItemOutcome::Kept => &mut self.kept,
            ItemOutcome::Failed => &mut self.failed,
            ItemOutcome::Unknown => &mut self.unknown,
            ItemOutcome::NotReached => &mut self.not_reached,
        }
    }

    /// What was to be removed and may still be there.
    const fn left(&self) -> usize {
        self.failed + self.unknown + self.not_reached
    }
}

impl UnreachedJson {
    pub(crate) fn new(kind: Kind, error: &CallError) -> Self {
        Self { kind, error: error.to_string() }
    }
}

impl ItemJson {
    /// Something that was planned and is not there any more.
    pub(crate) fn gone(planned: &Planned) -> Self {
        Self {
            kind: planned.kind,
            id: planned.id.clone(),
            name: planned.name.clone(),
            action: Action::Remove,
            rule: Rule::InPlan,
            reason: "in the plan".into(),
            outcome: ItemOutcome::Gone,
            error: None,
            state: None,
            labels: planned.labels.clone(),
            environments: planned.environments.clone(),
            created_at: planned.created.exact(),
            active_at: planned.active.exact(),
            age_s: None,
            bytes: None,
            ms: None,
        }
    }

    /// A resource, what was decided about it, and what became of it if anything was tried.
    pub(crate) fn new(resource: &Resource, decision: &Decision, done: Option<&Done>, now: Timestamp) -> Self {
        let (outcome, error) = outcome(decision, done);
        Self {
            kind: resource.kind(),
            id: resource.id.clone(),
            name: resource.name.clone(),
            action: if decision.rule.removes() { Action::Remove } else { Action::Keep },
            rule: decision.rule,
            reason: decision.reason.clone(),
            outcome,
            error,
            state: resource.container().map(|container| container.state),
            labels: resource.labels.clone(),
            environments: Vec::new(),
            created_at: resource.created.exact(),
            active_at: resource.active.exact(),
            age_s: age::whole_seconds(resource, now),
            bytes: resource.size_bytes(),
            ms: done.map(|done| done.took.as_millis().try_into().unwrap_or(u64::MAX)),
        }
    }
}

fn outcome(decision: &Decision, done: Option<&Done>) -> (ItemOutcome, Option<String>) {
    match done.map(|done| &done.outcome) {
        None if decision.rule.removes() => (ItemOutcome::Planned, None),
        None => (ItemOutcome::Kept, None),
        Some(Outcome::Removed) => (ItemOutcome::Removed, None),
        Some(Outcome::Gone) => (ItemOutcome::Gone, None),
        Some(Outcome::Kept(cause)) => (ItemOutcome::Kept, Some(cause.clone())),
        Some(Outcome::Failed(cause)) => (ItemOutcome::Failed, Some(cause.clone())),
        Some(Outcome::Unknown(cause)) => (ItemOutcome::Unknown, Some(cause.clone())),
        Some(Outcome::NotReached(cause)) => (ItemOutcome::NotReached, Some(cause.clone())),
    }
}
