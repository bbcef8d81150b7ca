//! What goes, what stays, and why: a pure function of facts, a policy and a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_duration;

use crate::age::{self, Judged, Moment};
use crate::facts::{Detail, Kind, Object, State};
use crate::pattern::is_like;
use crate::scope::{Live, Policy, Scope, Times};

/// Which way a decision went, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Goes: unused for long enough.
    Old,
    /// Goes: the scope holds too many containers.
    OverCap,
    /// Goes: the plan says so.
    InPlan,
    /// Listed: belongs to nothing alive.
    Orphan,
    /// Stays: the engine's own.
    BuiltIn,
    /// Stays: labelled as protected.
    Protected,
    /// Stays: matches a pattern to keep.
    KeepPattern,
    /// Stays: somebody holds its environment.
    EnvLocked,
    /// Stays: not as it was when the plan was made.
    Changed,
    /// Stays: it runs.
    Live,
    /// Stays: its state is not one that this version knows.
    State,
    /// Stays: a volume with driver options.
    DriverOptions,
    /// Stays: an image with several names.
    SeveralNames,
    /// Stays: a container that stays refers to it.
    InUse,
    /// Stays: not old enough.
    Young,
    /// Stays: its times make no sense.
    NoTime,
}

impl Rule {
    /// Whether what it decides on goes.
    pub const fn removes(self) -> bool {
        matches!(self, Self::Old | Self::OverCap | Self::InPlan)
    }
}

/// What becomes of one resource in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The rule that settled it.
    pub rule: Rule,
    /// The same in words, after "removed: " or "kept: ".
    pub reason: String,
}

/// Decisions by the place of the resource in the facts. What is out of scope has none.
pub type Decisions = BTreeMap<usize, Decision>;

/// Decides about everything in scope.
pub fn select(facts: &[Object], policy: &Policy, now: Timestamp) -> Decisions {
    let mut decisions = Decisions::new();
    if matches!(policy.scope, Scope::Everything) {
        return decisions;
    }
    let containers = of_kind(facts, Kind::Container);
    for (place, object) in containers.filter(|(_, object)| policy.scope.holds(object)) {
        decisions.insert(place, decide(object, None, policy, now));
    }
    apply_cap(facts, policy, &mut decisions);
    for kind in [Kind::Network, Kind::Volume, Kind::Image] {
        for (place, object) in of_kind(facts, kind).filter(|_| policy.kinds.contains(&kind)) {
            if policy.scope.holds(object) || belongs_to_scope(object, facts, &decisions) {
                let user = user_that_stays(object, facts, &decisions);
                decisions.insert(place, decide(object, user, policy, now));
            }
        }
    }
    decisions
}

/// Decides once more about something that was to go, on facts read after the containers went.
pub fn reconsider(
    before: &Object,
    object: &Object,
    facts: &[Object],
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    if before.labels != object.labels {
        // Only a volume can: it has no ID.
        return Decision { rule: Rule::Changed, reason: "changed: another one has its name now".into() };
    }
    let user = facts.iter().find(|other| other.uses(object));
    decide(object, user, policy, now)
}

/// How many containers in scope are over the cap after the decisions are carried out.
fn over_cap(facts: &[Object], policy: &Policy, decisions: &Decisions) -> usize {
    let staying = of_kind(facts, Kind::Container)
        .filter(|(place, _)| decisions.get(place).is_some_and(|decision| !decision.rule.removes()))
        .count();
    policy.max_containers.map_or(0, |most| staying.saturating_sub(most))
}

/// Resources whose times have to be read one by one before anything can be decided about them.
pub fn unsettled(facts: &[Object], policy: &Policy, now: Timestamp) -> Vec<usize> {
    let in_scope = |kind| of_kind(facts, kind).filter(|(_, object)| policy.scope.holds(object));
    // Which containers are the oldest takes exact times.
    let over_cap = policy.max_containers.is_some_and(|most| in_scope(Kind::Container).count() > most);
    let exact = over_cap || policy.times == Times::Exact;
    in_scope(Kind::Container)
        .chain(in_scope(Kind::Image))
        .filter(|(_, object)| !matches!(object.active, Moment::Never | Moment::At(_)))
        .filter(|(_, object)| exact || judge(object, policy, now) == Judged::Unsettled)
        .map(|(place, _)| place)
        .collect()
}

