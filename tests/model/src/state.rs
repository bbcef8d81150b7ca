//! What the model knows: the environment, what is on disk, and how far each process has come.

use std::hash::{Hash, Hasher};

/// Most processes of a scenario.
pub const MOST_ACTORS: usize = 6;

/// All of one moment. What has ended is reset, so that the same moment is the same state whatever came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Whether the engine answers.
    pub engine: Engine,
    /// The container of the environment's only service.
    pub container: Container,
    /// Whether the environment's network and volume are there.
    pub has_network: bool,
    /// envlock's record of the environment.
    pub recorded: Recorded,
    /// envlock's mark of a holder that died outside of the environment.
    pub is_marked_dirty: bool,
    /// restartgate's records of the service.
    pub history: History,
    /// Restarts that were made, whatever is recorded.
    pub restarts: u8,
    /// What may still go wrong.
    pub faults: Faults,
    /// The processes, in the order of the scenario's roles.
    pub actors: [Actor; MOST_ACTORS],
}

/// Whether the engine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Engine {
    /// It does.
    #[default]
    Up,
    /// It does not: all that is asked of it fails.
    Down,
}

/// A container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Container {
    /// There is none.
    #[default]
    Absent,
    /// It was created.
    Created,
    /// It runs.
    Running,
    /// It has ended, and nobody wanted that.
    Crashed,
}

/// envlock's record of an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// There is none.
    #[default]
    Nothing,
    /// It is being set up.
    Setup,
    /// It is up, and to be taken down by its last user.
    Up,
    /// It is up, and stays so until told.
    Kept,
    /// It is being taken down.
    Teardown,
}

/// What restartgate has recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    /// Restarts that were begun within the window. The window is longer than the model.
    pub attempts: u8,
    /// Whether the breaker is open.
    pub is_tripped: bool,
}

/// How often each thing may yet go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Processes that may die.
    pub crashes: u8,
    /// Times that the engine may go down.
    pub engine_restarts: u8,
    /// Times that the service may end by itself.
    pub service_failures: u8,
}

/// A process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// Whether it lives.
    pub process: Process,
    /// What it does next.
    pub step: Step,
    /// How it has locked the environment's lock file.
    pub lock: Lock,
    /// Whether it has the setup lock.
    pub has_setup_lock: bool,
    /// Whether it has the lock of the service.
    pub has_service_lock: bool,
    /// Its place in the queue, from 1 on; 0 where it has no ticket.
    pub ticket: u8,
    /// What its ticket says about it.
    pub phase: Phase,
    /// Who else was inside when it looked.
    pub company: Company,
    /// How far it has come with the environment.
    pub progress: Progress,
    /// How often it begins again when it is done.
    pub passes_left: u8,
    /// What it has seen in a listing.
    pub seen: Seen,
}

/// One word instead of a dozen: hashing takes most of the time.
impl Hash for Actor {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let flags = [self.has_setup_lock, self.has_service_lock, self.seen.container, self.seen.network];
        let flags = flags.into_iter().fold(0, |all, flag| all << 1 | u8::from(flag));
        let kinds = (self.process as u8) << 4 | self.lock as u8;
        let inside = (self.company as u8) << 4 | self.progress as u8;
        let ticket = self.ticket << 4 | self.phase as u8;
        hasher.write_u64(u64::from_le_bytes([
            self.step as u8,
            flags,
            kinds,
            inside,
            ticket,
            self.passes_left,
            0,
            0,
        ]));
    }
}

/// Whether a process lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Process {
    /// It does.
    #[default]
    Alive,
    /// envlock died; what it had started goes on, with the lock that it has inherited.
    Leftover,
    /// It and all that it started died.
    Dead,
    /// It is done.
    Ended,
}

/// How a process has locked a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lock {
    /// Not at all.
    #[default]
    Free,
    /// Together with others.
    Shared,
    /// Alone.
    Exclusive,
}

