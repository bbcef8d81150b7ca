//! What is removed, what stays, and why.

use std::collections::BTreeSet;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_duration;

use super::age::{self, AgeVerdict, last_event, show_age};
use super::build_cache;
use super::rule::{Decision, Decisions, Rule};
use super::sessions;
use super::users::Users;
use super::{expiry, last_use};
use crate::model::known_time::KnownTime;
use crate::model::pattern::matches;
use crate::model::policy::{Live, Policy, Scope, Times};
use crate::model::resource::{Detail, Kind, Resource, State};

/// Decides about everything in scope.
pub fn select(facts: &[Resource], policy: &Policy, now: Timestamp) -> Decisions {
    let mut decisions = Decisions::new();
    if matches!(policy.scope, Scope::Everything) {
        return decisions;
    }
    let users = Users::new(facts);
    let containers = of_kind(facts, Kind::Container);
    for (index, container) in containers.filter(|(_, container)| policy.scope.holds(container)) {
        decisions.insert(index, decide(container, None, policy, || judge(container, &users, policy, now)));
    }
    apply_cap(facts, policy, &mut decisions);
    for kind in [Kind::Network, Kind::Volume, Kind::Image] {
        for (index, resource) in of_kind(facts, kind).filter(|_| policy.kinds.contains(&kind)) {
            let user = || user_that_stays(resource, &users, &decisions);
            let decision = if policy.scope.holds(resource) {
                decide(resource, user(), policy, || judge(resource, &users, policy, now))
            } else if let Some(owner) = owner_in_scope(resource, &users, &decisions) {
                decide(resource, user(), policy, || with_container(owner))
            } else {
                continue;
            };
            decisions.insert(index, decision);
        }
    }
    decisions.extend(select_cache(&users, policy, now));
    decisions
}

/// Decides about records of the build cache, which depend on each other and on nothing else.
fn select_cache(users: &Users<'_>, policy: &Policy, now: Timestamp) -> Decisions {
    let records = of_kind(users.facts, Kind::BuildCache);
    let in_scope = records.filter(|(_, record)| policy.scope.holds(record)).collect::<Vec<_>>();
    if let Scope::BuildCache { keep_bytes } = policy.scope {
        let stays = |record: &Resource| {
            guarded(record, policy).or_else(|| unsuitable(record, policy)).or_else(|| {
                let (rule, reason) = by_age(record, policy, now);
                (!rule.removes()).then_some((rule, reason))
            })
        };
        return build_cache::select(&in_scope, keep_bytes, stays, now);
    }
    let decided = |record| decide(record, None, policy, || judge(record, users, policy, now));
    in_scope.into_iter().map(|(index, record)| (index, decided(record))).collect()
}

/// Decides once more about something that was to be removed, on facts read after the containers were removed.
pub(crate) fn reconsider(
    before: (&Resource, &Decision),
    resource: &Resource,
    users: &Users<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let (known, decision) = before;
    if known.labels != resource.labels {
        // Only a volume can change so: it has no ID.
        return (Rule::Changed, "changed: another volume has its name now".into()).into();
    }
    let user = users.of(resource).next().map(|(_, user)| user);
    decide(resource, user, policy, || match decision.rule {
        // Its container is gone by now, so that its age says nothing more.
        Rule::WithContainer => (Rule::WithContainer, decision.reason.clone()),
        // Which ones are the least used was decided among all of them.
        Rule::LeastUsed if is_old(resource, policy, now) => (Rule::LeastUsed, decision.reason.clone()),
        _ => judge(resource, users, policy, now),
    })
}

/// Resources that have to be inspected, since the times in the listing are too coarse to decide about them.
pub(crate) fn needs_inspection(facts: &[Resource], policy: &Policy, now: Timestamp) -> Vec<usize> {
    let in_scope = |kind| of_kind(facts, kind).filter(|(_, resource)| policy.scope.holds(resource));
    // Which containers are the oldest takes exact times.
    let over_cap = policy.max_containers.is_some_and(|most| in_scope(Kind::Container).count() > most);
    let exact = over_cap || policy.times == Times::Exact;
    in_scope(Kind::Container)
        .chain(in_scope(Kind::Image))
        .filter(|(_, resource)| !matches!(resource.active, KnownTime::Never | KnownTime::At(_)))
        .filter(|(_, resource)| exact || compare(resource, policy, now) == AgeVerdict::NeedsInspection)
        .map(|(index, _)| index)
        .collect()
}

