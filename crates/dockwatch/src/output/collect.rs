//! What `dockwatch collect` saved, and which container went wrong first.

use std::collections::HashMap;
use std::path::Path;

use evenkeel_common::terminal::one_line;
use evenkeel_common::{Timestamp, VERSION, to_milliseconds};
use serde::Serialize;

use crate::decide::diagnosis::Diagnosis;
use crate::model::collected::{Failure, SavedFiles};
use crate::model::container::Health;
use crate::model::evidence::Inspected;
use crate::model::fault::Fault;
use crate::model::scope::Scope;

/// The summary's name in the directory.
pub(crate) const SUMMARY_FILE: &str = "summary.md";
/// The name of the list of events.
pub(crate) const EVENTS_FILE: &str = "events.jsonl";

/// Everything that a collection found and saved.
#[derive(Debug)]
pub(crate) struct CollectReport<'a> {
    pub(crate) at: Timestamp,
    pub(crate) scope: &'a Scope,
    pub(crate) directory: &'a Path,
    /// In the order in which the containers went wrong.
    pub(crate) diagnoses: &'a [Diagnosis<'a>],
    /// By container id.
    pub(crate) files: &'a HashMap<String, SavedFiles>,
    /// Number of saved events; `None` where they could not be collected.
    pub(crate) events: Option<usize>,
    pub(crate) failures: &'a [Failure],
}

/// `dockwatch.collect/1`
#[derive(Serialize)]
pub(crate) struct CollectJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    scope: String,
    directory: &'a Path,
    summary_file: &'static str,
    events_file: Option<&'static str>,
    events: Option<usize>,
    first: Option<FirstJson<'a>>,
    containers: Vec<ContainerJson<'a>>,
    failures: Vec<FailureJson<'a>>,
}

#[derive(Serialize)]
struct FirstJson<'a> {
    service: Option<&'a str>,
    name: &'a str,
    fault: &'static str,
    reason: String,
    wrong_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct ContainerJson<'a> {
    id: &'a str,
    name: &'a str,
    service: Option<&'a str>,
    state: &'a str,
    health: Option<&'static str>,
    exit_code: Option<i64>,
    oom_killed: Option<bool>,
    memory_limit_bytes: Option<u64>,
    restarts: Option<u64>,
    created_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    fault: Option<&'static str>,
    reason: Option<String>,
    wrong_at: Option<Timestamp>,
    log_file: Option<&'a str>,
    log_cut: Option<bool>,
    inspect_file: Option<&'a str>,
    health_file: Option<&'a str>,
}

#[derive(Serialize)]
struct FailureJson<'a> {
    what: &'a str,
    error: &'a str,
}

impl<'a> CollectReport<'a> {
    /// The container that went wrong first, and how.
    pub(crate) fn first(&self) -> Option<(&'a Diagnosis<'a>, &'a Fault)> {
        let found = self.diagnoses.first()?;
        Some((found, found.fault.as_ref()?))
    }

    pub(crate) fn json(&self) -> CollectJson<'_> {
        CollectJson {
            schema: "dockwatch.collect/1",
            tool_version: VERSION,
            at: self.at,
            verdict: if self.failures.is_empty() { "collected" } else { "partial" },
            scope: self.scope.to_string(),
            directory: self.directory,
            summary_file: SUMMARY_FILE,
            events_file: self.events.map(|_| EVENTS_FILE),
            events: self.events,
            first: self.first().map(|(found, fault)| first(found, fault)),
            containers: self.diagnoses.iter().map(|found| self.container(found)).collect(),
            failures: self.failures.iter().map(|f| FailureJson { what: &f.what, error: &f.cause }).collect(),
        }
    }

    fn container(&self, found: &'a Diagnosis<'a>) -> ContainerJson<'a> {
        let evidence = found.evidence;
        let summary = &evidence.summary;
        let inspected = evidence.inspected.as_ref();
        let time = |of: fn(&Inspected) -> Option<Timestamp>| inspected.and_then(of).map(to_milliseconds);
        let files = self.files.get(&summary.id);
        let log = files.and_then(|files| files.log.as_ref());
        ContainerJson {
            id: &summary.id,
            name: &summary.name,
            service: summary.service(),
            state: summary.state.name(),
            health: evidence.health().map(Health::name),
            exit_code: evidence.exit_code(),
            oom_killed: inspected.map(|found| found.oom_killed),
            memory_limit_bytes: inspected.and_then(|found| found.memory_limit),
            restarts: inspected.map(|found| found.restarts),
            created_at: time(|found| found.created_at),
            started_at: time(|found| found.started_at),
            finished_at: time(|found| found.finished_at),
            fault: found.fault.as_ref().map(Fault::name),
            reason: found.fault.as_ref().map(Fault::describe),
            wrong_at: found.at.map(to_milliseconds),
            log_file: log.map(|log| log.name.as_str()),
            log_cut: log.map(|log| log.is_cut),
            inspect_file: files.and_then(|files| files.inspect.as_deref()),
            health_file: files.and_then(|files| files.health.as_deref()),
        }
    }

    /// What went wrong first, and where to read more.
    pub(crate) fn text(&self) -> String {
        let verdict = match self.first() {
            Some((found, fault)) => {
                let name = one_line(found.evidence.service_or_name());
                format!("first to go wrong: {name}: it {}", fault.describe())
            }
            None if self.diagnoses.is_empty() => format!("there are no containers of {}", self.scope),
            None => "no container went wrong".into(),
        };
        let directory = self.directory.display();
        format!(
            "{verdict}\nsaved {} containers in {directory}: see {directory}/{SUMMARY_FILE}\n",
            self.diagnoses.len()
        )
    }
}

fn first<'a>(found: &Diagnosis<'a>, fault: &Fault) -> FirstJson<'a> {
    FirstJson {
        service: found.evidence.summary.service(),
        name: &found.evidence.summary.name,
        fault: fault.name(),
        reason: fault.describe(),
        wrong_at: found.at.map(to_milliseconds),
    }
}
