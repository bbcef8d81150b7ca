//! What a pass of `heal` restarts, what it leaves alone, and what is restarted after a service.

use std::collections::BTreeSet;

use crate::model::container::{ContainerStatus, HealthCheck, State};
use crate::model::definition::{Definition, RestartPolicy};
use crate::model::record::Service;
use crate::model::scope::{Ending, Member, Seen};

/// What is known of one container that may need a restart.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) member: &'a Member,
    pub(crate) status: ContainerStatus,
    pub(crate) definition: Definition,
    pub(crate) ending: Ending,
}

/// What a pass does about one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Ask the gate for a restart, for this reason.
    Restart(String),
    /// Leave it alone, for this reason.
    Leave(String),
}

/// Judges each container. One whose base, a service that it is restarted after, is to be restarted itself or is being
/// restarted is left for the time after that.
pub(crate) fn judge(facts: &[Facts<'_>], links: &[Link], under_way: &BTreeSet<Service>) -> Vec<Judgement> {
    let alone: Vec<Judgement> = facts.iter().map(judge_alone).collect();
    let is_sick = |(_, judgement): &(&Facts<'_>, &Judgement)| matches!(judgement, Judgement::Restart(_));
    let sick = facts.iter().zip(&alone).filter(is_sick).map(|(facts, _)| &facts.member.service);
    let sick: BTreeSet<&Service> = sick.chain(under_way).collect();
    let base_of = |service: &Service| {
        links.iter().find(|link| link.service == *service && sick.contains(&link.base)).map(|link| &link.base)
    };
    let with_base = |(facts, judgement): (&Facts<'_>, Judgement)| match judgement {
        Judgement::Restart(reason) => match base_of(&facts.member.service) {
            Some(base) => Judgement::Leave(format!("{reason}; it waits for {}", base.shown())),
            None => Judgement::Restart(reason),
        },
        leave @ Judgement::Leave(_) => leave,
    };
    facts.iter().zip(alone).map(with_base).collect()
}

fn judge_alone(facts: &Facts<'_>) -> Judgement {
    let leave = |reason: &str| Judgement::Leave(reason.to_owned());
    if facts.member.protected {
        return leave("it is protected by its label");
    }
    if facts.member.one_off {
        return leave("it was made by 'docker compose run'");
    }
    match (facts.status.state, facts.status.health) {
        (State::Running, Some(HealthCheck::Unhealthy)) => Judgement::Restart("its health check fails".into()),
        (State::Exited, _) => judge_ended(facts),
        (state, _) => Judgement::Leave(format!("it is {}", state.name())),
    }
}

fn judge_ended(facts: &Facts<'_>) -> Judgement {
    let Facts { member, status, definition, ending } = facts;
    let leave = |reason: &str| Judgement::Leave(reason.to_owned());
    let could_not_start = !status.error.is_empty();
    let is_one_shot = member.awaited || definition.check.is_none();
    let by_policy = definition.restart_policy == RestartPolicy::Always;
    match ending {
        Ending::Asked => leave("it was stopped on purpose"),
        // Also one that ended with code 0, as many do when they are asked to: it had not completed.
        Ending::ByEngine => {
            Judgement::Restart("the engine ended it when it began again after a crash".into())
        }
        // Docker starts again what its policy covers before it serves anybody, unless it has ended it itself. What was
        // stopped on purpose would have ended before.
        Ending::WhileAway if by_policy && !could_not_start => {
            Judgement::Restart("it ended while the engine was away, and was not started again".into())
        }
        _ if status.exit_code == 0 && is_one_shot && !could_not_start => leave("it has completed"),
        Ending::Unrecorded(_) if by_policy && !could_not_start => {
            leave("Docker restarts it, unless it was stopped on purpose")
        }
        Ending::Unrecorded(Seen::Never) if !has_crashed(status) => {
            leave("nothing tells whether it was stopped on purpose")
        }
        Ending::ByItself | Ending::WhileAway | Ending::Unrecorded(_) => {
            Judgement::Restart(how_it_ended(status))
        }
    }
}

/// Exit codes of a process that was asked to end, and did: 0, and 128 with INT, KILL or TERM.
const ENDS_OF_A_STOP: [i64; 4] = [0, 130, 137, 143];

/// Whether it ended in a way in which no stop ends a container.
fn has_crashed(status: &ContainerStatus) -> bool {
    status.oom_killed || !status.error.is_empty() || !ENDS_OF_A_STOP.contains(&status.exit_code)
}

fn how_it_ended(status: &ContainerStatus) -> String {
    if status.oom_killed {
        "it was killed at its memory limit".into()
    } else if status.error.is_empty() {
        format!("it ended with code {}", status.exit_code)
    } else {
        format!("it could not start: {}", status.error)
    }
}

/// A service that has to be restarted after another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) service: Service,
    /// The service that it follows.
    pub(crate) base: Service,
}

/// Which services of the scope follow which: those that use the network namespace of a container of the other one, and
/// those whose `depends_on` says `restart: true`.
pub(crate) fn links(members: &[Member]) -> Vec<Link> {
    let mut links = Vec::new();
    for member in members.iter().filter(|member| !member.protected && !member.one_off) {
        for base in members.iter().filter(|base| base.service != member.service && follows(member, base)) {
            let link = Link { service: member.service.clone(), base: base.service.clone() };
            if !links.contains(&link) {
                links.push(link);
            }
        }
    }
    links
}

fn follows(member: &Member, base: &Member) -> bool {
    let shares = member.network_of.as_ref().is_some_and(|name| *name == base.id || *name == base.name);
    let depends = member.service.project.is_some()
        && member.service.project == base.service.project
        && member.dependencies.iter().any(|one| one.restarts && one.service == base.service.name);
    shares || depends
}

/// What is to be restarted after a service, and what after that, each service once: first those that follow it.
pub(crate) fn followers(links: &[Link], first: &Service) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let mut bases = vec![first.clone()];
    while let Some(base) = bases.pop() {
        for link in links.iter().filter(|link| link.base == base && link.service != *first) {
            if !found.iter().any(|known| known.service == link.service) {
                bases.push(link.service.clone());
                found.push(link.clone());
            }
        }
    }
    found
}

