//! Admission through the gate: the history is read, the decision made and the start recorded as one step. The caller holds
//! the service's lock, from before the decision to the end of the restart.

use std::time::Duration;

use evenkeel_common::state::StateDir;
use evenkeel_common::units::show_duration;
use evenkeel_common::{BootTimestamp, Error, Exit};

use crate::decide::breaker_state::{ServiceState, replay};
use crate::decide::gate::{self, Decision, Facts, RestartMode};
use crate::decide::health::{self, Health, PreviousOom};
use crate::decide::past;
use crate::edges::history::History;
use crate::model::container::{ContainerStatus, State};
use crate::model::limits::{EffectiveLimits, MINUTE};
use crate::model::record::{Action, BreakerName, DecisionRecord, Record, Rule, Service, new_attempt};
use crate::output::report_json::{ReportJson, Verdict, whole_seconds};

/// A request for a restart.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) service: &'a Service,
    pub(super) mode: RestartMode,
    /// The reason that the user gave.
    pub(super) reason: Option<&'a str>,
    /// When the call began.
    pub(super) asked: &'a BootTimestamp,
    pub(super) effective: &'a EffectiveLimits,
    /// Where the records are.
    pub(super) place: &'a StateDir,
}

/// The gate's answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) decision: Decision,
    /// The state of the service before the decision.
    pub(super) state: ServiceState,
    /// What the decision was based on.
    pub(super) basis: DecisionRecord,
    /// Number of the attempt that was started: its end has to be recorded.
    pub(super) attempt: Option<u64>,
}

/// Asks the gate. When it allows the restart, its start is on disk; when this request trips the breaker, the trip is.
pub(super) fn admit(
    history: &History,
    request: &Request<'_>,
    health: &Health,
    containers: &[ContainerStatus],
) -> Result<Answer, Error> {
    let answer = history.decide(request.service, |records| {
        let mut answer = decide(&records, request, health, containers);
        let record = record_of(&mut answer, request, containers);
        (answer, record)
    })?;
    if matches!(answer.decision, Decision::Later { .. } | Decision::Open { .. }) {
        let mut record = Record::new(Action::Refused, request.service);
        record.reason = Some(reason(&answer.decision, request.effective));
        record.decision = Some(answer.basis.clone());
        history.append_refusal(&record)?;
    }
    Ok(answer)
}

/// Decides, and records nothing.
pub(super) fn decide(
    records: &[Record],
    request: &Request<'_>,
    health: &Health,
    containers: &[ContainerStatus],
) -> Answer {
    let now = BootTimestamp::now();
    let (service, limits) = (request.service, &request.effective.limits);
    let state = replay(&past::events(records, service, &now), limits);
    let machine = past::machine(records, &now);
    let previous =
        if past::last_was_oom(records, service) { PreviousOom::Killed } else { PreviousOom::NotKilled };
    let unrecoverable = containers.iter().find_map(|status| health::unrecoverable(status, previous));
    let facts = Facts {
        mode: request.mode,
        health,
        coalesced: past::restarted_since(records, service, request.asked, &now),
        unrecoverable: unrecoverable.as_deref(),
        state: &state,
        machine: &machine,
    };
    let decision = gate::decide(&facts, limits);
    let basis = DecisionRecord {
        rule: decision.rule(),
        retry_after_s: decision.retry_after().map(whole_seconds),
        attempts_used: state.attempts_used,
        attempts_limit: limits.attempts,
        window_s: whole_seconds(limits.window),
        cooldown_s: whole_seconds(state.cooldown),
        cooldown_left_s: whole_seconds(state.cooldown_left),
        failures: state.failures,
        breaker: state.breaker.name(),
        trips: state.trips,
        machine_used: machine.iter().filter(|age| **age < MINUTE).count(),
        machine_limit: limits.machine_per_minute,
    };
    Answer { decision, state, basis, attempt: None }
}

/// The record that a decision leaves in the history.
fn record_of(answer: &mut Answer, request: &Request<'_>, containers: &[ContainerStatus]) -> Option<Record> {
    match &answer.decision {
        Decision::Allow { rule } => {
            let mut record = Record::new(Action::Begin, request.service);
            record.attempt = Some(new_attempt());
            record.forced = *rule == Rule::Forced;
            record.reason = request.reason.map(str::to_owned);
            record.oom_killed =
                containers.iter().any(|status| status.state != State::Running && status.oom_killed);
            record.decision = Some(answer.basis.clone());
            answer.attempt = record.attempt;
            Some(record)
        }
        Decision::Open { cause, trips_now: true, .. } => {
            let mut record = Record::new(Action::Trip, request.service);
            record.reason = Some(cause.clone());
            record.decision = Some(answer.basis.clone());
            Some(record)
        }
        _ => None,
    }
}

