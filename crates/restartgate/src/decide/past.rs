//! What the records of the history say about a service and about the machine.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use evenkeel_common::BootTimestamp;

use super::breaker_state::{Event, Outcome};
use crate::model::record::{Action, Record, Service};

/// The records of each service, oldest first, sorted by service.
pub(crate) fn by_service(records: &[Record]) -> BTreeMap<&Service, Vec<&Record>> {
    let mut services = BTreeMap::<_, Vec<_>>::new();
    for record in records {
        services.entry(&record.service).or_default().push(record);
    }
    services
}

/// The events of one service, oldest first. A begin without an end counts as failed: where nobody holds the service's
/// lock, the process that made it has died.
pub(crate) fn events(records: &[Record], service: &Service, now: &BootTimestamp) -> Vec<Event> {
    let own: Vec<&Record> = records.iter().filter(|record| record.service == *service).collect();
    events_of(&own, now)
}

/// The same where all records are of that service.
pub(crate) fn events_of(own: &[&Record], now: &BootTimestamp) -> Vec<Event> {
    let ends: HashMap<(u32, u64), &Record> = own
        .iter()
        .filter(|r| r.action == Action::End)
        .filter_map(|r| Some((r.attempt_of_user()?, *r)))
        .collect();
    let event = |record: &&Record| {
        let age = record.time.age_at(now);
        match record.action {
            Action::Begin => {
                let end = record.attempt_of_user().and_then(|attempt| ends.get(&attempt));
                let healthy = end.and_then(|end| end.healthy) == Some(true);
                Some(Event::Attempt {
                    started: age,
                    ended: end.map_or(age, |end| end.time.age_at(now)),
                    outcome: if healthy { Outcome::Healthy } else { Outcome::Failed },
                    jitter: jitter(record.attempt.unwrap_or(0)),
                })
            }
            Action::Trip => Some(Event::Trip { at: age, cause: record.reason.clone().unwrap_or_default() }),
            Action::Reset => Some(Event::Reset),
            Action::End | Action::Refused => None,
        }
    };
    own.iter().filter_map(event).collect()
}

/// Leaves out the attempt that is still running, where a process holds the service's lock.
pub(crate) fn without_running(records: &mut Vec<Record>, service: &Service) {
    let last = records.iter().rposition(|r| r.service == *service && r.action == Action::Begin);
    if let Some(last) = last
        && !records[last..].iter().any(|r| r.is_end_of(&records[last]))
    {
        records.remove(last);
    }
}

/// All services in the records, sorted.
pub(crate) fn services(records: &[Record]) -> Vec<Service> {
    by_service(records).into_keys().cloned().collect()
}

/// Whether the last restart of the service was made because it had been killed at its memory limit.
pub(crate) fn last_was_oom(records: &[Record], service: &Service) -> bool {
    let mut own = records.iter().rev().filter(|record| record.service == *service);
    own.find(|record| matches!(record.action, Action::Begin | Action::Reset))
        .is_some_and(|record| record.oom_killed)
}

/// Ages of all restarts that were started on this machine.
pub(crate) fn machine(records: &[Record], now: &BootTimestamp) -> Vec<Duration> {
    records.iter().filter(|r| r.action == Action::Begin).map(|r| r.time.age_at(now)).collect()
}

/// Whether a restart of the service ended with success after `since`.
pub(crate) fn restarted_since(
    records: &[Record],
    service: &Service,
    since: &BootTimestamp,
    now: &BootTimestamp,
) -> bool {
    records.iter().any(|record| {
        record.service == *service
            && record.action == Action::End
            && record.healthy == Some(true)
            && record.time.age_at(now) <= since.age_at(now)
    })
}

/// A number in 0..1 that is the same in every process for one attempt.
#[expect(clippy::cast_precision_loss, reason = "three digits are enough")]
fn jitter(attempt: u64) -> f64 {
    (evenkeel_common::fnv1a(attempt.to_string().as_bytes()) % 1000) as f64 / 1000.0
}
