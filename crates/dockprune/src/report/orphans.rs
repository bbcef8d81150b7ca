//! What `--orphans --json` prints.

use std::collections::BTreeMap;

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use super::{AddressPool, Unreached, exact};
use crate::age;
use crate::facts::Object;

/// `dockprune.orphans/1`.
#[derive(Debug, Serialize)]
pub struct Orphans {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    host: String,
    /// Room for networks.
    pub address_pool: Option<AddressPool>,
    /// Kinds that could not be listed.
    pub unreached: Vec<Unreached>,
    /// The orphans.
    pub items: Vec<Orphan>,
}

/// One orphan.
#[derive(Debug, Serialize)]
pub struct Orphan {
    /// Its kind.
    pub kind: &'static str,
    /// Its ID; of a volume, its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why it is one.
    pub reason: String,
    state: Option<&'static str>,
    labels: BTreeMap<String, String>,
    project: Option<String>,
    environments: Vec<String>,
    created_at: Option<Timestamp>,
    /// Its age, at least.
    pub age_s: Option<u64>,
}

impl Orphans {
    /// Puts orphans on the wire.
    pub fn new(host: String, at: Timestamp, items: Vec<Orphan>) -> Self {
        Self {
            schema: "dockprune.orphans/1",
            tool_version: VERSION,
            at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
            verdict: if items.is_empty() { "none" } else { "orphans" },
            host,
            address_pool: None,
            unreached: Vec::new(),
            items,
        }
    }
}

impl Orphan {
    /// Puts one on the wire.
    pub fn new(object: &Object, reason: &str, now: Timestamp) -> Self {
        let age = age::age(&object.created, &object.active, now).ok().flatten();
        Self {
            kind: object.kind().word(),
            id: object.id.clone(),
            name: object.name.clone(),
            reason: reason.into(),
            state: object.container().map(|container| container.state.word()),
            labels: object.labels.clone(),
            project: object.project().cloned(),
            environments: object.environments().cloned().collect(),
            created_at: exact(&object.created),
            age_s: age.map(|span| span.at_least.as_secs()),
        }
    }
}
