//! The decision: may this service be restarted now? A pure function of what is seen, its past, and the limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{Limits, MINUTE};
use crate::standing::{Breaker, Standing, open_for};

/// What the caller wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A restart if it is needed.
    WhenSick,
    /// A restart of a healthy service too.
    EvenIfHealthy,
    /// A restart whatever the limits say.
    Forced,
}

/// What is seen of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// All of its containers are healthy.
    Healthy,
    /// It may still become healthy by itself: it is starting, or Docker restarts it.
    Pending(String),
    /// It will not without help.
    Sick(String),
    /// Nobody looked: a command is behind the gate.
    Unknown,
}

/// All that a decision rests on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// What the caller wishes.
    pub wish: Wish,
    /// What is seen of the service.
    pub health: &'a Health,
    /// Somebody else restarted it with success since the call began.
    pub coalesced: bool,
    /// A cause that no restart mends.
    pub hopeless: Option<&'a str>,
    /// Where the service stands.
    pub standing: &'a Standing,
    /// Ages of all restarts begun on this machine.
    pub machine: &'a [Duration],
}

/// Which rule decided, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `--force`.
    Forced,
    /// It is healthy already.
    Healthy,
    /// It is starting, or Docker restarts it.
    Starting,
    /// Somebody else restarted it meanwhile.
    Coalesced,
    /// The breaker.
    Breaker,
    /// The one probe of a half-open breaker.
    Probe,
    /// A cause that no restart mends.
    Hopeless,
    /// Time since the end of the last restart of the service.
    Cooldown,
    /// Attempts within the window.
    Window,
    /// Restarts of all services within a minute.
    Machine,
    /// No limit is reached.
    Free,
}

impl Rule {
    /// The name in JSON and in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Healthy => "healthy",
            Self::Starting => "starting",
            Self::Coalesced => "coalesced",
            Self::Breaker => "breaker",
            Self::Probe => "probe",
            Self::Hopeless => "hopeless",
            Self::Cooldown => "cooldown",
            Self::Window => "window",
            Self::Machine => "machine",
            Self::Free => "free",
        }
    }
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No restart is needed.
    Skip,
    /// It may become healthy by itself: wait for it, and ask again when it does not.
    Await {
        /// What it does.
        reason: String,
    },
    /// Somebody else did it.
    Coalesced,
    /// The restart may go on, as `rule` says: free, forced, or as a probe.
    Allow {
        /// Why.
        rule: Rule,
    },
    /// Too early: worth another try after this long.
    Later {
        /// Which limit.
        rule: Rule,
        /// How long.
        retry_after: Duration,
    },
    /// The breaker is open.
    Open {
        /// Which rule opens it, or keeps it open.
        rule: Rule,
        /// What tripped it.
        cause: String,
        /// Time until a probe may pass.
        retry_after: Duration,
        /// This very request trips it: to be recorded.
        trips_now: bool,
    },
}

impl Decision {
    /// The rule that decided.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Skip => Rule::Healthy,
            Self::Await { .. } => Rule::Starting,
            Self::Coalesced => Rule::Coalesced,
            Self::Allow { rule } | Self::Later { rule, .. } | Self::Open { rule, .. } => *rule,
        }
    }
}

/// Decides about one more restart.
pub fn decide(facts: &Facts<'_>, limits: &Limits) -> Decision {
    without_restart(facts)
        .or_else(|| by_breaker(facts, limits))
        .or_else(|| by_limits(facts, limits))
        .unwrap_or(Decision::Allow { rule: Rule::Free })
}

/// Whether none is needed, or none may be kept back.
fn without_restart(facts: &Facts<'_>) -> Option<Decision> {
    match (facts.wish, facts.health) {
        (Wish::Forced, _) => Some(Decision::Allow { rule: Rule::Forced }),
        (Wish::WhenSick, Health::Healthy) => Some(Decision::Skip),
        (Wish::WhenSick, Health::Pending(reason)) => Some(Decision::Await { reason: reason.clone() }),
        _ if facts.coalesced => Some(Decision::Coalesced),
        _ => None,
    }
}

