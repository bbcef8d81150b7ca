//! `restartgate SERVICE -- CMD`: the same gate, without an engine. The command's success is the service's health.

use std::io::Write as _;
use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};

use crate::cli::RestartArgs;
use crate::clock::Moment;
use crate::command;
use crate::gate::{Decision, Health};
use crate::history::{History, Service};
use crate::passage::{self, Request};
use crate::report::Report;

/// No command is waited for longer than this by those who want to run it too.
const PATIENCE: Duration = Duration::from_hours(1);

pub(crate) async fn gated_command(args: &RestartArgs) -> Result<Exit, Error> {
    let asked = Moment::now();
    let in_force = args.limits.in_force()?;
    let name = args.target.service.clone().unwrap_or_else(|| args.command[0].clone());
    let service = Service { host: "command".into(), project: args.target.project.clone(), name };
    let history = History::open(&Home::from_env()?)?;
    let request = Request {
        service: &service,
        wish: args.wish(),
        words: args.reason.as_deref(),
        asked: &asked,
        in_force: &in_force,
    };
    loop {
        let lock = history.lock_file(&service)?;
        if !passage::hold(&lock, PATIENCE)? {
            let answer = passage::decide(&history.read()?.0, &request, &Health::Unknown, &[]);
            return Ok(tell(&passage::stuck(&answer.standing, &request)));
        }
        let answer = passage::enter(&history, &request, &Health::Unknown, &[])?;
        if let Some(attempt) = answer.attempt {
            return run(args, &history, &service, attempt).await;
        }
        match (&answer.decision, args.wait) {
            (Decision::Later { retry_after, .. }, true) => {
                drop(lock);
                tokio::time::sleep(*retry_after).await;
            }
            _ => return Ok(tell(&passage::report(&answer, &request))),
        }
    }
}

async fn run(args: &RestartArgs, history: &History, service: &Service, attempt: u64) -> Result<Exit, Error> {
    let began = Instant::now();
    let outcome = command::run(&args.command).await;
    let (healthy, reason) = match &outcome {
        Ok(exit) => (exit.code() == 0, format!("the command ended with {}", exit.code())),
        Err(error) => (false, error.cause().to_owned()),
    };
    passage::leave(history, service, attempt, began, (healthy, &reason))?;
    outcome
}

/// stdout is the command's, also when it does not run.
fn tell(report: &Report) -> Exit {
    let _ = write!(std::io::stderr(), "restartgate: {}", report.words());
    report.exit
}
