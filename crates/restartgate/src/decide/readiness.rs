//! Which services of a set are ready, which have failed, and which can be started now.

use std::time::Duration;

use serde::Serialize;

use super::health::{self, Health, SETTLE_TIME};
use crate::model::container::{ContainerStatus, HealthCheck, State};
use crate::model::definition::{Condition, Definition, Dependency, PortState, RestartPolicy};

/// How long a container without a health check must have been running.
const RUNNING_TIME: Duration = Duration::from_secs(1);

/// What is known of one container.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The service it belongs to.
    pub(crate) service: String,
    pub(crate) status: ContainerStatus,
    pub(crate) definition: Definition,
    /// Another service waits for it to complete.
    pub(crate) awaited: bool,
    pub(crate) check: CheckRun,
    /// Which of its ports accept; `None` where that cannot be known from here.
    pub(crate) ports: Option<Vec<PortState>>,
    pub(crate) start: StartCall,
}

/// The health check that is run here, in the container's current process and since the engine's last change to
/// `unhealthy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckRun {
    NotPassed,
    Passed,
}

/// How the engine's verdict `unhealthy` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unhealthy {
    /// The container has failed.
    IsFinal,
    /// A slow start: its check may still pass.
    MayRecover,
}

/// What a run of the health check is good for: when its process started, and the engine's verdict at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedAt {
    process: String,
    verdict: Option<HealthCheck>,
}

impl CheckedAt {
    pub(crate) fn new(status: &ContainerStatus) -> Self {
        Self { process: status.started_at.clone(), verdict: status.health }
    }

    /// Whether a pass since then still counts: not for another process, nor where the engine has found it unhealthy since.
    pub(crate) fn counts_for(&self, status: &ContainerStatus) -> bool {
        let is_unhealthy = |verdict| verdict == Some(HealthCheck::Unhealthy);
        let has_turned = is_unhealthy(status.health) && !is_unhealthy(self.verdict);
        self.process == status.started_at && !has_turned
    }
}

/// The call that starts a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartCall {
    /// It is not ours to start.
    NotOurs,
    NotMade,
    UnderWay,
    /// The engine refused it for this cause.
    Refused(String),
}

/// How far a container has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready(ReadyBy),
    /// Its conditions hold: start it.
    Start,
    /// It may still become ready, for this reason.
    Pending(String),
    Failed(String),
}

/// What shows that a container is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReadyBy {
    /// It completed: it exited with code 0 and is not restarted.
    Completed,
    /// The engine's own health check passed.
    EngineCheck,
    /// The health check passed when it was run here.
    Check,
    /// It runs, and its ports accept.
    Ports,
    /// It runs; it has no ports, or they cannot be asked from here.
    Running,
}

/// How far each container has come, in the order of the facts.
pub(crate) fn decide(all: &[Facts], unhealthy: Unhealthy) -> Vec<Readiness> {
    let alone: Vec<Readiness> = all.iter().map(|facts| of_container(facts, unhealthy)).collect();
    all.iter()
        .zip(&alone)
        .map(|(facts, own)| match own {
            Readiness::Start => blocked(facts, all, &alone).unwrap_or(Readiness::Start),
            other => other.clone(),
        })
        .collect()
}

/// How far a container has come, whatever the others do.
fn of_container(facts: &Facts, unhealthy: Unhealthy) -> Readiness {
    let status = &facts.status;
    match status.state {
        State::Running => of_running(facts, unhealthy),
        State::Created => of_created(facts),
        State::Exited if status.exit_code == 0 && status.error.is_empty() => of_completed(facts),
        State::Paused => Readiness::Failed("it is paused".into()),
        State::Restarting => {
            Readiness::Pending(format!("Docker is restarting it after exit code {}", status.exit_code))
        }
        _ => from_health(health::of_container(status, SETTLE_TIME)),
    }
}

fn from_health(health: Health) -> Readiness {
    match health {
        Health::Healthy | Health::Unknown => Readiness::Ready(ReadyBy::Running),
        Health::Pending(reason) => Readiness::Pending(reason),
        Health::Unhealthy(reason) => Readiness::Failed(reason),
    }
}

fn of_created(facts: &Facts) -> Readiness {
    match &facts.start {
        StartCall::NotOurs if facts.status.error.is_empty() => {
            Readiness::Failed("it was created and never started".into())
        }
        StartCall::NotOurs => Readiness::Failed(format!("it could not be started: {}", facts.status.error)),
        StartCall::NotMade => Readiness::Start,
        StartCall::UnderWay => Readiness::Pending("it is being started".into()),
        StartCall::Refused(cause) => Readiness::Failed(format!("it could not be started: {cause}")),
    }
}

