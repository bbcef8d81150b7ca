//! Markers whose owners vanished: they are respected until their commands have ended for sure, and then removed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use tracing::{debug, info};

use crate::remote::etcd::client::{CallError, retry};
use crate::remote::etcd::message;
use crate::remote::renewal::Store;
use crate::remote::snapshot::StoredMarker;
use crate::remote::terms;
use crate::store::history::HoldEnd;
use crate::system::linux::boot_clock;

/// The markers without a ticket that were seen, by lease and the revision that created them.
#[derive(Debug, Default)]
pub(super) struct Dead(HashMap<(i64, u64), Seen>);

/// When a marker was first seen without a ticket, and how long it is respected from then on.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Duration,
    takeover: Duration,
}

impl Seen {
    fn now(store: &mut Store, orphan: StoredMarker, until: Instant) -> Result<Self, CallError> {
        let at = boot_clock();
        let marker = retry(until, || store.marker(orphan.mode, orphan.lease))?;
        // What cannot be read may have been trusted for as long as is allowed.
        let takeover = marker.map_or(terms::MOST, |marker| Duration::from_secs(marker.ttl_s));
        info!(
            lease = orphan.lease,
            ?takeover,
            "an owner vanished inside; waiting until its command has ended"
        );
        Ok(Self { at, takeover })
    }
}

impl Dead {
    /// Removes those markers whose time is over. Returns whether there were any. A store that does not answer is asked
    /// again until `until`.
    pub(super) fn bury(
        &mut self,
        store: &mut Store,
        orphans: &[StoredMarker],
        until: Instant,
    ) -> Result<bool, CallError> {
        let mut any = false;
        for orphan in orphans {
            let seen = match self.0.entry((orphan.lease, orphan.created)) {
                Entry::Occupied(seen) => *seen.get(),
                Entry::Vacant(unseen) => *unseen.insert(Seen::now(store, *orphan, until)?),
            };
            if boot_clock() >= seen.at + seen.takeover {
                any = true;
                retry(until, || remove(store, *orphan))?;
            }
        }
        Ok(any)
    }

    /// How long until the time of one of these is over.
    pub(super) fn next_due(&self, orphans: &[StoredMarker]) -> Option<Duration> {
        let seen = orphans.iter().filter_map(|orphan| self.0.get(&(orphan.lease, orphan.created)));
        seen.map(|seen| (seen.at + seen.takeover).saturating_sub(boot_clock())).min()
    }
}

fn remove(store: &mut Store, orphan: StoredMarker) -> Result<(), CallError> {
    let marker = store.keys.marker(orphan.mode, orphan.lease);
    let mut changes = vec![message::delete(&marker)];
    let known = store.marker(orphan.mode, orphan.lease)?;
    if let Some((past, dirty)) = known.and_then(|known| store.left_by_the_dead(&known.record, HoldEnd::Died))
    {
        changes.push(store.put_past(&past));
        changes.extend(dirty);
    }
    let mut same = vec![message::was_created_by(&marker, orphan.created)];
    same.extend(store.keys.all_tickets(orphan.lease).iter().map(|ticket| message::was_created_by(ticket, 0)));
    let removed = store.txn(&same, &changes, &[])?;
    debug!(lease = orphan.lease, removed = removed.succeeded, "the time of a dead owner is over");
    Ok(())
}
