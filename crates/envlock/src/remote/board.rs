//! What envlock and its keeper tell each other, in memory that both share.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::model::held_entry::HeldEntry;
use crate::model::queue::Mode;
use crate::remote::held_entry::RemoteEntry;
use crate::system::linux;

/// How far envlock has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In the queue, or not even there.
    Waiting,
    Inside,
    /// Its command has ended, and it is giving the lock back.
    Leaving,
    /// It has given the lock back.
    Left,
}

/// Why a lock was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It could not be renewed in time.
    NotRenewed,
    /// Its ticket was deleted.
    TicketGone,
    /// By `envlock break`.
    Broken,
}

/// The shared numbers. Each is written by one process, but for the loss, which is set once by whichever sees it first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Board {
    numbers: &'static [AtomicU64; FIELDS],
}

const LEASE: usize = 0;
const TICKET: usize = 1;
const CLUSTER: usize = 2;
const STAGE: usize = 3;
const DEADLINE: usize = 4;
const GROUP: usize = 5;
const LOSS: usize = 6;
const MODE: usize = 7;
const FIELDS: usize = 8;

impl Board {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { numbers: linux::shared_numbers()? })
    }

    fn get(self, field: usize) -> u64 {
        self.numbers[field].load(Ordering::SeqCst)
    }

    fn set(self, field: usize, value: u64) {
        self.numbers[field].store(value, Ordering::SeqCst);
    }

    /// The lease that is to be renewed; 0: none yet.
    pub(super) fn lease(self) -> i64 {
        self.get(LEASE).cast_signed()
    }

    pub(super) fn set_lease(self, lease: i64) {
        self.set(LEASE, lease.cast_unsigned());
    }

    /// 0: the ticket is just being exchanged for one of another mode.
    pub(super) fn ticket(self) -> u64 {
        self.get(TICKET)
    }

    /// The mode of the ticket; of slots the number is not known.
    pub(super) fn mode(self) -> Mode {
        match self.get(MODE) {
            0 => Mode::Exclusive,
            1 => Mode::Shared,
            _ => Mode::Slots(0),
        }
    }

    /// The ticket, or 0 while it is being exchanged for one of this mode.
    pub(super) fn set_ticket(self, ticket: u64, mode: Mode) {
        let number = match mode {
            Mode::Exclusive => 0,
            Mode::Shared => 1,
            Mode::Slots(_) => 2,
        };
        self.set(TICKET, 0);
        self.set(MODE, number);
        self.set(TICKET, ticket);
    }

    pub(super) fn stage(self) -> Stage {
        match self.get(STAGE) {
            0 => Stage::Waiting,
            1 => Stage::Inside,
            2 => Stage::Leaving,
            _ => Stage::Left,
        }
    }

    /// Until when on the boot clock the command may run.
    pub(super) fn deadline(self) -> Duration {
        Duration::from_millis(self.get(DEADLINE))
    }

    /// Sets that time, rounded down; it never comes nearer.
    pub(super) fn extend(self, deadline: Duration) {
        let ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        self.numbers[DEADLINE].fetch_max(ms, Ordering::SeqCst);
    }

    /// The lock is held from now on.
    pub(super) fn enter(self, ticket: u64, mode: Mode, cluster: u64, deadline: Duration) {
        self.set_ticket(ticket, mode);
        self.set(CLUSTER, cluster);
        self.extend(deadline);
        self.set(STAGE, 1);
    }

    /// The lock was given back, and may be wanted again.
    pub(super) fn step_back(self) {
        self.set(STAGE, 0);
        self.set(LEASE, 0);
    }

    /// The command has ended.
    pub(super) fn begin_to_leave(self) {
        self.set(STAGE, 2);
    }

    pub(super) fn leave(self) {
        self.set(STAGE, 3);
    }

    /// The command's process group; none where it has none of its own, or was not started yet.
    pub(super) fn group(self) -> Option<u32> {
        u32::try_from(self.get(GROUP)).ok().filter(|group| *group != 0)
    }

    pub(super) fn set_group(self, group: Option<u32>) {
        self.set(GROUP, group.unwrap_or(0).into());
    }

    pub(super) fn loss(self) -> Option<Loss> {
        match self.get(LOSS) {
            0 => None,
            1 => Some(Loss::NotRenewed),
            2 => Some(Loss::TicketGone),
            _ => Some(Loss::Broken),
        }
    }

    /// Declares the lock lost. Returns whether it was not before.
    pub(super) fn lose(self, loss: Loss) -> bool {
        let number = match loss {
            Loss::NotRenewed => 1,
            Loss::TicketGone => 2,
            Loss::Broken => 3,
        };
        self.numbers[LOSS].compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// The entry of the lock in `ENVLOCK_HELD`.
    pub(super) fn held_entry(self, owner: &Owner) -> RemoteEntry {
        let Owner { name, prefix, pid, start } = owner.clone();
        let entry = HeldEntry { name, mode: self.mode(), ticket: self.ticket(), pid, start };
        RemoteEntry { entry, store: RemoteEntry::store(self.get(CLUSTER), &prefix) }
    }
}

/// What is known of the lock and its owner from the start.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) prefix: String,
    /// The envlock process.
    pub(crate) pid: u32,
    pub(crate) start: u64,
}
