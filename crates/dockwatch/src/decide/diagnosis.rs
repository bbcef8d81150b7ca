//! Which container of a project went wrong first, and why.

use evenkeel_common::Timestamp;

use crate::model::container::{ContainerState, Health};
use crate::model::evidence::{Evidence, HealthLog, PastEvent};
use crate::model::fault::Fault;

/// Exit codes of a process that SIGKILL or SIGTERM ended.
const EXITS_BY_REQUEST: [i64; 2] = [137, 143];

/// What is wrong with one container.
#[derive(Clone, Debug)]
pub(crate) struct Diagnosis<'a> {
    pub(crate) evidence: &'a Evidence,
    /// `None` where nothing is wrong: it runs, or has ended with 0.
    pub(crate) fault: Option<Fault>,
    /// When it went wrong, where that is known.
    pub(crate) at: Option<Timestamp>,
}

/// Judges every container. Those that went wrong come first, in the order in which they did; then the others by name.
pub(crate) fn diagnose(evidence: &[Evidence]) -> Vec<Diagnosis<'_>> {
    let judge = |evidence| {
        let (fault, at) = fault(evidence).map_or((None, None), |(fault, at)| (Some(fault), at));
        Diagnosis { evidence, fault, at }
    };
    let mut all: Vec<Diagnosis<'_>> = evidence.iter().map(judge).collect();
    all.sort_by_cached_key(|found| {
        let rank = found.fault.as_ref().map_or(u8::MAX, |fault| rank(fault, found.at));
        (rank, found.at, found.evidence.summary.name.clone())
    });
    all
}

/// Faults without a time come after those with one; a container that is still starting, or was not started, is more
/// often a consequence than a cause.
const fn rank(fault: &Fault, at: Option<Timestamp>) -> u8 {
    match fault {
        Fault::NotStarted => 3,
        Fault::NeverReady { .. } => 2,
        _ if at.is_none() => 1,
        _ => 0,
    }
}

type FaultAt = (Fault, Option<Timestamp>);

fn fault(evidence: &Evidence) -> Option<FaultAt> {
    let state = &evidence.summary.state;
    let ended = match state {
        ContainerState::Created | ContainerState::Initialized => return Some(not_started(evidence)),
        ContainerState::Exited
        | ContainerState::Stopped
        | ContainerState::Dead
        | ContainerState::Restarting => evidence.exit_code(),
        _ => None,
    };
    out_of_memory_fault(evidence, ended)
        .or_else(|| end_fault(evidence, ended))
        .or_else(|| (*state == ContainerState::Paused).then(|| (Fault::Paused, last(evidence, "pause"))))
        .or_else(|| (*state == ContainerState::Running).then(|| health_fault(evidence)).flatten())
}

fn not_started(evidence: &Evidence) -> FaultAt {
    let Some(found) = evidence.inspected.as_ref().filter(|found| !found.start_error.is_empty()) else {
        return (Fault::NotStarted, None);
    };
    let error = found.start_error.clone();
    let fault = if is_port_error(&error) {
        Fault::PortTaken { port: port(&error), error }
    } else {
        Fault::CannotStart { error }
    };
    // Engines report no event when a start fails, but it is tried as soon as the container is created.
    (fault, found.created_at)
}

fn out_of_memory_fault(evidence: &Evidence, ended: Option<i64>) -> Option<FaultAt> {
    let killed_at = first(evidence, |event| event.action == "oom");
    let found = evidence.inspected.as_ref();
    let is_killed = killed_at.is_some() || found.is_some_and(|found| found.oom_killed);
    let limit = found.and_then(|found| found.memory_limit);
    let at = killed_at.or_else(|| found.and_then(|found| found.finished_at));
    is_killed.then_some((Fault::OutOfMemory { limit, exit_code: ended }, at))
}

