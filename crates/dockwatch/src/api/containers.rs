//! The list of containers.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::api::inspect;
use crate::model::container::{ContainerState, ContainerSummary, Health};

/// Lists running and stopped containers.
pub(crate) async fn list(engine: &Engine, limit: Duration) -> Result<Vec<ContainerSummary>, CallError> {
    let found: Vec<Entry> = engine.get_list(limit, "/containers/json?all=true").await?;
    let mut containers: Vec<ContainerSummary> = found.into_iter().filter_map(Entry::summary).collect();
    for container in &mut containers {
        resolve_state(engine, limit, container).await;
    }
    Ok(containers)
}

/// Finds out whether a container in a state that is not known here runs.
async fn resolve_state(engine: &Engine, limit: Duration, container: &mut ContainerSummary) {
    if let ContainerState::Other { .. } = &container.state
        && let Ok(found) = inspect::fetch(engine, &container.id, limit).await
    {
        container.follow(&found.reading());
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    id: Option<String>,
    names: Option<Vec<String>>,
    image: Option<String>,
    state: Option<String>,
    status: Option<String>,
    created: Option<i64>,
    labels: Option<BTreeMap<String, String>>,
}

impl Entry {
    /// `None` without an id.
    pub(super) fn summary(self) -> Option<ContainerSummary> {
        let status = self.status.unwrap_or_default();
        let name = self.names.unwrap_or_default().into_iter().next().unwrap_or_default();
        Some(ContainerSummary {
            id: self.id?,
            name: name.trim_start_matches('/').to_owned(),
            image: self.image.unwrap_or_default(),
            state: ContainerState::parse(&self.state.unwrap_or_default()),
            health: health(&status),
            exit_code: exit_code(&status),
            created_at: self.created,
            labels: self.labels.unwrap_or_default(),
        })
    }
}

/// The list has the health only in its status text: `Up 2 minutes (healthy)`, `Up 1 second (health: starting)`.
fn health(status: &str) -> Option<Health> {
    let (_, text) = status.strip_suffix(')')?.rsplit_once('(')?;
    Health::parse(text.strip_prefix("health: ").unwrap_or(text))
}

/// The exit code in a status text such as `Exited (137) 2 minutes ago`.
fn exit_code(status: &str) -> Option<i64> {
    status.strip_prefix("Exited (")?.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_texts() {
        for (status, expected) in [
            ("Up 2 minutes (healthy)", Some(Health::Healthy)),
            ("Up 2 minutes (unhealthy)", Some(Health::Unhealthy)),
            ("Up 1 second (health: starting)", Some(Health::Starting)),
            ("Up 2 minutes", None),
            ("Up 2 minutes (Paused)", None),
            ("Exited (0) 3 seconds ago", None),
        ] {
            assert_eq!(health(status), expected, "{status}");
        }
        assert_eq!(exit_code("Exited (137) 2 minutes ago"), Some(137));
        assert_eq!(exit_code("Up 2 minutes"), None);
    }

    #[test]
    fn any_state_and_missing_keys_do_not_break_a_list() {
        let text = r#"[{"Id": "a", "Names": ["/a"], "State": "stopped", "Labels": null},
            {"Id": "b", "State": "hibernating", "Future": [1]}, {"Names": []}, {"Id": "c"}]"#;
        let found: Vec<Entry> = serde_json::from_str(text).unwrap();
        let found: Vec<_> = found.into_iter().filter_map(Entry::summary).collect();
        let states: Vec<_> = found.iter().map(|c| (c.state.name(), c.is_live())).collect();
        assert_eq!(states, [("stopped", false), ("hibernating", true), ("", false)]);
    }
}
