//! `dockprune.verify/1`: what `--verify --json` prints.

use std::collections::BTreeMap;

use evenkeel_common::{Timestamp, VERSION, to_milliseconds};
use serde::Serialize;

use super::place_json::PlaceJson;
use crate::decide::age;
use crate::model::resource::{Kind, Resource, State};

/// `dockprune.verify/1`.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    host: String,
    pub(crate) items: Vec<LeftoverJson>,
    #[serde(flatten)]
    pub(crate) place: PlaceJson,
}

/// Whether something is left.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Clean,
    Left,
}

#[derive(Debug, Serialize)]
pub(crate) struct LeftoverJson {
    pub(crate) kind: Kind,
    /// Of a volume, its name.
    id: String,
    pub(crate) name: String,
    /// Why it belongs to the scope.
    pub(crate) reason: String,
    state: Option<State>,
    labels: BTreeMap<String, String>,
    created_at: Option<Timestamp>,
    /// Its age is at least this.
    pub(crate) age_s: Option<u64>,
}

impl VerifyJson {
    pub(crate) fn new(host: String, at: Timestamp, items: Vec<LeftoverJson>, place: PlaceJson) -> Self {
        Self {
            schema: "dockprune.verify/1",
            tool_version: VERSION,
            at: to_milliseconds(at),
            verdict: if items.is_empty() { Verdict::Clean } else { Verdict::Left },
            host,
            items,
            place,
        }
    }
}

impl LeftoverJson {
    pub(crate) fn new(resource: &Resource, reason: String, now: Timestamp) -> Self {
        Self {
            kind: resource.kind(),
            id: resource.id.clone(),
            name: resource.name.clone(),
            reason,
            state: resource.container().map(|container| container.state),
            labels: resource.labels.clone(),
            created_at: resource.created.exact(),
            age_s: age::whole_seconds(resource, now),
        }
    }
}
