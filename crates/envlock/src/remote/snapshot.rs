//! What the store says about a lock at one revision, and what follows from it for one ticket.

use crate::model::queue::{Mode, TicketId};
use crate::remote::etcd::message::Key;
use crate::remote::etcd::range::Range;
use crate::remote::keys::{Keys, Kind, Marker, StoredId};

/// Somebody who is inside, or died there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredMarker {
    pub(crate) mode: Mode,
    pub(crate) lease: i64,
    /// The revision that created it.
    pub(crate) created: u64,
    /// Known where the values were read, and it has one.
    pub(crate) slot: Option<u32>,
}

/// The tickets and markers of a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) tickets: Vec<StoredId>,
    pub(crate) markers: Vec<StoredMarker>,
}

/// What the owner of a ticket does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is inside: an attempt to enter succeeded though its answer was lost.
    Inside(Option<u32>),
    /// Its ticket is gone.
    Lost,
    /// Nobody is in the way.
    Enter,
    /// Nobody is in the way of this slot.
    EnterSlot(u16),
    /// Somebody is in the way.
    Wait(Wait),
}

/// What to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) on: Event,
    /// Markers in the way whose owners are dead.
    pub(crate) orphans: Vec<StoredMarker>,
}

/// The event that may let a ticket go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A ticket is gone.
    TicketGone(StoredId),
    /// A ticket's owner has a slot, or is gone.
    SlotChosen(StoredId),
    /// A marker in this range is gone.
    MarkerGone(Range),
}

impl Snapshot {
    /// Reads what a range of keys contains. Fails where a key is not envlock's: nobody knows what it means.
    pub(crate) fn new(keys: &Keys, revision: u64, found: &[Key]) -> Result<Self, String> {
        let mut snapshot = Self { revision, ..Self::default() };
        for key in found {
            let name = String::from_utf8_lossy(&key.name);
            let (kind, mode, lease) =
                keys.parse(&name).ok_or_else(|| format!("there is a key that is not envlock's: {name}"))?;
            let created = key.create_revision;
            match kind {
                Kind::Ticket => {
                    snapshot.tickets.push(StoredId { id: TicketId { number: created, mode }, lease });
                }
                Kind::Marker => {
                    // A range of markers may be read a second time, with values.
                    snapshot.markers.retain(|known| (known.lease, known.mode) != (lease, mode));
                    let slot = Marker::parse(&key.value).and_then(|marker| marker.record.slot);
                    snapshot.markers.push(StoredMarker { mode, lease, created, slot });
                }
            }
        }
        Ok(snapshot)
    }

    /// Somebody who has entered where nobody was.
    pub(crate) fn of_one(revision: u64, mode: Mode, lease: i64, slot: Option<u16>) -> Self {
        let ticket = StoredId { id: TicketId { number: revision, mode }, lease };
        let marker = StoredMarker { mode, lease, created: revision, slot: slot.map(u32::from) };
        Self { revision, tickets: vec![ticket], markers: vec![marker] }
    }

    /// What the ticket of this lease does next. `mode` has the number of slots.
    pub(crate) fn next(&self, lease: i64, mode: Mode, keys: &Keys) -> Next {
        let Some(own) = self.ticket(lease) else { return Next::Lost };
        if let Some(marker) = self.markers.iter().find(|marker| marker.lease == lease) {
            return Next::Inside(marker.slot);
        }
        let ids: Vec<TicketId> = self.tickets.iter().map(|ticket| ticket.id).collect();
        let orphans = self.orphans(mode);
        let wait = |on| Next::Wait(Wait { on, orphans: orphans.clone() });
        if let Some(nearest) = own.id.blocked_by(&ids).first().and_then(|id| self.by_number(id.number)) {
            return wait(Event::TicketGone(nearest));
        }
        // Who is inside with a later ticket that conflicts had an earlier one before.
        let mut inside = self.markers.iter().filter(|marker| conflict(mode, marker.mode));
        if let Some((marker, ticket)) = inside.find_map(|marker| Some((marker, self.ticket(marker.lease)?))) {
            // Who shares the lock, and sets the environment up, is alone for that time only.
            let is_for_a_time = mode != Mode::Exclusive && ticket.id.mode != Mode::Exclusive;
            return wait(if is_for_a_time {
                Event::MarkerGone(keys.markers(Some(marker.mode)))
            } else {
                Event::TicketGone(ticket)
            });
        }
        if let Some(orphan) = orphans.iter().find(|orphan| conflict(mode, orphan.mode)) {
            return wait(Event::MarkerGone(keys.markers(Some(orphan.mode))));
        }
        match mode {
            Mode::Slots(count) => self.next_slot(own, count, keys, orphans),
            Mode::Exclusive | Mode::Shared => Next::Enter,
        }
    }

