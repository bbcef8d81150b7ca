//! Through the gate: the past is read, the decision made and the begin written as one step, under the service's lock.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use evenkeel_common::units::show_duration;
use evenkeel_common::{Error, Exit};

use crate::clock::Moment;
use crate::gate::{self, Decision, Facts, Health, Rule, Wish};
use crate::health::{self, Again, Seen};
use crate::history::{self, Action, History, Record, Ruling, Service};
use crate::limits::{InForce, MINUTE};
use crate::report::{Report, Verdict, breaker_word, seconds_up};
use crate::standing::{Standing, standing};

/// What a caller asks of the gate.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// About which service.
    pub(crate) service: &'a Service,
    /// What it wishes.
    pub(crate) wish: Wish,
    /// In its own words.
    pub(crate) words: Option<&'a str>,
    /// When the call began.
    pub(crate) asked: &'a Moment,
    /// The limits.
    pub(crate) in_force: &'a InForce,
}

/// What the gate answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The decision.
    pub(crate) decision: Decision,
    /// Where the service stood.
    pub(crate) standing: Standing,
    /// What the decision went by.
    pub(crate) ruling: Ruling,
    /// Number of the attempt that was begun: it has to be ended.
    pub(crate) attempt: Option<u64>,
}

/// Between two tries to get a service's lock.
const KNOCK_EVERY: Duration = Duration::from_millis(20);

/// Takes the service's lock: whoever holds it is restarting it. False when it is held for longer than any restart takes.
pub(crate) fn hold(lock: &File, patience: Duration) -> Result<bool, Error> {
    let until = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(KNOCK_EVERY),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(e)) => return Err(Error::failed("lock the service", e)),
        }
    }
}

/// What is seen of all containers of a service, as one.
pub(crate) fn health_of(all: &[Seen]) -> Health {
    let mut pending = None;
    for seen in all {
        match health::judge(seen) {
            health::Verdict::Healthy => {}
            health::Verdict::Pending(reason) => pending = Some(reason),
            health::Verdict::Sick(reason) => return Health::Sick(reason),
        }
    }
    pending.map_or(Health::Healthy, Health::Pending)
}

/// Asks the gate. When it lets the restart through, the begin is on disk; when this request trips the breaker, the trip
/// is. The caller holds the service's lock.
pub(crate) fn enter(
    history: &History,
    request: &Request<'_>,
    health: &Health,
    seen: &[Seen],
) -> Result<Answer, Error> {
    let answer = history.decide(|records| {
        let mut answer = decide(&records, request, health, seen);
        let record = record_of(&mut answer, request, seen);
        (answer, record)
    })?;
    if matches!(answer.decision, Decision::Later { .. } | Decision::Open { .. }) {
        let mut record = Record::new(Action::Refused, request.service);
        record.reason = Some(reason(&answer.decision, request.in_force));
        record.ruling = Some(answer.ruling.clone());
        history.remember_refusal(&record)?;
    }
    Ok(answer)
}

/// Decides, and changes nothing.
pub(crate) fn decide(records: &[Record], request: &Request<'_>, health: &Health, seen: &[Seen]) -> Answer {
    let now = Moment::now();
    let (service, limits) = (request.service, &request.in_force.limits);
    let standing = standing(&history::events(records, service, &now), limits);
    let machine = history::machine(records, &now);
    let again = if history::last_was_oom(records, service) { Again::Killed } else { Again::Not };
    let hopeless = seen.iter().find_map(|seen| health::hopeless(seen, again));
    let facts = Facts {
        wish: request.wish,
        health,
        coalesced: history::restarted_since(records, service, request.asked, &now),
        hopeless: hopeless.as_deref(),
        standing: &standing,
        machine: &machine,
    };
    let decision = gate::decide(&facts, limits);
    let retry_after = match &decision {
        Decision::Later { retry_after, .. } | Decision::Open { retry_after, .. } => Some(*retry_after),
        _ => None,
    };
    let ruling = Ruling {
        rule: decision.rule(),
        retry_after_s: retry_after.map(seconds_up),
        attempts_used: standing.attempts_used,
        attempts_limit: limits.attempts,
        window_s: seconds_up(limits.window),
        cooldown_s: seconds_up(standing.cooldown),
        cooldown_left_s: seconds_up(standing.cooldown_left),
        failures: standing.failures,
        breaker: breaker_word(&standing.breaker).to_owned(),
        trips: standing.trips,
        machine_used: machine.iter().filter(|age| **age < MINUTE).count(),
        machine_limit: limits.machine_per_minute,
    };
    Answer { decision, standing, ruling, attempt: None }
}

