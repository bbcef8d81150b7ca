//! Taking a lock in a store: a ticket, the queue, the marker.

use std::time::{Duration, Instant};

use evenkeel_common::now;
use tracing::info;

use crate::model::queue::Mode;
use crate::model::record::Record;
use crate::remote::etcd::client::{CallError, retry};
use crate::remote::etcd::message::{self, Content, Txn};
use crate::remote::etcd::watch::{Target, Watched, wait_for};
use crate::remote::keeper::Keeper;
use crate::remote::keys::Marker;
use crate::remote::orphans::Dead;
use crate::remote::renewal::Store;
use crate::remote::snapshot::{Event, Next, Snapshot, StoredMarker, Wait};
use crate::system::kernel_lock::WaitDeadline;
use crate::system::linux::boot_clock;

/// How long a store that does not answer is asked again before there is a ticket: longer than a cluster takes to choose
/// a leader.
const OUTAGE: Duration = Duration::from_secs(5);

/// For those that wait without a limit.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// A lock that was taken.
#[derive(Debug)]
pub(crate) struct Acquired {
    pub(super) lease: i64,
    pub(super) record: Record,
    pub(super) waited: Duration,
}

/// Takes a lock. None: the deadline passed first, and the ticket is gone again. `record` says who wants it, and how far
/// it is once it is inside.
pub(crate) fn acquire(
    store: &mut Store,
    record: &Record,
    keeper: &mut Keeper,
    deadline: &mut WaitDeadline<'_>,
) -> Result<Option<Acquired>, CallError> {
    let mut acquisition = Acquisition {
        store,
        record: record.clone(),
        keeper,
        deadline,
        lease: 0,
        asked: boot_clock(),
        cluster: 0,
        dead: Dead::default(),
    };
    acquisition.run()
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
    dead: Dead,
}

impl Acquisition<'_, '_> {
    fn run(&mut self) -> Result<Option<Acquired>, CallError> {
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
            retry(until, || self.store.give_back(self.lease, &[], None))?;
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
        let record =
            Record { ticket, slot: slot.map(u32::from), entered_at: Some(now()), ..self.record.clone() };
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
        let until = self.patience();
        if self.dead.bury(self.store, &wait.orphans, until)? {
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
        let due = self.dead.next_due(orphans);
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

    fn entered(&mut self, snapshot: &Snapshot, slot: Option<u32>) -> Acquired {
        let ticket = snapshot.ticket(self.lease).map_or(0, |ticket| ticket.id.number);
        self.keeper.enter(ticket, self.store.mode, self.cluster, self.asked + self.store.terms.trust());
        let record = Record { ticket, slot, entered_at: Some(now()), ..self.record.clone() };
        Acquired { lease: self.lease, record, waited: self.deadline.elapsed() }
    }
}
