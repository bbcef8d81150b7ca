//! Containers as any engine describes them. bollard's types are strict: one container in a state that they do not know
//! makes a whole list unreadable.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::engine::Engine;
use super::error::CallError;

/// How long a list is asked for again. Podman answers with 500 where a container is removed while it is listed.
const RETRY_TIME: Duration = Duration::from_secs(2);

/// Time between two tries.
const PAUSE: Duration = Duration::from_millis(50);

impl Engine {
    /// Lists running and stopped containers; without filters, all of them. A state that is not known is left empty.
    pub async fn list_containers(
        &self,
        filters: &HashMap<&str, Vec<String>>,
    ) -> Result<Vec<ContainerSummary>, CallError> {
        let filters = serde_json::to_string(filters).map_err(|e| CallError::Protocol(e.to_string()))?;
        let filters = utf8_percent_encode(&filters, NON_ALPHANUMERIC);
        let path = format!("/containers/json?all=true&filters={filters}");
        let mut list: Value = self.get_list(self.call_timeout, &path).await?;
        for container in list.as_array_mut().into_iter().flatten() {
            translate_state(container, "/State");
        }
        parse(list)
    }

    /// Inspects a container. A state that is not known is left empty.
    pub async fn inspect_container(&self, id: &str) -> Result<ContainerInspectResponse, CallError> {
        let path = format!("/containers/{}/json", utf8_percent_encode(id, NON_ALPHANUMERIC));
        let mut container: Value = self.get(self.call_timeout, &path).await?;
        translate_state(&mut container, "/State/Status");
        parse(container)
    }

    /// As [`Engine::get`], for lists: errors of the engine itself are tried again.
    pub async fn get_list<T: DeserializeOwned>(&self, limit: Duration, path: &str) -> Result<T, CallError> {
        let give_up_at = tokio::time::Instant::now() + limit.min(RETRY_TIME);
        loop {
            match self.get(limit, path).await {
                Err(CallError::Status { code: 500, .. }) if tokio::time::Instant::now() < give_up_at => {
                    tokio::time::sleep(PAUSE).await;
                }
                answer => return answer,
            }
        }
    }
}

fn parse<T: DeserializeOwned>(answer: Value) -> Result<T, CallError> {
    serde_json::from_value(answer).map_err(|error| CallError::Protocol(error.to_string()))
}

/// Replaces a state that only Podman has by Docker's word for it, and one that is not known by the empty one.
fn translate_state(container: &mut Value, pointer: &str) {
    let Some(Value::String(state)) = container.pointer_mut(pointer) else { return };
    match state.as_str() {
        // Ended, but not cleaned up yet.
        "stopped" => "exited".clone_into(state),
        "configured" => "created".clone_into(state),
        name if name.parse::<ContainerStateStatusEnum>().is_ok() => {}
        _ => state.clear(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_any_engine() {
        for (state, wanted) in [
            ("running", "running"),
            ("stopped", "exited"),
            ("configured", "created"),
            ("initialized", ""),
            ("hibernating", ""),
        ] {
            let mut container = serde_json::json!({ "State": { "Status": state } });
            translate_state(&mut container, "/State/Status");
            let found: ContainerInspectResponse = parse(container).unwrap();
            assert_eq!(found.state.unwrap().status.unwrap().as_ref(), wanted, "{state}");
        }
    }
}