/// Environments whose locks guard what is in scope.
pub(crate) fn environments(facts: &[Resource], policy: &Policy) -> BTreeSet<String> {
    let in_scope = facts
        .iter()
        .filter(|resource| policy.scope.holds(resource) && policy.kinds.contains(&resource.kind()));
    in_scope.flat_map(|resource| policy.scope.environments(resource)).collect()
}

fn of_kind(facts: &[Resource], kind: Kind) -> impl Iterator<Item = (usize, &Resource)> {
    facts.iter().enumerate().filter(move |(_, resource)| resource.kind() == kind)
}

/// A container that mounts this anonymous volume, where all that do are in scope. The volume cannot carry a label of
/// the user's, and once its containers are gone nothing says whose it was.
fn owner_in_scope<'a>(volume: &Resource, users: &Users<'a>, decisions: &Decisions) -> Option<&'a Resource> {
    if !volume.is_anonymous_volume() {
        return None;
    }
    let users: Vec<_> = users.of(volume).collect();
    let all_in_scope = users.iter().all(|(index, _)| decisions.contains_key(index));
    users.first().filter(|_| all_in_scope).map(|(_, user)| *user)
}

fn with_container(owner: &Resource) -> (Rule, String) {
    (Rule::WithContainer, format!("anonymous volume of container {}", owner.name))
}

/// A container that uses the resource and is not going to be removed.
fn user_that_stays<'a>(
    resource: &Resource,
    users: &Users<'a>,
    decisions: &Decisions,
) -> Option<&'a Resource> {
    users
        .of(resource)
        .find(|(index, _)| !decisions.get(index).is_some_and(|decision| decision.rule.removes()))
        .map(|(_, user)| user)
}

/// Decides by the rules in their order; `otherwise` is asked where none of the others keeps the resource.
fn decide(
    resource: &Resource,
    user: Option<&Resource>,
    policy: &Policy,
    otherwise: impl FnOnce() -> (Rule, String),
) -> Decision {
    guarded(resource, policy)
        .or_else(|| unsuitable(resource, policy))
        .or_else(|| user.map(in_use))
        .unwrap_or_else(otherwise)
        .into()
}

/// Whether a resource has reached its age limit.
pub(crate) fn is_old(resource: &Resource, policy: &Policy, now: Timestamp) -> bool {
    compare(resource, policy, now) == AgeVerdict::Old
}

/// What keeps a resource whatever its state and age.
pub(crate) fn guarded(resource: &Resource, policy: &Policy) -> Option<(Rule, String)> {
    if let Detail::Network(network) = &resource.detail
        && network.built_in
    {
        return Some((Rule::BuiltIn, "the engine's own network".into()));
    }
    if resource.is_protected() {
        return Some((Rule::Protected, "labelled evenkeel.protect=true".into()));
    }
    if let Some(pattern) = policy.keep.iter().find(|pattern| is_kept_by(resource, pattern)) {
        return Some((Rule::KeepPattern, format!("matches --keep {pattern}")));
    }
    let environments = policy.scope.environments(resource);
    environments.iter().find_map(|name| Some((Rule::EnvLocked, policy.busy.get(name)?.clone())))
}

fn is_kept_by(resource: &Resource, pattern: &str) -> bool {
    let tags = match &resource.detail {
        Detail::Image(image) => image.tags.as_slice(),
        _ => &[],
    };
    [&resource.name, &resource.id].into_iter().chain(tags).any(|name| matches(name, pattern))
}