/// How an attempt ended.
pub(super) struct End<'a> {
    pub(super) healthy: bool,
    pub(super) reason: &'a str,
    /// Time since the start of the attempt.
    pub(super) took: Duration,
}

/// Records how an attempt ended.
pub(super) fn record_end(
    history: &History,
    service: &Service,
    attempt: u64,
    end: &End<'_>,
) -> Result<(), Error> {
    let mut record = Record::new(Action::End, service);
    record.attempt = Some(attempt);
    record.healthy = Some(end.healthy);
    record.took_ms = Some(u64::try_from(end.took.as_millis()).unwrap_or(u64::MAX));
    record.reason = Some(end.reason.to_owned());
    history.append_end(&record)
}

/// A decision as a sentence.
fn reason(decision: &Decision, effective: &EffectiveLimits) -> String {
    let limits = &effective.limits;
    match decision {
        Decision::Skip => "it is healthy".into(),
        Decision::Await { reason } => reason.clone(),
        Decision::Coalesced => "another process has restarted it with success since this call began".into(),
        Decision::Allow { rule: Rule::Probe } => "the breaker is half open: this is its one probe".into(),
        Decision::Allow { rule: Rule::Forced } => "it is forced".into(),
        Decision::Allow { .. } => "a restart would be allowed".into(),
        Decision::Later { rule: Rule::Cooldown, .. } => "it is cooling down after its last restart".into(),
        Decision::Later { rule: Rule::Machine, .. } => {
            format!("the machine made {} restarts within a minute", limits.machine_per_minute)
        }
        Decision::Later { rule: Rule::Window, .. } => {
            format!("it was restarted {} times within {}", limits.attempts, show_duration(limits.window))
        }
        Decision::Later { .. } => "it came up after the breaker was open, and has not been stable yet".into(),
        Decision::Open { cause, .. } => format!("the breaker is open: {cause}"),
    }
}

/// A report about the service that is asked for, in this state.
pub(super) fn report_of(
    request: &Request<'_>,
    state: &ServiceState,
    verdict: Verdict,
    reason: impl Into<String>,
) -> ReportJson {
    let Request { service, effective, place, .. } = *request;
    ReportJson::new(service, state, effective, verdict, reason.into(), place.into())
}

/// The report of a decision after which nothing is restarted.
pub(super) fn report(answer: &Answer, request: &Request<'_>) -> ReportJson {
    let (verdict, exit) = match &answer.decision {
        Decision::Skip => (Verdict::Skipped, Exit::Done),
        Decision::Await { .. } => (Verdict::Waited, Exit::Done),
        Decision::Coalesced => (Verdict::Coalesced, Exit::Done),
        Decision::Allow { .. } => (Verdict::Allowed, Exit::Done),
        // This limit passes with time.
        Decision::Later { .. } => (Verdict::Refused, Exit::Busy),
        // Retrying is useless until it closes.
        Decision::Open { .. } => (Verdict::Refused, Exit::Open),
    };
    let reason = reason(&answer.decision, request.effective);
    let mut report = report_of(request, &answer.state, verdict, reason);
    report.rule = Some(answer.decision.rule());
    report.retry_after_s = answer.basis.retry_after_s;
    report.exit = exit;
    if let Decision::Open { trips_now: true, .. } = answer.decision {
        report.breaker = BreakerName::Open;
        report.trips_now = true;
    }
    report
}

/// The report where another process holds the service's lock for longer than a restart takes.
pub(super) fn report_locked(history: &History, request: &Request<'_>) -> Result<ReportJson, Error> {
    let state = decide(&history.read()?.0, request, &Health::Unknown, &[]).state;
    let reason = "another process has been restarting it for longer than a restart takes".to_owned();
    let mut report = report_of(request, &state, Verdict::Refused, reason);
    report.retry_after_s = Some(1);
    report.exit = Exit::Busy;
    Ok(report)
}
