//! The keeper: a second process that renews the lock, and ends the command where that fails or envlock dies.
//!
//! It is started before anything else is done, and outlives envlock for as long as it takes to give the lock back. Where
//! envlock is stopped, it goes on renewing; where the keeper is stopped or killed, envlock ends the command in time.

use std::io::{PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::thread::Thread;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};

use crate::model::queue::Mode;
use crate::remote::board::{Board, Loss, Owner, Stage};
use crate::remote::ending::end_command;
use crate::remote::etcd::client::{CallError, retry};
use crate::remote::renewal::{Renewed, Store};
use crate::remote::terms::{KILL, RETURN_LIMIT, Terms};
use crate::store::history::HoldEnd;
use crate::system::linux::{self, Waiter, Woken};

/// How long the command may take to end after SIGTERM where envlock was killed.
const GRACE: Duration = Duration::from_secs(5);

/// After a renewal that failed.
const RETRY: Duration = Duration::from_millis(100);

/// From entering to the first watch: whoever runs only a moment needs none, and it would delay the next one in the queue.
const SETTLE: Duration = Duration::from_millis(100);

/// The keeper, as envlock sees it. It notices when this is dropped, and when this process dies.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(super) board: Board,
    pipe: PipeWriter,
}

impl Keeper {
    /// Starts the keeper. `store` makes its own connection to the store.
    ///
    /// Must be called while this process has one thread.
    pub(crate) fn start(owner: Owner, store: impl FnOnce() -> Store) -> Result<Self, Error> {
        let failed = |e| Error::new(Exit::Wrapper, "start the keeper of the lock", e);
        let board = Board::new().map_err(failed)?;
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let reader = OwnedFd::from(reader);
        linux::fork_detached(&reader, || {
            if let Ok(pipe) = reader.try_clone().and_then(Waiter::new) {
                Guard { board, owner, pipe }.run(store());
            }
        })
        .map_err(failed)?;
        Ok(Self { board, pipe: writer })
    }

    /// The lock is held from now on.
    pub(super) fn enter(&mut self, ticket: u64, mode: Mode, cluster: u64, deadline: Duration) {
        self.board.enter(ticket, mode, cluster, deadline);
        // A keeper that is dead cannot be told. Then the deadline will not be extended.
        let _ = self.pipe.write_all(b"i");
    }
}

/// The keeper's side.
struct Guard {
    board: Board,
    owner: Owner,
    pipe: Waiter,
}

impl Guard {
    /// Guards the command, and gives the lock back when envlock is gone.
    fn run(&self, mut store: Store) {
        let (board, owner, terms) = (self.board, self.owner.clone(), store.terms);
        let mut own = store.clone();
        let renewing = std::thread::spawn(move || renew_for_ever(board, &owner, &mut own));
        while !self.is_owner_gone(terms, renewing.thread()) {}
        self.clear_up(&mut store);
    }

    /// Waits for the next thing to happen. Returns whether envlock is gone. `renewing` is told when the lock is entered.
    fn is_owner_gone(&self, terms: Terms, renewing: &Thread) -> bool {
        let due = match (self.board.stage(), self.board.loss()) {
            (Stage::Waiting | Stage::Leaving | Stage::Left, _) => None,
            (Stage::Inside, None) => Some(self.board.deadline().saturating_sub(terms.grace())),
            // Where envlock was stopped before it started the command, it may start it yet.
            (Stage::Inside, Some(_)) => Some(linux::boot_clock() + Duration::from_millis(50)),
        };
        match self.pipe.wait(due) {
            Ok(Woken::Closed) => return true,
            Ok(Woken::Readable) => renewing.unpark(),
            Err(_) => {}
            Ok(Woken::Due) if self.board.loss().is_some() => {
                let kill_at = self.board.deadline();
                end_command(self.board, &self.owner, kill_at, Duration::ZERO);
            }
            // It may have been given back meanwhile.
            Ok(Woken::Due) if self.board.stage() != Stage::Inside => {}
            Ok(Woken::Due) => {
                // It may have been renewed meanwhile.
                let deadline = self.board.deadline();
                if linux::boot_clock() + terms.grace() >= deadline {
                    self.board.lose(Loss::NotRenewed);
                    end_command(self.board, &self.owner, deadline, KILL);
                }
            }
        }
        false
    }