/// What makes it impossible or wrong to remove a resource as it is.
fn unsuitable(resource: &Resource, policy: &Policy) -> Option<(Rule, String)> {
    let planned = policy.scope.planned(resource);
    if let Some(difference) = planned.and_then(|planned| planned.difference(resource)) {
        return Some((Rule::Changed, format!("changed: {difference}")));
    }
    match &resource.detail {
        Detail::Container(container) => unsuitable_state(container.state, policy),
        Detail::Volume(volume) if !volume.options.is_empty() => {
            Some((Rule::DriverOptions, format!("has driver options ({})", volume.options.join(", "))))
        }
        Detail::BuildCache(record) if record.in_use => Some((Rule::InUse, "a build uses it".into())),
        Detail::BuildCache(record) if record.shared => {
            Some((Rule::Shared, "an image has the same data, so that nothing would be freed".into()))
        }
        Detail::Image(image) if image.tags.len() > 1 => {
            Some((Rule::SeveralNames, format!("has {} names: {}", image.tags.len(), image.tags.join(", "))))
        }
        _ => None,
    }
}

fn unsuitable_state(state: State, policy: &Policy) -> Option<(Rule, String)> {
    match state {
        _ if state.is_stopped() => None,
        _ if state.is_live() && policy.live == Live::Remove => None,
        _ if state.is_live() => Some((Rule::Live, state.name().into())),
        _ => Some((Rule::State, "in a state that this version does not know".into())),
    }
}

fn in_use(user: &Resource) -> (Rule, String) {
    let state = user.container().map_or("", |container| container.state.name());
    (Rule::InUse, format!("used by container {} ({state})", user.name))
}

/// Decides by what the scope asks for where nothing else keeps the resource.
fn judge(resource: &Resource, users: &Users<'_>, policy: &Policy, now: Timestamp) -> (Rule, String) {
    match &policy.scope {
        Scope::Planned(_) => (Rule::InPlan, "in the plan".into()),
        Scope::Expiring(_) => expiry::judge(resource, users, now),
        Scope::Unused { uses, .. } => last_use::judge(resource, uses.as_ref(), policy.older_than, now),
        Scope::Testcontainers => sessions::judge(resource, users.facts, policy.older_than, now),
        Scope::Everything | Scope::Matching { .. } | Scope::BuildCache { .. } => {
            by_age(resource, policy, now)
        }
    }
}

fn by_age(resource: &Resource, policy: &Policy, now: Timestamp) -> (Rule, String) {
    let age = show_age(resource, now);
    match compare(resource, policy, now) {
        AgeVerdict::Old => (Rule::Old, format!("{} {age} ago", last_event(resource))),
        AgeVerdict::InvalidTime(cause) => (Rule::NoTime, cause),
        // Still not enough to tell: the inspection failed, so nothing says that it is old enough.
        AgeVerdict::Young | AgeVerdict::NeedsInspection => {
            (Rule::Young, format!("{age} old, limit {}", show_duration(limit(resource, policy))))
        }
    }
}

fn compare(resource: &Resource, policy: &Policy, now: Timestamp) -> AgeVerdict {
    age::compare(&resource.created, &resource.active, limit(resource, policy), now)
}

fn limit(resource: &Resource, policy: &Policy) -> Duration {
    match resource.container() {
        Some(container) if container.state == State::Created => policy.created_older_than,
        _ => policy.older_than,
    }
}

/// Decides to remove stopped containers, oldest first, until the scope holds no more than the cap.
fn apply_cap(facts: &[Resource], policy: &Policy, decisions: &mut Decisions) {
    let Some(most) = policy.max_containers else { return };
    let staying = decisions.values().filter(|decision| !decision.rule.removes()).count();
    let mut young: Vec<(Timestamp, usize)> = decisions
        .iter()
        .filter(|(_, decision)| decision.rule == Rule::Young)
        .filter_map(|(&index, _)| Some((last_time(&facts[index])?, index)))
        .filter(|(_, index)| facts[*index].container().is_some_and(|c| c.state.is_stopped()))
        .collect();
    young.sort_unstable();
    for (_, index) in young.into_iter().take(staying.saturating_sub(most)) {
        decisions.insert(index, (Rule::OverCap, format!("over the cap of {most} containers")).into());
    }
}

