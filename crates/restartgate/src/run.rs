//! The story of a restart: find the service, look, ask the gate, restart, watch, report.

use std::time::{Duration, Instant};

use evenkeel_common::docker::DockerArgs;
use evenkeel_common::state::Home;
use evenkeel_common::units::show_duration;
use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::{Action, CheckArgs, Cli, RestartArgs, Target};
use crate::clock::Moment;
use crate::docker::{Docker, Found, Wanted};
use crate::gate::{Decision, Health, Wish};
use crate::gated::gated_command;
use crate::history::{self, Action as Did, History};
use crate::passage::{self, Answer, Request};
use crate::people;
use crate::report::{Evidence, Report, Verdict};
use crate::watch::{Watched, evidence, see_all, wait, watch};

/// Runs the tool.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::failed("start", e))?;
    runtime.block_on(async {
        match cli.action {
            None if cli.restart.command.is_empty() => restart_service(&cli.restart).await,
            None => gated_command(&cli.restart).await,
            Some(Action::Check(args)) => check(&args).await,
            Some(Action::Wait(args)) => wait(&args).await,
            Some(Action::Status(args)) => people::status(&args),
            Some(Action::History(args)) => people::history(&args),
            Some(Action::Stats(args)) => people::stats(&args),
            Some(Action::Explain(args)) => people::explain(&args),
            Some(Action::Trip(args)) => people::verdict_of_person(&args, Did::Trip).await,
            Some(Action::Reset(args)) => people::verdict_of_person(&args, Did::Reset).await,
        }
    })
}

pub(crate) async fn connect(args: &DockerArgs, target: &Target) -> Result<(Docker, Found), Error> {
    let docker = Docker::connect(args).await?;
    let found = find_one(&docker, target).await?;
    Ok((docker, found))
}

/// The one service that is meant.
pub(crate) async fn find_one(docker: &Docker, target: &Target) -> Result<Found, Error> {
    let wanted = Wanted {
        name: target.service.clone(),
        project: target.project.clone(),
        labels: target.label.clone(),
    };
    let mut found = docker.find(&wanted).await?;
    let shown = target.service.as_deref().unwrap_or("the service");
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|f| f.service.shown()).collect();
        return Err(Error::usage(
            format!("tell which '{shown}' is meant"),
            format!("found {}", names.join(", ")),
        )
        .hint("name its project with --project"));
    }
    if let Some(found) = found.pop() {
        return Ok(found);
    }
    let all = docker.find(&Wanted::default()).await?;
    let names: Vec<String> = all.iter().map(|f| f.service.shown()).collect();
    let there = if names.is_empty() {
        "the engine has no containers".into()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Err(Error::usage(format!("find {shown}"), "no container has this service, name or label").hint(there))
}

/// A service at the gate.
struct Call<'a> {
    args: &'a RestartArgs,
    docker: &'a Docker,
    found: &'a Found,
    history: &'a History,
    request: Request<'a>,
}

/// `restartgate SERVICE`
async fn restart_service(args: &RestartArgs) -> Result<Exit, Error> {
    let asked = Moment::now();
    let started = Instant::now();
    let in_force = args.limits.in_force()?;
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let request = Request {
        service: &found.service,
        wish: args.wish(),
        words: args.reason.as_deref(),
        asked: &asked,
        in_force: &in_force,
    };
    let call = Call { args, docker: &docker, found: &found, history: &history, request };
    let mut report = call.until_answered().await?;
    report.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    say(&report, args.json)?;
    Ok(report.exit)
}

