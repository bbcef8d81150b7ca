//! What machines read: the wire format, apart from the types we work with.

pub mod log;
pub mod orphans;

use std::collections::BTreeMap;

use evenkeel_common::docker::CallError;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::age::{self, Moment};
use crate::facts::{Detail, Kind, Object};
use crate::pool::Pool;
use crate::remove::{Done, Outcome};
use crate::scope::Planned;
use crate::select::{Decision, Rule};

/// `dockprune.report/1`.
#[derive(Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    tool_version: &'static str,
    /// When the decisions were made.
    pub at: Timestamp,
    /// The outcome in a word.
    pub verdict: &'static str,
    /// The engine.
    pub host: String,
    /// Whether nothing was to be removed.
    pub dry_run: bool,
    /// Time the run took.
    pub elapsed_ms: u64,
    /// Age limit; null under a plan.
    pub older_than_s: Option<u64>,
    /// Age limit of containers that never started; null under a plan.
    pub created_older_than_s: Option<u64>,
    /// The cap.
    pub max_containers: Option<usize>,
    /// Containers above it.
    pub over_cap: usize,
    /// Sizes of the removed images.
    pub bytes_freed: u64,
    /// Items by outcome.
    pub counts: Counts,
    /// Environments in scope.
    pub environments: Vec<Environment>,
    /// Room for networks.
    pub address_pool: Option<AddressPool>,
    /// Kinds that could not be listed.
    pub unreached: Vec<Unreached>,
    /// Everything in scope.
    pub items: Vec<Item>,
}

/// Items by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All.
    pub in_scope: usize,
    /// Removed here.
    pub removed: usize,
    /// Removed by somebody else.
    pub gone: usize,
    /// Would be removed.
    pub planned: usize,
    /// Kept, by decision or because the engine refused.
    pub kept: usize,
    /// Could not be removed.
    pub failed: usize,
    /// Removed or not: no answer.
    pub unknown: usize,
    /// Not tried.
    pub not_reached: usize,
}

/// Room for networks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AddressPool {
    /// Bridge networks beside the engine's own.
    pub bridge_networks: u64,
    /// How many the engine has addresses for.
    pub room: u64,
}

impl AddressPool {
    /// Whether so few are left that it is worth a word.
    pub fn is_nearly_full(&self) -> bool {
        Pool { used: self.bridge_networks, room: self.room }.is_nearly_full()
    }
}

impl From<Pool> for AddressPool {
    fn from(pool: Pool) -> Self {
        Self { bridge_networks: pool.used, room: pool.room }
    }
}

/// One environment in scope.
#[derive(Debug, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Whether somebody else held it.
    pub held: bool,
    /// Who.
    pub holder: Option<String>,
}

/// One kind that could not be listed.
#[derive(Clone, Debug, Serialize)]
pub struct Unreached {
    /// The kind.
    pub kind: &'static str,
    /// Why.
    pub error: String,
}

/// One resource in scope.
#[derive(Debug, Serialize)]
pub struct Item {
    /// Its kind.
    pub kind: &'static str,
    /// Its ID; of a volume, its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was decided: remove or keep.
    pub action: &'static str,
    /// By which rule.
    pub rule: &'static str,
    /// The same in words.
    pub reason: String,
    /// What became of it.
    pub outcome: &'static str,
    /// Why it did not become what was decided.
    pub error: Option<String>,
    /// A container's state.
    pub state: Option<&'static str>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Environments whose locks guard it.
    pub environments: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last ended or began.
    pub active_at: Option<Timestamp>,
    /// Its age, at least.
    pub age_s: Option<u64>,
    /// An image's size.
    pub bytes: Option<u64>,
    /// Time its removal took.
    pub ms: Option<u64>,
}

impl Report {
    /// An empty report.
    pub fn new(host: String, at: Timestamp) -> Self {
        Self {
            schema: "dockprune.report/1",
            tool_version: VERSION,
            at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
            verdict: "nothing",
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
        }
    }

    /// Containers in scope that are not known to be gone.
    pub fn containers_left(&self) -> usize {
        let left = |item: &&Item| !matches!(item.outcome, "removed" | "gone" | "planned");
        self.items.iter().filter(|item| item.kind == Kind::Container.word()).filter(left).count()
    }

