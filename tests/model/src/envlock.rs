//! What envlock does: the queue, entering, the command, leaving. What it starts is in `script`.

use crate::decide::{Entry, Leaving, entry, leaving, sweeps};
use crate::scenario::{Role, Scenario, SeededBug};
use crate::script;
use crate::state::{Company, Container, Lock, Phase, Process, Progress, Recorded, State, Step};

/// What a process did, and the state after it.
pub(crate) type Done = Option<(&'static str, State)>;

/// The next step of an envlock; none where it has to wait.
pub(crate) fn step(scenario: &Scenario, state: &State, me: usize) -> Done {
    let turn = Turn { scenario, state: *state, me };
    match state.actors[me].step {
        Step::Begin => turn.begin(),
        Step::WaitForTickets | Step::RecoverAhead | Step::LockFile => turn.queue(),
        Step::LockSetup
        | Step::RecoverAll
        | Step::TryAlone
        | Step::LookForUsers
        | Step::LockAsSeen
        | Step::LookAgain
        | Step::Decide => turn.enter(),
        Step::RecordUp | Step::Enter | Step::Downgrade | Step::LockShared | Step::ReleaseSetup => {
            turn.finish_setup()
        }
        Step::LeaveSetup | Step::LeaveUnlock | Step::LeaveTryAlone | Step::LeaveLookForUsers => turn.leave(),
        Step::Leave => turn.decide_leaving(),
        Step::ReleaseLock | Step::ReleaseTicket | Step::ReleaseSetupAtEnd => turn.release(),
        _ => script::step(turn),
    }
}

/// One step of one process.
pub(crate) struct Turn<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) state: State,
    pub(crate) me: usize,
}

