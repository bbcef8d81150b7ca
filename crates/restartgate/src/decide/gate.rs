//! The gate: whether a service may be restarted now, by its health, its history and the limits.

use std::time::Duration;

use evenkeel_common::units::show_duration;

use super::breaker_state::{Breaker, ServiceState, open_for};
use super::health::Health;
use crate::model::limits::{Limits, MINUTE};
use crate::model::record::Rule;

/// Which services the caller wants to have restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestartMode {
    /// Only an unhealthy one.
    IfUnhealthy,
    /// A healthy one too.
    EvenIfHealthy,
    /// Any, whatever the limits say.
    Forced,
}

/// All that a decision is based on.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) mode: RestartMode,
    pub(crate) health: &'a Health,
    /// Another process restarted the service with success since the call began.
    pub(crate) coalesced: bool,
    /// A cause that no restart can remove.
    pub(crate) unrecoverable: Option<&'a str>,
    pub(crate) state: &'a ServiceState,
    /// Ages of all restarts that were started on this machine.
    pub(crate) machine: &'a [Duration],
}

/// The decision about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No restart is needed.
    Skip,
    /// The service may become healthy by itself: wait for it, and decide again if it does not.
    Await { reason: String },
    /// Another process restarted the service meanwhile.
    Coalesced,
    /// The restart may be made: no limit is reached, it is forced, or it is the breaker's probe.
    Allow { rule: Rule },
    /// A limit is reached; another try makes sense after this time.
    Later { rule: Rule, retry_after: Duration },
    /// The breaker is open.
    Open {
        /// The rule that opens it, or keeps it open.
        rule: Rule,
        cause: String,
        /// Time until a probe may pass.
        retry_after: Duration,
        /// Whether it is this request that trips the breaker, which has to be recorded.
        trips_now: bool,
    },
}

impl Decision {
    /// When another try makes sense.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Later { retry_after, .. } | Self::Open { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// The rule that made the decision.
    pub(crate) const fn rule(&self) -> Rule {
        match self {
            Self::Skip => Rule::Healthy,
            Self::Await { .. } => Rule::Starting,
            Self::Coalesced => Rule::Coalesced,
            Self::Allow { rule } | Self::Later { rule, .. } | Self::Open { rule, .. } => *rule,
        }
    }
}

/// Decides about one request.
pub(crate) fn decide(facts: &Facts<'_>, limits: &Limits) -> Decision {
    without_restart(facts)
        .or_else(|| by_breaker(facts, limits))
        .or_else(|| by_limits(facts, limits))
        .unwrap_or(Decision::Allow { rule: Rule::Free })
}

/// Decides where no restart is needed, or where it must not be refused.
fn without_restart(facts: &Facts<'_>) -> Option<Decision> {
    match (facts.mode, facts.health) {
        (RestartMode::Forced, _) => Some(Decision::Allow { rule: Rule::Forced }),
        (RestartMode::IfUnhealthy, Health::Healthy) => Some(Decision::Skip),
        (RestartMode::IfUnhealthy, Health::Pending(reason)) => {
            Some(Decision::Await { reason: reason.clone() })
        }
        _ if facts.coalesced => Some(Decision::Coalesced),
        _ => None,
    }
}

fn by_breaker(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    match &facts.state.breaker {
        Breaker::Closed => {
            facts.unrecoverable.map(|cause| trip(Rule::Unrecoverable, cause.to_owned(), facts, limits))
        }
        Breaker::Open { left, cause } => Some(Decision::Open {
            rule: Rule::Breaker,
            cause: cause.clone(),
            retry_after: *left,
            trips_now: false,
        }),
        // A request to restart a healthy service does not mean that it failed again.
        Breaker::Proving { left } if *facts.health == Health::Healthy => {
            Some(Decision::Later { rule: Rule::Breaker, retry_after: *left })
        }
        Breaker::Proving { .. } => {
            Some(trip(Rule::Breaker, "it failed again before it was stable".into(), facts, limits))
        }
        // With a window longer than the open time, even the probe must wait for room in it.
        Breaker::HalfOpen if facts.state.attempts_used >= limits.attempts => {
            Some(Decision::Later { rule: Rule::Window, retry_after: facts.state.window_left })
        }
        Breaker::HalfOpen => {
            Some(machine_budget(facts, limits).unwrap_or(Decision::Allow { rule: Rule::Probe }))
        }
    }
}