fn end_fault(evidence: &Evidence, ended: Option<i64>) -> Option<FaultAt> {
    let inspected = evidence.inspected.as_ref();
    let restarts = inspected.map_or(0, |found| found.restarts);
    let is_failure = ended.is_some_and(|exit_code| exit_code != 0);
    if !is_failure && restarts == 0 {
        return None;
    }
    let failed = |event: &PastEvent| event.action == "die" && event.exit_code != Some(0);
    let finished_at = inspected.and_then(|found| found.finished_at);
    let at = first(evidence, failed).or(finished_at);
    if let Some(exit_code) = ended.filter(|exit_code| was_stopped(evidence, *exit_code)) {
        return Some((Fault::Stopped { exit_code }, last(evidence, "die").or(finished_at)));
    }
    let last_code =
        evidence.events.iter().rev().find(|event| failed(event)).and_then(|event| event.exit_code);
    let exit_code = ended.filter(|_| is_failure).or(last_code);
    let limit = inspected.and_then(|found| found.memory_limit);
    Some((Fault::Exited { exit_code, restarts, limit }, at))
}

/// Whether a request ended its last run. The engine reports `stop` after the end of a container, and `kill` before it,
/// which can also be a signal that asks for something else.
fn was_stopped(evidence: &Evidence, exit_code: i64) -> bool {
    let last_run = evidence.events.rsplit(|event| event.action == "start").next().unwrap_or_default();
    let has = |action: &str| last_run.iter().any(|event| event.action == action);
    has("stop") || (has("kill") && EXITS_BY_REQUEST.contains(&exit_code))
}

fn health_fault(evidence: &Evidence) -> Option<FaultAt> {
    let log = evidence.inspected.as_ref().and_then(|found| found.health.as_ref());
    let output = log.and_then(|log| log.checks.last()).map(|check| check.output.clone());
    match evidence.health()? {
        Health::Healthy => None,
        Health::Starting => {
            let started_at = evidence.inspected.as_ref().and_then(|found| found.started_at);
            Some((Fault::NeverReady { output }, started_at))
        }
        Health::Unhealthy => {
            let failed = log.map(|log| (log.failing_streak, output.unwrap_or_default()));
            let announced = last(evidence, "health_status: unhealthy");
            let at = log.and_then(failing_since).into_iter().chain(announced).min();
            Some((Fault::Unhealthy { failed }, at))
        }
    }
}

/// The first check of the failing streak, as far back as the log reaches.
fn failing_since(log: &HealthLog) -> Option<Timestamp> {
    let streak = log.checks.rsplit(|check| check.exit_code == 0).next()?;
    streak.first()?.started_at
}

fn first(evidence: &Evidence, wanted: impl Fn(&PastEvent) -> bool) -> Option<Timestamp> {
    evidence.events.iter().find(|event| wanted(event)).map(|event| event.at)
}

fn last(evidence: &Evidence, action: &str) -> Option<Timestamp> {
    evidence.events.iter().rev().find(|event| event.action == action).map(|event| event.at)
}

fn is_port_error(error: &str) -> bool {
    ["port is already allocated", "address already in use"].iter().any(|text| error.contains(text))
}