    /// Slots are chosen in the order of tickets.
    fn next_slot(&self, own: StoredId, count: u16, keys: &Keys, orphans: Vec<StoredMarker>) -> Next {
        let waiting: Vec<TicketId> =
            self.tickets.iter().filter(|other| !self.is_inside(other.lease)).map(|other| other.id).collect();
        if let Some(nearest) = own.id.chooses_after(&waiting).first().and_then(|id| self.by_number(id.number))
        {
            return Next::Wait(Wait { on: Event::SlotChosen(nearest), orphans });
        }
        let is_free = |slot: &u16| !self.markers.iter().any(|marker| marker.slot == Some((*slot).into()));
        match (0..count).find(is_free) {
            Some(slot) => Next::EnterSlot(slot),
            None => Next::Wait(Wait { on: Event::MarkerGone(keys.markers(Some(own.id.mode))), orphans }),
        }
    }

    pub(crate) fn ticket(&self, lease: i64) -> Option<StoredId> {
        self.tickets.iter().copied().find(|ticket| ticket.lease == lease)
    }

    fn by_number(&self, number: u64) -> Option<StoredId> {
        self.tickets.iter().copied().find(|ticket| ticket.id.number == number)
    }

    pub(crate) fn is_inside(&self, lease: i64) -> bool {
        self.markers.iter().any(|marker| marker.lease == lease)
    }

    /// Markers without a ticket that are, or may be, in the way of a mode.
    fn orphans(&self, mode: Mode) -> Vec<StoredMarker> {
        let both_slots = |other: Mode| matches!((mode, other), (Mode::Slots(_), Mode::Slots(_)));
        let in_the_way = |marker: &&StoredMarker| conflict(mode, marker.mode) || both_slots(marker.mode);
        let orphans = self.markers.iter().filter(|marker| self.ticket(marker.lease).is_none());
        orphans.filter(in_the_way).copied().collect()
    }
}

