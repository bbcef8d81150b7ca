//! A lock in a store that is held: running the command under it, and giving it back.

use std::time::{Duration, Instant};

use evenkeel_common::Error;

use crate::model::record::{BreakNote, Record};
use crate::remote::board::{Board, Loss, Owner};
use crate::remote::ending::end_command;
use crate::remote::etcd::client::{CallError, retry};
use crate::remote::keeper::Keeper;
use crate::remote::renewal::Store;
use crate::remote::terms::{KILL, RETURN_LIMIT, Terms};
use crate::store::history::{HoldEnd, Measured, PastHold};
use crate::system::linux::boot_clock;
use crate::system::platform::Job;
use crate::system::{Ending, JobEvent};

/// How much later than its keeper envlock itself ends the command: only where the keeper does not.
const AFTER_KEEPER: Duration = Duration::from_millis(250);

/// A lock that is held.
#[derive(Clone, Debug)]
pub(crate) struct RemoteLock {
    pub(super) lease: i64,
    pub(crate) record: Record,
    pub(crate) waited: Duration,
}

impl RemoteLock {
    /// Gives the lock back and records the hold. Nothing of the command may be left. `note`: who broke the lock.
    pub(crate) fn give_back(
        self,
        store: &mut Store,
        keeper: &Keeper,
        measured: Measured,
        note: Option<BreakNote>,
    ) -> Result<(), CallError> {
        let mut past = PastHold::new(&self.record, Some(measured), note);
        if matches!(keeper.board.loss(), Some(Loss::NotRenewed | Loss::TicketGone)) {
            past.end = HoldEnd::Lost;
        }
        keeper.board.begin_to_leave();
        let given_back = retry(Instant::now() + RETURN_LIMIT, || store.give_back(self.lease, Some(&past)));
        keeper.board.leave();
        given_back
    }

    /// Who broke the lock, and why.
    pub(crate) fn broken_by(&self, store: &mut Store) -> Option<BreakNote> {
        store.break_order(self.lease).ok().flatten().map(|order| order.note)
    }
}

/// Waits for the command, and ends it where the lock is lost and the keeper does not do that. Returns whether nothing of
/// it can be left that runs without the lock.
pub(crate) fn wait_for(
    mut job: Job<'_>,
    board: Board,
    owner: &Owner,
    terms: Terms,
) -> Result<(Ending, Remains), Error> {
    let ending = loop {
        let due = (board.deadline() + AFTER_KEEPER).saturating_sub(terms.grace() + boot_clock());
        match job.next_event(Some(Instant::now() + due.max(Duration::from_millis(50))))? {
            JobEvent::Ended(ending) => break ending,
            JobEvent::Signal(received) => job.pass_on(received),
            JobEvent::Timeout if boot_clock() + terms.grace() >= board.deadline() => {
                board.lose(Loss::NotRenewed);
                end_command(board, owner, board.deadline(), Duration::ZERO);
            }
            JobEvent::Timeout => {}
        }
    };
    let is_clear = board.loss().is_none() || end_command(board, owner, board.deadline(), KILL);
    Ok((ending, if is_clear { Remains::Nothing } else { Remains::Unknown }))
}

/// What may be left of a command whose lock was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    Nothing,
    Unknown,
}
