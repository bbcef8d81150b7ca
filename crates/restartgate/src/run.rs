//! The story: find the service, decide, record, restart, watch, report.

use std::time::{Duration, Instant};

use drydock_common::docker::DockerArgs;
use drydock_common::state::Home;
use drydock_common::{Error, Exit, print, print_json};

use crate::cli::{Action, CheckArgs, Cli, RestartArgs, StatusArgs, Target, VerdictArgs, WaitArgs};
use crate::clock::Moment;
use crate::command;
use crate::docker::{Docker, Found, Wanted};
use crate::gate::{self, Decision, Event, Limits, Rule};
use crate::health::{self, Seen};
use crate::history::{self, Action as Did, History, Record, Service};
use crate::report::{Evidence, Report, Status, StatusRow, Verdict, WaitRow, Waited, seconds_up};

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
            Some(Action::Status(args)) => status(&args),
            Some(Action::Trip(args)) => verdict_of_person(&args, Did::Trip).await,
            Some(Action::Reset(args)) => verdict_of_person(&args, Did::Reset).await,
        }
    })
}

/// The past of one service, and what it means.
struct Past {
    standing: gate::Standing,
    machine: Vec<Duration>,
    records: Vec<Record>,
    now: Moment,
}

fn past_of(history: &History, service: &Service, limits: &Limits) -> Result<Past, Error> {
    let (records, _) = history.read()?;
    let now = Moment::now();
    let events: Vec<Event> = history::events(&records, service, &now);
    let machine = history::machine(&records, &now);
    Ok(Past { standing: gate::standing(&events, limits), machine, records, now })
}

async fn connect(args: &DockerArgs, target: &Target) -> Result<(Docker, Found), Error> {
    let docker = Docker::connect(args).await?;
    let found = find_one(&docker, target).await?;
    Ok((docker, found))
}