fn by_breaker(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    match &facts.standing.breaker {
        Breaker::Closed => facts.hopeless.map(|cause| trip(Rule::Hopeless, cause.to_owned(), facts, limits)),
        Breaker::Open { left, cause } => Some(Decision::Open {
            rule: Rule::Breaker,
            cause: cause.clone(),
            retry_after: *left,
            trips_now: false,
        }),
        // Whoever wants a healthy service restarted has not found it failing.
        Breaker::Proving { left } if *facts.health == Health::Healthy => {
            Some(Decision::Later { rule: Rule::Breaker, retry_after: *left })
        }
        Breaker::Proving { .. } => {
            Some(trip(Rule::Breaker, "it failed again before it had proved stable".into(), facts, limits))
        }
        // With a window longer than the open time, even the probe must wait for room in it.
        Breaker::HalfOpen if facts.standing.attempts_used >= limits.attempts => {
            Some(Decision::Later { rule: Rule::Window, retry_after: facts.standing.window_left })
        }
        Breaker::HalfOpen => {
            Some(machine_budget(facts, limits).unwrap_or(Decision::Allow { rule: Rule::Probe }))
        }
    }
}

fn by_limits(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    let standing = facts.standing;
    if !standing.cooldown_left.is_zero() {
        return Some(Decision::Later { rule: Rule::Cooldown, retry_after: standing.cooldown_left });
    }
    if standing.attempts_used >= limits.attempts {
        let window = evenkeel_common::units::show_duration(limits.window);
        let cause = format!("{} restarts within {window}", standing.attempts_used);
        return Some(trip(Rule::Window, cause, facts, limits));
    }
    machine_budget(facts, limits)
}

fn trip(rule: Rule, cause: String, facts: &Facts<'_>, limits: &Limits) -> Decision {
    let retry_after = open_for(facts.standing.trips + 1, limits);
    Decision::Open { rule, cause, retry_after, trips_now: true }
}

