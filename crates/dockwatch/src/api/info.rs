//! What the engine says about itself.

use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::api::unsigned;
use crate::model::engine::EngineInfo;

/// Asks the engine about itself, which takes it about 10 ms because it runs other programs to find out.
pub(crate) async fn fetch(engine: &Engine, limit: Duration) -> Result<EngineInfo, CallError> {
    let (version, info): (VersionAnswer, InfoAnswer) =
        tokio::try_join!(engine.get(limit, "/version"), engine.get(limit, "/info"))?;
    let pools = info.default_address_pools.unwrap_or_default();
    let pools = pools.into_iter().filter_map(|pool| Some((pool.base?, pool.size?))).collect();
    Ok(EngineInfo {
        mem_total: unsigned(info.mem_total),
        cpus: unsigned(info.ncpu),
        machine: info.name,
        data_root: info.docker_root_dir.filter(|path| path.starts_with('/')),
        lacks_cgroups: info.cgroup_driver.as_deref() == Some("none"),
        // Podman does not say which they are.
        pools: (!version.is_podman()).then_some(pools),
        version: version.version,
        api_version: version.api_version,
    })
}

/// The time of the engine's clock.
pub(crate) async fn time(engine: &Engine, limit: Duration) -> Option<Timestamp> {
    engine.get::<InfoAnswer>(limit, "/info").await.ok()?.system_time?.parse().ok()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VersionAnswer {
    version: Option<String>,
    api_version: Option<String>,
    components: Option<Vec<Component>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Component {
    name: String,
}

impl VersionAnswer {
    fn is_podman(&self) -> bool {
        self.components.iter().flatten().any(|component| component.name == "Podman Engine")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InfoAnswer {
    mem_total: Option<i64>,
    #[serde(rename = "NCPU")]
    ncpu: Option<i64>,
    name: Option<String>,
    docker_root_dir: Option<String>,
    cgroup_driver: Option<String>,
    default_address_pools: Option<Vec<AddressPool>>,
    system_time: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AddressPool {
    base: Option<String>,
    size: Option<u8>,
}