fn by_limits(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    let state = facts.state;
    if !state.cooldown_left.is_zero() {
        return Some(Decision::Later { rule: Rule::Cooldown, retry_after: state.cooldown_left });
    }
    if state.attempts_used >= limits.attempts {
        let window = show_duration(limits.window);
        let cause = format!("{} restarts within {window}", state.attempts_used);
        return Some(trip(Rule::Window, cause, facts, limits));
    }
    machine_budget(facts, limits)
}

fn trip(rule: Rule, cause: String, facts: &Facts<'_>, limits: &Limits) -> Decision {
    let retry_after = open_for(facts.state.trips + 1, limits);
    Decision::Open { rule, cause, retry_after, trips_now: true }
}

fn machine_budget(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    let mut recent: Vec<Duration> = facts.machine.iter().copied().filter(|age| *age < MINUTE).collect();
    recent.sort();
    // There is room when only `machine_per_minute - 1` of the newest are still within the minute.
    let blocking = recent.get(limits.machine_per_minute.checked_sub(1)?)?;
    Some(Decision::Later { rule: Rule::Machine, retry_after: MINUTE.saturating_sub(*blocking) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::breaker_state::tests::{attempt, s};
    use crate::decide::breaker_state::{Event, Outcome, replay};
    use proptest::prelude::*;

    fn trip_at(age: u64) -> Event {
        Event::Trip { at: s(age), cause: "storm".into() }
    }

    fn unhealthy() -> Health {
        Health::Unhealthy("it exited".into())
    }

    fn ask(mode: RestartMode, health: &Health, events: &[Event]) -> Decision {
        let limits = Limits::default();
        let state = replay(events, &limits);
        let facts =
            Facts { mode, health, coalesced: false, unrecoverable: None, state: &state, machine: &[] };
        decide(&facts, &limits)
    }

    fn verdict(events: &[Event]) -> Decision {
        ask(RestartMode::IfUnhealthy, &unhealthy(), events)
    }

    fn later(rule: Rule, left: u64) -> Decision {
        Decision::Later { rule, retry_after: s(left) }
    }

    fn open(left: u64) -> Decision {
        Decision::Open { rule: Rule::Breaker, cause: "storm".into(), retry_after: s(left), trips_now: false }
    }

    const FREE: Decision = Decision::Allow { rule: Rule::Free };
    const PROBE: Decision = Decision::Allow { rule: Rule::Probe };

    #[test]
    fn the_order_of_the_rules() {
        let tripped = [trip_at(0)];
        let pending = Health::Pending("it starts".into());
        assert_eq!(ask(RestartMode::IfUnhealthy, &Health::Healthy, &tripped), Decision::Skip);
        assert_eq!(
            ask(RestartMode::IfUnhealthy, &pending, &tripped),
            Decision::Await { reason: "it starts".into() }
        );
        assert_eq!(ask(RestartMode::EvenIfHealthy, &Health::Healthy, &tripped), open(300));
        assert_eq!(
            ask(RestartMode::Forced, &Health::Healthy, &tripped),
            Decision::Allow { rule: Rule::Forced }
        );
        assert_eq!(ask(RestartMode::IfUnhealthy, &Health::Unknown, &[]), FREE);
        assert_eq!(verdict(&[]), FREE);
    }

    #[test]
    fn what_another_did_comes_before_the_limits_and_after_health() {
        let limits = Limits::default();
        let state = replay(&[trip_at(0)], &limits);
        let health = unhealthy();
        let mut facts = Facts {
            mode: RestartMode::IfUnhealthy,
            health: &health,
            coalesced: true,
            unrecoverable: None,
            state: &state,
            machine: &[],
        };
        assert_eq!(decide(&facts, &limits), Decision::Coalesced);
        facts.health = &Health::Healthy;
        assert_eq!(decide(&facts, &limits), Decision::Skip);
    }

    #[test]
    fn an_unrecoverable_cause_opens_the_breaker_at_once_and_lets_the_probe_pass() {
        let limits = Limits::default();
        let health = unhealthy();
        let ask = |events: &[Event]| {
            let state = replay(events, &limits);
            let facts = Facts {
                mode: RestartMode::IfUnhealthy,
                health: &health,
                coalesced: false,
                unrecoverable: Some("no such command"),
                state: &state,
                machine: &[],
            };
            decide(&facts, &limits)
        };
        let opens = Decision::Open {
            rule: Rule::Unrecoverable,
            cause: "no such command".into(),
            retry_after: s(300),
            trips_now: true,
        };
        assert_eq!(ask(&[]), opens);
        assert_eq!(ask(&[trip_at(300)]), PROBE);
    }

    #[test]
    fn a_decision_names_its_rule_and_when_to_ask_again() {
        let tripped = Decision::Open {
            rule: Rule::Window,
            cause: "storm".into(),
            retry_after: s(300),
            trips_now: true,
        };
        for (decision, rule, retry_after) in [
            (Decision::Skip, Rule::Healthy, None),
            (Decision::Await { reason: "it starts".into() }, Rule::Starting, None),
            (Decision::Coalesced, Rule::Coalesced, None),
            (FREE, Rule::Free, None),
            (PROBE, Rule::Probe, None),
            (later(Rule::Machine, 7), Rule::Machine, Some(s(7))),
            (open(9), Rule::Breaker, Some(s(9))),
            (tripped, Rule::Window, Some(s(300))),
        ] {
            assert_eq!((decision.rule(), decision.retry_after()), (rule, retry_after), "{decision:?}");
        }
    }

    #[test]
    fn a_probe_waits_for_room_in_the_machines_budget() {
        let limits = Limits::default();
        let state = replay(&[trip_at(300)], &limits);
        let health = unhealthy();
        let machine = [s(1), s(2), s(3), s(4), s(5), s(50)];
        let mut facts = Facts {
            mode: RestartMode::IfUnhealthy,
            health: &health,
            coalesced: false,
            unrecoverable: None,
            state: &state,
            machine: &machine,
        };
        assert_eq!(decide(&facts, &limits), later(Rule::Machine, 10));
        facts.machine = &machine[1..];
        assert_eq!(decide(&facts, &limits), PROBE);
    }

    #[test]
    fn a_trip_in_a_row_lasts_twice_as_long_as_the_one_before() {
        let opened_for =
            |events: &[Event]| (replay(events, &Limits::default()).trips, verdict(events).retry_after());
        let proving = |trips: u64| {
            let mut events: Vec<Event> = (1..=trips).rev().map(|nth| trip_at(nth * 1000)).collect();
            events.push(attempt(10, Outcome::Healthy));
            events
        };
        assert_eq!(opened_for(&proving(1)), (1, Some(s(600))));
        assert_eq!(opened_for(&proving(2)), (2, Some(s(1200))));
        assert_eq!(opened_for(&proving(3)), (3, Some(s(1800))));
    }

    #[test]
    fn cooldown_ends_exactly_at_its_edge() {
        assert_eq!(verdict(&[attempt(29, Outcome::Healthy)]), later(Rule::Cooldown, 1));
        assert_eq!(verdict(&[attempt(30, Outcome::Healthy)]), FREE);
    }

    #[test]
    fn the_fourth_within_the_window_trips_the_breaker() {
        let at = |oldest| {
            verdict(&[
                attempt(oldest, Outcome::Healthy),
                attempt(200, Outcome::Healthy),
                attempt(100, Outcome::Healthy),
            ])
        };
        assert!(
            matches!(at(299), Decision::Open { rule: Rule::Window, trips_now: true, retry_after, .. } if retry_after == s(300))
        );
        assert_eq!(at(300), FREE);
    }

    #[test]
    fn a_probe_waits_for_room_in_a_longer_window() {
        let limits = Limits { open: s(10), ..Limits::default() };
        let mut events: Vec<Event> = [200, 150, 100].map(|age| attempt(age, Outcome::Healthy)).into();
        events.push(trip_at(60));
        let state = replay(&events, &limits);
        let health = unhealthy();
        let facts = Facts {
            mode: RestartMode::IfUnhealthy,
            health: &health,
            coalesced: false,
            unrecoverable: None,
            state: &state,
            machine: &[],
        };
        assert_eq!(decide(&facts, &limits), later(Rule::Window, 100));
    }

    #[test]
    fn the_breakers_whole_cycle() {
        assert_eq!(verdict(&[trip_at(0)]), open(300));
        assert_eq!(verdict(&[trip_at(299)]), open(1));
        assert_eq!(verdict(&[trip_at(300)]), PROBE);
        // A failed probe opens it again, for twice as long.
        assert_eq!(verdict(&[trip_at(1000), attempt(599, Outcome::Failed)]), open(1));
        assert_eq!(verdict(&[trip_at(1000), attempt(600, Outcome::Failed)]), PROBE);
        // A good probe has to prove itself; failing before that trips once more.
        let proving = [trip_at(1000), attempt(59, Outcome::Healthy)];
        assert!(
            matches!(verdict(&proving), Decision::Open { trips_now: true, retry_after, .. } if retry_after == s(600))
        );
        assert_eq!(ask(RestartMode::EvenIfHealthy, &Health::Healthy, &proving), later(Rule::Breaker, 1));
        assert_eq!(verdict(&[trip_at(1000), attempt(60, Outcome::Healthy)]), FREE);
        // After a stable time, earlier trips do not count.
        assert_eq!(verdict(&[trip_at(9000), attempt(8000, Outcome::Healthy), trip_at(0)]), open(300));
        assert_eq!(verdict(&[trip_at(0), Event::Reset]), FREE);
    }

    #[test]
    fn the_machine_has_a_budget() {
        let limits = Limits::default();
        let free = replay(&[], &limits);
        let health = unhealthy();
        let at = |oldest| {
            let machine = [s(1), s(2), s(3), s(4), s(5), s(oldest)];
            let facts = Facts {
                mode: RestartMode::IfUnhealthy,
                health: &health,
                coalesced: false,
                unrecoverable: None,
                state: &free,
                machine: &machine,
            };
            decide(&facts, &limits)
        };
        assert_eq!(at(59), later(Rule::Machine, 1));
        assert_eq!(at(60), FREE);
    }

    proptest! {
        /// However often and when one asks: never more attempts within a window than the limit.
        #[test]
        fn never_more_than_the_limit(open in 1_u64..600, gaps in proptest::collection::vec((0_u64..200, any::<bool>()), 1..60)) {
            let limits = Limits { open: s(open), ..Limits::default() };
            let mut clock = 10_000_u64;
            let mut starts: Vec<u64> = Vec::new();
            let mut past: Vec<(u64, Option<Outcome>)> = Vec::new();
            let health = unhealthy();
            for (gap, healthy) in gaps {
                clock += gap;
                let events: Vec<Event> = past.iter().map(|(at, outcome)| match outcome {
                    Some(outcome) => attempt(clock - at, *outcome),
                    None => Event::Trip { at: s(clock - at), cause: String::new() },
                }).collect();
                let state = replay(&events, &limits);
                let facts = Facts {
                    mode: RestartMode::IfUnhealthy, health: &health, coalesced: false, unrecoverable: None,
                    state: &state, machine: &[],
                };
                match decide(&facts, &limits) {
                    Decision::Allow { .. } => {
                        starts.push(clock);
                        past.push((clock, Some(if healthy { Outcome::Healthy } else { Outcome::Failed })));
                    }
                    Decision::Open { trips_now: true, .. } => past.push((clock, None)),
                    _ => {}
                }
                let recent = starts.iter().filter(|at| clock - **at < limits.window.as_secs()).count();
                prop_assert!(recent <= limits.attempts);
            }
        }
    }
}
