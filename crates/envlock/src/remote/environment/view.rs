//! What the store says about a gate at one revision, and what follows from it for one holder.
//!
//! Holders that share a lock enter and leave its environment one after the other, through the gate: a queue of its own,
//! whose tickets are gone with the lease of their owners. Who passed it has a marker, without a lease, so that a set-up
//! that outlives its lease is seen, and waited for as every owner that vanished.

use crate::model::record::{Phase, Record};
use crate::remote::etcd::message::Key;
use crate::remote::keys::{Keys, Kind};
use crate::remote::renewal::marker_of;
use crate::remote::snapshot::{Snapshot, StoredMarker};

/// The gate, and who is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GateView {
    pub(super) revision: u64,
    /// The leases of those at the gate, in the order in which they came.
    queue: Vec<i64>,
    /// Markers whose owners vanished.
    orphans: Vec<StoredMarker>,
    /// What the markers say, by lease.
    inside: Vec<(i64, Record)>,
}

/// Why a holder wants to pass the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Enter,
    Leave,
}

/// What a holder at the gate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GateStep {
    /// Its place at the gate is gone, and with it its lease.
    Lost,
    /// Waits for who is ahead of it.
    WaitFor(i64),
    /// Waits until the time of owners that vanished is over.
    Bury(Vec<StoredMarker>),
    /// Waits until one that is inside without the environment has left.
    WaitForPlainHolders,
    /// Nobody else is inside: keeps all others out.
    StayAlone,
    /// Some of the others use the environment.
    BesideUsers,
    /// None of the others uses the environment.
    BesidePlainHolders,
}

impl GateView {
    /// Reads the keys of markers, with values, of tickets and of the gate. Fails where a key is not envlock's.
    pub(super) fn new(keys: &Keys, revision: u64, found: &[Key]) -> Result<Self, String> {
        let mut view = Self { revision, ..Self::default() };
        let (mut gates, mut others) = (Vec::new(), Vec::new());
        for key in found {
            let name = String::from_utf8_lossy(&key.name);
            match (keys.parse_gate(&name), keys.parse(&name)) {
                (Some(lease), _) => gates.push((key.create_revision, lease)),
                (None, Some((Kind::Marker, _, lease))) => {
                    view.inside.extend(marker_of(key).map(|marker| (lease, marker.record)));
                    others.push(key.clone());
                }
                (None, _) => others.push(key.clone()),
            }
        }
        gates.sort_unstable();
        view.queue = gates.into_iter().map(|(_, lease)| lease).collect();
        let snapshot = Snapshot::new(keys, revision, &others)?;
        view.orphans =
            snapshot.markers.iter().filter(|m| snapshot.ticket(m.lease).is_none()).copied().collect();
        Ok(view)
    }

    /// What the holder with this lease does next.
    pub(super) fn next(&self, own: i64, purpose: Purpose) -> GateStep {
        let Some(place) = self.queue.iter().position(|lease| *lease == own) else { return GateStep::Lost };
        if let Some(ahead) = place.checked_sub(1).and_then(|ahead| self.queue.get(ahead)) {
            return GateStep::WaitFor(*ahead);
        }
        if !self.orphans.is_empty() {
            return GateStep::Bury(self.orphans.clone());
        }
        // Those that wait at the gate to enter are not inside yet.
        let is_inside = |(lease, record): &&(i64, Record)| *lease != own && record.phase != Phase::Waiting;
        let mut others = self.inside.iter().filter(is_inside).map(|(_, record)| record).peekable();
        match (others.peek().is_some(), others.any(Record::is_in_environment), purpose) {
            (false, _, _) => GateStep::StayAlone,
            (true, true, _) => GateStep::BesideUsers,
            (true, false, Purpose::Enter) => GateStep::WaitForPlainHolders,
            (true, false, Purpose::Leave) => GateStep::BesidePlainHolders,
        }
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_common::Timestamp;

    use super::*;
    use crate::model::queue::Mode;
    use crate::model::record::Process;
    use crate::remote::keys::Marker;

    const OWN: i64 = 1;

    fn record(phase: Phase, in_environment: bool) -> Record {
        let process =
            Process { pid: 1, start: 0, boot_id: String::new(), pid_namespace: 0, host: "here".into() };
        Record {
            ticket: 1,
            mode: "shared".into(),
            slot: None,
            phase,
            user: "alice".into(),
            process,
            command: Vec::new(),
            purpose: None,
            queued_at: Timestamp::UNIX_EPOCH,
            entered_at: None,
            in_environment,
            owner: None,
        }
    }

    fn key(name: String, create_revision: u64, record: Option<&Record>) -> Key {
        let marker = record.map(|record| Marker { ttl_s: 5, record: record.clone() });
        let value = marker.map(|marker| serde_json::to_vec(&marker).unwrap()).unwrap_or_default();
        Key { name: name.into_bytes(), value, create_revision }
    }

    /// The own holder at the gate, and what others have there.
    fn view(others: &[(i64, Record)], at_gate: &[i64]) -> GateView {
        let keys = Keys::new("p", "n");
        let waiting = record(Phase::Waiting, false);
        let mut found = Vec::new();
        for (lease, record) in others.iter().chain(&[(OWN, waiting)]) {
            found.push(key(keys.marker(Mode::Shared, *lease), 10, Some(record)));
            found.push(key(keys.ticket(Mode::Shared, *lease), 9, None));
        }
        let gates = at_gate.iter().zip(20..);
        found.extend(gates.map(|(lease, revision)| key(keys.gate(*lease), revision, None)));
        GateView::new(&keys, 30, &found).unwrap()
    }

    #[test]
    fn who_is_first_at_the_gate_looks_who_is_inside() {
        use GateStep::{BesidePlainHolders, BesideUsers, Lost, StayAlone, WaitFor, WaitForPlainHolders};
        use Phase::{Running, Teardown, Waiting};
        let plain = || record(Running, false);
        let user = || record(Running, true);
        for (others, at_gate, entering, leaving) in [
            (vec![], vec![], Lost, Lost),
            (vec![], vec![OWN], StayAlone, StayAlone),
            (vec![(2, user())], vec![3, 2, OWN], WaitFor(2), WaitFor(2)),
            (vec![(2, record(Waiting, false))], vec![OWN, 2], StayAlone, StayAlone),
            (vec![(2, user())], vec![OWN], BesideUsers, BesideUsers),
            (vec![(2, record(Teardown, false))], vec![OWN], BesideUsers, BesideUsers),
            (vec![(2, plain())], vec![OWN], WaitForPlainHolders, BesidePlainHolders),
            (vec![(2, plain()), (3, user())], vec![OWN], BesideUsers, BesideUsers),
        ] {
            let view = view(&others, &at_gate);
            assert_eq!(view.next(OWN, Purpose::Enter), entering, "{others:?} {at_gate:?}");
            assert_eq!(view.next(OWN, Purpose::Leave), leaving, "{others:?} {at_gate:?}");
        }
    }

    #[test]
    fn nobody_passes_before_the_time_of_the_dead_is_over() {
        let mut view = view(&[(2, record(Phase::Running, true))], &[OWN]);
        let dead = StoredMarker { mode: Mode::Shared, lease: 3, created: 5, slot: None };
        view.orphans.push(dead);
        assert_eq!(view.next(OWN, Purpose::Enter), GateStep::Bury(vec![dead]));
        assert_eq!(view.next(OWN, Purpose::Leave), GateStep::Bury(vec![dead]));
    }
}
