//! The scenarios that are checked.

use crate::scenario::{Cast, Role, Scenario, SeededBug};
use crate::state::Faults;

impl Scenario {
    /// A scenario with these roles and faults. Afterwards come a sweep and a prune, as cron starts them.
    pub fn new(name: &'static str, roles: &[Role], faults: Faults) -> Self {
        let afterwards = |role: &Role| Cast { is_afterwards: true, ..Cast::from(*role) };
        let passes = |role| if role == Role::Heal { 2 } else { 1 };
        let first = roles.iter().map(|&role| Cast { passes: passes(role), ..Cast::from(role) });
        let cast = first.chain([Role::Sweep, Role::Prune].iter().map(afterwards)).collect();
        Self { name, cast, faults, bug: None }
    }

    /// The same without a guard.
    #[must_use]
    pub fn without(self, bug: SeededBug) -> Self {
        Self { bug: Some(bug), ..self }
    }
}

const fn deaths(crashes: u8) -> Faults {
    Faults { crashes, engine_restarts: 0, service_failures: 0 }
}

/// Small ones, a few thousand to a hundred thousand states each.
pub fn small() -> Vec<Scenario> {
    use Role::{DedicatedRun, Down, Heal, PlainReader, PlainRun, Prune, Run, Sweep, Up};
    let engine = Faults { engine_restarts: 1, ..deaths(2) };
    let sick = Faults { crashes: 1, engine_restarts: 1, service_failures: 3 };
    vec![
        Scenario::new("two runs, a prune, an engine that restarts", &[Run, Run, Prune], engine),
        Scenario::new("a run, a dedicated run, a prune", &[Run, DedicatedRun, Prune], engine),
        Scenario::new("up, a run, down, a prune", &[Up, Run, Down, Prune], deaths(1)),
        Scenario::new("up beside a stranger, a prune", &[Up, PlainReader, Prune], deaths(1)),
        Scenario::new("a plain envlock, a run, a prune", &[PlainRun, Run, Prune], deaths(2)),
        Scenario::new("two runs beside a stranger", &[PlainReader, Run, Run], deaths(2)),
        Scenario::new("a run, a sweep, a prune", &[Run, Sweep, Prune], engine),
        Scenario::new("a run, two that heal, a sick service", &[Run, Heal, Heal], sick),
    ]
}

/// More than a million states.
pub fn large() -> Scenario {
    use Role::{Prune, Run, Up};
    let engine = Faults { engine_restarts: 1, ..deaths(2) };
    Scenario::new("up, two runs, a prune, an engine that restarts", &[Up, Run, Run, Prune], engine)
}

/// What `make model` looks at beside these.
pub fn full() -> Vec<Scenario> {
    use Role::{DedicatedRun, Down, Heal, PlainReader, Prune, Run, Up};
    let all = Faults { crashes: 2, engine_restarts: 1, service_failures: 1 };
    let engine = Faults { service_failures: 0, ..all };
    vec![
        Scenario::new("up, a run, down, a prune, an engine that restarts", &[Up, Run, Down, Prune], engine),
        Scenario::new(
            "two runs, a dedicated run, a prune, three deaths",
            &[Run, Run, DedicatedRun, Prune],
            Faults { crashes: 3, ..engine },
        ),
        Scenario::new("a run, a stranger, up, a prune", &[Run, PlainReader, Up, Prune], engine),
        Scenario::new("two runs, one that heals, a prune, all that can fail", &[Run, Run, Heal, Prune], all),
    ]
}
