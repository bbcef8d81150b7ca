//! A lock in a store that is held.

use std::ffi::OsString;
use std::fs::File;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, now, units};
use serde_json::Value;

use crate::hold::{Company, Departure, Hold, Parting, Standing};
use crate::model::environment::{Environment, Recorded};
use crate::model::queue::Mode;
use crate::model::record::{BreakNote, Phase, Record, SLOT_VAR};
use crate::model::via::{StoreUrl, VIA_VAR};
use crate::remote::acquire::Acquired;
use crate::remote::board::{Board, Loss, Owner};
use crate::remote::ending::end_command;
use crate::remote::etcd::client::{CallError, retry};
use crate::remote::etcd::message::{self, Content};
use crate::remote::keeper::Keeper;
use crate::remote::keys::Marker;
use crate::remote::renewal::Store;
use crate::remote::terms::{KILL, RETURN_LIMIT};
use crate::store::history::PastHold;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::linux::boot_clock;

/// How much later than its keeper envlock itself ends the command: only where the keeper does not.
const AFTER_KEEPER: Duration = Duration::from_millis(250);

/// What taking a lock in a store needs.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) url: StoreUrl,
    pub(crate) store: Store,
    pub(crate) keeper: Keeper,
    pub(crate) owner: Owner,
}

/// A lock that is held.
#[derive(Debug)]
pub(crate) struct RemoteLock<'a> {
    pub(super) claim: &'a mut Claim,
    pub(super) lease: i64,
    record: Record,
    waited: Duration,
}

impl<'a> RemoteLock<'a> {
    pub(crate) fn new(claim: &'a mut Claim, acquired: Acquired) -> Self {
        let Acquired { lease, record, waited } = acquired;
        Self { claim, lease, record, waited }
    }

    fn board(&self) -> Board {
        self.claim.keeper.board
    }

    /// Until when the store is asked again where it does not answer: as long as the lock is trusted.
    pub(super) fn trusted_until(&self) -> Instant {
        Instant::now() + self.board().deadline().saturating_sub(boot_clock())
    }

    /// Asks the store, as long as the lock is held.
    pub(super) fn ask<T>(
        &mut self,
        call: impl FnMut(&mut Store) -> Result<T, CallError>,
    ) -> Result<T, Error> {
        let (until, mut call) = (self.trusted_until(), call);
        let answer = retry(until, || call(&mut self.claim.store));
        match answer {
            _ if self.board().loss().is_some() => Err(self.not_held()),
            Ok(answer) => Ok(answer),
            Err(cause) => Err(self.failed(&cause)),
        }
    }

    /// Makes changes, where the store still has the marker of this holder.
    pub(super) fn change(&mut self, changes: &[Value]) -> Result<(), Error> {
        let marker = self.claim.store.keys.marker(self.claim.store.mode, self.lease);
        let answer = self.ask(|store| store.txn(&[message::exists(&marker)], changes, &[]))?;
        if answer.succeeded { Ok(()) } else { Err(self.ticket_gone()) }
    }

    /// The error where a call did not succeed. Where the lease has ended, the lock is lost.
    pub(super) fn failed(&self, cause: &CallError) -> Error {
        match cause {
            CallError::LeaseEnded => self.ticket_gone(),
            other => self.claim.store.client.fatal(other),
        }
    }

    /// The lock is lost: the store does not have it any more.
    pub(super) fn ticket_gone(&self) -> Error {
        self.board().lose(Loss::TicketGone);
        self.not_held()
    }

    fn not_held(&self) -> Error {
        let cause = match self.standing() {
            Standing::Lost(why) => why,
            Standing::Broken | Standing::Held => "it was broken".to_owned(),
        };
        Error::new(Exit::Wrapper, format!("keep the lock {}", self.claim.owner.name), cause)
    }

    /// The value of the own marker.
    pub(super) fn marker(&self) -> Vec<u8> {
        let ttl_s = self.claim.store.terms.ttl().as_secs();
        serde_json::to_vec(&Marker { ttl_s, record: self.record.clone() }).unwrap_or_default()
    }

