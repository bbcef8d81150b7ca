//! Who holds a lock in a store and who waits for it, for people.

use crate::model::record::{Phase, Record};
use crate::remote::client::CallError;
use crate::remote::keys::Kind;
use crate::remote::message::{self, Content, Key};
use crate::remote::renewal::{Store, marker_of};

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
            let parsed = self.keys.parse(&String::from_utf8_lossy(&key.key));
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
}

/// A ticket's record. Its number was not known when it was written.
fn waiting(key: &Key) -> Option<Record> {
    let record: Record = serde_json::from_slice(&key.value).ok()?;
    Some(Record { ticket: key.create_revision, phase: Phase::Waiting, ..record })
}
