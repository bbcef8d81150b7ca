//! Finding out what a store's members say, and whether a lock can be taken and given back.

use std::time::{Duration, Instant};

use evenkeel_common::now;
use jiff::fmt::rfc2822;
use serde_json::json;

use crate::model::queue::Mode;
use crate::model::store_health::{Facts, Member, Role, Trouble};
use crate::model::via::StoreUrl;
use crate::remote::etcd::client::{CallError, Client};
use crate::remote::etcd::message::{self, Content, Status, Txn};
use crate::remote::etcd::watch::{Target, Watched, wait_for};
use crate::remote::renewal::{Renewed, Store};
use crate::remote::terms::{LEAST, Terms};

/// The lock that is tried. It is the name of a subcommand, so nobody else can use it.
const NAME: &str = "doctor";

/// A read is repeated, because the first one opens the connection.
const READS: usize = 3;

/// Asks one address.
pub(crate) fn examine(url: &StoreUrl, endpoint: &str) -> Member {
    let mut store = Store::new(&url.by(endpoint), NAME, Mode::Exclusive, Terms::new(LEAST));
    let outcome = facts(&mut store).map_err(|error| {
        let Trouble { what, hint } = trouble(&error);
        // It is said beside it.
        let what = what.trim_start_matches(&format!("{endpoint}: ")).to_owned();
        Trouble { what, hint }
    });
    Member { endpoint: endpoint.to_owned(), outcome }
}

fn facts(store: &mut Store) -> Result<Facts, CallError> {
    let limit = store.terms.call_limit();
    let asked = now();
    let status: Status = store.client.call("maintenance/status", &json!({}), limit)?;
    let clock_ahead_ms = store.client.date().and_then(|date| clock_ahead(date, asked.as_millisecond()));
    let role = match status.leader {
        _ if status.is_learner => Role::Learner,
        0 => Role::Alone,
        leader if leader == status.header.member_id => Role::Leader,
        _ => Role::Follower,
    };
    let latency = match role {
        Role::Learner | Role::Alone => None,
        Role::Leader | Role::Follower => latency(store)?,
    };
    Ok(Facts {
        version: status.version,
        role,
        cluster: status.header.cluster_id,
        id: status.header.member_id,
        latency,
        clock_ahead_ms,
        size: status.db_size,
        quota: Some(status.db_size_quota).filter(|quota| *quota > 0).or_else(|| quota(&store.client, limit)),
        // Among them is that there is no leader, which is known already.
        alarms: status.errors.iter().filter_map(|error| alarm(error)).collect(),
    })
}

/// The kind of an alarm: `memberID:… alarm:NOSPACE`.
fn alarm(error: &str) -> Option<String> {
    error.split_once("alarm:").map(|(_, kind)| kind.trim().to_owned())
}

fn latency(store: &mut Store) -> Result<Option<Duration>, CallError> {
    let mut best: Option<Duration> = None;
    for _ in 0..READS {
        let asked = Instant::now();
        let read = store.tickets();
        let took = asked.elapsed();
        match read {
            Ok(_) => best = Some(best.map_or(took, |best| best.min(took))),
            // That is the trial's business.
            Err(CallError::NotAllowed(_)) => return Ok(None),
            Err(other) => return Err(other),
        }
    }
    Ok(best)
}

/// How much a clock that said `date` is ahead of this one, which said `asked_ms` before; 0 where that cannot be seen.
fn clock_ahead(date: &str, asked_ms: i64) -> Option<i64> {
    let said = rfc2822::parse(date).ok()?.timestamp().as_millisecond();
    let received_ms = now().as_millisecond();
    // It means a time between these two.
    let (earliest, latest) = (said, said + 1000);
    Some(if earliest > received_ms {
        earliest - received_ms
    } else if latest < asked_ms {
        latest - asked_ms
    } else {
        0
    })
}

/// The quota, as releases before 3.6 say it.
fn quota(client: &Client, limit: Duration) -> Option<u64> {
    let metrics = client.metrics(limit)?;
    let line = metrics.lines().find_map(|line| line.strip_prefix("etcd_server_quota_backend_bytes "))?;
    // As 2.147483648e+09.
    let bytes: f64 = line.trim().parse().ok()?;
    Some(Duration::try_from_secs_f64(bytes).ok()?.as_secs())
}

/// Takes a ticket of a lock that nobody uses, renews it and gives it back; returns how long that took.
pub(crate) fn try_lock(url: &StoreUrl) -> Result<Duration, Trouble> {
    let mut store = Store::new(url, NAME, Mode::Exclusive, Terms::new(LEAST));
    // Opens the connection and logs in.
    let lease = store.grant().map_err(|e| trouble(&e))?;
    let tried = try_with(&mut store, lease);
    let _ = store.revoke(lease);
    tried.map_err(|e| trouble(&e))
}

fn try_with(store: &mut Store, lease: i64) -> Result<Duration, CallError> {
    let started = Instant::now();
    let ticket = store.keys.ticket(store.mode, lease);
    let put: Txn = store.txn(&[], &[message::put(&ticket, b"{}", lease)], &[])?;
    let revision = put.header.revision;
    if !matches!(store.renew(lease, revision)?, Renewed::Kept) {
        return Err(CallError::Refused("a ticket was gone as soon as it was put".to_owned()));
    }
    store.give_back(lease, &[], None)?;
    let took = started.elapsed();
    let read = store.txn(&[], &[message::get(&ticket, Content::Keys)], &[])?;
    if !read.found().is_empty() {
        return Err(CallError::Refused("a ticket that was deleted is still there".to_owned()));
    }
    let limit = store.terms.call_limit();
    match wait_for(&mut store.client, &Target::deleted(&ticket), revision, limit) {
        Watched::Changed => Ok(took),
        Watched::TimedOut | Watched::Broken => Err(CallError::Refused(
            "a watch did not report a change; a proxy in between may hold answers back".to_owned(),
        )),
    }
}

fn trouble(error: &CallError) -> Trouble {
    Trouble { what: error.to_string(), hint: error.hint() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_words_of_alarms() {
        assert_eq!(alarm("memberID:9372538179322589801 alarm:NOSPACE "), Some("NOSPACE".into()));
        assert_eq!(alarm("etcdserver: no leader"), None);
    }

    #[test]
    fn a_clock_differs_where_no_time_within_the_second_fits() {
        let date = "Sun, 29 Nov 2026 10:41:51 GMT";
        let said = rfc2822::parse(date).unwrap().timestamp().as_millisecond();
        assert_eq!(clock_ahead(date, said + 3000), Some(-2000));
        assert_eq!(clock_ahead("no date", 0), None);
        let ahead = clock_ahead("Fri, 31 Dec 2100 00:00:00 GMT", 0).unwrap();
        assert!(ahead > 0);
    }
}