/// What a ticket says about its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// In the queue, or preparing the environment.
    #[default]
    Waiting,
    /// It runs its command without the environment.
    Plain,
    /// It runs its command in the environment.
    InEnvironment,
}

/// Who else has the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Company {
    /// Nobody.
    #[default]
    Alone,
    /// Others use the environment.
    Users,
    /// Others have the lock without the environment.
    PlainHolders,
}

/// How far a user has come with the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Progress {
    /// It has changed nothing.
    #[default]
    Untouched,
    /// There may be something to remove.
    Begun,
    /// It is up.
    Up,
}

/// What a listing has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The container.
    pub container: bool,
    /// The network.
    pub network: bool,
}

/// What a process does next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Step {
    /// It begins.
    #[default]
    Begin,
    // envlock: the queue.
    /// Waits until no ticket ahead excludes it.
    WaitForTickets,
    /// Clears up after owners ahead that died.
    RecoverAhead,
    /// Locks the lock file as its role wants it.
    LockFile,
    // envlock: entering.
    /// Takes the setup lock.
    LockSetup,
    /// Clears up after all owners that died.
    RecoverAll,
    /// Tries to be alone.
    TryAlone,
    /// Looks whether others use the environment.
    LookForUsers,
    /// Locks the lock file alone or together with others, as it has seen.
    LockAsSeen,
    /// Looks once more whether others use the environment.
    LookAgain,
    /// Decides what is to be done first.
    Decide,
    // envlock: the take-down.
    /// Records that the environment is being taken down.
    RecordTeardown,
    /// Removes the container.
    RemoveContainer,
    /// Removes the network.
    RemoveNetwork,
    /// Removes the record and the mark.
    Forget,
    // envlock: the set-up.
    /// Records that the environment is being set up.
    RecordSetup,
    /// Creates the network.
    CreateNetwork,
    /// Creates the container.
    CreateContainer,
    /// Starts the container.
    StartContainer,
    /// Records that it is up.
    RecordUp,
    /// Writes into its ticket that it is in the environment.
    Enter,
    /// Turns its lock from exclusive to shared.
    Downgrade,
    /// Takes the lock shared after it gave it up.
    LockShared,
    /// Lets others enter.
    ReleaseSetup,
    /// Runs the command.
    Command,
    // envlock: leaving.
    /// Takes the setup lock.
    LeaveSetup,
    /// Gives its shared lock up, to be alone if it can.
    LeaveUnlock,
    /// Tries to be alone.
    LeaveTryAlone,
    /// Looks whether others use the environment.
    LeaveLookForUsers,
    /// Decides what the last one does.
    Leave,
    /// Releases the lock file.
    ReleaseLock,
    /// Removes its ticket.
    ReleaseTicket,
    /// Releases the setup lock.
    ReleaseSetupAtEnd,
    // dockprune.
    /// Looks whether the environment is kept.
    PruneLookKept,
    /// Tries the lock.
    PruneTryLock,
    /// Looks once more whether it is kept.
    PruneLookKeptAgain,
    /// Lists under the lock.
    PruneListLocked,
    /// Removes the container.
    PruneContainer,
    /// Removes the network.
    PruneNetwork,
    /// Releases the lock.
    PruneRelease,
    // restartgate.
    /// Takes the lock of the service.
    HealLock,
    /// Asks the gate, which records the beginning.
    HealAdmit,
    /// Restarts the container.
    HealRestart,
    /// Records the beginning, where that comes too late.
    HealRecordLate,
    /// Records the end, and releases the lock of the service.
    HealRelease,
}

impl Step {
    /// Whether it is done by a process that envlock has started.
    pub(crate) const fn is_of_script(self) -> bool {
        matches!(
            self,
            Self::RemoveContainer
                | Self::RemoveNetwork
                | Self::CreateNetwork
                | Self::CreateContainer
                | Self::StartContainer
                | Self::Command
        )
    }

    /// Whether it is part of a set-up or a take-down.
    pub(crate) const fn changes_environment(self) -> bool {
        self.is_of_script() && !matches!(self, Self::Command)
    }
}
