//! `restartgate check`: what the gate would decide; nothing is recorded.

use evenkeel_common::state::Home;
use evenkeel_common::{BootTimestamp, Error, Exit, print, print_json};

use super::admission::{self, Request};
use super::find::connect;
use super::sharing::refuse_shared_engine;
use super::watch::statuses;
use crate::cli::CheckArgs;
use crate::decide::gate::RestartMode;
use crate::decide::health::{self, SETTLE_TIME};
use crate::decide::past;
use crate::edges::engine::{Docker, Found};
use crate::edges::history::History;
use crate::output::report_json::ReportJson;

pub(super) async fn check(args: &CheckArgs) -> Result<Exit, Error> {
    refuse_shared_engine(&args.sharing)?;
    let effective = args.limits.effective()?;
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let request = Request {
        service: &found.service,
        mode: if args.even_if_healthy { RestartMode::EvenIfHealthy } else { RestartMode::IfUnhealthy },
        reason: None,
        asked: &BootTimestamp::now(),
        effective: &effective,
        place: history.dir(),
    };
    let report = preview(&docker, &history, &found, &request).await?;
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(report.exit)
}

/// The report of what the gate would decide about a service now.
pub(super) async fn preview(
    docker: &Docker,
    history: &History,
    found: &Found,
    request: &Request<'_>,
) -> Result<ReportJson, Error> {
    let mut records = history.read_about(&found.service)?;
    if history.is_busy(&found.service)? {
        past::without_running(&mut records, &found.service);
    }
    let containers = statuses(docker, &found.containers).await?;
    let health = health::of_service(&containers, SETTLE_TIME);
    let answer = admission::decide(&records, request, &health, &containers);
    Ok(admission::report(&answer, request))
}