async fn find_one(docker: &Docker, target: &Target) -> Result<Found, Error> {
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

/// `restartgate SERVICE`
async fn restart_service(args: &RestartArgs) -> Result<Exit, Error> {
    let asked = Moment::now();
    let started = Instant::now();
    let limits = args.limits.limits();
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let mut report = loop {
        let lock = history.lock_file(&found.service)?;
        hold(&lock)?;
        let report = restart_once(args, &limits, &docker, &found, &history, &asked).await?;
        match report.retry_after_s {
            Some(seconds) if args.wait && report.exit == Exit::Busy => {
                drop(lock);
                tracing::info!(seconds, "waiting for the gate");
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            _ => break report,
        }
    };
    report.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    say(&report, args.json)?;
    Ok(report.exit)
}

/// Waits for the service's lock: whoever holds it is restarting it.
fn hold(lock: &std::fs::File) -> Result<(), Error> {
    loop {
        match lock.lock() {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other.map_err(|e| Error::failed("lock the service", e)),
        }
    }
}

/// One pass through the gate, under the service's lock.
async fn restart_once(
    args: &RestartArgs,
    limits: &Limits,
    docker: &Docker,
    found: &Found,
    history: &History,
    asked: &Moment,
) -> Result<Report, Error> {
    let service = &found.service;
    let past = past_of(history, service, limits)?;
    let report = |verdict, reason: String| Report::new(service, &past.standing, limits, verdict, reason);
    if history::restarted_since(&past.records, service, asked, &past.now) {
        return Ok(report(
            Verdict::Coalesced,
            "somebody else restarted it with success since this call began".into(),
        ));
    }
    if !args.even_if_healthy && !args.force {
        match watch(docker, &found.containers, args.health_timeout).await? {
            Watched::Healthy { waited: false } => {
                return Ok(report(Verdict::Skipped, "it is healthy".into()));
            }
            Watched::Healthy { waited: true } => {
                return Ok(report(Verdict::Waited, "it became healthy by itself".into()));
            }
            Watched::Not { .. } => {}
        }
    }
    if !args.force {
        let seen = see_all(docker, &found.containers).await?;
        if let Some(refusal) =
            refuse(history, service, &past, limits, seen.iter().find_map(health::hopeless))?
        {
            return Ok(refusal);
        }
    }
    let attempt = begin(history, service, args)?;
    let outcome = restart_and_watch(docker, &found.containers, args.health_timeout).await;
    let (healthy, reason, evidence) = outcome?;
    end(history, service, attempt, healthy, &reason)?;
    let past = past_of(history, service, limits)?;
    let verdict = if healthy { Verdict::Restarted } else { Verdict::Failed };
    let mut report = Report::new(service, &past.standing, limits, verdict, reason);
    report.evidence = evidence;
    Ok(report)
}

/// Asks the gate; a refusal is recorded. `hopeless` is a cause that no restart mends: it opens the breaker at once.
fn refuse(
    history: &History,
    service: &Service,
    past: &Past,
    limits: &Limits,
    hopeless: Option<String>,
) -> Result<Option<Report>, Error> {
    let decision = match (gate::decide(&past.standing, &past.machine, limits), hopeless) {
        (Decision::Allow { probe: false }, Some(cause)) if past.standing.attempts_used > 0 => {
            Decision::Open { cause, retry_after: limits.open, trips_now: true }
        }
        (decision, _) => decision,
    };
    let Some((reason, retry_after)) = refusal_words(&decision, limits) else { return Ok(None) };
    if let Decision::Open { cause, trips_now: true, .. } = &decision {
        let mut trip = Record::new(Did::Trip, service);
        trip.reason = Some(cause.clone());
        history.append(&trip)?;
    }
    let mut record = Record::new(Did::Refused, service);
    record.reason = Some(reason.clone());
    history.append(&record)?;
    let standing = past_of(history, service, limits)?.standing;
    Ok(Some(refused(
        Report::new(service, &standing, limits, Verdict::Refused, reason),
        &decision,
        retry_after,
    )))
}

fn refusal_words(decision: &Decision, limits: &Limits) -> Option<(String, Duration)> {
    match decision {
        Decision::Allow { .. } => None,
        Decision::Wait { rule: Rule::Cooldown, retry_after } => {
            Some(("it is cooling down after its last restart".into(), *retry_after))
        }
        Decision::Wait { rule: Rule::Machine, retry_after } => Some((
            format!("the machine made {} restarts within a minute", limits.machine_per_minute),
            *retry_after,
        )),
        Decision::Open { cause, retry_after, .. } => {
            Some((format!("the breaker is open: {cause}"), *retry_after))
        }
    }
}

/// An open breaker makes retrying useless; the other limits pass with time.
fn refused(mut report: Report, decision: &Decision, retry_after: Duration) -> Report {
    report.retry_after_s = Some(seconds_up(retry_after));
    report.exit = if matches!(decision, Decision::Open { .. }) { Exit::Open } else { Exit::Busy };
    report
}

fn begin(history: &History, service: &Service, args: &RestartArgs) -> Result<u64, Error> {
    let attempt = history::new_attempt();
    let mut record = Record::new(Did::Begin, service);
    record.attempt = Some(attempt);
    record.forced = args.force;
    record.reason.clone_from(&args.reason);
    // No record, no restart: a full disk must not hide a storm.
    history.append(&record)?;
    Ok(attempt)
}

fn end(history: &History, service: &Service, attempt: u64, healthy: bool, reason: &str) -> Result<(), Error> {
    let mut record = Record::new(Did::End, service);
    record.attempt = Some(attempt);
    record.healthy = Some(healthy);
    record.reason = Some(reason.to_owned());
    history.append(&record)
}

async fn restart_and_watch(
    docker: &Docker,
    containers: &[String],
    timeout: Duration,
) -> Result<(bool, String, Option<Evidence>), Error> {
    let started = Instant::now();
    for id in containers {
        if let Err(error) = docker.restart(id).await {
            let evidence = match docker.see(id).await {
                Ok(Some(seen)) => Some(evidence(docker, &seen).await),
                _ => None,
            };
            return Ok((false, format!("Docker could not restart it: {error}"), evidence));
        }
    }
    Ok(match watch(docker, containers, timeout).await? {
        Watched::Healthy { .. } => {
            (true, format!("healthy after {}", drydock_common::units::show_duration(started.elapsed())), None)
        }
        Watched::Not { reason, seen } => (false, reason, Some(evidence(docker, &seen).await)),
    })
}

/// How a watch ended.
enum Watched {
    Healthy { waited: bool },
    Not { reason: String, seen: Box<Seen> },
}

/// Time between two looks at a container.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Watches until all are healthy, one is sick, or the time is over.
async fn watch(docker: &Docker, containers: &[String], timeout: Duration) -> Result<Watched, Error> {
    let started = Instant::now();
    let mut waited = false;
    loop {
        let mut pending = None;
        for seen in see_all(docker, containers).await? {
            match health::judge(&seen) {
                health::Verdict::Healthy => {}
                health::Verdict::Pending(reason) => pending = Some((reason, seen)),
                health::Verdict::Sick(reason) => return Ok(Watched::Not { reason, seen: Box::new(seen) }),
            }
        }
        match pending {
            None => return Ok(Watched::Healthy { waited }),
            Some((reason, seen)) if started.elapsed() >= timeout => {
                let limit = drydock_common::units::show_duration(timeout);
                return Ok(Watched::Not {
                    reason: format!("not healthy within {limit}: {reason}"),
                    seen: Box::new(seen),
                });
            }
            Some(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
        waited = true;
    }
}

async fn see_all(docker: &Docker, containers: &[String]) -> Result<Vec<Seen>, Error> {
    let mut all = Vec::new();
    for id in containers {
        all.push(docker.see(id).await?.unwrap_or_else(|| Seen {
            id: id.clone(),
            state: "removed".into(),
            ..Seen::default()
        }));
    }
    Ok(all)
}

/// Lines of the log that are shown as evidence.
const LOG_LINES: usize = 20;

async fn evidence(docker: &Docker, seen: &Seen) -> Evidence {
    Evidence {
        state: seen.state.clone(),
        exit_code: seen.exit_code,
        oom_killed: seen.oom_killed,
        memory_limit_bytes: seen.memory_limit,
        last_check: seen.last_check.clone(),
        log: docker.last_lines(&seen.id, LOG_LINES).await,
    }
}

fn say(report: &Report, json: bool) -> Result<(), Error> {
    if json { print_json(report) } else { print(&report.words()) }
}

/// `restartgate SERVICE -- CMD`: the same gate, without an engine. The command's success is the service's health.
async fn gated_command(args: &RestartArgs) -> Result<Exit, Error> {
    let name = args.target.service.clone().unwrap_or_else(|| args.command[0].clone());
    let service = Service { host: "command".into(), project: args.target.project.clone(), name };
    let limits = args.limits.limits();
    let history = History::open(&Home::from_env()?)?;
    loop {
        let lock = history.lock_file(&service)?;
        hold(&lock)?;
        let past = past_of(&history, &service, &limits)?;
        let refusal = if args.force { None } else { refuse(&history, &service, &past, &limits, None)? };
        let Some(refusal) = refusal else { break run_gated(args, &history, &service).await };
        match refusal.retry_after_s {
            Some(seconds) if args.wait && refusal.exit == Exit::Busy => {
                drop(lock);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            _ => {
                // stdout is the command's, also when it does not run.
                let words = format!("restartgate: {}", refusal.words());
                let _ = std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes());
                break Ok(refusal.exit);
            }
        }
    }
}

async fn run_gated(args: &RestartArgs, history: &History, service: &Service) -> Result<Exit, Error> {
    let attempt = begin(history, service, args)?;
    let outcome = command::run(&args.command).await;
    let (healthy, reason) = match &outcome {
        Ok(exit) => (exit.code() == 0, format!("the command ended with {}", exit.code())),
        Err(error) => (false, error.cause().to_owned()),
    };
    end(history, service, attempt, healthy, &reason)?;
    outcome
}

/// `restartgate check`
async fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let limits = args.limits.limits();
    let (docker, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let past = past_of(&history, &found.service, &limits)?;
    let seen = see_all(&docker, &found.containers).await?;
    let healthy = seen.iter().all(|seen| health::judge(seen) == health::Verdict::Healthy);
    let report =
        |verdict, reason: String| Report::new(&found.service, &past.standing, &limits, verdict, reason);
    let decision = gate::decide(&past.standing, &past.machine, &limits);
    let report = match refusal_words(&decision, &limits) {
        _ if healthy && !args.even_if_healthy => report(Verdict::Skipped, "it is healthy".into()),
        None => report(Verdict::Allowed, "a restart would pass".into()),
        Some((reason, retry_after)) => refused(report(Verdict::Refused, reason), &decision, retry_after),
    };
    say(&report, args.json)?;
    Ok(report.exit)
}

/// `restartgate status`
fn status(args: &StatusArgs) -> Result<Exit, Error> {
    let limits = args.limits.limits();
    let history = History::open(&Home::from_env()?)?;
    let (records, skipped) = history.read()?;
    let now = Moment::now();
    let mut services: Vec<&Service> = records.iter().map(|record| &record.service).collect();
    services.sort();
    services.dedup();
    let rows = services.into_iter().filter_map(|service| {
        let last = records.iter().rfind(|record| record.service == *service)?;
        let standing = gate::standing(&history::events(&records, service, &now), &limits);
        Some(StatusRow::new(service, &standing, &limits, last))
    });
    let status = Status::new(rows.collect(), skipped);
    if args.json {
        print_json(&status)?;
    } else {
        print(&status.words())?;
    }
    Ok(Exit::Done)
}

/// `restartgate trip` and `restartgate reset`
async fn verdict_of_person(args: &VerdictArgs, did: Did) -> Result<Exit, Error> {
    let (_, found) = connect(&args.docker, &args.target).await?;
    let history = History::open(&Home::from_env()?)?;
    let mut record = Record::new(did, &found.service);
    record.reason = Some(args.reason.clone());
    history.append(&record)?;
    let word = if did == Did::Trip { "the breaker is open now" } else { "its past is forgiven" };
    print(&format!("{}: {word}\n", found.service.shown()))?;
    Ok(Exit::Done)
}

/// `restartgate wait`
async fn wait(args: &WaitArgs) -> Result<Exit, Error> {
    let started = Instant::now();
    let docker = Docker::connect(&args.docker).await?;
    let found = find_all(&docker, args).await?;
    // All at once: the first that is sick ends the wait.
    let all: Vec<String> = found.iter().flat_map(|one| one.containers.clone()).collect();
    watch(&docker, &all, args.timeout).await?;
    let mut rows = Vec::new();
    for one in &found {
        rows.push(row_of(&docker, one).await?);
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let waited = Waited::new(rows, started.elapsed());
    if args.json {
        print_json(&waited)?;
    } else {
        print(&waited.words())?;
    }
    Ok(if waited.verdict == "healthy" { Exit::Done } else { Exit::No })
}

async fn find_all(docker: &Docker, args: &WaitArgs) -> Result<Vec<Found>, Error> {
    let target = |service: Option<&String>| Target {
        service: service.cloned(),
        label: args.label.clone(),
        project: args.project.clone(),
    };
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
        found.push(find_one(docker, &target(Some(service))).await?);
    }
    Ok(found)
}

/// What a service looks like at the end of a wait.
async fn row_of(docker: &Docker, one: &Found) -> Result<WaitRow, Error> {
    let row = |verdict, reason, evidence| WaitRow { name: one.service.shown(), verdict, reason, evidence };
    for seen in see_all(docker, &one.containers).await? {
        match health::judge(&seen) {
            health::Verdict::Healthy => {}
            health::Verdict::Pending(reason) => return Ok(row("pending", Some(reason), None)),
            health::Verdict::Sick(reason) => {
                return Ok(row("sick", Some(reason), Some(evidence(docker, &seen).await)));
            }
        }
    }
    Ok(row("healthy", None, None))
}
