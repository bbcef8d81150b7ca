//! `dockwatch collect`: saves what tells how a project's containers fared, and says which went wrong first.

use std::collections::HashMap;

use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::terminal::Progress;
use evenkeel_common::{Error, Exit, now, print, print_json};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::api::containers;
use crate::api::inspect::Inspect;
use crate::cli::CollectArgs;
use crate::collect::deadline::Deadline;
use crate::collect::directory::{Directory, file_stems};
use crate::collect::past_events::{self, PastEvents};
use crate::collect::{inspects, logs, secrets};
use crate::decide::diagnosis::diagnose;
use crate::model::collected::{Failure, SavedFiles, SavedLog};
use crate::model::container::{ContainerState, ContainerSummary};
use crate::model::evidence::{Evidence, Inspected};
use crate::output::collect::{CollectReport, EVENTS_FILE, SUMMARY_FILE};
use crate::output::{collect_summary, health_log};

/// Logs that are read at the same time: each is kept in memory until it is written.
const CONCURRENT_LOGS: usize = 8;

/// Lines of a log that the summary shows.
const SUMMARY_LINES: usize = 20;

pub(crate) async fn run(args: &CollectArgs) -> Result<Exit, Error> {
    let scope = args.scope.scope();
    if scope.is_everything() {
        return Err(Error::usage("collect", "no scope is given")
            .hint("name the project: --project NAME, or a label: --label KEY=VALUE"));
    }
    let engine = Engine::open(&args.docker)?;
    let deadline = Deadline::new(args.timeout, engine.call_timeout);
    let listed = containers::list(&engine, deadline.next()).await;
    let mut containers = listed.map_err(|error| error.into_error("list the containers"))?;
    containers.retain(|container| scope.matches(&container.labels));
    let mut collection = Collection::new(Directory::create(&args.dir)?, &containers);
    let inspected = collection.inspect(&engine, &mut containers, deadline).await;
    let created = inspected.values().filter_map(|found| found.created_at).min();
    let (events, ()) = tokio::join!(
        past_events::fetch(&engine, &scope, created, deadline),
        collection.logs(&engine, &containers, args.limit, deadline)
    );
    let events = collection.save_events(events);
    let evidence = evidence(containers, inspected, events.as_ref());
    let diagnoses = diagnose(&evidence);
    let report = CollectReport {
        at: now(),
        scope: &scope,
        directory: collection.directory.path(),
        diagnoses: &diagnoses,
        files: &collection.files,
        events: events.as_ref().map(PastEvents::count),
        failures: &collection.failures,
    };
    write_report(&report, &collection.directory, args)?;
    Ok(if collection.failures.is_empty() { Exit::Done } else { Exit::Partial })
}

fn write_report(report: &CollectReport<'_>, directory: &Directory, args: &CollectArgs) -> Result<(), Error> {
    directory.write(SUMMARY_FILE, collect_summary::page(report)).map_err(|cause| {
        Error::failed(format!("write {}", directory.path().join(SUMMARY_FILE).display()), cause)
    })?;
    for failure in report.failures {
        super::report_message(
            &Error::failed(format!("collect {}", failure.what), &failure.cause).to_string(),
        );
    }
    if args.json { print_json(&report.json()) } else { print(&report.text()) }
}

fn evidence(
    containers: Vec<ContainerSummary>,
    mut inspected: HashMap<String, Inspected>,
    events: Option<&PastEvents>,
) -> Vec<Evidence> {
    let mut events = events.map(PastEvents::by_container).unwrap_or_default();
    let one = |summary: ContainerSummary| Evidence {
        inspected: inspected.remove(&summary.id),
        events: events.remove(&summary.id).unwrap_or_default(),
        summary,
    };
    containers.into_iter().map(one).collect()
}

/// What was saved so far, and what could not be.
struct Collection {
    directory: Directory,
    /// File names without directory and extension, by container id.
    stems: HashMap<String, String>,
    files: HashMap<String, SavedFiles>,
    failures: Vec<Failure>,
}

impl Collection {
    fn new(directory: Directory, containers: &[ContainerSummary]) -> Self {
        let ids = containers.iter().map(|container| container.id.clone());
        let stems = file_stems(containers).into_iter().map(str::to_owned);
        Self {
            directory,
            stems: ids.clone().zip(stems).collect(),
            files: ids.map(|id| (id, SavedFiles::default())).collect(),
            failures: Vec::new(),
        }
    }

