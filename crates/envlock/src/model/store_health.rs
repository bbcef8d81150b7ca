//! What is found out about a store, and what is wrong with it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::etcd_release::faults;

/// Above this a renewal costs a good part of the shortest time from one to the next, which is a second.
const SLOW: Duration = Duration::from_millis(500);

/// Times of day that differ by more than this confuse those who read them.
const CLOCKS_MS: u64 = 2000;

/// What one address of the store says.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// `HOST:PORT`.
    pub(crate) endpoint: String,
    pub(crate) outcome: Result<Facts, Trouble>,
}

/// What a member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) version: String,
    pub(crate) role: Role,
    pub(crate) cluster: u64,
    pub(crate) id: u64,
    /// Of a read that a majority confirms; none where the user may not read.
    pub(crate) latency: Option<Duration>,
    /// How much its clock is ahead of this machine's, at least; 0 where nothing is seen. HTTP says whole seconds.
    pub(crate) clock_ahead_ms: Option<i64>,
    /// Of its database, in bytes.
    pub(crate) size: u64,
    pub(crate) quota: Option<u64>,
    pub(crate) alarms: Vec<String>,
}

/// The part of a member in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Leader,
    Follower,
    Learner,
    /// It knows no leader.
    Alone,
}

impl Role {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Learner => "learner",
            Self::Alone => "no_leader",
        }
    }
}

/// Why something failed, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) what: String,
    pub(crate) hint: String,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Warning,
    Failure,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// The addresses of members, separated by commas, or a part of envlock's use of the store.
    pub(crate) about: String,
    pub(crate) trouble: Trouble,
}

impl Finding {
    fn new(level: Level, about: &str, what: impl Into<String>, hint: &str) -> Self {
        let trouble = Trouble { what: what.into(), hint: hint.to_owned() };
        Self { level, about: about.to_owned(), trouble }
    }
}

/// What is wrong, members first. `trial`: how long a lock and unlock took; none where it was not tried.
pub(crate) fn judge(members: &[Member], trial: Option<&Result<Duration, Trouble>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        match &member.outcome {
            Ok(facts) => findings.extend(of_member(&member.endpoint, facts)),
            Err(trouble) => findings.push(Finding {
                level: Level::Failure,
                about: member.endpoint.clone(),
                trouble: trouble.clone(),
            }),
        }
    }
    findings.extend(of_releases(members));
    findings.extend(of_cluster(members));
    if let Some(Err(trouble)) = trial {
        let (about, trouble) = ("lock and unlock".to_owned(), trouble.clone());
        findings.push(Finding { level: Level::Failure, about, trouble });
    }
    findings
}

fn of_member(endpoint: &str, facts: &Facts) -> Vec<Finding> {
    use Level::{Failure, Warning};
    let mut found = Vec::new();
    let mut add = |level, what: String, hint| found.push(Finding::new(level, endpoint, what, hint));
    match facts.role {
        Role::Alone => add(
            Failure,
            "it knows no leader".into(),
            "see whether most members are up and reach each other: etcdctl endpoint status --cluster",
        ),
        Role::Learner => add(
            Failure,
            "it is a learner, which does not answer for its cluster".into(),
            "name the voting members: etcdctl member list",
        ),
        Role::Leader | Role::Follower => {}
    }
    for alarm in &facts.alarms {
        add(
            Failure,
            format!("it has the alarm {alarm}"),
            "NOSPACE: compact, defragment, etcdctl alarm disarm; CORRUPT: replace the member",
        );
    }
    if let Some(quota) = facts.quota.filter(|quota| facts.size > quota / 10 * 8) {
        let what = format!("its database has {} of at most {quota} bytes", facts.size);
        add(
            Warning,
            what,
            "compact and defragment it, or raise --quota-backend-bytes: a full store gives no locks",
        );
    }
    if let Some(latency) = facts.latency.filter(|latency| *latency > SLOW) {
        let what = format!("a read took {} ms", latency.as_millis());
        add(
            Warning,
            what,
            "use a --ttl well above ten times that, or look for what is slow: disk, network, load",
        );
    }
    if let Some(ahead) = facts.clock_ahead_ms.filter(|ahead| ahead.unsigned_abs() > CLOCKS_MS) {
        let what = format!("its clock is {ahead} ms ahead of this machine's");
        add(
            Warning,
            what,
            "set the clocks; locks do not rest on the time of day, but the times that are shown do",
        );
    }
    found
}