    fn put_marker(&self) -> Value {
        let store = &self.claim.store;
        message::put(&store.keys.marker(store.mode, self.lease), &self.marker(), 0)
    }

    /// Exchanges the ticket of a lock that was taken alone, so that nobody else was inside while the environment was
    /// replaced, for one of the wanted mode, in one transaction. Whoever came meanwhile waits for the ticket that is given
    /// up here, so nobody enters before.
    fn share(&mut self, mode: Mode) -> Result<(), Error> {
        let (keys, lease, ticket) = (self.claim.store.keys.clone(), self.lease, self.record.ticket);
        let (old, new) = (keys.marker(Mode::Exclusive, lease), keys.marker(mode, lease));
        // The number of the new ticket is the revision of the exchange. Nobody else has a slot.
        self.record.ticket = 0;
        self.record.mode = mode.to_string();
        self.record.slot = matches!(mode, Mode::Slots(_)).then_some(0);
        self.claim.store.mode = mode;
        let record = serde_json::to_vec(&self.record).unwrap_or_default();
        let own = keys.ticket(Mode::Exclusive, lease);
        let changes = [
            message::put(&keys.ticket(mode, lease), &record, lease),
            self.put_marker(),
            message::delete(&own),
            message::delete(&old),
        ];
        let same = [message::exists(&old), message::was_created_by(&own, ticket)];
        let found = [message::get(&new, Content::Keys)];
        // Meanwhile the keeper must not miss the old one.
        self.board().set_ticket(0, mode);
        let answer = self.ask(|store| store.txn(&same, &changes, &found))?;
        let revision = answer.header.revision;
        let exchanged = if answer.succeeded {
            Some(revision)
        } else {
            // The answer to an earlier attempt was lost.
            answer.found().first().map(|key| key.create_revision)
        };
        let Some(number) = exchanged else { return Err(self.ticket_gone()) };
        self.record.ticket = number;
        self.board().set_ticket(number, mode);
        Ok(())
    }
}

