//! `restartgate SERVICE`: find the service, ask the gate, restart, watch, report.

use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::units::show_duration;
use evenkeel_common::{BootTimestamp, Error, Exit, print, print_json};

use super::admission::{self, Answer, End, Request};
use super::find::connect;
use super::sharing::refuse_shared_engine;
use super::watch::{Watched, evidence, statuses, watch};
use crate::cli::RestartArgs;
use crate::decide::gate::{Decision, RestartMode};
use crate::decide::health::{self, Health};
use crate::edges::engine::{Docker, Found};
use crate::edges::history::History;
use crate::output::report_json::{EvidenceJson, ReportJson, Verdict};

pub(super) async fn restart(args: &RestartArgs) -> Result<Exit, Error> {
    let asked = BootTimestamp::now();
    let started = Instant::now();
    // No limit holds back a forced restart, whatever was counted.
    if args.mode() != RestartMode::Forced {
        refuse_shared_engine(&args.sharing)?;
    }
    let effective = args.limits.effective()?;
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let request = Request {
        service: &found.service,
        mode: args.mode(),
        reason: args.reason.as_deref(),
        asked: &asked,
        effective: &effective,
        place: history.dir(),
    };
    let (stop_timeout, health_timeout) = (args.stop_timeout, args.health_timeout);
    let when_refused = if args.wait { WhenRefused::Wait } else { WhenRefused::Report };
    let manner = Manner { stop_timeout, health_timeout, when_refused };
    let call = Call { manner, docker: &docker, found: &found, history: &history, request };
    let mut report = call.until_answered().await?;
    report.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(report.exit)
}

/// How a restart is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Time that each container has to stop before it is killed.
    pub(super) stop_timeout: Duration,
    /// Longest time until the service must be healthy.
    pub(super) health_timeout: Duration,
    pub(super) when_refused: WhenRefused,
}

/// What follows when the gate refuses a restart that it would allow later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenRefused {
    /// Wait, and ask again.
    Wait,
    Report,
}

/// One request for a restart, from the question to the end of the restart.
pub(super) struct Call<'a> {
    pub(super) manner: Manner,
    pub(super) docker: &'a Docker,
    pub(super) found: &'a Found,
    pub(super) history: &'a History,
    pub(super) request: Request<'a>,
}

/// The outcome of asking the gate.
enum Asked {
    /// The restart may be made: the number of its attempt.
    Admitted(u64),
    /// No restart is needed.
    NotNeeded(Box<ReportJson>),
    Refused(Box<Answer>),
}

impl Call<'_> {
    /// Asks the gate, and restarts where it allows it. Where that is the manner, asks again whenever another try makes
    /// sense.
    pub(super) async fn until_answered(&self) -> Result<ReportJson, Error> {
        loop {
            let Some(lock) = self.history.lock(&self.found.service, self.longest_restart()).await? else {
                return admission::report_locked(self.history, &self.request);
            };
            let answer = match self.ask().await? {
                Asked::Admitted(attempt) => return self.restart(attempt).await,
                Asked::NotNeeded(report) => return Ok(*report),
                Asked::Refused(answer) => answer,
            };
            match answer.decision {
                Decision::Later { retry_after, .. } if self.manner.when_refused == WhenRefused::Wait => {
                    drop(lock);
                    tracing::info!(?retry_after, "waiting for the gate");
                    tokio::time::sleep(retry_after).await;
                }
                _ => return Ok(admission::report(&answer, &self.request)),
            }
        }
    }

    /// No process that restarts the service holds its lock for longer than this.
    fn longest_restart(&self) -> Duration {
        let containers = u32::try_from(self.found.containers.len()).unwrap_or(u32::MAX);
        let one = self.manner.stop_timeout.saturating_add(self.manner.health_timeout);
        one.saturating_mul(containers)
            .saturating_add(self.manner.health_timeout.saturating_mul(2))
            .saturating_add(Duration::from_secs(10))
    }

    /// Inspects the service and asks the gate, with the service's lock held. A service that may become healthy by itself
    /// is waited for once.
    async fn ask(&self) -> Result<Asked, Error> {
        let containers = statuses(self.docker, &self.found.containers).await?;
        let settle = health::settle_time(self.manner.health_timeout);
        let health = health::of_service(&containers, settle);
        let mut answer = admission::admit(self.history, &self.request, &health, &containers)?;
        if let Decision::Await { .. } = answer.decision {
            let health = match watch(self.docker, &self.found.containers, self.manner.health_timeout).await? {
                Watched::Healthy => return Ok(Asked::NotNeeded(Box::new(self.waited(&answer)))),
                Watched::NotHealthy { reason, .. } => Health::Unhealthy(reason),
            };
            let containers = statuses(self.docker, &self.found.containers).await?;
            answer = admission::admit(self.history, &self.request, &health, &containers)?;
        }
        Ok(match (&answer.decision, answer.attempt) {
            (Decision::Allow { .. }, Some(attempt)) => Asked::Admitted(attempt),
            (Decision::Later { .. } | Decision::Open { .. }, _) => Asked::Refused(Box::new(answer)),
            _ => Asked::NotNeeded(Box::new(admission::report(&answer, &self.request))),
        })
    }

    fn waited(&self, answer: &Answer) -> ReportJson {
        let mut report = admission::report(answer, &self.request);
        "it became healthy by itself".clone_into(&mut report.reason);
        report
    }

    /// Restarts, watches, and records how it ended, also when the connection to the engine breaks meanwhile.
    async fn restart(&self, attempt: u64) -> Result<ReportJson, Error> {
        let started = Instant::now();
        let outcome = self.restart_and_watch().await;
        let (healthy, reason) = match &outcome {
            Ok(restarted) => (restarted.healthy, restarted.reason.as_str()),
            Err(error) => (false, error.cause()),
        };
        let end = End { healthy, reason, took: started.elapsed() };
        admission::record_end(self.history, &self.found.service, attempt, &end)?;
        let Restarted { healthy, reason, evidence } = outcome?;
        let after = admission::decide(&self.history.read()?.0, &self.request, &Health::Unknown, &[]);
        let verdict = if healthy { Verdict::Restarted } else { Verdict::Failed };
        let mut report = admission::report_of(&self.request, &after.state, verdict, reason);
        report.evidence = evidence;
        Ok(report)
    }

    async fn restart_and_watch(&self) -> Result<Restarted, Error> {
        let started = Instant::now();
        for id in &self.found.containers {
            // A slow engine is not a sick service: it has as long as the service has to become healthy.
            let (stop, start) = (self.manner.stop_timeout, self.manner.health_timeout);
            if let Err(error) = self.docker.restart(id, stop, start).await {
                if error.status().is_none() {
                    return Err(error.into_error("restart the container"));
                }
                let evidence = match self.docker.status(id).await {
                    Ok(status) => Some(evidence(self.docker, &status).await),
                    Err(_) => None,
                };
                let reason = format!("Docker could not restart it: {error}");
                return Ok(Restarted { healthy: false, reason, evidence });
            }
        }
        Ok(match watch(self.docker, &self.found.containers, self.manner.health_timeout).await? {
            Watched::Healthy => {
                let reason = format!("healthy after {}", show_duration(started.elapsed()));
                Restarted { healthy: true, reason, evidence: None }
            }
            Watched::NotHealthy { reason, status } => {
                let evidence = Some(evidence(self.docker, &status).await);
                Restarted { healthy: false, reason, evidence }
            }
        })
    }
}

/// What came of a restart.
struct Restarted {
    healthy: bool,
    reason: String,
    evidence: Option<EvidenceJson>,
}