/// Environments whose locks guard what is in scope.
pub fn environments(facts: &[Object], policy: &Policy) -> BTreeSet<String> {
    let in_scope =
        facts.iter().filter(|object| policy.scope.holds(object) && policy.kinds.contains(&object.kind()));
    in_scope.flat_map(|object| policy.scope.environments(object)).collect()
}

fn of_kind(facts: &[Object], kind: Kind) -> impl Iterator<Item = (usize, &Object)> {
    facts.iter().enumerate().filter(move |(_, object)| object.kind() == kind)
}

/// An anonymous volume cannot carry a label of the user's: it belongs where all of its containers belong.
fn belongs_to_scope(object: &Object, facts: &[Object], decisions: &Decisions) -> bool {
    let mut users = of_kind(facts, Kind::Container).filter(|(_, user)| user.uses(object)).peekable();
    object.is_anonymous_volume()
        && users.peek().is_some()
        && users.all(|(place, _)| decisions.contains_key(&place))
}

/// A container that refers to the resource and is not going to be removed.
fn user_that_stays<'a>(object: &Object, facts: &'a [Object], decisions: &Decisions) -> Option<&'a Object> {
    of_kind(facts, Kind::Container)
        .filter(|(place, _)| !decisions.get(place).is_some_and(|decision| decision.rule.removes()))
        .map(|(_, user)| user)
        .find(|user| user.uses(object))
}

fn decide(object: &Object, user: Option<&Object>, policy: &Policy, now: Timestamp) -> Decision {
    let (rule, reason) = guarded(object, policy)
        .or_else(|| unsuitable(object, policy))
        .or_else(|| user.map(in_use))
        .unwrap_or_else(|| by_age(object, policy, now));
    Decision { rule, reason }
}

/// Whether a resource has reached its age limit.
pub fn is_old(object: &Object, policy: &Policy, now: Timestamp) -> bool {
    judge(object, policy, now) == Judged::Old
}

/// What keeps a resource whatever its state and age.
pub fn guarded(object: &Object, policy: &Policy) -> Option<(Rule, String)> {
    if let Detail::Network(network) = &object.detail
        && network.built_in
    {
        return Some((Rule::BuiltIn, "the engine made it".into()));
    }
    if object.is_protected() {
        return Some((Rule::Protected, "labelled evenkeel.protect=true".into()));
    }
    if let Some(pattern) = policy.keep.iter().find(|pattern| is_kept_by(object, pattern)) {
        return Some((Rule::KeepPattern, format!("matches --keep {pattern}")));
    }
    let environments = policy.scope.environments(object);
    environments.iter().find_map(|name| Some((Rule::EnvLocked, policy.busy.get(name)?.clone())))
}

fn is_kept_by(object: &Object, pattern: &str) -> bool {
    let tags = match &object.detail {
        Detail::Image(image) => image.tags.as_slice(),
        _ => &[],
    };
    [&object.name, &object.id].into_iter().chain(tags).any(|name| is_like(name, pattern))
}