    /// Gives the lock back for an envlock that is gone. Where that fails, the next one waits as for an owner that vanished.
    fn clear_up(&self, store: &mut Store) {
        let (board, lease) = (self.board, self.board.lease());
        if matches!(board.stage(), Stage::Inside | Stage::Leaving) {
            let kill_at = board.deadline().min(linux::boot_clock() + GRACE);
            // What cannot be killed keeps the lock: the next one waits as for an owner that vanished.
            if !end_command(board, &self.owner, kill_at, KILL) {
                return;
            }
            let _ = self.give_back(store, lease);
        }
        // Once the ticket is deleted nothing hangs on the lease, and the next one is just about to enter: it ends by itself.
        if lease != 0 && board.stage() != Stage::Left {
            let _ = store.revoke(lease);
        }
        if board.stage() == Stage::Left && board.ticket().is_multiple_of(64) {
            let _ = store.prune_past();
        }
    }

    fn give_back(&self, store: &mut Store, lease: i64) -> Result<(), CallError> {
        store.mode = self.board.mode();
        let end = if self.board.loss().is_some() { HoldEnd::Lost } else { HoldEnd::Died };
        retry(Instant::now() + RETURN_LIMIT, || {
            let marker = store.marker(store.mode, lease)?;
            match marker.and_then(|marker| store.left_by_the_dead(&marker.record, end)) {
                Some((past, dirty)) => store.give_back(lease, &dirty, Some(&past)),
                None => store.give_back(lease, &[], None),
            }
        })
    }
}

/// Renews the ticket until this process ends.
fn renew_for_ever(board: Board, owner: &Owner, store: &mut Store) {
    let terms = store.terms;
    let (mut has_failed, mut last) = (false, linux::boot_clock());
    loop {
        let pause = |most: Duration| (last + most).saturating_sub(linux::boot_clock());
        match board.stage() {
            _ if has_failed => std::thread::sleep(RETRY),
            Stage::Inside if board.loss().is_none() && !pause(terms.renewal()).is_zero() => {
                store.wait_for_break(board.lease(), pause(terms.renewal()));
            }
            Stage::Waiting => {
                std::thread::park_timeout(pause(terms.renewal_in_queue()));
                if board.stage() == Stage::Inside {
                    std::thread::sleep(SETTLE);
                    continue;
                }
            }
            Stage::Inside | Stage::Leaving | Stage::Left => std::thread::sleep(pause(terms.renewal())),
        }
        // The clock first: what the store says may be as old as the question.
        let asked = linux::boot_clock();
        last = asked;
        let (lease, ticket) = (board.lease(), board.ticket());
        store.mode = board.mode();
        let renewed = match board.stage() {
            Stage::Waiting if lease == 0 => Ok(Renewed::Kept),
            // envlock itself notices when its ticket is gone, and draws another one.
            Stage::Waiting => store.keep_alive(lease).map(|_| Renewed::Kept),
            Stage::Inside => store.renew(lease, ticket),
            Stage::Leaving | Stage::Left => return,
        };
        has_failed = renewed.is_err();
        let is_same = board.stage() == Stage::Inside && (board.lease(), board.ticket()) == (lease, ticket);
        match renewed {
            // Of a ticket that is just being exchanged nothing can be said.
            Ok(renewed) if is_same && ticket != 0 => act_on(&renewed, asked, board, owner, terms),
            // Without an answer the deadline comes nearer.
            Ok(_) | Err(_) => {}
        }
    }
}

/// Extends the deadline, or ends the command. Once the lock was lost, a renewal that comes late changes nothing.
fn act_on(renewed: &Renewed, asked: Duration, board: Board, owner: &Owner, terms: Terms) {
    let now = linux::boot_clock();
    let (loss, grace) = match renewed {
        Renewed::Kept if board.loss().is_none() => return board.extend(asked + terms.trust()),
        Renewed::Kept => return,
        Renewed::Gone => (Loss::TicketGone, terms.grace()),
        // Meanwhile nothing is renewed, so the deadline comes first where the time to end is long.
        Renewed::Broken(order) => (Loss::Broken, Duration::from_millis(order.grace_ms)),
    };
    if board.lose(loss) {
        end_command(board, owner, board.deadline().min(now + grace), KILL);
    }
}
