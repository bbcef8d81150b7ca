//! The decisions of the protocol. The tools' own ones are compared with these in their unit tests.

use crate::state::{Company, Container, History, Progress, Recorded};

/// Most restarts of a service within the window.
pub const MOST_RESTARTS: u8 = 2;

/// Whether a ticket waits for one ahead of it.
pub const fn excludes(one_is_exclusive: bool, other_is_exclusive: bool) -> bool {
    one_is_exclusive || other_is_exclusive
}

/// What an environment is that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// There is none.
    Down,
    /// It is kept.
    Kept,
    /// It has to be taken down.
    Dirty,
}

/// What the record and the mark say of an environment that nobody uses.
pub const fn unused(recorded: Recorded, is_marked_dirty: bool) -> Unused {
    match recorded {
        Recorded::Nothing if is_marked_dirty => Unused::Dirty,
        Recorded::Nothing => Unused::Down,
        Recorded::Kept => Unused::Kept,
        Recorded::Setup | Recorded::Up | Recorded::Teardown => Unused::Dirty,
    }
}

/// What whoever enters an environment that nobody uses does first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Sets it up.
    SetUp,
    /// Uses it as it is.
    Join,
    /// Takes it down, and sets it up.
    Clear,
}

/// What whoever enters an environment that nobody uses does first.
pub const fn entry(recorded: Recorded, is_marked_dirty: bool) -> Entry {
    match unused(recorded, is_marked_dirty) {
        Unused::Down => Entry::SetUp,
        Unused::Kept => Entry::Join,
        Unused::Dirty => Entry::Clear,
    }
}

/// Whether a sweep takes an environment down that nobody uses. Without a record it has nothing to do it with.
pub fn sweeps(recorded: Recorded, is_marked_dirty: bool) -> bool {
    unused(recorded, is_marked_dirty) == Unused::Dirty && recorded != Recorded::Nothing
}

/// What whoever leaves does with the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Nothing.
    LeaveAsItIs,
    /// Records that it is kept.
    Keep,
    /// Takes it down.
    TakeDown,
}

/// What whoever leaves does with the environment. `keeps`: it was told to.
pub fn leaving(company: Company, progress: Progress, recorded: Recorded, keeps: bool) -> Leaving {
    let stays = progress == Progress::Up && (keeps || recorded == Recorded::Kept);
    match (company, progress) {
        (_, Progress::Untouched) => Leaving::LeaveAsItIs,
        _ if stays => Leaving::Keep,
        (Company::Users | Company::PlainHolders, _) => Leaving::LeaveAsItIs,
        (Company::Alone, _) => Leaving::TakeDown,
    }
}

/// The gate's answer to whoever wants a service restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It need not be.
    NotNeeded,
    /// It may be.
    Allowed,
    /// It may not be, and the breaker opens.
    Trips,
    /// It may not be: the breaker is open.
    Open,
}

/// The gate's answer to whoever wants a service restarted.
pub fn admission(container: Container, history: History) -> Admission {
    match container {
        Container::Crashed if history.is_tripped => Admission::Open,
        Container::Crashed if history.attempts >= MOST_RESTARTS => Admission::Trips,
        Container::Crashed => Admission::Allowed,
        Container::Absent | Container::Created | Container::Running => Admission::NotNeeded,
    }
}
