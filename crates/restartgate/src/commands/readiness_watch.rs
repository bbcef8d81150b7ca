//! Watches a set of services until all are ready, one has failed, or the time is over; starts them where asked. Health
//! checks and starts run beside the watch, so that none delays another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_common::Error;
use evenkeel_common::docker::CallError;
use evenkeel_common::terminal::Progress;
use futures_util::future::try_join_all;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::decide::readiness::{self, CheckRun, CheckedAt, Facts, Readiness, StartCall, Unhealthy};
use crate::edges::engine::{Docker, Found};
use crate::edges::ports;
use crate::model::container::{ContainerStatus, State};
use crate::model::definition::{Check, Definition, PortState};

/// Time between two inspections of a container.
const INTERVAL: Duration = Duration::from_millis(200);

/// Which containers a watch starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    None,
    /// Those that were created and never started.
    Created,
}

/// Who runs the health checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checks {
    Engine,
    /// The engine, and the watch beside it, with this time between two runs.
    Also(Duration),
}

/// How a watch runs.
pub(super) struct Options {
    pub(super) timeout: Duration,
    pub(super) checks: Checks,
    pub(super) starts: Starts,
}

impl Options {
    /// How the engine's `unhealthy` counts after this time: it is final where nobody else's verdict counts, and where the
    /// time is over.
    fn unhealthy_after(&self, waited: Duration) -> Unhealthy {
        if self.checks == Checks::Engine || waited >= self.timeout {
            Unhealthy::IsFinal
        } else {
            Unhealthy::MayRecover
        }
    }
}

/// How far one container came.
pub(super) struct Reached {
    pub(super) status: ContainerStatus,
    pub(super) readiness: Readiness,
    /// When it was first seen to be ready, after the start of the watch.
    pub(super) ready_after: Option<Duration>,
}

/// Watches until all are ready, one has failed, or the time is over. Gives how far each container came, by its ID.
pub(super) async fn watch(
    docker: &Docker,
    found: &[Found],
    options: &Options,
) -> Result<BTreeMap<String, Reached>, Error> {
    let mut watch = Watch::new(docker, found, options);
    let mut progress = Progress::new();
    loop {
        let waited = watch.started.elapsed();
        let reached = watch.look(waited).await?;
        let has_failed = reached.iter().any(|one| matches!(one.readiness, Readiness::Failed(_)));
        let Some(pending) = reached.iter().find_map(reason_to_wait) else {
            return Ok(watch.end(reached));
        };
        if has_failed || waited >= options.timeout {
            return Ok(watch.end(reached));
        }
        progress.show(&format!("waiting for {pending}, {} s", waited.as_secs()));
        let pause = INTERVAL.min(options.timeout.saturating_sub(watch.started.elapsed()));
        // A check that passes ends the pause.
        let _ = tokio::time::timeout(pause, watch.passed.notified()).await;
    }
}

fn reason_to_wait(reached: &Reached) -> Option<String> {
    match &reached.readiness {
        Readiness::Ready(_) | Readiness::Failed(_) => None,
        Readiness::Start => Some(reached.status.name.clone()),
        Readiness::Pending(reason) => Some(format!("{}: {reason}", reached.status.name)),
    }
}

/// A watch under way.
struct Watch<'a> {
    docker: &'a Docker,
    options: &'a Options,
    started: Instant,
    members: Vec<Member>,
    /// A health check has passed.
    passed: Arc<Notify>,
}

/// One container of the watch.
struct Member {
    service: String,
    id: String,
    awaited: bool,
    start: StartCall,
    /// The start that is under way.
    starting: Option<JoinHandle<Result<(), CallError>>>,
    checking: Option<Checking>,
    ready_after: Option<Duration>,
}

/// A health check that is repeated until it passes.
struct Checking {
    since: CheckedAt,
    task: JoinHandle<()>,
}

impl Drop for Checking {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<'a> Watch<'a> {
    fn new(docker: &'a Docker, found: &[Found], options: &'a Options) -> Self {
        let start = match options.starts {
            Starts::None => StartCall::NotOurs,
            Starts::Created => StartCall::NotMade,
        };
        let member = |one: &Found, id: &String| Member {
            service: one.service.name.clone(),
            id: id.clone(),
            awaited: one.awaited,
            start: start.clone(),
            starting: None,
            checking: None,
            ready_after: None,
        };
        let members = found.iter().flat_map(|one| one.containers.iter().map(move |id| member(one, id)));
        Self { docker, options, started: Instant::now(), members: members.collect(), passed: Arc::default() }
    }

