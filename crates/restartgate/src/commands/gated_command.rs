//! `restartgate SERVICE -- CMD`: the same gate in front of a command, without an engine. Its success is the service's
//! health.

use std::io::Write as _;
use std::time::{Duration, Instant};

use evenkeel_common::child::Running;
use evenkeel_common::state::Home;
use evenkeel_common::{BootTimestamp, Error, Exit};

use super::admission::{self, End, Request};
use crate::cli::RestartArgs;
use crate::decide::gate::Decision;
use crate::decide::health::Health;
use crate::edges::history::History;
use crate::model::record::Service;
use crate::output::report_json::ReportJson;

/// Longest wait for a command that another process runs for the same service.
const LONGEST_COMMAND: Duration = Duration::from_hours(1);

/// Fails with [`Exit::Wrapper`] where the history cannot be read or written: other codes are the command's.
pub(super) async fn gated_command(args: &RestartArgs) -> Result<Exit, Error> {
    let as_wrapper =
        |error: Error| if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error };
    admit_and_run(args).await.map_err(as_wrapper)
}

async fn admit_and_run(args: &RestartArgs) -> Result<Exit, Error> {
    let asked = BootTimestamp::now();
    let effective = args.limits.effective()?;
    let name = args.target.service.clone().unwrap_or_else(|| args.command[0].clone());
    let service = Service { host: "command".into(), project: args.target.project.clone(), name };
    let history = History::open(&Home::from_env()?)?;
    let request = Request {
        service: &service,
        mode: args.mode(),
        reason: args.reason.as_deref(),
        asked: &asked,
        effective: &effective,
        place: history.dir(),
    };
    loop {
        let Some(lock) = history.lock(&service, LONGEST_COMMAND).await? else {
            return Ok(refuse(&admission::report_locked(&history, &request)?));
        };
        let answer = admission::admit(&history, &request, &Health::Unknown, &[])?;
        if let Some(attempt) = answer.attempt {
            return run(args, &history, &service, attempt).await;
        }
        match &answer.decision {
            Decision::Later { retry_after, .. } if args.wait => {
                drop(lock);
                tokio::time::sleep(*retry_after).await;
            }
            _ => return Ok(refuse(&admission::report(&answer, &request))),
        }
    }
}

async fn run(args: &RestartArgs, history: &History, service: &Service, attempt: u64) -> Result<Exit, Error> {
    let started = Instant::now();
    let outcome = match Running::start(&args.command) {
        Ok(mut running) => running.wait().await,
        Err(error) => Err(error),
    };
    let (healthy, reason) = match &outcome {
        Ok(exit) => (exit.code() == 0, format!("the command ended with {}", exit.code())),
        Err(error) => (false, error.cause().to_owned()),
    };
    let end = End { healthy, reason: &reason, took: started.elapsed() };
    if let Err(error) = admission::record_end(history, service, attempt, &end) {
        // The command has run, so its code counts. Without an end the attempt counts as failed.
        let _ = writeln!(std::io::stderr(), "restartgate: {error}");
    }
    outcome
}

/// Says on stderr why the command is not run: stdout is its own, also when it does not run.
fn refuse(report: &ReportJson) -> Exit {
    let _ = write!(std::io::stderr(), "restartgate: {}", report.text());
    report.exit
}
