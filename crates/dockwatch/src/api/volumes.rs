//! The list of volumes.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::model::engine::Volume;

/// Lists all volumes.
pub(crate) async fn list(engine: &Engine, limit: Duration) -> Result<Vec<Volume>, CallError> {
    let found: Answer = engine.get(limit, "/volumes").await?;
    Ok(found.volumes.unwrap_or_default().into_iter().filter_map(|found| found.volume(&engine.host)).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Answer {
    pub(super) volumes: Option<Vec<Entry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    name: Option<String>,
    driver: Option<String>,
    options: Option<BTreeMap<String, String>>,
    labels: Option<BTreeMap<String, String>>,
}

impl Entry {
    pub(super) fn volume(self, host: &str) -> Option<Volume> {
        let kind = self.options.as_ref().and_then(|options| options.get("type"));
        Some(Volume {
            engine: host.to_owned(),
            name: self.name?,
            driver: self.driver.unwrap_or_default(),
            is_tmpfs: kind.is_some_and(|kind| kind == "tmpfs"),
            labels: self.labels.unwrap_or_default(),
        })
    }
}