/// Whether a service runs, and no health check of what runs fails or has yet to pass.
pub(crate) fn is_up(members: &[Member], service: &Service) -> bool {
    let runs = |member: &&Member| member.service == *service && member.state == State::Running;
    let mut running = members.iter().filter(runs).peekable();
    running.peek().is_some()
        && running.all(|member| matches!(member.health, None | Some(HealthCheck::Healthy)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::{Check, Condition, Dependency};
    use proptest::prelude::*;

    fn service(name: &str) -> Service {
        Service { host: "unix:///d".into(), project: Some("shop".into()), name: name.into() }
    }

    fn member(name: &str) -> Member {
        Member {
            id: format!("id-{name}"),
            name: format!("shop-{name}-1"),
            service: service(name),
            state: State::Running,
            health: None,
            protected: false,
            one_off: false,
            awaited: false,
            network_of: None,
            dependencies: Vec::new(),
        }
    }

    fn running(health: Option<HealthCheck>) -> ContainerStatus {
        ContainerStatus { state: State::Running, health, ..ContainerStatus::default() }
    }

    fn ended(exit_code: i64) -> ContainerStatus {
        ContainerStatus { state: State::Exited, exit_code, ..ContainerStatus::default() }
    }

    fn judged(member: &Member, status: ContainerStatus, definition: Definition, ending: Ending) -> Judgement {
        judge(&[Facts { member, status, definition, ending }], &[], &BTreeSet::new()).remove(0)
    }

    fn restart(reason: &str) -> Judgement {
        Judgement::Restart(reason.into())
    }

    fn leave(reason: &str) -> Judgement {
        Judgement::Leave(reason.into())
    }

    const SEEN: Ending = Ending::Unrecorded(Seen::Running);
    const UNSEEN: Ending = Ending::Unrecorded(Seen::Never);

    fn with_check() -> Definition {
        Definition { check: Check::parse(&["CMD".into(), "true".into()], 0, &[]), ..Definition::default() }
    }

    fn always() -> Definition {
        Definition { restart_policy: RestartPolicy::Always, ..Definition::default() }
    }

    #[test]
    fn what_runs() {
        let judge = |status| judged(&member("web"), status, with_check(), SEEN);
        assert_eq!(judge(running(Some(HealthCheck::Unhealthy))), restart("its health check fails"));
        for health in [None, Some(HealthCheck::Healthy), Some(HealthCheck::Starting)] {
            assert_eq!(judge(running(health)), leave("it is running"));
        }
        for state in [State::Created, State::Paused, State::Restarting, State::Removing, State::Dead] {
            let status = ContainerStatus { state, ..running(Some(HealthCheck::Unhealthy)) };
            assert_eq!(judge(status), leave(&format!("it is {}", state.name())));
        }
    }

    #[test]
    fn what_has_ended() {
        let failed = ContainerStatus { error: "port in use".into(), ..ended(128) };
        let hog = ContainerStatus { oom_killed: true, ..ended(137) };
        let away = "it ended while the engine was away, and was not started again";
        let unknown = "nothing tells whether it was stopped on purpose";
        let cases = [
            (ended(1), Definition::default(), Ending::ByItself, restart("it ended with code 1")),
            (ended(137), Definition::default(), Ending::ByItself, restart("it ended with code 137")),
            (ended(1), Definition::default(), Ending::Asked, leave("it was stopped on purpose")),
            (failed.clone(), always(), Ending::Asked, leave("it was stopped on purpose")),
            (ended(0), Definition::default(), Ending::ByItself, leave("it has completed")),
            (ended(0), with_check(), Ending::ByItself, restart("it ended with code 0")),
            (ended(0), with_check(), UNSEEN, leave(unknown)),
            (ended(143), with_check(), UNSEEN, leave(unknown)),
            (ended(143), with_check(), SEEN, restart("it ended with code 143")),
            (ended(1), Definition::default(), UNSEEN, restart("it ended with code 1")),
            (hog, Definition::default(), UNSEEN, restart("it was killed at its memory limit")),
            (ended(1), always(), SEEN, leave("Docker restarts it, unless it was stopped on purpose")),
            (failed.clone(), always(), SEEN, restart("it could not start: port in use")),
            (ended(0), always(), Ending::WhileAway, restart(away)),
            (ended(137), always(), Ending::WhileAway, restart(away)),
            (failed, always(), Ending::WhileAway, restart("it could not start: port in use")),
            (ended(0), Definition::default(), Ending::WhileAway, leave("it has completed")),
            (ended(143), Definition::default(), Ending::WhileAway, restart("it ended with code 143")),
        ];
        for (status, definition, ending, expected) in cases {
            let shown = format!("{status:?} {definition:?} {ending:?}");
            assert_eq!(judged(&member("web"), status, definition, ending), expected, "{shown}");
        }
        let by_engine = restart("the engine ended it when it began again after a crash");
        for (code, definition) in
            [(0, Definition::default()), (0, always()), (143, with_check()), (137, always())]
        {
            let shown = format!("{code} {definition:?}");
            assert_eq!(
                judged(&member("web"), ended(code), definition, Ending::ByEngine),
                by_engine,
                "{shown}"
            );
        }
        let awaited = Member { awaited: true, ..member("init") };
        assert_eq!(judged(&awaited, ended(0), with_check(), Ending::ByItself), leave("it has completed"));
    }

    #[test]
    fn some_are_never_touched() {
        let protected = Member { protected: true, ..member("web") };
        let one_off = Member { one_off: true, ..member("web") };
        for status in [running(Some(HealthCheck::Unhealthy)), ended(1)] {
            for member in [&protected, &one_off] {
                let found = judged(member, status.clone(), with_check(), Ending::ByItself);
                assert!(matches!(found, Judgement::Leave(_)), "{found:?}");
            }
        }
    }

    fn sharing(name: &str, base: &str) -> Member {
        Member { network_of: Some(format!("id-{base}")), ..member(name) }
    }

    fn depending(name: &str, base: &str, restarts: bool) -> Member {
        let condition = Condition::Started;
        Member {
            dependencies: vec![Dependency { service: base.into(), condition, restarts }],
            ..member(name)
        }
    }

    fn names(links: &[Link]) -> Vec<&str> {
        links.iter().map(|link| link.service.name.as_str()).collect()
    }

    #[test]
    fn followers_come_after_their_base_and_once() {
        let by_name = Member { network_of: Some("shop-vpn-1".into()), ..member("torrent") };
        let members = [
            member("vpn"),
            sharing("proxy", "vpn"),
            by_name,
            depending("web", "proxy", true),
            depending("cron", "vpn", false),
        ];
        let links = links(&members);
        assert_eq!(names(&followers(&links, &service("vpn"))), ["proxy", "torrent", "web"]);
        assert_eq!(names(&followers(&links, &service("proxy"))), ["web"]);
        assert!(followers(&links, &service("web")).is_empty());
        let circle = [depending("a", "b", true), depending("b", "a", true)];
        assert_eq!(names(&followers(&super::links(&circle), &service("a"))), ["b"]);
    }

    #[test]
    fn protected_followers_and_other_projects_are_left_out() {
        let elsewhere = Member {
            service: Service { project: Some("other".into()), ..service("web") },
            ..depending("web", "vpn", true)
        };
        let protected = Member { protected: true, ..sharing("proxy", "vpn") };
        assert!(links(&[member("vpn"), elsewhere, protected]).is_empty());
    }

    #[test]
    fn a_sick_follower_waits_for_its_sick_base() {
        let (base, follower) = (member("vpn"), sharing("proxy", "vpn"));
        let links = links(&[base.clone(), follower.clone()]);
        let sick = |member| Facts {
            member,
            status: running(Some(HealthCheck::Unhealthy)),
            definition: with_check(),
            ending: SEEN,
        };
        let (none, under_way) = (BTreeSet::new(), BTreeSet::from([service("vpn")]));
        let waits = leave("its health check fails; it waits for shop/vpn");
        let found = judge(&[sick(&follower), sick(&base)], &links, &none);
        assert_eq!(found, [waits.clone(), restart("its health check fails")]);
        assert_eq!(judge(&[sick(&follower)], &links, &under_way), [waits]);
        assert_eq!(judge(&[sick(&follower)], &links, &none), [restart("its health check fails")]);
    }

    #[test]
    fn a_service_is_up_when_all_that_runs_of_it_is() {
        let starting = Member { health: Some(HealthCheck::Starting), ..member("web") };
        let stopped = Member { state: State::Exited, ..member("web") };
        assert!(is_up(&[member("web"), stopped.clone()], &service("web")));
        assert!(!is_up(&[member("web"), starting], &service("web")));
        assert!(!is_up(std::slice::from_ref(&stopped), &service("web")));
        assert!(!is_up(&[stopped, member("web")], &service("db")));
    }

    proptest! {
        /// What was stopped on purpose or is protected stays as it is, whatever else holds.
        #[test]
        fn never_against_a_persons_will(code in 0_i64..256, protected: bool, oom_killed: bool, checked: bool) {
            let member = Member { protected, ..member("web") };
            let status = ContainerStatus { oom_killed, ..ended(code) };
            let definition = if checked { with_check() } else { Definition::default() };
            let ending = if protected { Ending::ByItself } else { Ending::Asked };
            prop_assert!(matches!(judged(&member, status, definition, ending), Judgement::Leave(_)));
        }
    }
}
