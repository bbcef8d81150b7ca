//! The gate answers as in the model of the protocol, in which every order of steps is looked at.

use std::time::Duration;

use evenkeel_model::decide::{Admission, MOST_RESTARTS, admission};
use evenkeel_model::state::{Container, History};
use proptest::prelude::*;

use super::breaker_state::{Event, Outcome, replay};
use super::gate::{Decision, Facts, RestartMode, decide};
use super::health::Health;
use crate::model::limits::Limits;

/// The model has no time: nothing leaves the window, and nothing cools down.
fn limits() -> Limits {
    let year = Duration::from_hours(365 * 24);
    Limits {
        cooldown: Duration::ZERO,
        attempts: MOST_RESTARTS.into(),
        window: year,
        open: year,
        stable: year,
        machine_per_minute: usize::MAX,
    }
}

fn answer(events: &[Event], health: &Health) -> Admission {
    let limits = limits();
    let state = replay(events, &limits);
    let mode = RestartMode::IfUnhealthy;
    let facts = Facts { mode, health, coalesced: false, unrecoverable: None, state: &state, machine: &[] };
    match decide(&facts, &limits) {
        Decision::Skip => Admission::NotNeeded,
        Decision::Allow { .. } => Admission::Allowed,
        Decision::Open { trips_now: true, .. } => Admission::Trips,
        Decision::Open { .. } => Admission::Open,
        other => panic!("{other:?}"),
    }
}

/// What happens to a service.
#[derive(Clone, Copy, Debug)]
enum Change {
    Ends,
    /// Somebody asks, and restarts it where that is allowed. Perhaps he dies before the restart.
    IsAskedFor {
        dies: bool,
    },
}

proptest! {
    #[test]
    fn the_gate_answers_as_in_the_model(changes in proptest::collection::vec(
        prop_oneof![Just(Change::Ends), any::<bool>().prop_map(|dies| Change::IsAskedFor { dies })], 1..30)
    ) {
        let (mut container, mut history, mut events) = (Container::Running, History::default(), Vec::new());
        for change in changes {
            let Change::IsAskedFor { dies } = change else {
                container = Container::Crashed;
                continue;
            };
            let is_well = container == Container::Running;
            let health = if is_well { Health::Healthy } else { Health::Unhealthy("it exited".into()) };
            let answered = answer(&events, &health);
            prop_assert_eq!(answered, admission(container, history));
            match answered {
                Admission::Allowed => {
                    history.attempts += 1;
                    let outcome = if dies { Outcome::Failed } else { Outcome::Healthy };
                    let now = Duration::ZERO;
                    events.push(Event::Attempt { started: now, ended: now, outcome, jitter: 0.5 });
                    container = if dies { Container::Crashed } else { Container::Running };
                }
                Admission::Trips => {
                    history.is_tripped = true;
                    events.push(Event::Trip { at: Duration::ZERO, cause: "storm".into() });
                }
                Admission::NotNeeded | Admission::Open => {}
            }
        }
    }
}