/// What makes it impossible or wrong to remove a resource as it is.
fn unsuitable(object: &Object, policy: &Policy) -> Option<(Rule, String)> {
    let planned = policy.scope.planned(object);
    if let Some(difference) = planned.and_then(|planned| planned.difference(object)) {
        return Some((Rule::Changed, format!("changed: {difference}")));
    }
    match &object.detail {
        Detail::Container(container) => unsuitable_state(container.state, policy),
        Detail::Volume(volume) if !volume.options.is_empty() => {
            Some((Rule::DriverOptions, format!("has driver options ({})", volume.options.join(", "))))
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
        _ if state.is_live() => Some((Rule::Live, state.word().into())),
        _ => Some((Rule::State, "in a state that this version does not know".into())),
    }
}

fn in_use(user: &Object) -> (Rule, String) {
    let state = user.container().map_or("", |container| container.state.word());
    (Rule::InUse, format!("used by container {} ({state})", user.name))
}

fn by_age(object: &Object, policy: &Policy, now: Timestamp) -> (Rule, String) {
    if policy.scope.is_plan() {
        return (Rule::InPlan, "in the plan".into());
    }
    let age = show_age(object, now);
    match judge(object, policy, now) {
        Judged::Old => (Rule::Old, format!("{} {age} ago", last_deed(object))),
        Judged::Senseless(why) => (Rule::NoTime, why),
        // Unsettled after all: the exact time could not be read, so nothing says that it is old enough.
        Judged::Young | Judged::Unsettled => {
            (Rule::Young, format!("{age} old, limit {}", show_duration(limit(object, policy))))
        }
    }
}

fn judge(object: &Object, policy: &Policy, now: Timestamp) -> Judged {
    age::judge(&object.created, &object.active, limit(object, policy), now)
}

fn limit(object: &Object, policy: &Policy) -> Duration {
    match object.container() {
        Some(container) if container.state == State::Created => policy.created_older_than,
        _ => policy.older_than,
    }
}

fn last_deed(object: &Object) -> &'static str {
    match object.container() {
        _ if matches!(object.active, Moment::Never | Moment::Unread) => "created",
        None => "tagged",
        Some(container) if container.state.is_live() => "started",
        Some(_) => "exited",
    }
}

/// The age in words; of an age known only as a span, its lower end.
pub fn show_age(object: &Object, now: Timestamp) -> String {
    let active = if object.active == Moment::Unread { &Moment::Never } else { &object.active };
    match age::age(&object.created, active, now) {
        Ok(Some(span)) => show_duration(span.at_least),
        _ => "?".into(),
    }
}

/// Lets stopped containers go, oldest first, until the scope holds no more than the cap.
fn apply_cap(facts: &[Object], policy: &Policy, decisions: &mut Decisions) {
    let Some(most) = policy.max_containers else { return };
    let mut young: Vec<(Timestamp, usize)> = decisions
        .iter()
        .filter(|(_, decision)| decision.rule == Rule::Young)
        .filter_map(|(&place, _)| Some((last_moment(&facts[place])?, place)))
        .filter(|(_, place)| facts[*place].container().is_some_and(|c| c.state.is_stopped()))
        .collect();
    young.sort_unstable();
    let excess = over_cap(facts, policy, decisions);
    for (_, place) in young.into_iter().take(excess) {
        let reason = format!("over the cap of {most} containers");
        decisions.insert(place, Decision { rule: Rule::OverCap, reason });
    }
}

