//! Where a lock can be taken: in files of this machine, or in a store.

use evenkeel_common::Error;

use crate::hold::Hold;
use crate::lock::acquire::LockTiming;
use crate::model::queue::Mode;
use crate::model::setup_key::SetupKey;
use crate::system::kernel_lock::WaitDeadline;

/// How a lock is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) mode: Mode,
    pub(super) timing: LockTiming,
}

/// What a ticket says about its owner.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) command: Vec<String>,
    pub(super) purpose: Option<String>,
}

/// Tells who holds a lock, for those that wait for it or gave up.
pub(super) type Explanation = Box<dyn FnOnce() -> Result<String, Error>>;

/// Whether the place of this process in the queue is told too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Waiter,
    /// It is not in the queue any more.
    Gone,
}

/// One lock, not taken yet.
pub(super) trait Place {
    fn name(&self) -> &str;

    /// Takes the lock. None: the deadline passed first.
    fn acquire<'p>(
        &'p mut self,
        wanted: Wanted,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<Box<dyn Hold + 'p>>, Error>;

    /// Who holds the lock, and what the environment was started from where that is not this key.
    fn explanation(&self, key: Option<&SetupKey>, asker: Asker) -> Explanation;
}

/// Under the lock it would be waiting for itself.
pub(super) fn refuse_under_the_lock(name: &str) -> Error {
    Error::failed(format!("take {name} down"), "this command runs under its lock")
        .hint("run envlock down after the outer envlock has ended")
}
