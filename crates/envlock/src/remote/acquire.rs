//! Taking a lock in a store: a ticket, the queue, the marker.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use evenkeel_common::now;
use tracing::{debug, info};

use crate::model::queue::Mode;
use crate::model::record::{Phase, Record};
use crate::remote::etcd::client::{CallError, retry};
use crate::remote::etcd::message::{self, Content, Txn};
use crate::remote::etcd::watch::{Target, Watched, wait_for};
use crate::remote::keeper::Keeper;
use crate::remote::keys::Marker;
use crate::remote::lock::RemoteLock;
use crate::remote::renewal::Store;
use crate::remote::snapshot::{Event, Next, Snapshot, StoredMarker, Wait};
use crate::remote::terms;
use crate::store::history::PastHold;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::linux::boot_clock;

/// How long a store that does not answer is asked again before there is a ticket: longer than a cluster takes to choose
/// a leader.
const OUTAGE: Duration = Duration::from_secs(5);

/// For those that wait without a limit.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// Takes a lock. None: the deadline passed first, and the ticket is gone again. `record` says who wants it.
pub(crate) fn acquire(
    store: &mut Store,
    record: &Record,
    keeper: &mut Keeper,
    deadline: &mut WaitDeadline<'_>,
) -> Result<Option<RemoteLock>, CallError> {
    let mut acquisition = Acquisition {
        store,
        record: record.clone(),
        keeper,
        deadline,
        lease: 0,
        asked: boot_clock(),
        cluster: 0,
        dead: HashMap::new(),
    };
    acquisition.run()
}

/// A marker without a ticket: when that was first seen, and how long it is respected from then on.
#[derive(Clone, Copy, Debug)]
struct Dead {
    seen: Duration,
    takeover: Duration,
}

/// A ticket on its way to the lock.
struct Acquisition<'a, 'b> {
    store: &'a mut Store,
    record: Record,
    keeper: &'a mut Keeper,
    deadline: &'a mut WaitDeadline<'b>,
    lease: i64,
    /// When the last question was asked whose answer showed the ticket, on the boot clock.
    asked: Duration,
    cluster: u64,
    /// By lease and the revision that created it.
    dead: HashMap<(i64, u64), Dead>,
}

impl Acquisition<'_, '_> {
    fn run(&mut self) -> Result<Option<RemoteLock>, CallError> {
        let mut snapshot = self.draw()?;
        loop {
            match snapshot.next(self.lease, self.store.mode, &self.store.keys) {
                Next::Inside(slot) if self.is_fresh() => return Ok(Some(self.entered(&snapshot, slot))),
                // It was stopped meanwhile, and the lock may be somebody else's.
                Next::Inside(_) => snapshot = self.read()?,
                Next::Lost => {
                    info!("the ticket is gone, drawing another one");
                    snapshot = self.draw()?;
                }
                Next::Enter => snapshot = self.enter(&snapshot, None)?,
                Next::EnterSlot(slot) => snapshot = self.enter(&snapshot, Some(slot))?,
                Next::Wait(wait) => {
                    let Some(newer) = self.wait(&wait, &snapshot)? else {
                        // Where that fails, the keeper tries again.
                        let _ = self.store.revoke(self.lease);
                        return Ok(None);
                    };
                    snapshot = newer;
                }
            }
        }
    }

    /// Until when a store that does not answer is asked for a first ticket.
    fn outage_limit(&self) -> Instant {
        Instant::now() + self.deadline.remaining().map_or(OUTAGE, |remaining| remaining.min(OUTAGE))
    }

    /// Until when a store that does not answer is asked again by whoever waits anyway.
    fn patience(&self) -> Instant {
        Instant::now() + self.deadline.remaining().unwrap_or(FOR_EVER)
    }

    /// Whether what the store said last still leaves the time to run a command.
    fn is_fresh(&self) -> bool {
        boot_clock() + self.store.terms.grace() < self.asked + self.store.terms.trust()
    }

    /// Takes a ticket, and enters at once where nobody is there.
    fn draw(&mut self) -> Result<Snapshot, CallError> {
        let until = if self.lease == 0 { self.outage_limit() } else { self.patience() };
        if self.lease != 0 {
            // A marker that was put before the ticket was lost: nothing was run under it.
            retry(until, || self.store.give_back(self.lease, None))?;
        }
        self.lease = retry(until, || self.store.grant())?;
        self.keeper.board.set_lease(self.lease);
        retry(until, || self.try_draw())
    }