    /// Inspects all after this time, decides, and makes the starts that were decided.
    async fn look(&mut self, waited: Duration) -> Result<Vec<Reached>, Error> {
        let seen = try_join_all(self.members.iter().map(|member| look_at(self.docker, &member.id))).await?;
        let mut facts = Vec::new();
        for (member, seen) in self.members.iter_mut().zip(seen) {
            member.note_start().await?;
            if let Checks::Also(poll) = self.options.checks {
                member.check(self.docker, poll, &seen, &self.passed);
            }
            facts.push(member.facts(seen));
        }
        let decided = readiness::decide(&facts, self.options.unhealthy_after(waited));
        let waited = self.started.elapsed();
        let each = self.members.iter_mut().zip(facts).zip(decided);
        Ok(each
            .map(|((member, facts), readiness)| {
                match readiness {
                    Readiness::Ready(_) => member.ready_after = member.ready_after.or(Some(waited)),
                    Readiness::Start => {
                        member.start(self.docker, self.options.timeout.saturating_sub(waited));
                    }
                    Readiness::Pending(_) | Readiness::Failed(_) => member.ready_after = None,
                }
                Reached { status: facts.status, readiness, ready_after: member.ready_after }
            })
            .collect())
    }

    fn end(self, reached: Vec<Reached>) -> BTreeMap<String, Reached> {
        self.members.into_iter().map(|member| member.id).zip(reached).collect()
    }
}

/// What the engine and the kernel say of a container.
struct Seen {
    status: ContainerStatus,
    definition: Definition,
    ports: Option<Vec<PortState>>,
}

async fn look_at(docker: &Docker, id: &str) -> Result<Seen, Error> {
    let (status, definition) = docker.inspect(id).await?;
    let asks_ports = status.state == State::Running && definition.check.is_none();
    let ports = if asks_ports { ports::states(&status, &definition.ports).await } else { None };
    Ok(Seen { status, definition, ports })
}

impl Member {
    fn facts(&self, seen: Seen) -> Facts {
        let has_passed = self.checking.as_ref().is_some_and(|checking| checking.task.is_finished());
        Facts {
            service: self.service.clone(),
            status: seen.status,
            definition: seen.definition,
            awaited: self.awaited,
            check: if has_passed { CheckRun::Passed } else { CheckRun::NotPassed },
            ports: seen.ports,
            start: self.start.clone(),
        }
    }

    fn start(&mut self, docker: &Docker, limit: Duration) {
        let (docker, id) = (docker.clone(), self.id.clone());
        self.starting = Some(tokio::spawn(async move { docker.start(&id, limit).await }));
        self.start = StartCall::UnderWay;
    }

    /// Notes how the start ended. A refusal is the container's failure; an engine that does not answer is ours.
    async fn note_start(&mut self) -> Result<(), Error> {
        let Some(starting) = self.starting.take_if(|starting| starting.is_finished()) else { return Ok(()) };
        match starting.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(CallError::Status { message, .. })) => {
                self.start = StartCall::Refused(message);
                Ok(())
            }
            Ok(Err(error)) => Err(error.into_error(format!("start {}", self.service))),
            Err(error) => Err(Error::failed(format!("start {}", self.service), error)),
        }
    }

    /// Keeps the container's health check running until it passes; anew in each of its processes, and when the engine finds
    /// it unhealthy.
    fn check(&mut self, docker: &Docker, poll: Duration, seen: &Seen, passed: &Arc<Notify>) {
        let status = &seen.status;
        let Some(check) = &seen.definition.check else { return };
        if self.awaited || status.state != State::Running {
            self.checking = None;
        } else if let Some(checking) = self.checking.as_mut().filter(|it| it.since.counts_for(status)) {
            checking.since = CheckedAt::new(status);
        } else {
            let (docker, id, check, passed) =
                (docker.clone(), self.id.clone(), check.clone(), passed.clone());
            let task = tokio::spawn(async move {
                until_passed(&docker, &id, &check, poll).await;
                passed.notify_one();
            });
            self.checking = Some(Checking { since: CheckedAt::new(status), task });
        }
    }
}

/// Runs a health check every `poll` until it passes; a run that takes longer delays the next one.
async fn until_passed(docker: &Docker, id: &str, check: &Check, poll: Duration) {
    let mut ticks = tokio::time::interval(poll);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match docker.run_check(id, check).await {
            Ok(0) => return,
            Ok(code) => tracing::debug!(id, code, "the health check failed"),
            Err(error) => tracing::debug!(id, %error, "the health check could not be run"),
        }
    }
}