    /// Networks that were removed here.
    pub fn networks_removed(&self) -> u64 {
        let removed = |item: &&Item| item.kind == Kind::Network.word() && item.outcome == "removed";
        self.items.iter().filter(removed).count() as u64
    }

    /// Adds an item and counts it.
    pub fn push(&mut self, item: Item) {
        self.counts.in_scope += 1;
        match item.outcome {
            "removed" => self.counts.removed += 1,
            "gone" => self.counts.gone += 1,
            "planned" => self.counts.planned += 1,
            "failed" => self.counts.failed += 1,
            "unknown" => self.counts.unknown += 1,
            "not_reached" => self.counts.not_reached += 1,
            _ => self.counts.kept += 1,
        }
        if item.outcome == "removed" {
            self.bytes_freed += item.bytes.unwrap_or(0);
        }
        self.items.push(item);
    }
}

impl From<&(Kind, CallError)> for Unreached {
    fn from((kind, error): &(Kind, CallError)) -> Self {
        Self { kind: kind.word(), error: error.to_string() }
    }
}

impl Counts {
    /// What was to go and is, for all we know, still there.
    pub const fn left(&self) -> usize {
        self.failed + self.unknown + self.not_reached
    }
}

impl Item {
    /// Something that was planned and is not there any more.
    pub fn gone(planned: &Planned) -> Self {
        Self {
            kind: planned.kind.word(),
            id: planned.id.clone(),
            name: planned.name.clone(),
            action: "remove",
            rule: rule(Rule::InPlan),
            reason: "in the plan".into(),
            outcome: "gone",
            error: None,
            state: None,
            labels: planned.labels.clone(),
            environments: planned.environments.clone(),
            created_at: exact(&planned.created),
            active_at: exact(&planned.active),
            age_s: None,
            bytes: None,
            ms: None,
        }
    }

    /// Puts a resource, what was decided about it and what became of it on the wire.
    pub fn new(object: &Object, decision: &Decision, done: Option<&Done>, now: Timestamp) -> Self {
        let (outcome, error) = outcome(decision, done);
        let container = object.container();
        let age = age::age(&object.created, &object.active, now).ok().flatten();
        Self {
            kind: object.kind().word(),
            id: object.id.clone(),
            name: object.name.clone(),
            action: if decision.rule.removes() { "remove" } else { "keep" },
            rule: rule(decision.rule),
            reason: decision.reason.clone(),
            outcome,
            error,
            state: container.map(|container| container.state.word()),
            labels: object.labels.clone(),
            environments: Vec::new(),
            created_at: exact(&object.created),
            active_at: exact(&object.active),
            age_s: age.map(|span| span.at_least.as_secs()),
            bytes: match &object.detail {
                Detail::Image(image) => Some(image.size_bytes),
                _ => None,
            },
            ms: done.map(|done| done.took.as_millis().try_into().unwrap_or(u64::MAX)),
        }
    }
}

const fn exact(moment: &Moment) -> Option<Timestamp> {
    match moment {
        Moment::At(at) => Some(*at),
        _ => None,
    }
}

fn outcome(decision: &Decision, done: Option<&Done>) -> (&'static str, Option<String>) {
    match done.map(|done| &done.outcome) {
        None if decision.rule.removes() => ("planned", None),
        None => ("kept", None),
        Some(Outcome::Removed) => ("removed", None),
        Some(Outcome::Gone) => ("gone", None),
        Some(Outcome::Kept(why)) => ("kept", Some(why.clone())),
        Some(Outcome::Failed(why)) => ("failed", Some(why.clone())),
        Some(Outcome::Unknown(why)) => ("unknown", Some(why.clone())),
        Some(Outcome::NotReached(why)) => ("not_reached", Some(why.clone())),
    }
}

/// The word for a rule on the wire.
const fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Old => "old",
        Rule::OverCap => "over_cap",
        Rule::InPlan => "in_plan",
        Rule::Orphan => "orphan",
        Rule::BuiltIn => "built_in",
        Rule::Protected => "protected",
        Rule::KeepPattern => "keep_pattern",
        Rule::EnvLocked => "env_locked",
        Rule::Changed => "changed",
        Rule::Live => "live",
        Rule::State => "state",
        Rule::DriverOptions => "driver_options",
        Rule::SeveralNames => "several_names",
        Rule::InUse => "in_use",
        Rule::Young => "young",
        Rule::NoTime => "no_time",
    }
}