/// What a decision leaves in the history.
fn record_of(answer: &mut Answer, request: &Request<'_>, seen: &[Seen]) -> Option<Record> {
    match &answer.decision {
        Decision::Allow { rule } => {
            let mut record = Record::new(Action::Begin, request.service);
            record.attempt = Some(history::new_attempt());
            record.forced = *rule == Rule::Forced;
            record.reason = request.words.map(str::to_owned);
            record.oom_killed = seen.iter().any(|seen| seen.state != "running" && seen.oom_killed);
            record.ruling = Some(answer.ruling.clone());
            answer.attempt = record.attempt;
            Some(record)
        }
        Decision::Open { cause, trips_now: true, .. } => {
            let mut record = Record::new(Action::Trip, request.service);
            record.reason = Some(cause.clone());
            record.ruling = Some(answer.ruling.clone());
            Some(record)
        }
        _ => None,
    }
}

/// Writes how an attempt ended.
pub(crate) fn leave(
    history: &History,
    service: &Service,
    attempt: u64,
    began: Instant,
    (healthy, reason): (bool, &str),
) -> Result<(), Error> {
    let mut record = Record::new(Action::End, service);
    record.attempt = Some(attempt);
    record.healthy = Some(healthy);
    record.took_ms = Some(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    record.reason = Some(reason.to_owned());
    history.append_end(&record)
}

/// A decision in words.
pub(crate) fn reason(decision: &Decision, in_force: &InForce) -> String {
    let limits = &in_force.limits;
    match decision {
        Decision::Skip => "it is healthy".into(),
        Decision::Await { reason } => reason.clone(),
        Decision::Coalesced => "somebody else restarted it with success since this call began".into(),
        Decision::Allow { rule: Rule::Probe } => "the breaker is half open: this is its one probe".into(),
        Decision::Allow { rule: Rule::Forced } => "it is forced".into(),
        Decision::Allow { .. } => "a restart would pass".into(),
        Decision::Later { rule: Rule::Cooldown, .. } => "it is cooling down after its last restart".into(),
        Decision::Later { rule: Rule::Machine, .. } => {
            format!("the machine made {} restarts within a minute", limits.machine_per_minute)
        }
        Decision::Later { rule: Rule::Window, .. } => {
            format!("it was restarted {} times within {}", limits.attempts, show_duration(limits.window))
        }
        Decision::Later { .. } => "it came up after the breaker was open and has yet to prove stable".into(),
        Decision::Open { cause, .. } => format!("the breaker is open: {cause}"),
    }
}

/// The report of a decision that lets nothing through, or that nothing needs.
pub(crate) fn report(answer: &Answer, request: &Request<'_>) -> Report {
    let verdict = match &answer.decision {
        Decision::Skip => Verdict::Skipped,
        Decision::Await { .. } => Verdict::Waited,
        Decision::Coalesced => Verdict::Coalesced,
        Decision::Allow { .. } => Verdict::Allowed,
        Decision::Later { .. } | Decision::Open { .. } => Verdict::Refused,
    };
    let mut report = Report::new(
        request.service,
        &answer.standing,
        request.in_force,
        verdict,
        reason(&answer.decision, request.in_force),
    );
    report.rule = Some(answer.decision.rule());
    report.retry_after_s = answer.ruling.retry_after_s;
    report.exit = match &answer.decision {
        // Retrying is useless until it closes.
        Decision::Open { .. } => Exit::Open,
        // The other limits pass with time.
        Decision::Later { .. } => Exit::Busy,
        _ => Exit::Done,
    };
    if let Decision::Open { trips_now: true, .. } = answer.decision {
        "open".clone_into(&mut report.breaker);
    }
    report
}

/// The report when somebody holds the service's lock for longer than a restart takes.
pub(crate) fn stuck(standing: &Standing, request: &Request<'_>) -> Report {
    let reason = "somebody has been restarting it for longer than a restart takes".to_owned();
    let mut report = Report::new(request.service, standing, request.in_force, Verdict::Refused, reason);
    report.retry_after_s = Some(1);
    report.exit = Exit::Busy;
    report
}