    /// Sent again after a lost answer, this finds its own ticket.
    fn try_draw(&mut self) -> Result<Snapshot, CallError> {
        let (mode, lease) = (self.store.mode, self.lease);
        let (ticket, marker) = (self.store.keys.ticket(mode, lease), self.store.keys.marker(mode, lease));
        let record = serde_json::to_vec(&self.record).unwrap_or_default();
        let slot = matches!(mode, Mode::Slots(_)).then_some(0);
        // A reader has only writers in its way, ahead of it or inside.
        let in_the_way = if mode == Mode::Shared { Some(Mode::Exclusive) } else { None };
        let nobody = [self.store.keys.tickets(in_the_way), self.store.keys.markers(in_the_way)];
        let take = message::put(&ticket, &record, lease);
        let enter = message::put(&marker, &self.marker(0, slot), 0);
        let mut queue =
            vec![message::nested(&[message::was_created_by(&ticket, 0)], std::slice::from_ref(&take))];
        queue.extend(self.reads());
        let asked = boot_clock();
        let answer = self.store.txn(&nobody.each_ref().map(message::is_empty), &[take, enter], &queue);
        let answer = match answer {
            // It ended before it was used: another one is asked for.
            Err(CallError::LeaseEnded) => return Ok(Snapshot::default()),
            other => other?,
        };
        (self.asked, self.cluster) = (asked, answer.header.cluster_id);
        let revision = answer.header.revision;
        if answer.succeeded {
            return Ok(Snapshot::of_one(revision, mode, lease, slot));
        }
        self.snapshot(answer)
    }

    /// The reads that make a snapshot.
    fn reads(&self) -> Vec<serde_json::Value> {
        let keys = &self.store.keys;
        let mut reads = vec![message::range(&keys.all(), Content::Keys)];
        if matches!(self.store.mode, Mode::Slots(_)) {
            reads.push(message::range(&keys.markers(Some(self.store.mode)), Content::Values));
        }
        reads
    }

    /// The value of the own marker. `ticket` 0: the number is the revision of the marker itself.
    fn marker(&self, ticket: u64, slot: Option<u16>) -> Vec<u8> {
        let record = Record {
            ticket,
            slot: slot.map(u32::from),
            phase: Phase::Running,
            entered_at: Some(now()),
            ..self.record.clone()
        };
        let ttl_s = self.store.terms.ttl().as_secs();
        serde_json::to_vec(&Marker { ttl_s, record }).unwrap_or_default()
    }

    /// Puts the marker, where the ticket is still there, nobody is inside and nobody is ahead. What comes of it is seen in
    /// the snapshot.
    fn enter(&mut self, seen: &Snapshot, slot: Option<u16>) -> Result<Snapshot, CallError> {
        let (mode, keys) = (self.store.mode, &self.store.keys);
        let Some(own) = seen.ticket(self.lease) else { return Ok(Snapshot::default()) };
        let (ticket, marker) = (keys.ticket(mode, own.lease), keys.marker(mode, own.lease));
        let excluded = if mode == Mode::Exclusive { None } else { Some(Mode::Exclusive) };
        let mut compare =
            vec![message::was_created_by(&ticket, own.id.number), message::is_empty(&keys.markers(excluded))];
        let mut put = vec![message::put(&marker, &self.marker(own.id.number, slot), 0)];
        if mode == Mode::Exclusive {
            compare.push(message::is_no_older_than(&keys.tickets(None), own.id.number));
        }
        if slot.is_some() {
            compare.push(message::is_unchanged_since(&keys.markers(Some(mode)), seen.revision));
            // Whoever waits for its turn to choose a slot watches the ticket.
            let record = serde_json::to_vec(&self.record).unwrap_or_default();
            put.push(message::put(&ticket, &record, own.lease));
        }
        let asked = boot_clock();
        match self.store.txn(&compare, &put, &self.reads()) {
            Ok(answer) if answer.succeeded => {
                self.asked = asked;
                let mut inside = seen.clone();
                let slot = slot.map(u32::from);
                inside.markers.push(StoredMarker {
                    mode,
                    lease: own.lease,
                    created: answer.header.revision,
                    slot,
                });
                Ok(inside)
            }
            Ok(answer) => {
                self.asked = asked;
                self.snapshot(answer)
            }
            Err(CallError::Unreachable(_) | CallError::LeaseEnded) => self.read(),
            Err(other) => Err(other),
        }
    }

    fn read(&mut self) -> Result<Snapshot, CallError> {
        let reads = self.reads();
        retry(self.patience(), || {
            let asked = boot_clock();
            let answer = self.store.txn(&[], &reads, &[])?;
            self.asked = asked;
            self.snapshot(answer)
        })
    }

    fn snapshot(&self, answer: Txn) -> Result<Snapshot, CallError> {
        let revision = answer.header.revision;
        Snapshot::new(&self.store.keys, revision, &answer.found()).map_err(CallError::Refused)
    }

