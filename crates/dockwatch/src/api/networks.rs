//! The list of networks.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::model::engine::Network;

/// Lists all networks, the engine's own included.
pub(crate) async fn list(engine: &Engine, limit: Duration) -> Result<Vec<Network>, CallError> {
    let found: Vec<Entry> = engine.get(limit, "/networks").await?;
    Ok(found.into_iter().filter_map(|found| found.network(&engine.host)).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    id: Option<String>,
    name: Option<String>,
    driver: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    #[serde(rename = "IPAM")]
    ipam: Option<Ipam>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    config: Option<Vec<IpamConfig>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct IpamConfig {
    subnet: Option<String>,
}

impl Entry {
    pub(super) fn network(self, host: &str) -> Option<Network> {
        let configs = self.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        Some(Network {
            engine: host.to_owned(),
            id: self.id.unwrap_or_default(),
            name: self.name?,
            driver: self.driver.unwrap_or_default(),
            subnets: configs.into_iter().filter_map(|config| config.subnet).collect(),
            labels: self.labels.unwrap_or_default(),
        })
    }
}
