//! `restartgate wait`: waits until services are ready, starts them where asked, and then sets CPU limits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, print, print_json};

use super::find::find_one;
use super::readiness_watch::{Checks, Options, Reached, Starts, watch};
use super::watch::evidence;
use crate::cli::{CpuLimit, Target, WaitArgs};
use crate::decide::readiness::{Readiness, ReadyBy};
use crate::edges::engine::{Docker, Found, Wanted};
use crate::model::container::State;
use crate::output::wait_json::{ServiceVerdict, WaitJson, WaitRowJson};

pub(super) async fn wait(args: &WaitArgs) -> Result<Exit, Error> {
    let started = Instant::now();
    let docker = Docker::connect(&args.docker).await?;
    let found = find_all(&docker, args).await?;
    check_limits(&args.cpus_after, &found)?;
    let options = Options {
        timeout: args.timeout,
        checks: if args.engine_verdict { Checks::Engine } else { Checks::Also(args.poll) },
        starts: if args.start { Starts::Created } else { Starts::None },
    };
    let reached = watch(&docker, &found, &options).await?;
    let mut rows = Vec::new();
    for one in &found {
        rows.push(row_of(&docker, one, &reached).await);
    }
    if rows.iter().all(|row| row.verdict == ServiceVerdict::Healthy) {
        limit_cpus(&docker, &args.cpus_after, &found, &reached, &mut rows).await?;
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let report = WaitJson::new(rows, started.elapsed());
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(report.exit())
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

/// Fails where a CPU limit is for a service that is not waited for.
fn check_limits(limits: &[CpuLimit], found: &[Found]) -> Result<(), Error> {
    let unknown = limits.iter().find(|limit| !found.iter().any(|one| one.service.name == limit.service));
    match unknown {
        None => Ok(()),
        Some(limit) => {
            let action = format!("limit the CPUs of {}", limit.service);
            Err(Error::usage(action, "it is none of the services that are waited for"))
        }
    }
}

/// Sets the CPU limits of the services that run on; `rows` stand in the order of `found`.
async fn limit_cpus(
    docker: &Docker,
    limits: &[CpuLimit],
    found: &[Found],
    reached: &BTreeMap<String, Reached>,
    rows: &mut [WaitRowJson],
) -> Result<(), Error> {
    for (one, row) in found.iter().zip(rows) {
        let Some(limit) = limits.iter().rfind(|limit| limit.service == one.service.name) else { continue };
        let runs = |id: &&String| reached.get(*id).is_some_and(|it| it.status.state == State::Running);
        for id in one.containers.iter().filter(runs) {
            row.nano_cpus = Some(docker.limit_cpus(id, limit.nano_cpus).await?);
        }
    }
    Ok(())
}

/// How far a service came: the one of its containers that came least far.
async fn row_of(docker: &Docker, found: &Found, reached: &BTreeMap<String, Reached>) -> WaitRowJson {
    let name = found.service.shown();
    let time_is_over = !reached.values().any(|one| matches!(one.readiness, Readiness::Failed(_)));
    let own = found.containers.iter().filter_map(|id| reached.get(id));
    let Some(worst) = own.max_by_key(|one| (rank(&one.readiness), one.ready_after)) else {
        return row(name, ServiceVerdict::Pending);
    };
    match &worst.readiness {
        Readiness::Ready(by) => ready(name, *by, worst.ready_after),
        Readiness::Start => {
            WaitRowJson { reason: Some("it is being started".into()), ..row(name, ServiceVerdict::Pending) }
        }
        Readiness::Pending(reason) => WaitRowJson {
            reason: Some(reason.clone()),
            evidence: if time_is_over { Some(evidence(docker, &worst.status).await) } else { None },
            ..row(name, ServiceVerdict::Pending)
        },
        Readiness::Failed(reason) => WaitRowJson {
            reason: Some(reason.clone()),
            evidence: Some(evidence(docker, &worst.status).await),
            ..row(name, ServiceVerdict::Unhealthy)
        },
    }
}

const fn rank(readiness: &Readiness) -> u8 {
    match readiness {
        Readiness::Ready(_) => 0,
        Readiness::Start | Readiness::Pending(_) => 1,
        Readiness::Failed(_) => 2,
    }
}

fn ready(name: String, by: ReadyBy, after: Option<Duration>) -> WaitRowJson {
    WaitRowJson {
        ready_by: Some(by),
        ready_ms: after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        ..row(name, ServiceVerdict::Healthy)
    }
}

const fn row(name: String, verdict: ServiceVerdict) -> WaitRowJson {
    WaitRowJson {
        name,
        verdict,
        reason: None,
        evidence: None,
        ready_by: None,
        ready_ms: None,
        nano_cpus: None,
    }
}
