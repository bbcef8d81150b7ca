//! Renewing a ticket, giving a lock back, and the other calls that envlock and its keeper both make.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::model::queue::{Mode, TicketId};
use crate::model::record::{Phase, Record};
use crate::model::via::StoreUrl;
use crate::remote::etcd::client::{CallError, Client};
use crate::remote::etcd::message::{self, Content, Item, Key, Lease, Txn};
use crate::remote::etcd::range::Range;
use crate::remote::etcd::watch::{Target, Watched, wait_for};
use crate::remote::keys::{BreakOrder, Keys, Marker};
use crate::remote::snapshot::Snapshot;
use crate::remote::terms::Terms;
use crate::store::history::{HoldEnd, PastHold};

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

    /// Renews the lease and reads the ticket. That the lease was renewed proves nothing, and neither does what a member
    /// thinks of it.
    pub(super) fn renew(&mut self, lease: i64, ticket: u64) -> Result<Renewed, CallError> {
        if !self.keep_alive(lease)? {
            return Ok(Renewed::Gone);
        }
        let own = message::get(&self.keys.ticket(self.mode, lease), Content::Keys);
        let order = message::get(&self.keys.break_note(lease), Content::Values);
        // Without serializable reads this asks the leader, and the leader a majority.
        let found = self.txn(&[], &[own, order], &[])?.found();
        if let Some(order) =
            found.iter().find_map(|key| serde_json::from_slice::<BreakOrder>(&key.value).ok())
        {
            return Ok(Renewed::Broken(order));
        }
        let is_there = found.iter().any(|key| key.create_revision == ticket);
        Ok(if is_there { Renewed::Kept } else { Renewed::Gone })
    }

    /// Waits until the lock is to be broken, or for `limit`.
    pub(super) fn wait_for_break(&mut self, lease: i64, limit: Duration) {
        let target = Target::changed(&self.keys.break_note(lease));
        let started = Instant::now();
        if wait_for(&mut self.client, &target, 0, limit) == Watched::Broken {
            std::thread::sleep(limit.saturating_sub(started.elapsed()));
        }
    }

    /// Tells the holder with this lease to end.
    pub(crate) fn order_break(&mut self, lease: i64, order: &BreakOrder) -> Result<(), CallError> {
        let value = serde_json::to_vec(order).unwrap_or_default();
        // With the holder's lease, so that it does not outlast it.
        let put = message::put(&self.keys.break_note(lease), &value, lease);
        match self.txn(&[], &[put], &[]) {
            Ok(_) | Err(CallError::LeaseEnded) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Waits until the marker of this lease is gone. Returns false at the deadline.
    pub(crate) fn wait_until_left(&mut self, lease: i64, deadline: Instant) -> Result<bool, CallError> {
        let marker = self.keys.marker(self.mode, lease);
        let target = Target::deleted(&marker);
        loop {
            let answer = self.txn(&[], &[message::get(&marker, Content::Keys)], &[])?;
            let revision = answer.header.revision;
            if answer.found().is_empty() {
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(5));
            if left.is_zero() {
                return Ok(false);
            }
            if wait_for(&mut self.client, &target, revision, left) == Watched::Broken {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Deletes somebody's ticket.
    pub(crate) fn delete_ticket(&mut self, lease: i64) -> Result<(), CallError> {
        self.txn(&[], &[message::delete(&self.keys.ticket(self.mode, lease))], &[]).map(drop)
    }

    /// What was written to break the lock of this lease.
    pub(crate) fn break_order(&mut self, lease: i64) -> Result<Option<BreakOrder>, CallError> {
        let get = message::get(&self.keys.break_note(lease), Content::Values);
        let found = self.txn(&[], &[get], &[])?.found();
        Ok(found.first().and_then(|key| serde_json::from_slice(&key.value).ok()))
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

    /// Deletes all that belongs to a lease and makes the `needed` changes, in one transaction. The record of the hold is
    /// left out where the store is full.
    pub(super) fn give_back(
        &mut self,
        lease: i64,
        needed: &[Value],
        past: Option<&PastHold>,
    ) -> Result<(), CallError> {
        let mut changes = vec![
            message::delete(&self.keys.marker(self.mode, lease)),
            message::delete(&self.keys.ticket(self.mode, lease)),
            message::delete(&self.keys.break_note(lease)),
        ];
        if self.mode != Mode::Exclusive {
            changes.push(message::delete(&self.keys.gate(lease)));
            changes.push(message::delete(&self.keys.marker(Mode::Exclusive, lease)));
        }
        changes.extend_from_slice(needed);
        changes.extend(past.map(|past| self.put_past(past)));
        match self.txn(&[], &changes, &[]) {
            // What is deleted needs no room.
            Err(CallError::Full(_)) if past.is_some() => self.give_back(lease, needed, None),
            other => other.map(drop),
        }
    }

    /// What an owner that died has left: the record of its hold, and the changes that say that its environment is dirty.
    /// One that died before it was inside has changed nothing.
    pub(super) fn left_by_the_dead(&self, record: &Record, end: HoldEnd) -> Option<(PastHold, Vec<Value>)> {
        if record.phase == Phase::Waiting {
            return None;
        }
        let past = PastHold { end, ..PastHold::new(record, None, None) };
        let dirty = record.is_plain_holder().then(|| message::put(&self.keys.dirty(), b"", 0));
        Some((past, dirty.into_iter().collect()))
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
        let end = String::from_utf8_lossy(&first_kept.name).into_owned();
        let old = Range { end, ..all };
        self.txn(&[], &[message::delete_range(&old)], &[]).map(drop)
    }
}

/// What a renewal found.
#[derive(Clone, Debug)]
pub(super) enum Renewed {
    Kept,
    /// The lease or the ticket is gone.
    Gone,
    Broken(BreakOrder),
}

/// A marker's value. In the one that was put together with its ticket, the number was not known yet.
pub(super) fn marker_of(key: &Key) -> Option<Marker> {
    let mut marker = Marker::parse(&key.value)?;
    if marker.record.ticket == 0 {
        marker.record.ticket = key.create_revision;
    }
    Some(marker)
}