/// The host port in messages such as `Bind for 127.0.0.1:8080 failed: port is already allocated` and
/// `listen tcp4 0.0.0.0:8080: bind: address already in use`.
fn port(error: &str) -> Option<String> {
    error.split_whitespace().find_map(|word| {
        // An IPv6 address is in brackets.
        let after_address = word.rsplit_once("]:").map_or_else(
            || word.split_once(':').filter(|(address, _)| !address.contains(|c: char| c.is_alphabetic())),
            Some,
        );
        let digits: String = after_address?.1.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::ContainerSummary;
    use crate::model::evidence::{HealthCheck, Inspected};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn event(second: i64, action: &str, exit_code: Option<i64>) -> PastEvent {
        PastEvent { at: at(second), action: action.into(), exit_code }
    }

    fn container(name: &str, state: ContainerState, inspected: Inspected, events: &[PastEvent]) -> Evidence {
        let summary = ContainerSummary { name: name.into(), state, ..ContainerSummary::default() };
        Evidence { summary, inspected: Some(inspected), events: events.into() }
    }

    fn exited(exit_code: i64) -> Inspected {
        Inspected { exit_code: Some(exit_code), finished_at: Some(at(50)), ..Inspected::default() }
    }

    fn health_log(status: &str, exit_codes: &[i64]) -> HealthLog {
        let check = |(second, exit_code): (i64, &i64)| HealthCheck {
            started_at: Some(at(second)),
            ended_at: None,
            exit_code: *exit_code,
            output: "no\nroute".into(),
        };
        let streak = exit_codes.iter().rev().take_while(|exit_code| **exit_code != 0).count() as u64;
        HealthLog {
            status: status.into(),
            failing_streak: streak,
            checks: (10..).zip(exit_codes).map(check).collect(),
        }
    }

    /// The fault's name, its reason, and the second at which it began.
    type Judged<Text> = Option<(&'static str, Text, Option<i64>)>;

    fn judge(state: ContainerState, inspected: Inspected, events: &[PastEvent]) -> Judged<String> {
        let evidence = [container("c", state, inspected, events)];
        let found = &diagnose(&evidence)[0];
        let fault = found.fault.as_ref()?;
        Some((fault.name(), fault.describe(), found.at.map(Timestamp::as_second)))
    }

    fn check(cases: &[(Judged<String>, Judged<&str>)]) {
        for (found, wanted) in cases {
            let wanted = wanted.map(|(name, reason, second)| (name, reason.to_owned(), second));
            assert_eq!(*found, wanted);
        }
    }

    #[test]
    fn ends() {
        use ContainerState::{Exited, Restarting, Running};
        let (die, kill) = (|code| event(40, "die", Some(code)), event(39, "kill", None));
        let oom = Inspected { oom_killed: true, memory_limit: Some(64 << 20), ..exited(137) };
        let restarted = |code| Inspected { restarts: 2, exit_code: code, ..Inspected::default() };
        check(&[
            (judge(Exited, exited(0), &[die(0)]), None),
            (
                judge(Exited, oom.clone(), &[event(39, "oom", None), die(137)]),
                Some((
                    "out_of_memory",
                    "ran out of memory and was killed, exit code 137 (SIGKILL): its memory limit is 64.0 MiB",
                    Some(39),
                )),
            ),
            (
                judge(Running, Inspected::default(), &[event(7, "oom", None)]),
                Some((
                    "out_of_memory",
                    "ran out of memory and lost a process, but goes on: it has no memory limit of its own",
                    Some(7),
                )),
            ),
            (judge(Exited, exited(4), &[]), Some(("exited", "ended with exit code 4", Some(50)))),
            (
                judge(Restarting, restarted(Some(4)), &[event(20, "die", Some(3)), die(4)]),
                Some(("exited", "ended with exit code 4 and was restarted 2 times", Some(20))),
            ),
            (
                judge(Running, restarted(None), &[die(5)]),
                Some(("exited", "ended with exit code 5 and was restarted 2 times", Some(40))),
            ),
            (judge(Running, restarted(None), &[]), Some(("exited", "ended and was restarted 2 times", None))),
            (
                judge(Exited, exited(143), &[kill.clone(), die(143)]),
                Some(("stopped", "was stopped on request, exit code 143 (SIGTERM)", Some(40))),
            ),
            (
                judge(Exited, exited(1), &[die(1), event(41, "stop", None)]),
                Some(("stopped", "was stopped on request, exit code 1", Some(40))),
            ),
            (
                judge(Exited, Inspected { memory_limit: Some(16 << 20), ..exited(137) }, &[]),
                Some((
                    "exited",
                    "ended with exit code 137 (SIGKILL); perhaps it ran out of memory: its memory limit is 16.0 MiB",
                    Some(50),
                )),
            ),
            // A signal that asked for something else, and one that ended an earlier run.
            (
                judge(Exited, exited(1), &[kill.clone(), die(1)]),
                Some(("exited", "ended with exit code 1", Some(40))),
            ),
            (
                judge(Exited, exited(137), &[event(8, "stop", None), event(9, "start", None), die(137)]),
                Some(("exited", "ended with exit code 137 (SIGKILL)", Some(40))),
            ),
        ]);
    }

    #[test]
    fn states_and_health() {
        use ContainerState::{Created, Paused, Running};
        let with =
            |health| Inspected { health: Some(health), started_at: Some(at(5)), ..Inspected::default() };
        let unstarted = |error: &str| Inspected {
            start_error: error.into(),
            created_at: Some(at(3)),
            ..Inspected::default()
        };
        check(&[
            (judge(Running, Inspected::default(), &[]), None),
            (judge(Running, with(health_log("healthy", &[1, 0])), &[]), None),
            (
                judge(Running, with(health_log("unhealthy", &[0, 1, 1])), &[]),
                Some((
                    "unhealthy",
                    "is unhealthy: its check failed 2 times in a row, at last with: no route",
                    Some(11),
                )),
            ),
            (
                judge(Running, with(health_log("starting", &[])), &[]),
                Some((
                    "never_ready",
                    "was never ready: its health check has not passed since it was started",
                    Some(5),
                )),
            ),
            (
                judge(Paused, Inspected::default(), &[event(6, "pause", None)]),
                Some(("paused", "is paused", Some(6))),
            ),
            (judge(Created, Inspected::default(), &[]), Some(("not_started", "was never started", None))),
            (
                judge(Created, unstarted("Bind for 0.0.0.0:8080 failed: port is already allocated"), &[]),
                Some((
                    "port_taken",
                    "could not be started: port 8080 is taken (Bind for 0.0.0.0:8080 failed: port is already \
                     allocated)",
                    Some(3),
                )),
            ),
            (
                judge(Created, unstarted("exec: \"no-such\": not found"), &[]),
                Some(("cannot_start", "could not be started: exec: \"no-such\": not found", Some(3))),
            ),
        ]);
    }

    #[test]
    fn in_the_order_in_which_they_went_wrong() {
        use ContainerState::{Created, Exited, Running};
        let at_second = |second| Inspected { finished_at: Some(at(second)), ..exited(1) };
        let evidence = [
            container("waits", Created, Inspected::default(), &[]),
            container("well", Running, Inspected::default(), &[]),
            container("late", Exited, at_second(30), &[]),
            container(
                "starts",
                Running,
                Inspected { health: Some(health_log("starting", &[])), ..Inspected::default() },
                &[],
            ),
            container("sometime", Running, Inspected { restarts: 1, ..Inspected::default() }, &[]),
            container("early", Exited, at_second(20), &[]),
            container("done", Exited, exited(0), &[]),
        ];
        let order: Vec<&str> =
            diagnose(&evidence).iter().map(|found| found.evidence.summary.name.as_str()).collect();
        assert_eq!(order, ["early", "late", "sometime", "starts", "waits", "done", "well"]);
    }

    #[test]
    fn without_an_inspect_the_list_counts() {
        let mut evidence = container("c", ContainerState::Exited, Inspected::default(), &[]);
        evidence.inspected = None;
        evidence.summary.exit_code = Some(3);
        let wanted = Some(Fault::Exited { exit_code: Some(3), restarts: 0, limit: None });
        assert_eq!(diagnose(std::slice::from_ref(&evidence))[0].fault, wanted);
        evidence.summary.state = ContainerState::Running;
        evidence.summary.health = Some(Health::Unhealthy);
        let found = diagnose(std::slice::from_ref(&evidence))[0].fault.clone().unwrap();
        assert_eq!(found.describe(), "is unhealthy");
    }

    #[test]
    fn ports_in_the_words_of_engines() {
        for (error, wanted) in [
            ("Bind for 127.0.0.1:8099 failed: port is already allocated", Some("8099")),
            ("driver failed on endpoint web (e46f:1): Bind for 0.0.0.0:80 failed: port is …", Some("80")),
            ("userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use", Some("8080")),
            ("listen tcp6 [::]:8080: bind: address already in use", Some("8080")),
            (
                "failed to bind host port for 0.0.0.0:80:172.17.0.2:8000/tcp: address already in use",
                Some("80"),
            ),
            ("cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use", Some("8080")),
            ("address already in use", None),
        ] {
            assert_eq!(port(error).as_deref(), wanted, "{error}");
        }
    }
}