impl Call<'_> {
    /// Goes to the gate; with `--wait` again and again, while that makes sense.
    async fn until_answered(&self) -> Result<Report, Error> {
        loop {
            let lock = self.history.lock_file(&self.found.service)?;
            if !passage::hold(&lock, self.longest_restart())? {
                let records = self.history.read()?.0;
                let standing = passage::decide(&records, &self.request, &Health::Unknown, &[]).standing;
                return Ok(passage::stuck(&standing, &self.request));
            }
            let answer = match self.ask().await? {
                Asked::Passed(attempt) => return self.restart(attempt).await,
                Asked::Answered(report) => return Ok(*report),
                Asked::Refused(answer) => answer,
            };
            match answer.decision {
                Decision::Later { retry_after, .. } if self.args.wait => {
                    drop(lock);
                    tracing::info!(?retry_after, "waiting for the gate");
                    tokio::time::sleep(retry_after).await;
                }
                _ => return Ok(passage::report(&answer, &self.request)),
            }
        }
    }

    /// Whoever holds a service's lock for longer than this does not restart it: the deadline of a half-open probe too.
    fn longest_restart(&self) -> Duration {
        let containers = u32::try_from(self.found.containers.len()).unwrap_or(u32::MAX);
        let stops = self.args.stop_timeout.saturating_mul(containers);
        stops
            .saturating_add(self.args.health_timeout.saturating_mul(2))
            .saturating_add(Duration::from_secs(10))
    }

    /// Looks at the service and asks the gate, under the service's lock. What may get well by itself is waited for once.
    async fn ask(&self) -> Result<Asked, Error> {
        let mut seen = see_all(self.docker, &self.found.containers).await?;
        let mut health = passage::health_of(&seen);
        let mut answer = passage::enter(self.history, &self.request, &health, &seen)?;
        if let Decision::Await { .. } = answer.decision {
            match watch(self.docker, &self.found.containers, self.args.health_timeout).await? {
                Watched::Healthy => return Ok(Asked::Answered(Box::new(self.waited(&answer)))),
                Watched::Not { reason, .. } => health = Health::Sick(reason),
            }
            seen = see_all(self.docker, &self.found.containers).await?;
            answer = passage::enter(self.history, &self.request, &health, &seen)?;
        }
        Ok(match (&answer.decision, answer.attempt) {
            (Decision::Allow { .. }, Some(attempt)) => Asked::Passed(attempt),
            (Decision::Later { .. } | Decision::Open { .. }, _) => Asked::Refused(Box::new(answer)),
            _ => Asked::Answered(Box::new(passage::report(&answer, &self.request))),
        })
    }

    fn waited(&self, answer: &Answer) -> Report {
        let mut report = passage::report(answer, &self.request);
        "it became healthy by itself".clone_into(&mut report.reason);
        report
    }

    /// Restarts, watches, and writes how it ended, also when the engine is lost under way.
    async fn restart(&self, attempt: u64) -> Result<Report, Error> {
        let began = Instant::now();
        let outcome = restart_and_watch(self).await;
        let (healthy, reason, evidence) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                let end = (false, error.cause());
                passage::leave(self.history, &self.found.service, attempt, began, end)?;
                return Err(error);
            }
        };
        passage::leave(self.history, &self.found.service, attempt, began, (healthy, &reason))?;
        let after = passage::decide(&self.history.read()?.0, &self.request, &Health::Unknown, &[]);
        let verdict = if healthy { Verdict::Restarted } else { Verdict::Failed };
        let mut report =
            Report::new(&self.found.service, &after.standing, self.request.in_force, verdict, reason);
        report.evidence = evidence;
        Ok(report)
    }
}

/// What came of asking.
enum Asked {
    /// The restart may be made: its number.
    Passed(u64),
    /// None is needed.
    Answered(Box<Report>),
    Refused(Box<Answer>),
}

async fn restart_and_watch(call: &Call<'_>) -> Result<(bool, String, Option<Evidence>), Error> {
    let Call { docker, args, found, .. } = call;
    let started = Instant::now();
    for id in &found.containers {
        if let Err(error) = docker.restart(id, args.stop_timeout).await {
            let evidence = match docker.see(id).await {
                Ok(Some(seen)) => Some(evidence(docker, &seen).await),
                _ => None,
            };
            return Ok((false, format!("Docker could not restart it: {error}"), evidence));
        }
    }
    Ok(match watch(docker, &found.containers, args.health_timeout).await? {
        Watched::Healthy => (true, format!("healthy after {}", show_duration(started.elapsed())), None),
        Watched::Not { reason, seen } => (false, reason, Some(evidence(docker, &seen).await)),
    })
}

fn say(report: &Report, json: bool) -> Result<(), Error> {
    if json { print_json(report) } else { print(&report.words()) }
}

/// `restartgate check`
async fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let in_force = args.limits.in_force()?;
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let (mut records, _) = history.read()?;
    if history.is_busy(&found.service)? {
        history::without_running(&mut records, &found.service);
    }
    let seen = see_all(&docker, &found.containers).await?;
    let request = Request {
        service: &found.service,
        wish: if args.even_if_healthy { Wish::EvenIfHealthy } else { Wish::WhenSick },
        words: None,
        asked: &Moment::now(),
        in_force: &in_force,
    };
    let answer = passage::decide(&records, &request, &passage::health_of(&seen), &seen);
    let report = passage::report(&answer, &request);
    say(&report, args.json)?;
    Ok(report.exit)
}
