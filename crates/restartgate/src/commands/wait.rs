//! `restartgate wait`: waits until services are healthy.

use std::time::Instant;

use evenkeel_common::{Error, Exit, print, print_json};

use super::find::find_one;
use super::watch::{evidence, statuses, watch};
use crate::cli::{Target, WaitArgs};
use crate::decide::health::{self, Health};
use crate::edges::engine::{Docker, Found, Wanted};
use crate::output::wait_json::{ServiceVerdict, Verdict, WaitJson, WaitRowJson};

pub(super) async fn wait(args: &WaitArgs) -> Result<Exit, Error> {
    let started = Instant::now();
    let docker = Docker::connect(&args.docker).await?;
    let found = find_all(&docker, args).await?;
    // All at once: the first one that is unhealthy ends the wait.
    let all: Vec<String> = found.iter().flat_map(|one| one.containers.clone()).collect();
    watch(&docker, &all, args.timeout).await?;
    let mut rows = Vec::new();
    for one in &found {
        rows.push(row_of(&docker, one).await?);
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let report = WaitJson::new(rows, started.elapsed());
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(match report.verdict {
        Verdict::Healthy => Exit::Done,
        Verdict::NotHealthy => Exit::No,
    })
}

async fn find_all(docker: &Docker, args: &WaitArgs) -> Result<Vec<Found>, Error> {
    if args.services.is_empty() {
        let wanted = Wanted { name: None, project: args.project.clone(), labels: args.label.clone() };
        let found = docker.find(&wanted).await?;
        if found.is_empty() {
            return Err(Error::usage("wait", "nothing in this scope has a container").hint("start it first"));
        }
        return Ok(found);
    }
    let mut found = Vec::new();
    for service in &args.services {
        let target = Target {
            service: Some(service.clone()),
            label: args.label.clone(),
            project: args.project.clone(),
        };
        found.push(find_one(docker, &target).await?);
    }
    Ok(found)
}

/// The health of a service at the end of the wait.
async fn row_of(docker: &Docker, found: &Found) -> Result<WaitRowJson, Error> {
    let row =
        |verdict, reason, evidence| WaitRowJson { name: found.service.shown(), verdict, reason, evidence };
    for status in statuses(docker, &found.containers).await? {
        match health::of_container(&status) {
            Health::Healthy | Health::Unknown => {}
            Health::Pending(reason) => return Ok(row(ServiceVerdict::Pending, Some(reason), None)),
            Health::Unhealthy(reason) => {
                let evidence = evidence(docker, &status).await;
                return Ok(row(ServiceVerdict::Unhealthy, Some(reason), Some(evidence)));
            }
        }
    }
    Ok(row(ServiceVerdict::Healthy, None, None))
}