fn conflict(a: Mode, b: Mode) -> bool {
    a == Mode::Exclusive || b == Mode::Exclusive
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mode::{Exclusive, Shared, Slots};

    fn ticket(number: u64, mode: Mode) -> StoredId {
        StoredId { id: TicketId { number, mode }, lease: number.cast_signed() }
    }

    fn marker(number: u64, mode: Mode, slot: Option<u32>) -> StoredMarker {
        StoredMarker { mode, lease: number.cast_signed(), created: number, slot }
    }

    fn wait(on: Event, orphans: &[StoredMarker]) -> Next {
        Next::Wait(Wait { on, orphans: orphans.to_vec() })
    }

    #[test]
    fn each_waits_for_the_nearest_in_its_way() {
        let keys = Keys::new("p", "n");
        let tickets = vec![
            ticket(1, Shared),
            ticket(2, Exclusive),
            ticket(3, Shared),
            ticket(4, Shared),
            ticket(5, Exclusive),
        ];
        let snapshot = Snapshot { revision: 9, tickets, markers: vec![marker(1, Shared, None)] };
        assert_eq!(snapshot.next(1, Shared, &keys), Next::Inside(None));
        assert_eq!(snapshot.next(2, Exclusive, &keys), wait(Event::TicketGone(ticket(1, Shared)), &[]));
        assert_eq!(snapshot.next(4, Shared, &keys), wait(Event::TicketGone(ticket(2, Exclusive)), &[]));
        assert_eq!(snapshot.next(5, Exclusive, &keys), wait(Event::TicketGone(ticket(4, Shared)), &[]));
        assert_eq!(snapshot.next(7, Exclusive, &keys), Next::Lost);
    }

    #[test]
    fn a_marker_without_a_ticket_is_in_the_way_of_those_it_excludes() {
        let keys = Keys::new("p", "n");
        let orphan = marker(1, Shared, None);
        let tickets = vec![ticket(3, Shared), ticket(4, Exclusive)];
        let mut snapshot = Snapshot { revision: 9, tickets, markers: vec![orphan] };
        assert_eq!(snapshot.next(3, Shared, &keys), Next::Enter);
        snapshot.tickets.remove(0);
        let gone = Event::MarkerGone(keys.markers(Some(Shared)));
        assert_eq!(snapshot.next(4, Exclusive, &keys), wait(gone, &[orphan]));
        snapshot.markers.clear();
        assert_eq!(snapshot.next(4, Exclusive, &keys), Next::Enter);
    }

    #[test]
    fn who_sets_up_or_takes_down_keeps_others_out_for_that_time_only() {
        let keys = Keys::new("p", "n");
        let markers = vec![marker(1, Shared, None), marker(1, Exclusive, None)];
        let tickets = vec![ticket(1, Shared), ticket(2, Shared), ticket(3, Exclusive)];
        let mut snapshot = Snapshot { revision: 9, tickets, markers };
        let set_up = Event::MarkerGone(keys.markers(Some(Exclusive)));
        assert_eq!(snapshot.next(2, Shared, &keys), wait(set_up, &[]));
        assert_eq!(snapshot.next(3, Exclusive, &keys), wait(Event::TicketGone(ticket(2, Shared)), &[]));
        // A ticket that was exclusive became a shared one with a higher number.
        snapshot.tickets = vec![ticket(3, Exclusive), ticket(7, Shared)];
        snapshot.markers = vec![marker(7, Shared, None)];
        assert_eq!(snapshot.next(3, Exclusive, &keys), wait(Event::TicketGone(ticket(7, Shared)), &[]));
    }

    #[test]
    fn slots_are_chosen_in_order_and_the_lowest_free_one_is_taken() {
        let keys = Keys::new("p", "n");
        let tickets: Vec<StoredId> = (1..=4).map(|number| ticket(number, Slots(0))).collect();
        let mut snapshot = Snapshot {
            revision: 9,
            tickets,
            markers: vec![marker(1, Slots(0), Some(0)), marker(2, Slots(0), Some(2))],
        };
        assert_eq!(snapshot.next(3, Slots(3), &keys), Next::EnterSlot(1));
        assert_eq!(snapshot.next(4, Slots(3), &keys), wait(Event::SlotChosen(ticket(3, Slots(0))), &[]));
        let full = Event::MarkerGone(keys.markers(Some(Slots(0))));
        assert_eq!(snapshot.next(3, Slots(1), &keys), wait(full, &[]));
        // The slot of one who died is not free before its time.
        snapshot.tickets.remove(0);
        assert_eq!(snapshot.next(3, Slots(3), &keys), Next::EnterSlot(1));
    }

    #[test]
    fn a_foreign_key_is_named() {
        let keys = Keys::new("p", "n");
        let key = |key: &str| Key { name: key.into(), create_revision: 3, ..Key::default() };
        let error = Snapshot::new(&keys, 9, &[key("p/envlock/1/n/in/backup")]).unwrap_err();
        assert!(error.contains("in/backup"), "{error}");
        let one = Snapshot::new(&keys, 9, &[key("p/envlock/1/n/q/x/7")]).unwrap();
        assert_eq!(one.ticket(7).map(|ticket| ticket.id.number), Some(3));
    }
}
