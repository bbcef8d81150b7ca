//! Who holds a lock in a store and who waits for it, for people.

use std::time::Duration;

use crate::model::environment::Recorded;
use crate::model::record::{Phase, Record};
use crate::remote::environment::record;
use crate::remote::etcd::client::{CallError, Client};
use crate::remote::etcd::message::{self, Content, Found, Key};
use crate::remote::etcd::range::Range;
use crate::remote::keys::{self, Kind};
use crate::remote::renewal::{Store, marker_of};
use crate::remote::snapshot::Snapshot;
use crate::store::history::PastHold;

/// The owners of a lock's tickets and markers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// By ticket. Those that vanished inside are among them: they keep the lock until their time is over.
    pub(crate) holders: Vec<Record>,
    /// By ticket.
    pub(crate) queue: Vec<Record>,
    /// What is recorded of the environment.
    pub(crate) recorded: Recorded,
    /// Whether a holder outside the environment died.
    pub(crate) is_marked_dirty: bool,
}

impl Store {
    /// Reads who holds the lock and who waits for it, at one revision.
    pub(crate) fn look(&mut self) -> Result<Look, CallError> {
        let (environment, dirty) = (self.keys.environment(), self.keys.dirty());
        let reads = [
            message::range(&self.keys.all(), Content::Values),
            message::get(&environment, Content::Values),
            message::get(&dirty, Content::Keys),
        ];
        let found = self.txn(&[], &reads, &[])?.found();
        let named = |name: &str| found.iter().find(|key| key.name == name.as_bytes());
        let mut look = Look {
            recorded: record::parse(named(&environment)),
            is_marked_dirty: named(&dirty).is_some(),
            ..Look::default()
        };
        let mut seen = Vec::new();
        for key in &found {
            let Some((kind, _, lease)) = self.keys.parse(&String::from_utf8_lossy(&key.name)) else {
                continue;
            };
            // The marker of who keeps others out for a time comes after its own, and tickets come after markers.
            if seen.contains(&lease) {
                continue;
            }
            seen.push(lease);
            let record = match kind {
                Kind::Marker => marker_of(key).map(|marker| marker.record),
                Kind::Ticket => waiting(key),
            };
            // Who is at the gate of the environment is not in it yet.
            let is_waiting = record.as_ref().is_some_and(|record| record.phase == Phase::Waiting);
            if is_waiting { look.queue.extend(record) } else { look.holders.extend(record) }
        }
        look.holders.sort_by_key(|record| record.ticket);
        look.queue.sort_by_key(|record| record.ticket);
        Ok(look)
    }

    /// The past holds, oldest first, and how many could not be read.
    pub(crate) fn past(&mut self) -> Result<(Vec<PastHold>, usize), CallError> {
        let read = message::range(&self.keys.all_past(), Content::Values);
        let found = self.txn(&[], &[read], &[])?.found();
        let past: Vec<PastHold> =
            found.iter().filter_map(|key| serde_json::from_slice(&key.value).ok()).collect();
        let skipped = found.len() - past.len();
        Ok((past, skipped))
    }

    /// The lease of the holder with this ticket.
    pub(crate) fn lease_of(&mut self, ticket: u64) -> Result<Option<i64>, CallError> {
        let read = message::range(&self.keys.tickets(None), Content::Keys);
        let answer = self.txn(&[], &[read], &[])?;
        let snapshot = Snapshot::new(&self.keys, 0, &answer.found()).map_err(CallError::Refused)?;
        Ok(snapshot.tickets.iter().find(|stored| stored.id.number == ticket).map(|stored| stored.lease))
    }
}

/// The names of all locks below a prefix, sorted. One question for each: their keys may be many.
pub(crate) fn all_names(
    client: &mut Client,
    prefix: &str,
    limit: Duration,
) -> Result<Vec<String>, CallError> {
    let mut names = Vec::new();
    let Range { mut first, end } = keys::all_locks(prefix);
    loop {
        let body = message::first_of(&Range { first: first.clone(), end: end.clone() });
        let found: Found = client.call("kv/range", &body, limit)?;
        let Some(key) = found.kvs.first() else {
            // In the store they are sorted with the slash that follows them.
            names.sort_unstable();
            return Ok(names);
        };
        let key = String::from_utf8_lossy(&key.name);
        let Some((name, behind)) = keys::lock_of(prefix, &key) else {
            return Err(CallError::Refused(format!("there is a key that is not envlock's: {key}")));
        };
        names.push(name.to_owned());
        first = behind;
    }
}

/// A ticket's record. Its number was not known when it was written.
fn waiting(key: &Key) -> Option<Record> {
    let record: Record = serde_json::from_slice(&key.value).ok()?;
    Some(Record { ticket: key.create_revision, phase: Phase::Waiting, ..record })
}