impl Turn<'_> {
    pub(crate) fn role(&self) -> Role {
        self.scenario.cast[self.me].role
    }

    pub(crate) fn has(&self, bug: SeededBug) -> bool {
        self.scenario.has(bug)
    }

    /// Goes on with another step.
    #[expect(clippy::unnecessary_wraps, reason = "every step returns it")]
    pub(crate) fn then(mut self, next: Step, said: &'static str) -> Done {
        self.state.actors[self.me].step = next;
        Some((said, self.state))
    }

    fn begin(mut self) -> Done {
        let recorded = self.state.recorded;
        let has_nothing_to_do = match self.role() {
            Role::Down => recorded == Recorded::Nothing,
            Role::Sweep => !sweeps(recorded, self.state.is_marked_dirty) || self.is_in_use(),
            _ => false,
        };
        if has_nothing_to_do {
            return self.end("finds nothing to take down");
        }
        self.state.take_ticket(self.me);
        self.then(Step::WaitForTickets, "takes a ticket")
    }

    /// Whether somebody alive has the lock or waits for it.
    fn is_in_use(&self) -> bool {
        self.state.actors.iter().any(|actor| {
            actor.has_live_ticket() || (actor.lock != Lock::Free && actor.process == Process::Alive)
        })
    }

    fn queue(mut self) -> Done {
        let (me, own) = (self.me, self.state.actors[self.me].ticket);
        let never_waits = self.role() == Role::Sweep;
        match self.state.actors[me].step {
            Step::WaitForTickets if self.state.is_blocked(self.scenario, me) => {
                if never_waits {
                    self.then(Step::ReleaseTicket, "does not wait")
                } else {
                    None
                }
            }
            Step::WaitForTickets => self.then(Step::RecoverAhead, "is at the head of the queue"),
            Step::RecoverAhead => match self.state.recover_one(own) {
                Some(done) => Some(done),
                None if self.role().is_exclusive() || !self.role().has_setup() => {
                    self.then(Step::LockFile, "has nobody to clear up after")
                }
                None => self.then(Step::LockSetup, "has nobody to clear up after"),
            },
            _ => {
                let wanted = if self.role().is_exclusive() { Lock::Exclusive } else { Lock::Shared };
                if !self.state.can_lock(me, wanted) {
                    return if never_waits { self.then(Step::ReleaseTicket, "does not wait") } else { None };
                }
                self.state.actors[me].lock = wanted;
                self.state.actors[me].company = Company::Alone;
                if matches!(self.role(), Role::PlainRun | Role::PlainReader) {
                    self.state.actors[me].phase = Phase::Plain;
                    return self.then(Step::Command, "locks the lock file, and starts its command");
                }
                self.then(Step::Decide, "locks the lock file alone")
            }
        }
    }

    fn enter(mut self) -> Done {
        let me = self.me;
        match self.state.actors[me].step {
            Step::LockSetup => {
                if self.has(SeededBug::EntersWithoutSetupLock) {
                    return self.then(Step::RecoverAll, "does not take the setup lock");
                }
                if !self.state.is_setup_lock_free() {
                    return None;
                }
                self.state.actors[me].has_setup_lock = true;
                self.then(Step::RecoverAll, "takes the setup lock")
            }
            Step::RecoverAll => match self.state.recover_one(u8::MAX) {
                Some(done) => Some(done),
                None => self.then(Step::TryAlone, "has nobody to clear up after"),
            },
            Step::TryAlone if self.state.can_lock(me, Lock::Exclusive) => {
                self.state.actors[me].lock = Lock::Exclusive;
                self.state.actors[me].company = Company::Alone;
                self.then(Step::Decide, "locks the lock file alone")
            }
            Step::TryAlone => {
                // A lock that cannot be turned into another one is lost.
                self.state.actors[me].lock = Lock::Free;
                self.then(Step::LookForUsers, "finds the lock file locked")
            }
            Step::LookForUsers => {
                let is_used = self.state.is_used_by_others(me) && !self.has(SeededBug::UsersNotLookedFor);
                self.state.actors[me].company = if is_used { Company::Users } else { Company::Alone };
                self.then(Step::LockAsSeen, if is_used { "sees others inside" } else { "sees nobody inside" })
            }
            Step::LockAsSeen => {
                let is_alone = self.state.actors[me].company == Company::Alone;
                let wanted = if is_alone { Lock::Exclusive } else { Lock::Shared };
                if !self.state.can_lock(me, wanted) {
                    return None;
                }
                self.state.actors[me].lock = wanted;
                if is_alone || self.has(SeededBug::UsersNotLookedForAgain) {
                    return self.then(Step::Decide, "locks the lock file");
                }
                self.then(Step::LookAgain, "locks the lock file shared")
            }
            Step::LookAgain if self.state.is_used_by_others(me) => {
                self.then(Step::Decide, "still sees others inside")
            }
            // Whoever was inside has died meanwhile.
            Step::LookAgain => self.then(Step::RecoverAll, "sees nobody inside any more"),
            _ => self.decide(),
        }
    }

    fn decide(mut self) -> Done {
        let (recorded, mark) = (self.state.recorded, self.state.is_marked_dirty);
        match self.role() {
            Role::Down if recorded == Recorded::Nothing => {
                return self.then(Step::ReleaseLock, "finds nothing to take down");
            }
            Role::Sweep if !sweeps(recorded, mark) => {
                return self.then(Step::ReleaseLock, "finds nothing to take down any more");
            }
            Role::Down | Role::Sweep => return self.then(Step::RecordTeardown, "decides to take it down"),
            _ => {}
        }
        if self.state.actors[self.me].company == Company::Users {
            self.state.actors[self.me].progress = Progress::Up;
            return self.then(Step::Enter, "joins the others");
        }
        let is_torn = matches!(recorded, Recorded::Setup | Recorded::Teardown);
        let mark = mark && !self.has(SeededBug::DirtyMarkIgnored);
        match entry(recorded, mark) {
            Entry::Clear if is_torn && self.has(SeededBug::InterruptedCountsAsUp) => {
                self.then(Step::RecordUp, "takes it as it is")
            }
            Entry::Clear => self.then(Step::RecordTeardown, "finds it dirty"),
            Entry::Join if self.state.container != Container::Running => {
                self.then(Step::RecordTeardown, "finds that what is kept is not ready")
            }
            Entry::Join => self.then(Step::RecordUp, "finds it kept and ready"),
            Entry::SetUp => self.then(Step::RecordSetup, "finds nothing"),
        }
    }

    /// After the set-up: others may enter.
    fn finish_setup(mut self) -> Done {
        let me = self.me;
        let is_dedicated = self.role().is_exclusive();
        match self.state.actors[me].step {
            Step::RecordUp => {
                self.state.actors[me].progress = Progress::Up;
                self.state.is_marked_dirty = false;
                if self.state.recorded != Recorded::Kept {
                    self.state.recorded = Recorded::Up;
                }
                self.then(Step::Enter, "records that it is up")
            }
            Step::Enter => {
                self.state.actors[me].phase = Phase::InEnvironment;
                let next = if is_dedicated { Step::Command } else { Step::Downgrade };
                self.then(next, "writes into its ticket that it is inside")
            }
            Step::Downgrade if self.state.actors[me].lock == Lock::Exclusive => {
                if self.has(SeededBug::DowngradeHasGap) {
                    self.state.actors[me].lock = Lock::Free;
                    return self.then(Step::LockShared, "gives its exclusive lock up");
                }
                self.state.actors[me].lock = Lock::Shared;
                self.then(Step::ReleaseSetup, "turns its exclusive lock into a shared one")
            }
            Step::Downgrade => self.then(Step::ReleaseSetup, "has the lock shared"),
            Step::LockShared => {
                if !self.state.can_lock(me, Lock::Shared) {
                    return None;
                }
                self.state.actors[me].lock = Lock::Shared;
                self.then(Step::ReleaseSetup, "locks the lock file shared")
            }
            _ => {
                self.state.actors[me].has_setup_lock = false;
                self.then(Step::Command, "releases the setup lock, and starts its command")
            }
        }
    }

    /// From the end of the command until it is known who else is inside.
    fn leave(mut self) -> Done {
        let me = self.me;
        let role = self.role();
        match self.state.actors[me].step {
            Step::LeaveSetup if role.is_exclusive() => self.then(Step::Leave, "is alone"),
            Step::LeaveSetup => {
                if !self.has(SeededBug::LeavesWithoutSetupLock) {
                    if !self.state.is_setup_lock_free() {
                        return None;
                    }
                    self.state.actors[me].has_setup_lock = true;
                }
                if self.has(SeededBug::LastOutNotLookedAtAgain) {
                    return self.then(Step::Leave, "trusts what it saw when it entered");
                }
                let has_gap = self.has(SeededBug::UpgradeHasGap);
                self.then(if has_gap { Step::LeaveUnlock } else { Step::LeaveLookForUsers }, "wants to leave")
            }
            Step::LeaveUnlock => {
                self.state.actors[me].lock = Lock::Free;
                self.then(Step::LeaveTryAlone, "gives its shared lock up")
            }
            Step::LeaveLookForUsers if self.state.is_used_by_others(me) => {
                self.state.actors[me].company = Company::Users;
                self.then(Step::Leave, "sees others inside")
            }
            Step::LeaveLookForUsers => {
                self.state.actors[me].company = Company::PlainHolders;
                let is_decided = self.role() == Role::Up || self.has(SeededBug::UpgradeHasGap);
                self.then(if is_decided { Step::Leave } else { Step::LeaveTryAlone }, "sees nobody inside")
            }
            _ if self.state.can_lock(me, Lock::Exclusive) => {
                self.state.actors[me].lock = Lock::Exclusive;
                self.state.actors[me].company = Company::Alone;
                self.then(Step::Leave, "locks the lock file alone")
            }
            _ => {
                // A lock that cannot be turned into another one is lost.
                self.state.actors[me].lock = Lock::Free;
                let has_gap = self.has(SeededBug::UpgradeHasGap);
                let next = if has_gap { Step::LeaveLookForUsers } else { Step::Leave };
                self.then(next, "finds the lock file locked")
            }
        }
    }

    fn decide_leaving(mut self) -> Done {
        let me = self.me;
        if self.has(SeededBug::LockReleasedBeforeTakeDown) {
            self.state.actors[me].lock = Lock::Free;
            self.state.actors[me].has_setup_lock = false;
        }
        let actor = self.state.actors[me];
        match leaving(actor.company, actor.progress, self.state.recorded, self.role() == Role::Up) {
            Leaving::LeaveAsItIs => self.then(Step::ReleaseLock, "leaves it as it is"),
            Leaving::Keep => {
                self.state.recorded = Recorded::Kept;
                self.then(Step::ReleaseLock, "records that it is kept")
            }
            Leaving::TakeDown if self.has(SeededBug::RecordRemovedEarly) => {
                self.state.recorded = Recorded::Nothing;
                self.then(Step::RemoveContainer, "removes the record")
            }
            Leaving::TakeDown => self.then(Step::RecordTeardown, "decides to take it down"),
        }
    }

    fn release(mut self) -> Done {
        let me = self.me;
        match self.state.actors[me].step {
            Step::ReleaseLock => {
                self.state.actors[me].lock = Lock::Free;
                self.then(Step::ReleaseTicket, "releases the lock file")
            }
            Step::ReleaseTicket => {
                self.state.remove_ticket(me);
                if !self.state.actors[me].has_setup_lock {
                    return self.end("removes its ticket");
                }
                self.then(Step::ReleaseSetupAtEnd, "removes its ticket")
            }
            _ => self.end("releases the setup lock"),
        }
    }

    /// Ends this pass.
    #[expect(clippy::unnecessary_wraps, reason = "every step returns it")]
    pub(crate) fn end(mut self, said: &'static str) -> Done {
        let actor = &mut self.state.actors[self.me];
        let passes_left = actor.passes_left;
        actor.end();
        if passes_left > 0 {
            actor.process = Process::Alive;
            actor.passes_left = passes_left - 1;
        }
        Some((said, self.state))
    }
}
