//! The keys of a lock in the store, below `PREFIX/envlock/1/NAME/`.
//!
//! - `in/MODE/LEASE`: somebody is inside; the value is its [`Marker`]. Without a lease.
//! - `q/MODE/LEASE`: a ticket; the revision that created it is its number, the value is its record. With a lease.
//! - `break/LEASE`: somebody wants this holder to end; the value says who, why, and how long it has.
//! - `hist/TICKET`: a past hold.
//! - `gate/LEASE`: a holder that shares the lock wants to enter or leave the environment; the first one may. With a lease.
//! - `env`: what is recorded of the environment. `dirty`: a holder outside of it died.
//!
//! Who sets the environment up or takes it down has a marker `in/x/LEASE` beside its own, so that nobody else comes in.

use crate::model::queue::{Mode, TicketId};
use crate::model::record::{BreakNote, Record};
use crate::remote::etcd::range::Range;
use serde::{Deserialize, Serialize};

/// The keys of one lock.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    base: String,
}

/// The value of a marker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Marker {
    /// The lease time of its owner, in seconds.
    pub(crate) ttl_s: u64,
    pub(crate) record: Record,
}

impl Marker {
    /// None where the value is not a marker's, and where only keys were read.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

/// The value that breaks a lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BreakOrder {
    pub(crate) note: BreakNote,
    /// From SIGTERM to SIGKILL.
    pub(crate) grace_ms: u64,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ticket,
    Marker,
}

impl Keys {
    pub(crate) fn new(prefix: &str, name: &str) -> Self {
        let slash = if prefix.is_empty() { "" } else { "/" };
        Self { base: format!("{prefix}{slash}envlock/1/{name}/") }
    }

    /// The lock's name.
    pub(crate) fn name(&self) -> &str {
        self.base.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn ticket(&self, mode: Mode, lease: i64) -> String {
        format!("{}q/{}/{lease}", self.base, mode.letter())
    }

    /// The ticket of a lease, in whatever mode.
    pub(crate) fn all_tickets(&self, lease: i64) -> [String; 3] {
        [Mode::Exclusive, Mode::Shared, Mode::Slots(0)].map(|mode| self.ticket(mode, lease))
    }

    pub(crate) fn marker(&self, mode: Mode, lease: i64) -> String {
        format!("{}in/{}/{lease}", self.base, mode.letter())
    }

    /// All markers, or those of one mode.
    pub(crate) fn markers(&self, mode: Option<Mode>) -> Range {
        Range::below(match mode {
            Some(mode) => format!("{}in/{}/", self.base, mode.letter()),
            None => format!("{}in/", self.base),
        })
    }

    /// All tickets, or those of one mode.
    pub(crate) fn tickets(&self, mode: Option<Mode>) -> Range {
        Range::below(match mode {
            Some(mode) => format!("{}q/{}/", self.base, mode.letter()),
            None => format!("{}q/", self.base),
        })
    }

    /// Markers and tickets. Nothing else lies between.
    pub(crate) fn all(&self) -> Range {
        Range { first: format!("{}in/", self.base), end: format!("{}q0", self.base) }
    }

    /// That the lock of this lease is to be broken, by whom and why. It has the same lease.
    pub(crate) fn break_note(&self, lease: i64) -> String {
        format!("{}break/{lease}", self.base)
    }

    /// That the holder with this lease wants to enter or leave the environment.
    pub(crate) fn gate(&self, lease: i64) -> String {
        format!("{}gate/{lease}", self.base)
    }

    /// All that want to enter or leave the environment.
    pub(crate) fn gates(&self) -> Range {
        Range::below(format!("{}gate/", self.base))
    }

    /// The lease of a key in [`Self::gates`].
    pub(crate) fn parse_gate(&self, key: &str) -> Option<i64> {
        key.strip_prefix(&self.base)?.strip_prefix("gate/")?.parse().ok()
    }

    /// What is recorded of the environment.
    pub(crate) fn environment(&self) -> String {
        format!("{}env", self.base)
    }

    /// That a holder outside the environment died.
    pub(crate) fn dirty(&self) -> String {
        format!("{}dirty", self.base)
    }

    /// A past hold; they sort by ticket.
    pub(crate) fn past(&self, ticket: u64) -> String {
        format!("{}hist/{ticket:020}", self.base)
    }

    pub(crate) fn all_past(&self) -> Range {
        Range::below(format!("{}hist/", self.base))
    }

    /// What a key in [`Self::all`] stands for, with its mode and lease; none where it is not envlock's.
    pub(crate) fn parse(&self, key: &str) -> Option<(Kind, Mode, i64)> {
        let mut parts = key.strip_prefix(&self.base)?.split('/');
        let (kind, mode, lease) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = match kind {
            "in" => Kind::Marker,
            "q" => Kind::Ticket,
            _ => return None,
        };
        Some((kind, Mode::from_letter(mode)?, lease.parse().ok()?)).filter(|_| parts.next().is_none())
    }
}

/// Where the keys of all locks of a prefix begin.
pub(crate) fn all_locks(prefix: &str) -> Range {
    let keys = Keys::new(prefix, "");
    Range::below(keys.base.trim_end_matches('/').to_owned() + "/")
}

/// The name of the lock that a key belongs to, and the first key behind all keys of that lock.
pub(crate) fn lock_of<'k>(prefix: &str, key: &'k str) -> Option<(&'k str, String)> {
    let (name, _) = key.strip_prefix(&all_locks(prefix).first)?.split_once('/')?;
    Some((name, format!("{}{name}0", all_locks(prefix).first)))
}

/// A ticket in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredId {
    pub(crate) id: TicketId,
    pub(crate) lease: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_keys_and_no_others() {
        let keys = Keys::new("ci", "test");
        assert_eq!(keys.ticket(Mode::Shared, 7), "ci/envlock/1/test/q/s/7");
        assert_eq!(keys.parse("ci/envlock/1/test/q/s/7"), Some((Kind::Ticket, Mode::Shared, 7)));
        assert_eq!(keys.parse(&keys.marker(Mode::Exclusive, 9)), Some((Kind::Marker, Mode::Exclusive, 9)));
        for other in
            ["ci/envlock/1/test/q/s/x", "ci/envlock/1/test/q/y/7", "ci/envlock/1/test/q/s/7/8", "else"]
        {
            assert_eq!(keys.parse(other), None, "{other}");
        }
        let all = keys.all();
        assert!(
            all.first < keys.marker(Mode::Exclusive, 9) && keys.ticket(Mode::Exclusive, i64::MAX) < all.end
        );
        for other in [keys.past(1), keys.gate(1), keys.environment(), keys.dirty()] {
            assert!(other < all.first);
        }
        assert_eq!(
            (keys.parse_gate(&keys.gate(7)), keys.parse_gate("ci/envlock/1/test/gate/x")),
            (Some(7), None)
        );
        assert_eq!(lock_of("ci", &keys.past(1)), Some(("test", "ci/envlock/1/test0".to_owned())));
        assert_eq!(lock_of("ci", "ci/envlock/2/x"), None);
        assert_eq!(Keys::new("", "a").ticket(Mode::Exclusive, 1), "envlock/1/a/q/x/1");
    }
}
