//! Testcontainers sessions that nobody is left to clean up.

use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_duration;

use super::age::{self, AgeVerdict, show_age};
use super::rule::Rule;
use crate::model::resource::Resource;
use crate::model::testcontainers::{is_made_by, is_ryuk, session};

/// Decides about something that Testcontainers made, by the whole session that it belongs to: that is in use as long as
/// its Ryuk runs, or something of it is younger than the limit.
pub(super) fn judge(
    resource: &Resource,
    facts: &[Resource],
    limit: Duration,
    now: Timestamp,
) -> (Rule, String) {
    let Some(own) = session(resource) else {
        return (Rule::NoSession, "belongs to no session: it was made to be used again".into());
    };
    if let Some(ryuk) = facts.iter().find(|other| cleans_up(other, own)) {
        return (Rule::LiveSession, format!("session {own}: its Ryuk {} is there", ryuk.name));
    }
    let members = facts.iter().filter(|other| is_made_by(other) && session(other) == Some(own));
    for member in members {
        match age::compare(&member.created, &member.active, limit, now) {
            AgeVerdict::Old => {}
            AgeVerdict::InvalidTime(cause) => {
                return (Rule::NoTime, format!("{} of its session: {cause}", member.name));
            }
            AgeVerdict::Young | AgeVerdict::NeedsInspection => {
                let (age, limit) = (show_age(member, now), show_duration(limit));
                let kind = member.kind().name();
                let reason = format!("session {own}: {kind} {} is {age} old, limit {limit}", member.name);
                return (Rule::Young, reason);
            }
        }
    }
    (
        Rule::DeadSession,
        format!("session {own}: no Ryuk, and nothing of it is younger than {}", show_duration(limit)),
    )
}

/// Whether this is a Ryuk that runs, or is about to, for the session. One whose session is not known may be anybody's.
fn cleans_up(other: &Resource, own: &str) -> bool {
    let is_up = other.container().is_some_and(|container| container.state.is_live());
    is_up && is_ryuk(other) && session(other).is_none_or(|session| session == own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::select::select;
    use crate::model::known_time::KnownTime;
    use crate::model::policy::{Live, Policy, Scope, Times};
    use crate::model::resource::State;
    use crate::testing::{container, hours_ago, image, network, now, policy, volume};

    const MADE: (&str, &str) = ("org.testcontainers", "true");
    const OWN: (&str, &str) = ("org.testcontainers.session-id", "s1");
    const OTHER: (&str, &str) = ("org.testcontainers.sessionId", "s2");
    const RYUK: (&str, &str) = ("org.testcontainers.ryuk", "true");

    fn rules(facts: &[Resource]) -> Vec<Rule> {
        let policy =
            Policy { scope: Scope::Testcontainers, live: Live::Remove, times: Times::Exact, ..policy() };
        select(facts, &policy, now()).into_values().map(|decision| decision.rule).collect()
    }

    /// Two sessions that began three hours ago, and what somebody else has.
    fn world(more: &[Resource]) -> Vec<Resource> {
        let facts = [
            container("db", State::Running, &[MADE, OWN]),
            container("job", State::Exited, &[MADE, OWN]),
            container("web", State::Running, &[MADE, OTHER]),
            container("theirs", State::Exited, &[OWN]),
        ];
        [&facts[..], more].concat()
    }

    #[test]
    fn a_session_without_ryuk_goes_as_a_whole_once_all_of_it_is_old() {
        let more = [network("net", &[MADE, OWN]), volume("vol", &[MADE, OWN]), image("built", &[MADE, OWN])];
        assert_eq!(rules(&world(&more)), [Rule::DeadSession; 6]);
    }

    #[test]
    fn one_young_resource_keeps_its_session_and_no_other() {
        let edge = KnownTime::At(now() - (Duration::from_hours(1).abs_diff(Duration::from_nanos(1))));
        for young in [
            Resource { created: hours_ago(0), ..container("new", State::Created, &[MADE, OWN]) },
            Resource { created: edge.clone(), ..volume("vol", &[MADE, OWN]) },
            Resource { active: edge.clone(), ..container("ended", State::Exited, &[MADE, OWN]) },
            Resource { active: KnownTime::Unread, ..container("unread", State::Exited, &[MADE, OWN]) },
        ] {
            let found = rules(&world(std::slice::from_ref(&young)));
            assert_eq!(found, [Rule::Young, Rule::Young, Rule::DeadSession, Rule::Young], "{}", young.name);
        }
        let exactly = Resource { created: hours_ago(1), ..volume("vol", &[MADE, OWN]) };
        assert_eq!(rules(&world(&[exactly])), [Rule::DeadSession; 4]);
        let odd = Resource { created: KnownTime::Never, ..volume("vol", &[MADE, OWN]) };
        assert_eq!(rules(&world(&[odd]))[0], Rule::NoTime);
    }

    #[test]
    fn a_ryuk_keeps_its_session_and_one_without_a_session_keeps_all() {
        use Rule::{DeadSession as Dead, LiveSession as Live};
        use State::{Created, Exited, Paused, Running};
        for (name, labels, state, first, second) in [
            ("testcontainers-ryuk-s1", &[MADE][..], Running, Live, Dead),
            ("testcontainers-ryuk-s1", &[MADE], Paused, Live, Dead),
            ("testcontainers-ryuk-s1", &[MADE], Exited, Dead, Dead),
            ("testcontainers-ryuk-s1", &[MADE], Created, Dead, Dead),
            ("testcontainers-ryuk-s2", &[MADE, RYUK], Running, Dead, Live),
            ("reaper_s1", &[MADE, RYUK, OWN], Running, Live, Dead),
            ("anything", &[MADE, RYUK, OTHER], Running, Dead, Live),
            ("anything", &[RYUK], Running, Live, Live),
            ("testcontainers-ryuk-", &[MADE], Running, Live, Live),
            ("testcontainers-ryuk-s1", &[], Running, Dead, Dead),
        ] {
            let found = rules(&world(&[container(name, state, labels)]));
            assert_eq!(found[..3], [first, first, second], "{name} {labels:?} {state:?}");
        }
    }

    #[test]
    fn what_has_no_session_and_what_somebody_else_uses_stays() {
        assert_eq!(rules(&[container("reused", State::Exited, &[MADE])]), [Rule::NoSession]);
        assert_eq!(rules(&[container("odd", State::Exited, &[("org.testcontainers", "false"), OWN])]), []);
        let mut user = container("user", State::Exited, &[]);
        user.container_mut().networks.push("net".into());
        assert_eq!(rules(&[user, network("net", &[MADE, OWN])]), [Rule::InUse]);
        let protected = [MADE, OWN, ("evenkeel.protect", "true")];
        let facts = [container("safe", State::Running, &protected), volume("vol", &[MADE, OWN])];
        assert_eq!(rules(&facts), [Rule::Protected, Rule::DeadSession]);
    }
}
