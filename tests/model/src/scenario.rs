//! Who takes part, what may go wrong, and which guard is left out.

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `evenkeel -- CMD`: shares the environment.
    Run,
    /// `evenkeel --dedicated -- CMD`: has the environment alone.
    DedicatedRun,
    /// `evenkeel up`: leaves the environment up.
    Up,
    /// `evenkeel down`: takes an environment down that was left up.
    Down,
    /// `envlock NAME -- CMD`: has the lock alone, and makes and removes containers by itself.
    PlainRun,
    /// `envlock --shared NAME -- CMD`: shares the lock, and touches nothing.
    PlainReader,
    /// `envlock sweep`.
    Sweep,
    /// `dockprune` with a scope in which the environment is.
    Prune,
    /// `restartgate heal`.
    Heal,
}

impl Role {
    pub(crate) const fn is_exclusive(self) -> bool {
        matches!(self, Self::DedicatedRun | Self::Down | Self::PlainRun | Self::Sweep)
    }

    pub(crate) const fn has_setup(self) -> bool {
        matches!(self, Self::Run | Self::DedicatedRun | Self::Up)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::DedicatedRun => "dedicated run",
            Self::Up => "up",
            Self::Down => "down",
            Self::PlainRun => "plain envlock",
            Self::PlainReader => "plain shared envlock",
            Self::Sweep => "sweep",
            Self::Prune => "prune",
            Self::Heal => "heal",
        }
    }
}

/// A process of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// What it is there for.
    pub role: Role,
    /// How often it does it.
    pub passes: u8,
    /// Whether it begins only after all that are not so, as cron does some day, and does not die.
    pub is_afterwards: bool,
}

impl From<Role> for Cast {
    fn from(role: Role) -> Self {
        Self { role, passes: 1, is_afterwards: false }
    }
}

/// One model to be checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// For people.
    pub name: &'static str,
    /// Who takes part, at most [`crate::state::MOST_ACTORS`].
    pub cast: Vec<Cast>,
    /// What may go wrong.
    pub faults: crate::state::Faults,
    /// The guard that is left out; none: the protocol as it is.
    pub bug: Option<SeededBug>,
}

/// A guard that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeededBug {
    /// Whoever enters does not take the setup lock.
    EntersWithoutSetupLock,
    /// Whoever leaves does not take the setup lock.
    LeavesWithoutSetupLock,
    /// Whoever leaves believes what it saw when it entered about who else is inside.
    LastOutNotLookedAtAgain,
    /// The lock is released before the take-down.
    LockReleasedBeforeTakeDown,
    /// Whoever enters waits to be alone although others use the environment.
    UsersNotLookedFor,
    /// Whoever enters does not look again whether those it saw inside are alive, once it has the lock.
    UsersNotLookedForAgain,
    /// A dead owner's ticket counts as held.
    DeadTicketsBlock,
    /// What envlock starts has no copy of the lock.
    LockNotInherited,
    /// The mark of a plain holder that died is ignored.
    DirtyMarkIgnored,
    /// A set-up is recorded only when it is done.
    SetupRecordedLate,
    /// The record is removed before the environment is.
    RecordRemovedEarly,
    /// A record of a set-up or take-down that was interrupted counts as that of an environment that is up.
    InterruptedCountsAsUp,
    /// dockprune does not ask for the lock.
    PruneIgnoresLock,
    /// dockprune removes what is kept until told.
    PruneIgnoresKept,
    /// dockprune looks whether it is kept before it has the lock, and not after.
    PruneLooksKeptBeforeLock,
    /// An exclusive lock is given up before it is taken shared.
    DowngradeHasGap,
    /// Whoever leaves gives its shared lock up before it tries to be alone and looks for others.
    UpgradeHasGap,
    /// heal restarts without the lock of the service.
    HealIgnoresLock,
    /// A restart is recorded when it is done.
    AttemptRecordedLate,
}
