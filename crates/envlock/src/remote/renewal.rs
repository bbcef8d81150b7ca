//! Renewing a ticket, giving a lock back, and the other calls that envlock and its keeper both make.

use serde_json::{Value, json};

use crate::model::queue::{Mode, TicketId};
use crate::model::via::StoreUrl;
use crate::remote::client::{CallError, Client};
use crate::remote::keys::{Keys, Marker};
use crate::remote::message::{self, Content, Item, Key, Lease, Txn};
use crate::remote::snapshot::Snapshot;
use crate::remote::terms::Terms;
use crate::store::history::PastHold;

/// The newest past holds are kept.
const PAST_KEPT: u64 = 1000;

/// The store, and the keys of one lock in it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) client: Client,
    pub(crate) keys: Keys,
    pub(crate) mode: Mode,
    pub(crate) terms: Terms,
}

impl Store {
    pub(crate) fn new(url: &StoreUrl, name: &str, mode: Mode, terms: Terms) -> Self {
        Self { client: Client::new(url), keys: Keys::new(&url.prefix, name), mode, terms }
    }

    /// The cluster's id, and all tickets of the lock.
    pub(crate) fn tickets(&mut self) -> Result<(u64, Vec<TicketId>), CallError> {
        let read = message::range(&self.keys.tickets(None), Content::Keys);
        let answer = self.txn(&[], &[read], &[])?;
        let (header, found) = (answer.header.clone(), answer.found());
        let snapshot = Snapshot::new(&self.keys, header.revision, &found).map_err(CallError::Refused)?;
        Ok((header.cluster_id, snapshot.tickets.iter().map(|ticket| ticket.id).collect()))
    }

    pub(super) fn txn(
        &mut self,
        compare: &[Value],
        success: &[Value],
        failure: &[Value],
    ) -> Result<Txn, CallError> {
        let body = json!({"compare": compare, "success": success, "failure": failure});
        self.client.call("kv/txn", &body, self.terms.call_limit())
    }

    /// Asks for a lease. Where the store grants a longer one than was asked for, the ticket of a dead owner lasts longer.
    pub(super) fn grant(&mut self) -> Result<i64, CallError> {
        let body = json!({"TTL": self.terms.ttl().as_secs().to_string()});
        let lease: Lease = self.client.call("lease/grant", &body, self.terms.call_limit())?;
        Ok(lease.id)
    }

    /// Renews the lease and reads the ticket. Returns whether both are still there: that the lease was renewed proves
    /// nothing, and neither does what a member thinks of it.
    pub(super) fn renew(&mut self, lease: i64, ticket: u64) -> Result<bool, CallError> {
        if !self.keep_alive(lease)? {
            return Ok(false);
        }
        let key = self.keys.ticket(self.mode, lease);
        // Without serializable reads this asks the leader, and the leader a majority.
        let found = self.txn(&[], &[message::get(&key, Content::Keys)], &[])?.found();
        Ok(found.first().is_some_and(|key| key.create_revision == ticket))
    }

    /// Returns whether the lease is still there.
    pub(super) fn keep_alive(&mut self, lease: i64) -> Result<bool, CallError> {
        let body = json!({"ID": lease.to_string()});
        let renewed = self.client.call::<Item<Lease>>("lease/keepalive", &body, self.terms.call_limit());
        match renewed {
            Ok(item) => Ok(item.result.ttl > 0),
            Err(CallError::LeaseEnded) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Ends the lease, and with it the ticket.
    pub(super) fn revoke(&mut self, lease: i64) -> Result<(), CallError> {
        let body = json!({"ID": lease.to_string()});
        match self.client.call::<Value>("lease/revoke", &body, self.terms.call_limit()) {
            Ok(_) | Err(CallError::LeaseEnded) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Deletes ticket and marker, and puts the past hold, in one transaction.
    pub(super) fn give_back(&mut self, lease: i64, past: Option<&PastHold>) -> Result<(), CallError> {
        let mut changes = vec![
            message::delete(&self.keys.marker(self.mode, lease)),
            message::delete(&self.keys.ticket(self.mode, lease)),
        ];
        changes.extend(past.map(|past| self.put_past(past)));
        self.txn(&[], &changes, &[]).map(drop)
    }

    pub(super) fn put_past(&self, past: &PastHold) -> Value {
        message::put(&self.keys.past(past.ticket), &serde_json::to_vec(past).unwrap_or_default(), 0)
    }

    /// Reads a marker.
    pub(super) fn marker(&mut self, mode: Mode, lease: i64) -> Result<Option<Marker>, CallError> {
        let get = message::get(&self.keys.marker(mode, lease), Content::Values);
        let found = self.txn(&[], &[get], &[])?.found();
        Ok(found.first().and_then(marker_of))
    }

    /// Deletes all past holds but the newest.
    pub(super) fn prune_past(&mut self) -> Result<(), CallError> {
        let all = self.keys.all_past();
        let found = self.txn(&[], &[message::range(&all, Content::Keys)], &[])?.found();
        let keep_from = found.len().saturating_sub(usize::try_from(PAST_KEPT).unwrap_or(usize::MAX));
        let Some(first_kept) = found.get(keep_from).filter(|_| keep_from > 0) else { return Ok(()) };
        let end = String::from_utf8_lossy(&first_kept.key).into_owned();
        let old = crate::remote::keys::Range { end, ..all };
        self.txn(&[], &[message::delete_range(&old)], &[]).map(drop)
    }
}

/// A marker's value. In the one that was put together with its ticket, the number was not known yet.
pub(super) fn marker_of(key: &Key) -> Option<Marker> {
    let mut marker = Marker::parse(&key.value)?;
    if marker.record.ticket == 0 {
        marker.record.ticket = key.create_revision;
    }
    Some(marker)
}