fn of_completed(facts: &Facts) -> Readiness {
    if facts.awaited || facts.definition.restart_policy != RestartPolicy::Always {
        Readiness::Ready(ReadyBy::Completed)
    } else {
        Readiness::Failed("it exited with code 0, and its restart policy says that it should run".into())
    }
}

fn of_running(facts: &Facts, unhealthy: Unhealthy) -> Readiness {
    if facts.awaited {
        return Readiness::Pending("it has not completed yet".into());
    }
    match (facts.status.health, &facts.definition.check) {
        (Some(HealthCheck::Healthy), _) => Readiness::Ready(ReadyBy::EngineCheck),
        (_, Some(_)) if facts.check == CheckRun::Passed => Readiness::Ready(ReadyBy::Check),
        (Some(HealthCheck::Unhealthy), _) => of_unhealthy(unhealthy),
        (Some(HealthCheck::Starting), _) | (None, Some(_)) => {
            Readiness::Pending("its health check has not passed yet".into())
        }
        (None, None) => without_check(facts),
    }
}

fn of_unhealthy(unhealthy: Unhealthy) -> Readiness {
    let reason = "its health check fails".to_owned();
    match unhealthy {
        Unhealthy::IsFinal => Readiness::Failed(reason),
        Unhealthy::MayRecover => Readiness::Pending(reason),
    }
}

/// Where the engine had to restart a container, it may die again as it did before: without ports, only time shows that it
/// does not.
fn running_time(facts: &Facts) -> Duration {
    let has_ports = facts.ports.as_ref().is_some_and(|ports| !ports.is_empty());
    if facts.status.restart_count == 0 || has_ports { RUNNING_TIME } else { SETTLE_TIME }
}

fn without_check(facts: &Facts) -> Readiness {
    let wanted = running_time(facts);
    if facts.status.running_for < wanted {
        let restarts = match facts.status.restart_count {
            0 => String::new(),
            count => format!("; Docker has restarted it {count} times"),
        };
        let seconds = wanted.as_secs();
        let reason =
            format!("it has no health check and has been running for less than {seconds} s{restarts}");
        return Readiness::Pending(reason);
    }
    match facts.ports.as_deref() {
        None | Some([]) => Readiness::Ready(ReadyBy::Running),
        Some(ports) => of_ports(ports, facts.status.running_for),
    }
}

/// All published ports must accept, or where none is published all exposed ones. A list of ports also holds what is not
/// always in use: a debugger's port, or what the image of a web server exposes when it runs as a worker. So after
/// [`SETTLE_TIME`] one published port that accepts is enough, and none where none is published.
fn of_ports(ports: &[PortState], running_for: Duration) -> Readiness {
    let published: Vec<PortState> = ports.iter().copied().filter(|port| port.published).collect();
    let wanted = if published.is_empty() { ports } else { &published };
    let Some(closed) = wanted.iter().find(|port| !port.accepts) else {
        return Readiness::Ready(ReadyBy::Ports);
    };
    let settled = running_for >= SETTLE_TIME;
    match (settled, wanted.iter().any(|port| port.accepts), published.is_empty()) {
        (true, true, _) => Readiness::Ready(ReadyBy::Ports),
        (true, false, true) => Readiness::Ready(ReadyBy::Running),
        _ => Readiness::Pending(format!("its port {} does not accept connections yet", closed.number)),
    }
}

/// What keeps a container from being started, if something does.
fn blocked(facts: &Facts, all: &[Facts], alone: &[Readiness]) -> Option<Readiness> {
    facts.definition.dependencies.iter().find_map(|dependency| {
        let mut of_it =
            all.iter().zip(alone).filter(|(other, _)| other.service == dependency.service).peekable();
        if of_it.peek().is_none() {
            let cause = format!("it needs {}, which has no container here", dependency.service);
            return Some(Readiness::Failed(cause));
        }
        let holds = of_it.all(|(other, own)| condition_holds(dependency, other, own));
        (!holds).then(|| Readiness::Pending(waits_for(dependency)))
    })
}

fn condition_holds(dependency: &Dependency, facts: &Facts, readiness: &Readiness) -> bool {
    match dependency.condition {
        Condition::Started => {
            matches!(facts.status.state, State::Running | State::Restarting | State::Exited)
        }
        Condition::Healthy => matches!(readiness, Readiness::Ready(_)),
        Condition::Completed => *readiness == Readiness::Ready(ReadyBy::Completed),
    }
}