    /// Saves the inspects and health logs, and takes over what they say of the containers' states.
    async fn inspect(
        &mut self,
        engine: &Engine,
        containers: &mut [ContainerSummary],
        deadline: Deadline,
    ) -> HashMap<String, Inspected> {
        let ids: Vec<String> = containers.iter().map(|container| container.id.clone()).collect();
        let mut answers = inspects::fetch_all(engine, &ids, deadline).await;
        let mut found = HashMap::new();
        for container in containers {
            let Some((id, answer)) = answers.remove_entry(&container.id) else { continue };
            match answer.and_then(|answer| Ok((Inspect::parse(&answer)?, answer))) {
                Ok((inspect, answer)) => {
                    container.follow(&inspect.reading());
                    let inspected = inspect.evidence();
                    self.save_inspect(&id, answer, &inspected);
                    found.insert(id, inspected);
                }
                Err(error) => self.fail("inspect", &id, &error),
            }
        }
        found
    }

    fn save_inspect(&mut self, id: &str, mut answer: Value, inspected: &Inspected) {
        secrets::mask(&mut answer);
        let saved = self.save("inspect", id, "json", format!("{answer:#}\n"));
        let health = inspected.health.as_ref().map(health_log::text);
        let health = health.and_then(|text| self.save("health", id, "txt", text));
        let files = self.files.entry(id.to_owned()).or_default();
        (files.inspect, files.health) = (saved, health);
    }

    /// Saves the logs of all containers that were ever started.
    async fn logs(
        &mut self,
        engine: &Engine,
        containers: &[ContainerSummary],
        limit: usize,
        deadline: Deadline,
    ) {
        let started: Vec<String> = containers
            .iter()
            .filter(|container| {
                !matches!(container.state, ContainerState::Created | ContainerState::Initialized)
            })
            .map(|container| container.id.clone())
            .collect();
        let total = started.len();
        let read = async |id: String| {
            let log = logs::read(engine, &id, limit, deadline).await;
            (id, log)
        };
        let mut answers = stream::iter(started).map(read).buffer_unordered(CONCURRENT_LOGS).enumerate();
        let mut progress = Progress::new();
        while let Some((done, (id, log))) = answers.next().await {
            progress.show(&format!("{done} of {total} logs"));
            match log {
                Ok(log) => self.save_log(&id, &log),
                Err(error) => self.fail("logs", &id, &error),
            }
        }
    }

    fn save_log(&mut self, id: &str, log: &logs::Log) {
        if let Some(error) = log.error() {
            self.fail("the end of the log", id, error);
        }
        let Some(name) = self.save("logs", id, "log", log.content()) else { return };
        let saved = SavedLog { name, is_cut: log.is_cut(), last_lines: log.last_lines(SUMMARY_LINES) };
        self.files.entry(id.to_owned()).or_default().log = Some(saved);
    }

    /// Saves the events, one a line.
    fn save_events(&mut self, events: Result<PastEvents, CallError>) -> Option<PastEvents> {
        let saved = events.map_err(|error| error.to_string()).and_then(|events| {
            let written = self.directory.write(EVENTS_FILE, &events.text);
            written.map(|()| events).map_err(|error| error.to_string())
        });
        saved.map_err(|cause| self.failures.push(Failure { what: "the events".into(), cause })).ok()
    }

    /// Writes a file of a container. Returns its name; `None` where that failed.
    fn save(&mut self, kind: &str, id: &str, extension: &str, content: impl AsRef<[u8]>) -> Option<String> {
        let name = format!("{kind}/{}.{extension}", self.stem(id));
        match self.directory.write(&name, content) {
            Ok(()) => Some(name),
            Err(error) => {
                self.fail(kind, id, &error);
                None
            }
        }
    }

    fn fail(&mut self, what: &str, id: &str, cause: &impl ToString) {
        let what = format!("{what} of {}", self.stem(id));
        self.failures.push(Failure { what, cause: cause.to_string() });
    }

    fn stem(&self, id: &str) -> &str {
        self.stems.get(id).map_or("?", String::as_str)
    }
}