/// When a container was last created or active, if that is known exactly.
fn last_time(container: &Resource) -> Option<Timestamp> {
    match (&container.created, &container.active) {
        (KnownTime::At(created), KnownTime::At(active)) => Some(*created.max(active)),
        (KnownTime::At(created), KnownTime::Never) => Some(*created),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::known_time::AgeRange;
    use crate::model::resource::Container;
    use crate::testing::{container, hours_ago, image, network, now, policy, volume};

    const TEST: [(&str, &str); 1] = [("netra.env", "test")];

    fn decided(facts: &[Resource], policy: &Policy) -> Vec<(Rule, String)> {
        select(facts, policy, now()).into_values().map(|decision| (decision.rule, decision.reason)).collect()
    }

    fn using(mut resource: Resource, change: impl Fn(&mut Container)) -> Resource {
        change(resource.container_mut());
        resource
    }

    #[test]
    fn every_decision_says_why() {
        let young =
            Resource { active: KnownTime::At(now() - Duration::from_mins(41)), ..exited("young", &TEST) };
        let later =
            Resource { created: KnownTime::At(now() + Duration::from_secs(1)), ..volume("later", &TEST) };
        let mut policy = policy();
        policy.keep.push("ke*".into());
        policy.busy.insert("other".into(), "locked by ann".into());
        let protected = [TEST[0], ("evenkeel.protect", "true")];
        let elsewhere = [TEST[0], ("evenkeel.env", "other")];
        for (resource, rule, reason) in [
            (exited("old", &TEST), Rule::Old, "exited 2h ago"),
            (container("new", State::Created, &TEST), Rule::Old, "created 3h ago"),
            (young, Rule::Young, "41m old, limit 1h"),
            (container("busy", State::Paused, &TEST), Rule::Live, "paused"),
            (
                container("odd", State::Unknown, &TEST),
                Rule::State,
                "in a state that this version does not know",
            ),
            (exited("kept", &TEST), Rule::KeepPattern, "matches --keep ke*"),
            (exited("safe", &protected), Rule::Protected, "labelled evenkeel.protect=true"),
            (exited("held", &elsewhere), Rule::EnvLocked, "locked by ann"),
            (later, Rule::NoTime, "its time 2026-11-20T12:00:01Z lies in the future"),
        ] {
            assert_eq!(decided(&[resource], &policy), [(rule, reason.to_owned())]);
        }
    }

    fn exited(name: &str, labels: &[(&str, &str)]) -> Resource {
        container(name, State::Exited, labels)
    }

    #[test]
    fn a_network_stays_for_a_container_that_may_refer_to_it() {
        // By its name, by its whole ID, and by a prefix of the ID; beside another network of the same name.
        for text in ["net", "0123456789", "0123"] {
            let user = using(container("user", State::Created, &[]), |user| user.networks.push(text.into()));
            let networks =
                ["0123456789", "fedc"].map(|id| Resource { id: id.into(), ..network("net", &TEST) });
            let facts = [&[user][..], &networks].concat();
            let rules: Vec<Rule> = decided(&facts, &policy()).into_iter().map(|(rule, _)| rule).collect();
            let both = text == "net";
            assert_eq!(rules, [Rule::InUse, if both { Rule::InUse } else { Rule::Old }], "{text}");
        }
    }

    #[test]
    fn an_anonymous_volume_goes_with_its_containers_and_only_then() {
        let anonymous = volume("0f3c", &[("com.docker.volume.anonymous", "")]);
        let mounts = |resource| using(resource, |user| user.volumes.push("0f3c".into()));
        let (ours, theirs) = (mounts(exited("ours", &TEST)), mounts(exited("theirs", &[])));
        let removed =
            |facts: &[Resource]| decided(facts, &policy()).iter().filter(|(rule, _)| rule.removes()).count();
        assert_eq!(removed(&[ours.clone(), anonymous.clone()]), 2);
        assert_eq!(removed(&[ours.clone(), theirs, anonymous.clone()]), 1);
        assert_eq!(removed(&[anonymous]), 0, "without a container nothing says whose it was");
        assert_eq!(removed(&[ours, volume("0f3c", &[])]), 1, "it was given a name");
    }

    #[test]
    fn an_anonymous_volume_without_the_label_is_known_by_its_random_name() {
        let name = "0123456789abcdef".repeat(4);
        let rules = |volume: Resource| {
            let ours = using(exited("ours", &TEST), |user| user.volumes.push(volume.id.clone()));
            let rules = decided(&[ours, volume], &policy()).into_iter();
            rules.skip(1).collect::<Vec<_>>()
        };
        let expected = [(Rule::WithContainer, "anonymous volume of container ours".to_owned())];
        assert_eq!(rules(volume(&name, &[])), expected);
        assert_eq!(rules(volume(&name, &[("some", "label")])), [], "somebody labelled it");
        assert_eq!(rules(volume(&name.to_uppercase(), &[])), [], "somebody named it");
        assert_eq!(rules(volume(&name[1..], &[])), [], "somebody named it");
    }

    #[test]
    fn an_anonymous_volume_goes_with_a_container_over_the_cap_whatever_its_age() {
        let anonymous = Resource {
            created: KnownTime::At(now() + Duration::from_secs(1)),
            ..volume("0f3c", &[("com.docker.volume.anonymous", "")])
        };
        let ours = using(exited("ours", &TEST), |user| user.volumes.push("0f3c".into()));
        let mut policy = policy();
        policy.older_than = Duration::from_hours(24);
        policy.max_containers = Some(0);
        let facts = [ours, anonymous.clone()];
        let decisions = select(&facts, &policy, now());
        assert_eq!(decisions[&0].rule, Rule::OverCap);
        assert_eq!(decisions[&1].rule, Rule::WithContainer);
        let again = |facts: &[Resource]| {
            reconsider((&anonymous, &decisions[&1]), &anonymous, &Users::new(facts), &policy, now()).rule
        };
        assert_eq!(again(std::slice::from_ref(&anonymous)), Rule::WithContainer);
        assert_eq!(again(&facts), Rule::InUse, "its container was not removed after all");
    }

    #[test]
    fn a_cap_takes_the_oldest_first_and_only_exact_times() {
        let ended = |name: &str, hours| Resource { active: hours_ago(hours), ..exited(name, &TEST) };
        let unread = Resource { active: KnownTime::Unread, ..exited("unread", &TEST) };
        let facts = [ended("b", 2), ended("c", 1), unread, ended("a", 3)];
        let mut policy = policy();
        policy.older_than = Duration::from_hours(24);
        policy.max_containers = Some(2);
        let rules: Vec<Rule> = decided(&facts, &policy).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, [Rule::OverCap, Rule::Young, Rule::Young, Rule::OverCap]);
        assert_eq!(
            needs_inspection(&facts, &policy, now()),
            [2],
            "which one is the oldest takes exact times"
        );
    }

    #[test]
    fn a_cap_counts_containers_that_stay_and_takes_stopped_ones_of_known_age_only() {
        let created = container("created", State::Created, &TEST);
        let running = container("running", State::Running, &TEST);
        let mut policy = policy();
        (policy.older_than, policy.created_older_than) = (Duration::from_hours(24), Duration::from_hours(24));
        let rules = |facts: &[Resource], most| {
            let policy = Policy { max_containers: Some(most), ..policy.clone() };
            decided(facts, &policy).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
        };
        let facts = [exited("young", &TEST), created, running];
        assert_eq!(rules(&facts, 3), [Rule::Young, Rule::Young, Rule::Live]);
        // The one that never ran is as old as its creation, three hours.
        assert_eq!(rules(&facts, 2), [Rule::Young, Rule::OverCap, Rule::Live]);
        assert_eq!(rules(&facts, 0), [Rule::OverCap, Rule::OverCap, Rule::Live]);
        let decision = &decided(&facts, &Policy { max_containers: Some(0), ..policy.clone() })[0];
        assert_eq!(decision.1, "over the cap of 0 containers");
        // Live ones go by their age where that is asked for, but never by the cap.
        let live = Policy { live: Live::Remove, max_containers: Some(0), ..policy.clone() };
        assert_eq!(decided(&facts[2..], &live)[0].0, Rule::Young);
    }

    #[test]
    fn live_containers_go_where_that_is_asked_for() {
        let running = container("running", State::Running, &TEST);
        let rule = |resource: &Resource, live| {
            decided(std::slice::from_ref(resource), &Policy { live, ..policy() })[0].0
        };
        assert_eq!((rule(&running, Live::Keep), rule(&running, Live::Remove)), (Rule::Live, Rule::Old));
        let odd = container("odd", State::Unknown, &TEST);
        assert_eq!((rule(&odd, Live::Keep), rule(&odd, Live::Remove)), (Rule::State, Rule::State));
    }

    #[test]
    fn what_was_never_started_has_a_limit_of_its_own() {
        let mut policy = policy();
        policy.created_older_than = Duration::from_hours(4);
        let rules = |policy: &Policy| {
            let facts = [container("created", State::Created, &TEST), exited("exited", &TEST)];
            decided(&facts, policy).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
        };
        assert_eq!(rules(&policy), [Rule::Young, Rule::Old]);
        (policy.created_older_than, policy.older_than) = (Duration::from_hours(1), Duration::from_hours(4));
        assert_eq!(rules(&policy), [Rule::Old, Rule::Young]);
    }

    #[test]
    fn what_cannot_or_must_not_be_removed_stays_and_says_why() {
        let with = |mut resource: Resource, change: &dyn Fn(&mut Detail)| {
            change(&mut resource.detail);
            resource
        };
        let options = |detail: &mut Detail| {
            if let Detail::Volume(volume) = detail {
                volume.options = vec!["type".into(), "device".into()];
            }
        };
        let built_in = |detail: &mut Detail| {
            if let Detail::Network(network) = detail {
                network.built_in = true;
            }
        };
        let tags = |tags: &'static [&'static str]| {
            move |detail: &mut Detail| {
                if let Detail::Image(image) = detail {
                    image.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
                }
            }
        };
        let mut policy = policy();
        policy.keep.push("kept:*".into());
        for (resource, rule, reason) in [
            (with(volume("v", &TEST), &options), Rule::DriverOptions, "has driver options (type, device)"),
            (volume("v", &TEST), Rule::Old, "created 3h ago"),
            (with(network("bridge", &TEST), &built_in), Rule::BuiltIn, "the engine's own network"),
            (network("net", &TEST), Rule::Old, "created 3h ago"),
            (with(image("i", &TEST), &tags(&["a:1", "b:2"])), Rule::SeveralNames, "has 2 names: a:1, b:2"),
            (with(image("i", &TEST), &tags(&["a:1"])), Rule::Old, "created 3h ago"),
            (with(image("i", &TEST), &tags(&[])), Rule::Old, "created 3h ago"),
            (with(image("i", &TEST), &tags(&["kept:1"])), Rule::KeepPattern, "matches --keep kept:*"),
        ] {
            assert_eq!(decided(&[resource], &policy), [(rule, reason.to_owned())]);
        }
    }

    #[test]
    fn what_is_in_use_names_its_user() {
        let mounts = |name| using(exited(name, &[]), |user| user.volumes.push("v".into()));
        let facts = [exited("other", &[]), mounts("db"), volume("v", &TEST)];
        let expected = [(Rule::InUse, "used by container db (exited)".to_owned())];
        assert_eq!(decided(&facts, &policy()), expected);
        // A user that goes itself keeps nothing.
        let facts = [using(exited("db", &TEST), |user| user.volumes.push("v".into())), volume("v", &TEST)];
        assert!(decided(&facts, &policy()).iter().all(|(rule, _)| *rule == Rule::Old));
    }

    #[test]
    fn only_kinds_that_may_be_removed_are_decided_about() {
        let facts = [exited("c", &TEST), network("n", &TEST), volume("v", &TEST), image("i", &TEST)];
        let kinds = |kinds: &[Kind]| {
            let policy = Policy { kinds: kinds.iter().copied().collect(), ..policy() };
            select(&facts, &policy, now()).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(kinds(&[Kind::Container, Kind::Network]), [0, 1]);
        assert_eq!(kinds(&[Kind::Container, Kind::Volume, Kind::Image]), [0, 2, 3]);
    }

    #[test]
    fn times_are_read_where_they_decide_something() {
        let coarse = |at_least, below| {
            let range =
                AgeRange { at_least: Duration::from_mins(at_least), below: Duration::from_mins(below) };
            Resource { active: KnownTime::Ago(range), ..exited("coarse", &TEST) }
        };
        // Between its bounds lies the limit of an hour, or it does not.
        let facts = [coarse(30, 90), coarse(90, 150), exited("exact", &TEST), coarse(30, 90)];
        let facts = [&facts[..], &[exited("elsewhere", &[]), volume("v", &TEST)]].concat();
        let needed = |policy: &Policy| needs_inspection(&facts, policy, now());
        assert_eq!(needed(&policy()), [0, 3]);
        assert_eq!(needed(&Policy { times: Times::Exact, ..policy() }), [0, 1, 3], "a plan has exact times");
        assert_eq!(needed(&Policy { max_containers: Some(4), ..policy() }), [0, 3], "as many as may be");
        assert_eq!(needed(&Policy { max_containers: Some(3), ..policy() }), [0, 1, 3]);
    }

    #[test]
    fn locks_of_what_is_in_scope_guard_it() {
        let labelled = |what: fn(&str, &[(&str, &str)]) -> Resource, environment| {
            what("r", &[TEST[0], ("evenkeel.env", environment)])
        };
        let facts = [
            labelled(exited, "shop"),
            labelled(volume, "data"),
            container("elsewhere", State::Exited, &[("evenkeel.env", "other")]),
        ];
        let found = |policy: &Policy| environments(&facts, policy).into_iter().collect::<Vec<_>>();
        assert_eq!(found(&policy()), ["data", "shop", "test"]);
        let containers = Policy { kinds: [Kind::Container].into(), ..policy() };
        assert_eq!(found(&containers), ["shop", "test"]);
    }

    #[test]
    fn the_least_used_is_decided_again_by_its_age_alone() {
        let record = volume("v", &TEST);
        let before = Decision { rule: Rule::LeastUsed, reason: "used least".into() };
        let again = |resource: &Resource| {
            let found = reconsider((&record, &before), resource, &Users::new(&[]), &policy(), now());
            (found.rule, found.reason)
        };
        assert_eq!(again(&record), (Rule::LeastUsed, "used least".to_owned()));
        let used = Resource { active: KnownTime::At(now()), ..record.clone() };
        assert_eq!(again(&used).0, Rule::Young);
        assert!(is_old(&record, &policy(), now()) && !is_old(&used, &policy(), now()));
    }

    #[test]
    fn a_scope_of_nothing_and_a_scope_of_all_remove_nothing() {
        let facts = [exited("a", &TEST), volume("b", &[])];
        for scope in [Scope::Matching { labels: Vec::new(), project: None, name: None }, Scope::Everything] {
            assert_eq!(decided(&facts, &Policy { scope, ..policy() }), []);
        }
    }

    #[test]
    fn what_changed_meanwhile_is_decided_again() {
        let before = volume("v", &TEST);
        let old = Decision { rule: Rule::Old, reason: "created 3h ago".into() };
        let user = using(container("user", State::Created, &[]), |user| user.volumes.push("v".into()));
        let rule = |now_is: &Resource, facts: &[Resource]| {
            reconsider((&before, &old), now_is, &Users::new(facts), &policy(), now()).rule
        };
        assert_eq!(rule(&before, std::slice::from_ref(&before)), Rule::Old);
        assert_eq!(rule(&before, &[before.clone(), user]), Rule::InUse);
        assert_eq!(rule(&volume("v", &[]), &[]), Rule::Changed);
        let written = Resource { created: KnownTime::At(now()), ..before.clone() };
        assert_eq!(rule(&written, &[]), Rule::Young);
    }
}
