//! What has outlived the time that its label `evenkeel.ttl` gives it.

use std::iter::once;

use evenkeel_common::Timestamp;
use evenkeel_common::units::parse_duration;

use super::age::{self, AgeVerdict, last_event, show_age};
use super::rule::Rule;
use super::users::Users;
use crate::model::resource::{Kind, LABEL_TTL, Resource};

/// Decides about a resource by its label. The time counts from its creation or its last use, whichever is later; a
/// container that is removed in the same run says when a network, a volume or an image was last used.
pub(super) fn judge(resource: &Resource, users: &Users<'_>, now: Timestamp) -> (Rule, String) {
    let text = resource.ttl().map_or("", String::as_str);
    let ttl = match parse_duration(text) {
        Ok(ttl) => ttl,
        Err(cause) => return (Rule::InvalidTtl, format!("{LABEL_TTL}={text}: {cause}")),
    };
    if let Some(reason) = perhaps_inherited(resource, users.facts) {
        return (Rule::Live, reason);
    }
    for found in once(resource).chain(users.of(resource).map(|(_, user)| user)) {
        match age::compare(&found.created, &found.active, ttl, now) {
            AgeVerdict::Old => {}
            AgeVerdict::InvalidTime(cause) => return (Rule::NoTime, cause),
            AgeVerdict::Young | AgeVerdict::NeedsInspection => {
                return (Rule::Young, format!("{}, {LABEL_TTL}={text}", last_use(found, resource, now)));
            }
        }
    }
    (Rule::Expired, format!("{} {} ago, {LABEL_TTL}={text}", last_event(resource), show_age(resource, now)))
}

fn last_use(found: &Resource, resource: &Resource, now: Timestamp) -> String {
    let age = show_age(found, now);
    if found.id == resource.id {
        format!("{age} old")
    } else {
        format!("used by container {} {age} ago", found.name)
    }
}

