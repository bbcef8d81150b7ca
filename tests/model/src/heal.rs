//! What restartgate does: look, lock the service, ask the gate, restart, record.

use crate::decide::{Admission, admission};
use crate::envlock::{Done, Turn};
use crate::scenario::{Scenario, SeededBug};
use crate::state::{Container, Engine, State, Step};

/// The next step of a `restartgate heal`; none where it has to wait.
pub(crate) fn step(scenario: &Scenario, state: &State, me: usize) -> Done {
    let mut turn = Turn { scenario, state: *state, me };
    let records_late = turn.has(SeededBug::AttemptRecordedLate);
    match state.actors[me].step {
        Step::Begin if state.container != Container::Crashed || state.engine == Engine::Down => {
            turn.end("finds nothing to heal")
        }
        Step::Begin => turn.then(Step::HealLock, "sees that the service has ended"),
        Step::HealLock if turn.has(SeededBug::HealIgnoresLock) => {
            turn.then(Step::HealAdmit, "does not lock the service")
        }
        Step::HealLock if !state.is_service_lock_free() => None,
        Step::HealLock => {
            turn.state.actors[me].has_service_lock = true;
            turn.then(Step::HealAdmit, "locks the service")
        }
        Step::HealAdmit => match admission(state.container, state.history) {
            Admission::NotNeeded => turn.then(Step::HealRelease, "finds it well"),
            Admission::Open => turn.then(Step::HealRelease, "is refused: the breaker is open"),
            Admission::Trips => {
                turn.state.history.is_tripped = true;
                turn.then(Step::HealRelease, "is refused, and opens the breaker")
            }
            Admission::Allowed if records_late => turn.then(Step::HealRestart, "is allowed to restart it"),
            Admission::Allowed => {
                turn.state.history.attempts += 1;
                turn.then(Step::HealRestart, "is allowed to restart it, and records the beginning")
            }
        },
        Step::HealRestart => {
            if state.container != Container::Absent && state.engine == Engine::Up {
                turn.state.container = Container::Running;
                turn.state.restarts += 1;
            }
            let next = if records_late { Step::HealRecordLate } else { Step::HealRelease };
            turn.then(next, "restarts it")
        }
        Step::HealRecordLate => {
            turn.state.history.attempts += 1;
            turn.then(Step::HealRelease, "records the restart")
        }
        _ => turn.end("records the end, and releases the service"),
    }
}
