//! What dockprune does: list, take the lock if it is free, list again, remove.

use crate::envlock::{Done, Turn};
use crate::scenario::{Scenario, SeededBug};
use crate::state::{Container, Engine, Lock, Recorded, Seen, State, Step};

/// The next step of a dockprune.
pub(crate) fn step(scenario: &Scenario, state: &State, me: usize) -> Done {
    let turn = Turn { scenario, state: *state, me };
    match state.actors[me].step {
        Step::Begin | Step::PruneLookKept | Step::PruneTryLock | Step::PruneLookKeptAgain => turn.gather(),
        _ => turn.prune(),
    }
}

impl Turn<'_> {
    fn is_kept(&self) -> bool {
        self.state.recorded == Recorded::Kept && !self.has(SeededBug::PruneIgnoresKept)
    }

    fn is_empty(&self) -> bool {
        self.state.container == Container::Absent && !self.state.has_network
    }

    fn gather(mut self) -> Done {
        let me = self.me;
        match self.state.actors[me].step {
            Step::Begin if self.state.engine == Engine::Down => self.end("cannot list: the engine is down"),
            Step::Begin if self.is_empty() => self.end("finds nothing"),
            Step::Begin => self.then(Step::PruneLookKept, "lists the environment"),
            Step::PruneLookKept if self.is_kept() => self.end("finds that it is kept"),
            Step::PruneLookKept => self.then(Step::PruneTryLock, "finds that it is not kept"),
            Step::PruneTryLock if self.has(SeededBug::PruneIgnoresLock) => {
                self.then(Step::PruneListLocked, "does not ask for the lock")
            }
            Step::PruneTryLock if !self.state.can_lock(me, Lock::Exclusive) => self.end("finds it locked"),
            Step::PruneTryLock => {
                self.state.actors[me].lock = Lock::Exclusive;
                if self.has(SeededBug::PruneLooksKeptBeforeLock) {
                    return self.then(Step::PruneListLocked, "locks the lock file alone");
                }
                self.then(Step::PruneLookKeptAgain, "locks the lock file alone")
            }
            _ if self.is_kept() => self.then(Step::PruneRelease, "finds that it is kept by now"),
            _ => self.then(Step::PruneListLocked, "finds that it is not kept"),
        }
    }

    fn prune(mut self) -> Done {
        let me = self.me;
        let seen = self.state.actors[me].seen;
        match self.state.actors[me].step {
            Step::PruneRelease => self.end("releases the lock"),
            _ if self.state.engine == Engine::Down => {
                self.state.actors[me].seen = Seen::default();
                self.then(Step::PruneRelease, "gives up: the engine is down")
            }
            Step::PruneListLocked => {
                let container = self.state.container != Container::Absent;
                self.state.actors[me].seen = Seen { container, network: self.state.has_network };
                self.then(Step::PruneContainer, "lists again")
            }
            Step::PruneContainer => {
                if seen.container {
                    self.state.container = Container::Absent;
                }
                self.then(Step::PruneNetwork, "removes the container it has seen")
            }
            _ => {
                if seen.network && self.state.container == Container::Absent {
                    self.state.has_network = false;
                }
                self.state.actors[me].seen = Seen::default();
                self.then(Step::PruneRelease, "removes the network it has seen")
            }
        }
    }
}
