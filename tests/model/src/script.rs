//! What runs below envlock and goes on without it: the set-up, the command, the take-down; and what envlock records
//! before and after each.

use crate::envlock::{Done, Turn};
use crate::scenario::{Role, SeededBug};
use crate::state::{Container, Engine, Process, Progress, Recorded, Step};

/// The next step of a set-up, a command or a take-down.
pub(crate) fn step(turn: Turn<'_>) -> Done {
    match turn.state.actors[turn.me].step {
        Step::Command => turn.command(),
        Step::RecordTeardown | Step::RemoveContainer | Step::RemoveNetwork | Step::Forget => turn.take_down(),
        Step::RecordSetup | Step::CreateNetwork | Step::CreateContainer | Step::StartContainer => {
            turn.set_up()
        }
        _ => None,
    }
}

impl Turn<'_> {
    fn command(mut self) -> Done {
        match self.role() {
            // It makes something first, and removes it when it is done.
            Role::PlainRun if !self.state.has_network => {
                self.state.has_network = true;
                self.then(Step::Command, "its command creates a network")
            }
            Role::PlainRun => {
                self.state.has_network = false;
                self.then(Step::ReleaseLock, "its command removes the network, and ends")
            }
            Role::PlainReader => self.then(Step::ReleaseLock, "its command ends"),
            _ => self.then(Step::LeaveSetup, "its command ends"),
        }
    }

    fn take_down(mut self) -> Done {
        match self.state.actors[self.me].step {
            Step::RecordTeardown => {
                if self.state.recorded != Recorded::Nothing {
                    self.state.recorded = Recorded::Teardown;
                }
                self.then(Step::RemoveContainer, "records that it is being taken down")
            }
            Step::Forget => {
                self.state.recorded = Recorded::Nothing;
                self.state.is_marked_dirty = false;
                let actor = self.state.actors[self.me];
                if self.role().has_setup() && actor.progress == Progress::Untouched {
                    return self.then(Step::RecordSetup, "removes the record");
                }
                self.then(Step::ReleaseLock, "removes the record")
            }
            _ if self.state.engine == Engine::Down => {
                let is_alive = self.state.actors[self.me].process == Process::Alive;
                self.state.is_marked_dirty |= is_alive && self.state.recorded == Recorded::Nothing;
                self.then(Step::ReleaseLock, "cannot take it down: the engine is down")
            }
            Step::RemoveContainer => {
                self.state.container = Container::Absent;
                self.then(Step::RemoveNetwork, "removes the container")
            }
            _ => {
                self.state.has_network = false;
                self.then(Step::Forget, "removes the network")
            }
        }
    }

    fn set_up(mut self) -> Done {
        match self.state.actors[self.me].step {
            Step::RecordSetup => {
                self.state.actors[self.me].progress = Progress::Begun;
                if !self.has(SeededBug::SetupRecordedLate) {
                    self.state.recorded = Recorded::Setup;
                }
                self.then(Step::CreateNetwork, "records that it is being set up")
            }
            _ if self.state.engine == Engine::Down => {
                self.then(Step::Leave, "cannot set it up: the engine is down")
            }
            Step::CreateNetwork => {
                self.state.has_network = true;
                self.then(Step::CreateContainer, "creates the network")
            }
            Step::CreateContainer => {
                self.state.container = Container::Created;
                self.then(Step::StartContainer, "creates the container")
            }
            _ => {
                self.state.container = Container::Running;
                self.then(Step::RecordUp, "starts the container")
            }
        }
    }
}