fn machine_budget(facts: &Facts<'_>, limits: &Limits) -> Option<Decision> {
    let mut recent: Vec<Duration> = facts.machine.iter().copied().filter(|age| *age < MINUTE).collect();
    recent.sort();
    // Room comes when only `machine_per_minute - 1` of the newest are still within the minute.
    let blocking = recent.get(limits.machine_per_minute.checked_sub(1)?)?;
    Some(Decision::Later { rule: Rule::Machine, retry_after: MINUTE.saturating_sub(*blocking) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standing::{Event, Outcome, standing};
    use proptest::prelude::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn attempt(ended: u64, outcome: Outcome) -> Event {
        Event::Attempt { begun: s(ended), ended: s(ended), outcome, jitter: 0.5 }
    }

    fn trip_at(age: u64) -> Event {
        Event::Trip { at: s(age), cause: "storm".into() }
    }

    fn sick() -> Health {
        Health::Sick("it exited".into())
    }

    fn ask(wish: Wish, health: &Health, events: &[Event]) -> Decision {
        let limits = Limits::default();
        let standing = standing(events, &limits);
        let facts =
            Facts { wish, health, coalesced: false, hopeless: None, standing: &standing, machine: &[] };
        decide(&facts, &limits)
    }

    fn verdict(events: &[Event]) -> Decision {
        ask(Wish::WhenSick, &sick(), events)
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
        assert_eq!(ask(Wish::WhenSick, &Health::Healthy, &tripped), Decision::Skip);
        assert_eq!(ask(Wish::WhenSick, &pending, &tripped), Decision::Await { reason: "it starts".into() });
        assert_eq!(ask(Wish::EvenIfHealthy, &Health::Healthy, &tripped), open(300));
        assert_eq!(ask(Wish::Forced, &Health::Healthy, &tripped), Decision::Allow { rule: Rule::Forced });
        assert_eq!(ask(Wish::WhenSick, &Health::Unknown, &[]), FREE);
        assert_eq!(verdict(&[]), FREE);
    }

    #[test]
    fn what_another_did_comes_before_the_limits_and_after_health() {
        let limits = Limits::default();
        let standing = standing(&[trip_at(0)], &limits);
        let health = sick();
        let mut facts = Facts {
            wish: Wish::WhenSick,
            health: &health,
            coalesced: true,
            hopeless: None,
            standing: &standing,
            machine: &[],
        };
        assert_eq!(decide(&facts, &limits), Decision::Coalesced);
        facts.health = &Health::Healthy;
        assert_eq!(decide(&facts, &limits), Decision::Skip);
    }

    #[test]
    fn a_hopeless_cause_opens_it_at_once_and_lets_the_probe_pass() {
        let limits = Limits::default();
        let health = sick();
        let ask = |events: &[Event]| {
            let standing = standing(events, &limits);
            let facts = Facts {
                wish: Wish::WhenSick,
                health: &health,
                coalesced: false,
                hopeless: Some("no such command"),
                standing: &standing,
                machine: &[],
            };
            decide(&facts, &limits)
        };
        let opens = Decision::Open {
            rule: Rule::Hopeless,
            cause: "no such command".into(),
            retry_after: s(300),
            trips_now: true,
        };
        assert_eq!(ask(&[]), opens);
        assert_eq!(ask(&[trip_at(300)]), PROBE);
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
        let standing = standing(&events, &limits);
        let health = sick();
        let facts = Facts {
            wish: Wish::WhenSick,
            health: &health,
            coalesced: false,
            hopeless: None,
            standing: &standing,
            machine: &[],
        };
        assert_eq!(decide(&facts, &limits), later(Rule::Window, 100));
    }

    #[test]
    fn the_breakers_whole_round() {
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
        assert_eq!(ask(Wish::EvenIfHealthy, &Health::Healthy, &proving), later(Rule::Breaker, 1));
        assert_eq!(verdict(&[trip_at(1000), attempt(60, Outcome::Healthy)]), FREE);
        // Stability forgives earlier trips.
        assert_eq!(verdict(&[trip_at(9000), attempt(8000, Outcome::Healthy), trip_at(0)]), open(300));
        assert_eq!(verdict(&[trip_at(0), Event::Reset]), FREE);
    }

    #[test]
    fn the_machine_has_a_budget() {
        let limits = Limits::default();
        let free = standing(&[], &limits);
        let health = sick();
        let at = |oldest| {
            let machine = [s(1), s(2), s(3), s(4), s(5), s(oldest)];
            let facts = Facts {
                wish: Wish::WhenSick,
                health: &health,
                coalesced: false,
                hopeless: None,
                standing: &free,
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
            let mut begins: Vec<u64> = Vec::new();
            let mut past: Vec<(u64, Option<Outcome>)> = Vec::new();
            let health = sick();
            for (gap, healthy) in gaps {
                clock += gap;
                let events: Vec<Event> = past.iter().map(|(at, outcome)| match outcome {
                    Some(outcome) => attempt(clock - at, *outcome),
                    None => Event::Trip { at: s(clock - at), cause: String::new() },
                }).collect();
                let standing = standing(&events, &limits);
                let facts = Facts {
                    wish: Wish::WhenSick, health: &health, coalesced: false, hopeless: None,
                    standing: &standing, machine: &[],
                };
                match decide(&facts, &limits) {
                    Decision::Allow { .. } => {
                        begins.push(clock);
                        past.push((clock, Some(if healthy { Outcome::Healthy } else { Outcome::Failed })));
                    }
                    Decision::Open { trips_now: true, .. } => past.push((clock, None)),
                    _ => {}
                }
                let recent = begins.iter().filter(|at| clock - **at < limits.window.as_secs()).count();
                prop_assert!(recent <= limits.attempts);
            }
        }
    }
}