/// Why a running container stays although its label may say otherwise: containers inherit the labels of their image,
/// and what is written on an image is no promise that whatever runs from it may be stopped.
fn perhaps_inherited(resource: &Resource, facts: &[Resource]) -> Option<String> {
    let state = resource.container()?.state;
    if !state.is_live() {
        return None;
    }
    match facts.iter().find(|image| image.kind() == Kind::Image && resource.uses(image)) {
        None => Some(format!(
            "{}, and its {LABEL_TTL} may be that of its image, which is not listed",
            state.name()
        )),
        Some(image) if image.ttl() == resource.ttl() => {
            Some(format!("{}, and its {LABEL_TTL} is that of its image", state.name()))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::select::select;
    use crate::model::known_time::KnownTime;
    use crate::model::policy::{Live, Policy, Scope, Times};
    use crate::model::resource::State;
    use crate::testing::{container, hours_ago, image, network, now, policy, volume};

    fn expiring(within: Scope) -> Policy {
        let scope = Scope::Expiring(Box::new(within));
        Policy { scope, live: Live::Remove, times: Times::Exact, ..policy() }
    }

    fn decided(facts: &[Resource]) -> Vec<(Rule, String)> {
        let decisions = select(facts, &expiring(Scope::Everything), now());
        decisions.into_values().map(|decision| (decision.rule, decision.reason)).collect()
    }

    /// Made three hours ago; a container began or ended two hours ago.
    fn of(kind: Kind, state: State, ttl: &str) -> Resource {
        let labels = [(LABEL_TTL, ttl)];
        match kind {
            Kind::Container => container("one", state, &labels),
            Kind::Network => network("one", &labels),
            Kind::Volume => volume("one", &labels),
            Kind::Image => image("one", &labels),
            Kind::BuildCache => unreachable!("it has no labels"),
        }
    }

    #[test]
    fn the_time_counts_from_the_creation_or_the_last_run() {
        use Kind::{Container, Image, Network, Volume};
        use State::{Created, Exited, Paused, Running};
        for (kind, state, ttl, rule, reason) in [
            (Container, Exited, "2h", Rule::Expired, "exited 2h ago, evenkeel.ttl=2h"),
            (Container, Exited, "2h 1ns", Rule::Young, "2h old, evenkeel.ttl=2h 1ns"),
            (Container, Created, "2h 30m", Rule::Expired, "created 3h ago, evenkeel.ttl=2h 30m"),
            (Container, Running, "7200", Rule::Expired, "started 2h ago, evenkeel.ttl=7200"),
            (Container, Running, "3h", Rule::Young, "2h old, evenkeel.ttl=3h"),
            (Container, Paused, "1h", Rule::Expired, "started 2h ago, evenkeel.ttl=1h"),
            (Network, Exited, "3h", Rule::Expired, "created 3h ago, evenkeel.ttl=3h"),
            (Network, Exited, "1d", Rule::Young, "3h old, evenkeel.ttl=1d"),
            (Volume, Exited, "0s", Rule::Expired, "created 3h ago, evenkeel.ttl=0s"),
            (Image, Exited, "2h", Rule::Expired, "created 3h ago, evenkeel.ttl=2h"),
        ] {
            let facts = [of(kind, state, ttl), image("image", &[])];
            assert_eq!(decided(&facts), [(rule, reason.to_owned())], "{kind:?} {state:?} {ttl}");
        }
    }

    #[test]
    fn what_is_no_duration_never_expires() {
        for ttl in ["", " ", "soon", "-1h", "1", "2 hours later", "99999999999999999999y", "inf", "NaN"] {
            let rules = decided(&[of(Kind::Volume, State::Exited, ttl)]);
            let expected = if ttl == "1" { Rule::Expired } else { Rule::InvalidTtl };
            assert_eq!(rules[0].0, expected, "{ttl:?}: {rules:?}");
        }
    }

    #[test]
    fn a_running_container_whose_image_has_the_label_stays() {
        let running = of(Kind::Container, State::Running, "1h");
        let same = image("image", &[(LABEL_TTL, "1h")]);
        let other = image("image", &[(LABEL_TTL, "5m")]);
        let rule = |facts: &[Resource]| decided(facts)[0].clone();
        assert_eq!(
            rule(&[running.clone(), same.clone()]),
            (Rule::Live, "running, and its evenkeel.ttl is that of its image".into())
        );
        assert_eq!(rule(&[running.clone(), other]).0, Rule::Expired, "it was given one of its own");
        assert_eq!(rule(&[running]).0, Rule::Live, "nothing says whose the label is");
        assert_eq!(rule(&[of(Kind::Container, State::Exited, "1h"), same]).0, Rule::Expired);
    }

    #[test]
    fn a_container_that_goes_says_when_the_others_were_last_used() {
        let mut user = container("user", State::Exited, &[(LABEL_TTL, "1h")]);
        user.active = hours_ago(1);
        user.container_mut().networks.push("net".into());
        user.container_mut().volumes.push("vol".into());
        let rules = |ttl: &str| {
            let labels = [(LABEL_TTL, ttl)];
            let facts =
                [user.clone(), network("net", &labels), volume("vol", &labels), image("image", &labels)];
            decided(&facts).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
        };
        assert_eq!(rules("1h"), [Rule::Expired; 4]);
        assert_eq!(rules("2h"), [Rule::Expired, Rule::Young, Rule::Young, Rule::Young]);
        let stays = Resource { labels: [].into(), ..user.clone() };
        let facts = [stays, volume("vol", &[(LABEL_TTL, "1h")])];
        assert_eq!(decided(&facts)[0].0, Rule::InUse);
    }

    #[test]
    fn everything_else_that_keeps_a_resource_still_does() {
        let labels = [(LABEL_TTL, "1h"), ("netra.env", "test")];
        let protected = [labels[0], labels[1], ("evenkeel.protect", "true")];
        let later = Resource { created: KnownTime::At(now() + LATER), ..volume("later", &labels) };
        let mut policy = expiring(policy().scope);
        policy.keep.push("kept".into());
        let facts =
            [volume("safe", &protected), volume("kept", &labels), later, volume("other", &labels[..1])];
        let rules: Vec<_> = select(&facts, &policy, now()).into_values().map(|made| made.rule).collect();
        assert_eq!(
            rules,
            [Rule::Protected, Rule::KeepPattern, Rule::NoTime],
            "and the other is out of scope"
        );
        policy.busy.insert("test".into(), "locked".into());
        assert_eq!(select(&[volume("a", &labels)], &policy, now())[&0].rule, Rule::EnvLocked);
    }

    const LATER: std::time::Duration = std::time::Duration::from_secs(1);
}
