//! A lock that is held, as a session knows it: whether it is of this machine or in a store.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::File;
use std::time::Duration;

use evenkeel_common::Error;

use crate::model::environment::{Environment, Recorded};
use crate::model::queue::Mode;
use crate::model::record::{BreakNote, Phase, Record};
use crate::store::history::PastHold;
use crate::system::kernel_lock::WaitDeadline;

/// A lock that is held, and the environment that is recorded beside it.
pub(crate) trait Hold: Debug {
    fn name(&self) -> &str;

    /// What the ticket says.
    fn record(&self) -> &Record;

    /// How long it took to get the lock.
    fn waited(&self) -> Duration;

    /// Waits until nobody sets the environment up or takes it down, keeps others from it until [`Self::finish_setup`] or
    /// the end of the hold, and says who else is inside. Where nobody uses the environment, nobody else holds the lock
    /// either. None: the deadline passed first.
    fn enter_setup(&mut self, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error>;

    /// The environment is up: others may enter it. A lock that was taken alone becomes one of the mode `wanted`.
    fn finish_setup(&mut self, wanted: Mode) -> Result<(), Error>;

    /// As [`Self::enter_setup`] before the environment is left, but waits for nobody who does not use it. Nobody need be
    /// alone to leave it up: [`Company::PlainHolders`] are then perhaps none.
    fn enter_teardown(&mut self, departure: Departure) -> Result<Company, Error>;

    /// Shows others how far this holder is.
    fn set_phase(&mut self, phase: Phase) -> Result<(), Error>;

    /// What is recorded of the environment.
    fn read_environment(&mut self) -> Recorded;

    /// Replaces the record as a whole.
    fn write_environment(&mut self, environment: &Environment) -> Result<(), Error>;

    /// To be called after a take-down.
    fn remove_environment(&mut self) -> Result<(), Error>;

    /// Whether a holder outside the environment may have left something behind.
    fn is_dirty(&mut self) -> Result<bool, Error>;

    fn mark_dirty(&mut self) -> Result<(), Error>;

    /// To be called after a take-down or a set-up. Where it fails, the next user takes down once more.
    fn mark_clean(&mut self);

    /// The lock's entry in `ENVLOCK_HELD`.
    fn held_entry(&self) -> String;

    /// Further variables of a command that runs under this lock as its main one.
    fn variables(&self) -> Vec<(&'static str, OsString)>;

    /// Files that a command inherits, so that they stay locked as long as it lives.
    fn inherited_fds(&self) -> Vec<&File>;

    /// A command was started under the lock, in this process group where it has one of its own.
    fn note_group(&self, group: Option<u32>);

    /// How soon [`Self::check`] has to be called while a command runs; none: never.
    fn next_check(&self) -> Option<Duration>;

    /// Ends the command where the lock can be kept no longer.
    fn check(&self);

    /// Whether the lock is still held.
    fn standing(&self) -> Standing;

    /// Who broke the lock, and why.
    fn break_note(&mut self) -> Option<BreakNote>;

    /// Ends the hold and records it. Fails with what a person should know.
    fn leave(self: Box<Self>, past: &PastHold, parting: Parting) -> Result<(), String>;

    /// Ends a hold under which nothing was run.
    fn abandon(self: Box<Self>);
}

/// Who else holds the lock of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// Nobody.
    Alone,
    /// Others, some of whom use the environment.
    Users,
    /// Others, none of whom uses the environment.
    PlainHolders,
}

/// What the last user is going to do with the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    TakesDown,
    LeavesUp,
}

/// Whether a lock still protects what is run under it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only a store takes a lock from its holder"))]
pub(crate) enum Standing {
    Held,
    /// By `envlock break`: what ran under it was ended, and nothing more may be run.
    Broken,
    /// As [`Self::Broken`], because it could not be kept: why.
    Lost(String),
}

/// What becomes of a lock that background processes still have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    Release,
    /// They keep it, as with flock(1).
    LeaveToChildren,
}
