//! What Podman tells otherwise than Docker.

use std::time::Duration;

use evenkeel_common::Error;
use serde::Deserialize;

use super::engine::Docker;
use crate::model::engine_kind::EngineKind;

/// How long an engine may take to say which version it is.
const LONGEST_VERSION: Duration = Duration::from_secs(15);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VersionAnswer {
    components: Vec<Component>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Component {
    name: String,
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspected {
    state: InspectedState,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InspectedState {
    /// Left out where it is false.
    stopped_by_user: bool,
}

impl Docker {
    /// Which engine it is. Podman runs other programs to find out, which takes it seconds where the machine is busy.
    pub(crate) async fn kind(&self) -> Result<EngineKind, Error> {
        let limit = self.engine.call_timeout.max(LONGEST_VERSION);
        let answer = self.engine.get(limit, "/version").await;
        let VersionAnswer { components } =
            answer.map_err(|e| e.into_error("ask for the engine's version"))?;
        Ok(EngineKind::of(components.iter().map(|one| (one.name.as_str(), one.version.as_str()))))
    }

    /// Whether somebody has asked Podman to stop a container. One that is gone was not stopped.
    pub(crate) async fn was_stopped(&self, id: &str) -> Result<bool, Error> {
        let path = format!("/v4.0.0/libpod/containers/{id}/json");
        match self.engine.get::<Inspected>(self.engine.call_timeout, &path).await {
            Ok(inspected) => Ok(inspected.state.stopped_by_user),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error.into_error("inspect the container")),
        }
    }
}
