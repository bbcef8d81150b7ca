//! Restarts and refusals, from the history of restartgate.

use std::fs::OpenOptions;
use std::time::Duration;

use evenkeel_common::state::journal::Records;
use evenkeel_common::state::shared::{self, Sharing};
use evenkeel_common::state::{self, Home, StateDir};
use evenkeel_common::{Error, Timestamp};
use serde::Deserialize;

use super::file::collect;

/// What restartgate did about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestartEvent {
    /// When it ended or was decided.
    pub(crate) at: Timestamp,
    /// `project/service`, or the name of the container.
    pub(crate) service: String,
    pub(crate) kind: RestartKind,
    /// Why it failed or was refused.
    pub(crate) reason: Option<String>,
}

/// How a request for a restart ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestartKind {
    /// The service came up healthy after this time.
    Healthy(Duration),
    /// It did not.
    Failed(Duration),
    Refused,
    /// The breaker was tripped.
    Tripped,
}

/// A line of restartgate's history, as far as it is used here.
#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    action: Action,
    project: Option<String>,
    name: String,
    healthy: Option<bool>,
    took_ms: Option<u64>,
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    End,
    Refused,
    Trip,
    /// The begin of a restart, which its end repeats, a reset, and what a later version records.
    #[serde(other)]
    Other,
}

/// Reads the history of all services.
pub(super) fn read(home: &Home) -> Result<Records<RestartEvent>, Error> {
    let directory = home.restarts()?;
    let mut found = Records { records: Vec::new(), skipped: 0 };
    for name in ["history.jsonl", "refusals.jsonl"] {
        for name in [format!("{name}.1"), name.to_owned()] {
            read_file(&directory, &name, &mut found)?;
        }
    }
    Ok(Records { records: found.records.into_iter().filter_map(event).collect(), skipped: found.skipped })
}

fn read_file(directory: &StateDir, name: &str, found: &mut Records<Line>) -> Result<(), Error> {
    let path = &directory.path;
    match directory.sharing {
        Sharing::OneUser => collect(state::open(&path.join(name), OpenOptions::new().read(true)), found),
        Sharing::AllUsers => {
            let users = shared::user_directories(path)
                .map_err(|e| Error::failed(format!("list {}", path.display()), e))?;
            for (user, own) in users {
                collect(shared::open_in_user_directory(&own, user, name), found);
            }
        }
    }
    Ok(())
}

fn event(line: Line) -> Option<RestartEvent> {
    let took = Duration::from_millis(line.took_ms.unwrap_or(0));
    let kind = match (line.action, line.healthy) {
        (Action::End, Some(true)) => RestartKind::Healthy(took),
        (Action::End, _) => RestartKind::Failed(took),
        (Action::Refused, _) => RestartKind::Refused,
        (Action::Trip, _) => RestartKind::Tripped,
        (Action::Other, _) => return None,
    };
    let service =
        line.project.map_or_else(|| line.name.clone(), |project| format!("{project}/{}", line.name));
    Some(RestartEvent { at: line.at, service, kind, reason: line.reason })
}