fn waits_for(dependency: &Dependency) -> String {
    let state = match dependency.condition {
        Condition::Started => "be started",
        Condition::Healthy => "be ready",
        Condition::Completed => "complete",
    };
    format!("it is not started yet: it waits for {} to {state}", dependency.service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::Check;

    fn facts(service: &str, state: State) -> Facts {
        Facts {
            service: service.to_owned(),
            status: ContainerStatus { state, running_for: RUNNING_TIME, ..ContainerStatus::default() },
            definition: Definition::default(),
            awaited: false,
            check: CheckRun::NotPassed,
            ports: None,
            start: StartCall::NotOurs,
        }
    }

    /// One container's facts, changed.
    fn judge(state: State, change: impl FnOnce(&mut Facts)) -> Readiness {
        let mut facts = facts("web", state);
        change(&mut facts);
        decide(&[facts], Unhealthy::MayRecover).remove(0)
    }

    fn is_failed(readiness: &Readiness, cause: &str) -> bool {
        matches!(readiness, Readiness::Failed(reason) if reason.contains(cause))
    }

    fn is_pending(readiness: &Readiness, cause: &str) -> bool {
        matches!(readiness, Readiness::Pending(reason) if reason.contains(cause))
    }

    #[test]
    fn one_shot_services_are_done_with_code_0_only() {
        let exited = |policy, awaited, code| {
            judge(State::Exited, |facts| {
                facts.definition.restart_policy = policy;
                facts.awaited = awaited;
                facts.status.exit_code = code;
            })
        };
        let done = Readiness::Ready(ReadyBy::Completed);
        assert_eq!(exited(RestartPolicy::No, false, 0), done);
        assert_eq!(exited(RestartPolicy::OnFailure, false, 0), done);
        assert_eq!(exited(RestartPolicy::Always, true, 0), done);
        assert!(is_failed(&exited(RestartPolicy::Always, false, 0), "restart policy"));
        for policy in [RestartPolicy::No, RestartPolicy::OnFailure, RestartPolicy::Always] {
            assert!(is_failed(&exited(policy, true, 7), "exited with code 7"));
        }
        let running = judge(State::Running, |facts| facts.awaited = true);
        assert!(is_pending(&running, "not completed"));
    }

    #[test]
    fn states_are_named() {
        assert!(is_failed(&judge(State::Paused, |_| ()), "paused"));
        assert!(is_failed(&judge(State::Created, |_| ()), "created and never started"));
        assert!(is_pending(
            &judge(State::Restarting, |facts| facts.status.exit_code = 3),
            "restarting it after exit code 3"
        ));
        assert!(is_failed(&judge(State::Removed, |_| ()), "removed"));
        assert!(is_failed(&judge(State::Dead, |_| ()), "exited"));
        let refused = |facts: &mut Facts| facts.start = StartCall::Refused("port 80 is taken".into());
        assert!(is_failed(&judge(State::Created, refused), "port 80 is taken"));
    }

    #[test]
    fn the_first_check_that_passes_counts() {
        let checked = |health, check| {
            judge(State::Running, |facts| {
                facts.definition.check = Check::parse(&["CMD".into(), "true".into()], 0, &[]);
                facts.status.health = health;
                facts.check = check;
            })
        };
        let starting = Some(HealthCheck::Starting);
        assert!(is_pending(&checked(starting, CheckRun::NotPassed), "health check has not passed"));
        assert_eq!(checked(starting, CheckRun::Passed), Readiness::Ready(ReadyBy::Check));
        assert_eq!(
            checked(Some(HealthCheck::Healthy), CheckRun::NotPassed),
            Readiness::Ready(ReadyBy::EngineCheck)
        );
        assert!(is_pending(&checked(None, CheckRun::NotPassed), "health check has not passed"));
    }

    #[test]
    fn unhealthy_is_final_only_where_it_is_said_so() {
        let unhealthy = |check, counts| {
            let mut facts = facts("web", State::Running);
            facts.definition.check = Check::parse(&["CMD".into(), "true".into()], 0, &[]);
            facts.status.health = Some(HealthCheck::Unhealthy);
            facts.check = check;
            decide(&[facts], counts).remove(0)
        };
        assert!(is_pending(&unhealthy(CheckRun::NotPassed, Unhealthy::MayRecover), "health check fails"));
        assert!(is_failed(&unhealthy(CheckRun::NotPassed, Unhealthy::IsFinal), "health check fails"));
        // It has passed since the engine's verdict.
        for counts in [Unhealthy::MayRecover, Unhealthy::IsFinal] {
            assert_eq!(unhealthy(CheckRun::Passed, counts), Readiness::Ready(ReadyBy::Check));
        }
        // Whoever has exited does not recover.
        let mut exited = facts("web", State::Exited);
        (exited.status.health, exited.status.exit_code) = (Some(HealthCheck::Unhealthy), 3);
        assert!(is_failed(&decide(&[exited], Unhealthy::MayRecover)[0], "exited with code 3"));
    }

    #[test]
    fn a_pass_counts_for_its_process_until_the_engine_says_unhealthy() {
        let status = |process: &str, health| ContainerStatus {
            started_at: process.into(),
            health,
            ..ContainerStatus::default()
        };
        let (starting, healthy) = (Some(HealthCheck::Starting), Some(HealthCheck::Healthy));
        let unhealthy = Some(HealthCheck::Unhealthy);
        let counts = |then, now| CheckedAt::new(&status("1", then)).counts_for(&status("1", now));
        assert!(!CheckedAt::new(&status("1", starting)).counts_for(&status("2", starting)));
        for (then, now) in [(starting, starting), (starting, healthy), (None, None), (unhealthy, unhealthy)] {
            assert!(counts(then, now), "{then:?} {now:?}");
        }
        assert!(counts(unhealthy, healthy));
        for then in [starting, healthy, None] {
            assert!(!counts(then, unhealthy), "{then:?}");
        }
    }

    #[test]
    fn without_a_check_time_and_ports_decide() {
        let port = |published, accepts| PortState { number: 80, published, accepts };
        let ran = |ms, restart_count, ports: Option<&[PortState]>| {
            judge(State::Running, |facts| {
                facts.status.running_for = Duration::from_millis(ms);
                facts.status.restart_count = restart_count;
                facts.ports = ports.map(<[_]>::to_vec);
            })
        };
        let running = |ms, ports: Option<&[PortState]>| ran(ms, 0, ports);
        let restarted = |ms, ports: Option<&[PortState]>| ran(ms, 3, ports);
        let (open, closed) = (port(true, true), port(true, false));
        let (by_running, by_ports) = (Readiness::Ready(ReadyBy::Running), Readiness::Ready(ReadyBy::Ports));
        assert!(is_pending(&running(999, None), "less than 1 s"));
        assert!(is_pending(&running(999, Some(&[open])), "less than 1 s"));
        assert!(is_pending(&restarted(0, Some(&[open])), "less than 1 s; Docker has restarted it 3 times"));
        assert_eq!(restarted(1000, Some(&[open])), by_ports);
        assert!(is_pending(&restarted(9_999, None), "less than 10 s; Docker has restarted it 3 times"));
        assert_eq!(restarted(10_000, None), by_running);
        assert_eq!((running(1000, None), running(1000, Some(&[]))), (by_running.clone(), by_running.clone()));
        assert_eq!(running(1000, Some(&[open])), by_ports);
        assert_eq!(running(1000, Some(&[open, port(false, false)])), by_ports, "the published ones count");
        assert!(is_pending(&running(9_999, Some(&[open, closed])), "port 80 does not accept"));
        assert_eq!(running(10_000, Some(&[open, closed])), by_ports, "a debugger's port");
        assert!(is_pending(&running(99_000, Some(&[closed])), "port 80"));
        assert!(is_pending(&running(9_999, Some(&[port(false, false)])), "port 80"));
        assert_eq!(
            running(10_000, Some(&[port(false, false)])),
            by_running,
            "a worker of a web server's image"
        );
    }

    /// `web` waits for `other` under a condition; `other` is as given.
    fn dependent(condition: Condition, other: Facts) -> Readiness {
        let mut web = facts("web", State::Created);
        web.start = StartCall::NotMade;
        web.definition.dependencies =
            vec![Dependency { service: "other".into(), condition, restarts: false }];
        decide(&[web, other], Unhealthy::MayRecover).remove(0)
    }

    #[test]
    fn a_service_is_started_as_soon_as_its_conditions_hold() {
        let running = |ms| {
            let mut other = facts("other", State::Running);
            other.status.running_for = Duration::from_millis(ms);
            other
        };
        let awaited = |state| Facts { awaited: true, ..facts("other", state) };
        let created = Facts { start: StartCall::NotMade, ..facts("other", State::Created) };
        let start = Readiness::Start;
        assert!(is_pending(&dependent(Condition::Started, created), "other to be started"));
        assert_eq!(dependent(Condition::Started, running(0)), start);
        assert!(is_pending(&dependent(Condition::Healthy, running(0)), "other to be ready"));
        assert_eq!(dependent(Condition::Healthy, running(1000)), start);
        assert!(is_pending(&dependent(Condition::Completed, awaited(State::Running)), "other to complete"));
        assert_eq!(dependent(Condition::Completed, awaited(State::Exited)), start);
        let missing = dependent(Condition::Started, facts("another", State::Running));
        assert!(is_failed(&missing, "needs other, which has no container"));
    }

    #[test]
    fn all_containers_of_a_scaled_service_must_hold() {
        let mut web = facts("web", State::Created);
        web.start = StartCall::NotMade;
        web.definition.dependencies =
            vec![Dependency { service: "other".into(), condition: Condition::Started, restarts: false }];
        let second = Facts { start: StartCall::UnderWay, ..facts("other", State::Created) };
        let all = decide(&[web, facts("other", State::Running), second], Unhealthy::MayRecover);
        assert!(is_pending(&all[0], "other to be started"), "{all:?}");
    }
}