/// When a container was last made or active, if that is known for sure.
fn last_moment(object: &Object) -> Option<Timestamp> {
    match (&object.created, &object.active) {
        (Moment::At(created), Moment::At(active)) => Some(*created.max(active)),
        (Moment::At(created), Moment::Never) => Some(*created),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Container;
    use crate::testing::{container, hours_ago, network, now, policy, volume};

    const TEST: [(&str, &str); 1] = [("netra.env", "test")];

    fn decided(facts: &[Object], policy: &Policy) -> Vec<(Rule, String)> {
        select(facts, policy, now()).into_values().map(|decision| (decision.rule, decision.reason)).collect()
    }

    fn using(mut object: Object, change: impl Fn(&mut Container)) -> Object {
        change(object.container_mut());
        object
    }

    #[test]
    fn every_decision_says_why() {
        let young = Object { active: Moment::At(now() - Duration::from_mins(41)), ..exited("young", &TEST) };
        let later = Object { created: Moment::At(now() + Duration::from_secs(1)), ..volume("later", &TEST) };
        let mut policy = policy();
        policy.keep.push("ke*".into());
        policy.busy.insert("other".into(), "locked by ann".into());
        let protected = [TEST[0], ("evenkeel.protect", "true")];
        let elsewhere = [TEST[0], ("evenkeel.env", "other")];
        for (object, rule, reason) in [
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
            assert_eq!(decided(&[object], &policy), [(rule, reason.to_owned())]);
        }
    }

    fn exited(name: &str, labels: &[(&str, &str)]) -> Object {
        container(name, State::Exited, labels)
    }

    #[test]
    fn a_network_stays_for_whoever_may_mean_it() {
        // As told when it was made, in full, and by a prefix of the ID; and a stranger's network of the same name.
        for word in ["net", "0123456789", "0123"] {
            let user = using(container("user", State::Created, &[]), |user| user.networks.push(word.into()));
            let networks = ["0123456789", "fedc"].map(|id| Object { id: id.into(), ..network("net", &TEST) });
            let facts = [&[user][..], &networks].concat();
            let rules: Vec<Rule> = decided(&facts, &policy()).into_iter().map(|(rule, _)| rule).collect();
            let both = word == "net";
            assert_eq!(rules, [Rule::InUse, if both { Rule::InUse } else { Rule::Old }], "{word}");
        }
    }

    #[test]
    fn an_anonymous_volume_goes_with_its_containers_and_only_then() {
        let anonymous = volume("0f3c", &[("com.docker.volume.anonymous", "")]);
        let mounts = |object| using(object, |user| user.volumes.push("0f3c".into()));
        let (ours, theirs) = (mounts(exited("ours", &TEST)), mounts(exited("theirs", &[])));
        let removed =
            |facts: &[Object]| decided(facts, &policy()).iter().filter(|(rule, _)| rule.removes()).count();
        assert_eq!(removed(&[ours.clone(), anonymous.clone()]), 2);
        assert_eq!(removed(&[ours.clone(), theirs, anonymous.clone()]), 1);
        assert_eq!(removed(&[anonymous]), 0, "nobody knows whose it was");
        assert_eq!(removed(&[ours, volume("0f3c", &[])]), 1, "it was given its name");
    }

    #[test]
    fn a_cap_takes_the_oldest_first_and_no_time_on_trust() {
        let ended = |name: &str, hours| Object { active: hours_ago(hours), ..exited(name, &TEST) };
        let unread = Object { active: Moment::Unread, ..exited("unread", &TEST) };
        let facts = [ended("b", 2), ended("c", 1), unread, ended("a", 3)];
        let mut policy = policy();
        policy.older_than = Duration::from_hours(24);
        policy.max_containers = Some(2);
        let rules: Vec<Rule> = decided(&facts, &policy).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, [Rule::OverCap, Rule::Young, Rule::Young, Rule::OverCap]);
        assert_eq!(unsettled(&facts, &policy, now()), [2], "which one is the oldest takes exact times");
    }

    #[test]
    fn a_scope_of_nothing_and_a_scope_of_all_remove_nothing() {
        let facts = [exited("a", &TEST), volume("b", &[])];
        for scope in [Scope::Matching { labels: Vec::new(), project: None, name: None }, Scope::Everything] {
            assert_eq!(decided(&facts, &Policy { scope, ..policy() }), []);
        }
    }

    #[test]
    fn what_changed_hands_meanwhile_is_thought_over() {
        let before = volume("v", &TEST);
        let user = using(container("user", State::Created, &[]), |user| user.volumes.push("v".into()));
        let rule =
            |now_is: &Object, facts: &[Object]| reconsider(&before, now_is, facts, &policy(), now()).rule;
        assert_eq!(rule(&before, std::slice::from_ref(&before)), Rule::Old);
        assert_eq!(rule(&before, &[before.clone(), user]), Rule::InUse);
        assert_eq!(rule(&volume("v", &[]), &[]), Rule::Changed);
        let written = Object { created: Moment::At(now()), ..before.clone() };
        assert_eq!(rule(&written, &[]), Rule::Young);
    }
}
