//! Who holds a lock in a store and who waits for it, for people.

use std::time::Duration;

use crate::model::record::{Phase, Record};
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
}

impl Store {
    /// Reads who holds the lock and who waits for it, at one revision.
    pub(crate) fn look(&mut self) -> Result<Look, CallError> {
        let read = message::range(&self.keys.all(), Content::Values);
        let found = self.txn(&[], &[read], &[])?.found();
        let mut look = Look::default();
        let mut inside = Vec::new();
        for key in &found {
            let parsed = self.keys.parse(&String::from_utf8_lossy(&key.name));
            // Markers come before tickets.
            match parsed {
                Some((Kind::Marker, _, lease)) => {
                    inside.push(lease);
                    look.holders.extend(marker_of(key).map(|marker| marker.record));
                }
                Some((Kind::Ticket, _, lease)) if !inside.contains(&lease) => look.queue.extend(waiting(key)),
                Some((Kind::Ticket, ..)) | None => {}
            }
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
