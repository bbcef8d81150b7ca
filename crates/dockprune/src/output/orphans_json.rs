//! `dockprune.orphans/1`: what `--orphans --json` prints.

use std::collections::BTreeMap;

use evenkeel_common::{Timestamp, VERSION, to_milliseconds};
use serde::Serialize;

use super::place_json::PlaceJson;
use super::report_json::{AddressPoolJson, UnreachedJson};
use crate::decide::age;
use crate::model::resource::{Kind, Resource, State};

/// `dockprune.orphans/1`.
#[derive(Debug, Serialize)]
pub(crate) struct OrphansJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    host: String,
    pub(crate) address_pool: Option<AddressPoolJson>,
    /// Kinds that could not be listed.
    pub(crate) unreached: Vec<UnreachedJson>,
    pub(crate) items: Vec<OrphanJson>,
    #[serde(flatten)]
    pub(crate) place: PlaceJson,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    None,
    Orphans,
}

#[derive(Debug, Serialize)]
pub(crate) struct OrphanJson {
    pub(crate) kind: Kind,
    /// Of a volume, its name.
    id: String,
    pub(crate) name: String,
    pub(crate) reason: String,
    state: Option<State>,
    labels: BTreeMap<String, String>,
    project: Option<String>,
    environments: Vec<String>,
    created_at: Option<Timestamp>,
    /// Its age is at least this.
    pub(crate) age_s: Option<u64>,
}

impl OrphansJson {
    pub(crate) fn new(host: String, at: Timestamp, items: Vec<OrphanJson>, place: PlaceJson) -> Self {
        Self {
            schema: "dockprune.orphans/1",
            tool_version: VERSION,
            at: to_milliseconds(at),
            verdict: if items.is_empty() { Verdict::None } else { Verdict::Orphans },
            host,
            address_pool: None,
            unreached: Vec::new(),
            items,
            place,
        }
    }
}

impl OrphanJson {
    pub(crate) fn new(resource: &Resource, reason: &str, now: Timestamp) -> Self {
        Self {
            kind: resource.kind(),
            id: resource.id.clone(),
            name: resource.name.clone(),
            reason: reason.into(),
            state: resource.container().map(|container| container.state),
            labels: resource.labels.clone(),
            project: resource.project().cloned(),
            environments: resource.environments().cloned().collect(),
            created_at: resource.created.exact(),
            age_s: age::whole_seconds(resource, now),
        }
    }
}