impl Hold for RemoteLock<'_> {
    fn name(&self) -> &str {
        &self.claim.owner.name
    }

    fn record(&self) -> &Record {
        &self.record
    }

    fn waited(&self) -> Duration {
        self.waited
    }

    fn enter_setup(&mut self, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error> {
        match self.claim.store.mode {
            Mode::Exclusive => Ok(Some(Company::Alone)),
            Mode::Shared | Mode::Slots(_) => self.pass_to_enter(deadline),
        }
    }

    fn finish_setup(&mut self, wanted: Mode) -> Result<(), Error> {
        self.record.in_environment = true;
        self.record.phase = Phase::Running;
        self.record.entered_at.get_or_insert_with(now);
        let mode = self.claim.store.mode;
        if mode == Mode::Exclusive && wanted != Mode::Exclusive {
            return self.share(wanted);
        }
        let mut changes = vec![self.put_marker()];
        if mode != Mode::Exclusive {
            let keys = &self.claim.store.keys;
            changes.push(message::delete(&keys.marker(Mode::Exclusive, self.lease)));
            changes.push(message::delete(&keys.gate(self.lease)));
        }
        self.change(&changes)
    }

    fn enter_teardown(&mut self, _: Departure) -> Result<Company, Error> {
        match self.claim.store.mode {
            Mode::Exclusive => Ok(Company::Alone),
            Mode::Shared | Mode::Slots(_) => self.pass_to_leave(),
        }
    }

    fn set_phase(&mut self, phase: Phase) -> Result<(), Error> {
        if self.record.phase == phase {
            return Ok(());
        }
        self.record.phase = phase;
        self.record.entered_at.get_or_insert_with(now);
        self.change(&[self.put_marker()])
    }

    fn read_environment(&mut self) -> Recorded {
        self.recorded()
    }

    fn write_environment(&mut self, environment: &Environment) -> Result<(), Error> {
        self.record_environment(environment)
    }

    fn remove_environment(&mut self) -> Result<(), Error> {
        self.forget_environment()
    }

    fn is_dirty(&mut self) -> Result<bool, Error> {
        self.is_marked_dirty()
    }

    fn mark_dirty(&mut self) -> Result<(), Error> {
        let dirty = self.claim.store.keys.dirty();
        self.change(&[message::put(&dirty, b"", 0)])
    }

    fn mark_clean(&mut self) {
        let dirty = self.claim.store.keys.dirty();
        let _ = self.change(&[message::delete(&dirty)]);
    }

    fn held_entry(&self) -> String {
        self.board().held_entry(&self.claim.owner).to_string()
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let slot = self.record.slot.map(|slot| (SLOT_VAR, slot.to_string()));
        let fence = ("ENVLOCK_FENCE", self.record.ticket.to_string());
        let own = [(VIA_VAR, self.claim.url.to_string()), fence].into_iter().chain(slot);
        let access = self.claim.url.access.variables().into_iter().map(|(name, file)| (name, file.into()));
        own.map(|(name, value)| (name, value.into())).chain(access).collect()
    }

    /// The store does not know who has a file.
    fn inherited_fds(&self) -> Vec<&File> {
        Vec::new()
    }

    fn note_group(&self, group: Option<u32>) {
        self.board().set_group(group);
    }

    fn next_check(&self) -> Option<Duration> {
        let grace = self.claim.store.terms.grace();
        let due = (self.board().deadline() + AFTER_KEEPER).saturating_sub(grace + boot_clock());
        Some(due.max(Duration::from_millis(50)))
    }

    fn check(&self) {
        let (board, grace) = (self.board(), self.claim.store.terms.grace());
        if boot_clock() + grace >= board.deadline() {
            board.lose(Loss::NotRenewed);
            end_command(board, &self.claim.owner, board.deadline(), Duration::ZERO);
        }
    }

    fn standing(&self) -> Standing {
        let (url, silent) = (&self.claim.url, units::show_duration(self.claim.store.terms.silence()));
        match self.board().loss() {
            None => Standing::Held,
            Some(Loss::Broken) => Standing::Broken,
            Some(Loss::NotRenewed) => {
                Standing::Lost(format!("it could not be renewed for {silent} in the store {url}"))
            }
            Some(Loss::TicketGone) => Standing::Lost(format!("its ticket is gone from the store {url}")),
        }
    }

    fn break_note(&mut self) -> Option<BreakNote> {
        if self.board().loss() != Some(Loss::Broken) {
            return None;
        }
        self.claim.store.break_order(self.lease).ok().flatten().map(|order| order.note)
    }

    /// Where a command that lost its lock may still run, nothing is given back: the next one waits until its time is over.
    fn leave(self: Box<Self>, past: &PastHold, _: Parting) -> Result<(), String> {
        let (board, store) = (self.board(), &mut self.claim.store);
        if board.loss().is_some() && !end_command(board, &self.claim.owner, board.deadline(), KILL) {
            return Err("some of its processes cannot be ended and may still run".to_owned());
        }
        board.begin_to_leave();
        let given_back =
            retry(Instant::now() + RETURN_LIMIT, || store.give_back(self.lease, &[], Some(past)));
        board.leave();
        given_back.map_err(|cause| {
            let most = units::show_duration(store.terms.ttl() + store.terms.takeover());
            let name = &self.claim.owner.name;
            format!(
                "{name} was not given back: {cause}; it is free {most} after the store answers again at the latest"
            )
        })
    }

    fn abandon(self: Box<Self>) {
        let (board, lease, store) = (self.board(), self.lease, &mut self.claim.store);
        board.step_back();
        // Where this fails, the next one waits as for an owner that vanished.
        let _ = retry(Instant::now() + RETURN_LIMIT, || store.give_back(lease, &[], None));
        let _ = store.revoke(lease);
    }
}