    /// Waits until something may have changed. None: the deadline passed.
    fn wait(&mut self, wait: &Wait, seen: &Snapshot) -> Result<Option<Snapshot>, CallError> {
        if self.bury(&wait.orphans)? {
            return self.read().map(Some);
        }
        let target = self.target(&wait.on);
        let mut since = seen.revision;
        loop {
            if !self.deadline.poll() {
                return Ok(None);
            }
            let limit = self.longest_watch(&wait.orphans);
            let watched = wait_for(&mut self.store.client, &target, since, limit);
            if watched == Watched::Broken {
                std::thread::sleep(Duration::from_millis(100));
            }
            if !self.deadline.poll() {
                return Ok(None);
            }
            // The event may have been missed: a member that is cut off sends none.
            match (&wait.on, watched) {
                (Event::TicketGone(_), Watched::TimedOut) if wait.orphans.is_empty() => {
                    match self.revision_if_unchanged(&target)? {
                        Some(revision) => since = revision,
                        None => return self.read().map(Some),
                    }
                }
                // Most often that was the last one in the way.
                (Event::TicketGone(_), Watched::Changed) if self.store.mode == Mode::Exclusive => {
                    return self.enter(seen, None).map(Some);
                }
                _ => return self.read().map(Some),
            }
        }
    }

    fn target(&self, on: &Event) -> Target {
        let keys = &self.store.keys;
        match on {
            Event::TicketGone(other) => Target::deleted(&keys.ticket(other.id.mode, other.lease)),
            Event::SlotChosen(other) => Target::changed(&keys.ticket(other.id.mode, other.lease)),
            Event::MarkerGone(range) => Target::deleted_in(range),
        }
    }

    fn longest_watch(&self, orphans: &[StoredMarker]) -> Duration {
        let due = orphans.iter().filter_map(|orphan| self.dead.get(&(orphan.lease, orphan.created)));
        let due = due.map(|dead| (dead.seen + dead.takeover).saturating_sub(boot_clock())).min();
        let longest = [Some(self.store.terms.watch()), self.deadline.next_wakeup(), due];
        longest.into_iter().flatten().min().unwrap_or_default().max(Duration::from_millis(1))
    }

    /// The revision at which both the own ticket and the watched key are still there.
    fn revision_if_unchanged(&mut self, target: &Target) -> Result<Option<u64>, CallError> {
        let own = message::get(&self.store.keys.ticket(self.store.mode, self.lease), Content::Keys);
        let reads = [own, message::get(&target.key, Content::Keys)];
        let until = self.patience();
        let answer = retry(until, || self.store.txn(&[], &reads, &[]))?;
        let revision = answer.header.revision;
        Ok((answer.found().len() == reads.len()).then_some(revision))
    }

    /// Removes the markers of the dead whose time is over. Returns whether there were any.
    fn bury(&mut self, orphans: &[StoredMarker]) -> Result<bool, CallError> {
        let mut any = false;
        for orphan in orphans {
            let id = (orphan.lease, orphan.created);
            let until = self.patience();
            if !self.dead.contains_key(&id) {
                let seen = boot_clock();
                let marker = retry(until, || self.store.marker(orphan.mode, orphan.lease))?;
                // What cannot be read may have been trusted for as long as is allowed.
                let takeover = marker.map_or(terms::MOST, |marker| Duration::from_secs(marker.ttl_s));
                info!(
                    lease = orphan.lease,
                    ?takeover,
                    "an owner vanished inside; waiting until its command has ended"
                );
                self.dead.insert(id, Dead { seen, takeover });
            }
            let is_over = self.dead.get(&id).is_some_and(|dead| boot_clock() >= dead.seen + dead.takeover);
            if is_over {
                any = true;
                retry(until, || self.remove_marker(*orphan))?;
            }
        }
        Ok(any)
    }

    fn remove_marker(&mut self, orphan: StoredMarker) -> Result<(), CallError> {
        let keys = &self.store.keys;
        let (ticket, marker) =
            (keys.ticket(orphan.mode, orphan.lease), keys.marker(orphan.mode, orphan.lease));
        let mut changes = vec![message::delete(&marker)];
        if let Some(known) = self.store.marker(orphan.mode, orphan.lease)? {
            changes.push(self.store.put_past(&PastHold::new(&known.record, None, None)));
        }
        let same = [message::was_created_by(&marker, orphan.created), message::was_created_by(&ticket, 0)];
        let removed = self.store.txn(&same, &changes, &[])?;
        debug!(lease = orphan.lease, removed = removed.succeeded, "the time of a dead owner is over");
        Ok(())
    }

    fn entered(&mut self, snapshot: &Snapshot, slot: Option<u32>) -> RemoteLock {
        let ticket = snapshot.ticket(self.lease).map_or(0, |ticket| ticket.id.number);
        self.keeper.enter(ticket, self.cluster, self.asked + self.store.terms.trust());
        let record =
            Record { ticket, slot, phase: Phase::Running, entered_at: Some(now()), ..self.record.clone() };
        RemoteLock { lease: self.lease, record, waited: self.deadline.elapsed() }
    }
}