/// The known faults of each release that is there, once for all members that have it.
fn of_releases(members: &[Member]) -> Vec<Finding> {
    let mut having: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in members {
        if let Ok(facts) = &member.outcome {
            having.entry(&facts.version).or_default().push(&member.endpoint);
        }
    }
    let mut found = Vec::new();
    for (version, endpoints) in having {
        for fault in faults(version) {
            let level = if fault.is_fatal() { Level::Failure } else { Level::Warning };
            let what = format!("etcd {version}: {}", fault.words());
            let hint = "use the newest release of etcd that is supported";
            found.push(Finding::new(level, &endpoints.join(","), what, hint));
        }
    }
    found
}

/// That all addresses are of one cluster, each of another member.
fn of_cluster(members: &[Member]) -> Vec<Finding> {
    let mut found = Vec::new();
    let known: Vec<(&str, &Facts)> = members
        .iter()
        .filter_map(|member| Some((&*member.endpoint, member.outcome.as_ref().ok()?)))
        .collect();
    let mut first_of = HashMap::new();
    for (endpoint, facts) in &known {
        if known.first().is_some_and(|(_, first)| first.cluster != facts.cluster) {
            let what =
                format!("it is of another cluster than {}: two commands could have one lock", known[0].0);
            found.push(Finding::new(Level::Failure, endpoint, what, "name the members of one cluster"));
        } else if let Some(other) = first_of.insert(facts.id, endpoint) {
            let what = format!("it is the same member as {other}");
            found.push(Finding::new(Level::Warning, endpoint, what, "name each member once"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "3.6.5".into(),
            role: Role::Leader,
            cluster: 1,
            id: 1,
            latency: Some(Duration::from_millis(1)),
            clock_ahead_ms: Some(0),
            size: 80,
            quota: Some(100),
            alarms: Vec::new(),
        }
    }

    fn member(endpoint: &str, facts: Facts) -> Member {
        Member { endpoint: endpoint.into(), outcome: Ok(facts) }
    }

    #[test]
    fn each_thing_that_is_wrong_is_found_once() {
        let other = |change: fn(&mut Facts)| {
            let mut facts = Facts { id: 2, role: Role::Follower, ..facts() };
            change(&mut facts);
            judge(&[member("a:1", self::facts()), member("b:1", facts)], Some(&Ok(Duration::ZERO)))
        };
        assert_eq!(other(|_| {}), []);
        for (change, level, says) in [
            ((|f| f.version = "3.5.0".into()) as fn(&mut Facts), Level::Failure, "different data"),
            (|f| f.version = "3.5.22".into(), Level::Warning, "a lease that is gone"),
            (|f| f.role = Role::Alone, Level::Failure, "no leader"),
            (|f| f.role = Role::Learner, Level::Failure, "learner"),
            (|f| f.cluster = 9, Level::Failure, "another cluster than a:1"),
            (|f| f.id = 1, Level::Warning, "the same member as a:1"),
            (|f| f.alarms.push("NOSPACE".into()), Level::Failure, "NOSPACE"),
            (|f| f.size = 81, Level::Warning, "81 of at most 100 bytes"),
            (|f| f.latency = Some(Duration::from_millis(501)), Level::Warning, "501 ms"),
            (|f| f.clock_ahead_ms = Some(-2001), Level::Warning, "-2001 ms ahead"),
        ] {
            let found = other(change);
            let first = found.iter().max_by_key(|finding| finding.level).unwrap();
            assert_eq!((first.level, &*first.about), (level, "b:1"), "{says}: {found:?}");
            assert!(found.iter().any(|finding| finding.trouble.what.contains(says)), "{says}: {found:?}");
        }
    }

    #[test]
    fn what_cannot_be_reached_or_locked_is_a_failure() {
        let trouble = Trouble { what: "refused".into(), hint: "h".into() };
        let lost = Member { endpoint: "c:1".into(), outcome: Err(trouble.clone()) };
        let found = judge(&[member("a:1", facts()), lost], Some(&Err(trouble)));
        let about: Vec<(&str, Level)> = found.iter().map(|one| (&*one.about, one.level)).collect();
        assert_eq!(about, [("c:1", Level::Failure), ("lock and unlock", Level::Failure)]);
    }
}
