//! The decision: may this service be restarted now? A pure function of its past, the limits and a clock.

use std::time::Duration;

/// Limits of the gate, each with where its value came from in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time from the end of one restart to the next.
    pub cooldown: Duration,
    /// Longest cooldown after failures, which double it.
    pub cooldown_max: Duration,
    /// Most attempts within the window; one more trips the breaker.
    pub attempts: usize,
    /// Time in which attempts are counted.
    pub window: Duration,
    /// How long the breaker stays open the first time; it doubles with each trip in a row.
    pub open: Duration,
    /// Longest time that the breaker stays open.
    pub open_max: Duration,
    /// How long a service must stay up after a probe until the breaker closes.
    pub stable: Duration,
    /// Most restarts of all services within a minute.
    pub machine_per_minute: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_secs(30),
            cooldown_max: Duration::from_mins(5),
            attempts: 3,
            window: Duration::from_mins(5),
            open: Duration::from_mins(5),
            open_max: Duration::from_mins(30),
            stable: Duration::from_mins(1),
            machine_per_minute: 6,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service came up healthy.
    Healthy,
    /// It did not, or whoever tried died before saying so.
    Failed,
}

/// What happened to a service, oldest first. Times are ages: how long ago, measured on a clock that nobody sets back.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A restart was begun, and perhaps ended.
    Attempt {
        /// Age of its begin.
        begun: Duration,
        /// Age of its end: of its begin where no end was written.
        ended: Duration,
        /// How it ended.
        outcome: Outcome,
        /// A number in 0..1 drawn for the attempt, which spreads the cooldowns of several services.
        jitter: f64,
    },
    /// The breaker was tripped, by the gate or by a person.
    Trip {
        /// Age.
        at: Duration,
        /// Why.
        cause: String,
    },
    /// A person forgave all that was before.
    Reset,
}

/// The breaker of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Restarts pass, within the other limits.
    Closed,
    /// Restarts are refused.
    Open {
        /// How long yet.
        left: Duration,
        /// What tripped it.
        cause: String,
    },
    /// It was open long enough: one probe may pass.
    HalfOpen,
    /// The probe came up; the breaker closes when the service stays up this much longer.
    Proving {
        /// How long yet.
        left: Duration,
    },
}

/// Where a service stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The breaker.
    pub breaker: Breaker,
    /// Trips in a row, without a stable period between.
    pub trips: u32,
    /// Attempts that count within the window.
    pub attempts_used: usize,
    /// Time until the oldest of them leaves the window.
    pub window_left: Duration,
    /// What is left of the cooldown.
    pub cooldown_left: Duration,
    /// Failures since the last success.
    pub failures: u32,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The restart may go on.
    Allow {
        /// It is the one probe of a half-open breaker.
        probe: bool,
    },
    /// Too early: worth another try after this long.
    Wait {
        /// Which limit.
        rule: Rule,
        /// How long.
        retry_after: Duration,
    },
    /// The breaker is open.
    Open {
        /// What tripped it.
        cause: String,
        /// Time until a probe may pass.
        retry_after: Duration,
        /// This very request trips it: to be recorded.
        trips_now: bool,
    },
}

/// Limits that pass with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Time since the last restart of the service.
    Cooldown,
    /// Restarts of all services within a minute.
    Machine,
}

/// Replays what happened and says where the service stands now.
pub fn standing(events: &[Event], limits: &Limits) -> Standing {
    let mut replay = Replay::default();
    for event in events {
        replay.take(event, limits);
    }
    replay.standing(limits)
}

/// Decides about one more restart. `machine` holds the ages of all restarts begun on this machine.
pub fn decide(standing: &Standing, machine: &[Duration], limits: &Limits) -> Decision {
    match &standing.breaker {
        Breaker::Open { left, cause } => {
            return Decision::Open { cause: cause.clone(), retry_after: *left, trips_now: false };
        }
        Breaker::Proving { .. } => {
            let cause = "another restart was asked for before the service had proved stable".to_owned();
            return Decision::Open {
                cause,
                retry_after: open_for(standing.trips + 1, limits),
                trips_now: true,
            };
        }
        // With a window longer than the open time, even the probe must wait for room in it.
        Breaker::HalfOpen if standing.attempts_used >= limits.attempts => {
            let cause = format!("{} restarts within {}", standing.attempts_used, seconds(limits.window));
            return Decision::Open { cause, retry_after: standing.window_left, trips_now: false };
        }
        Breaker::HalfOpen => {
            return machine_budget(machine, limits).unwrap_or(Decision::Allow { probe: true });
        }
        Breaker::Closed => {}
    }
    if !standing.cooldown_left.is_zero() {
        return Decision::Wait { rule: Rule::Cooldown, retry_after: standing.cooldown_left };
    }
    if standing.attempts_used >= limits.attempts {
        let cause = format!("{} restarts within {}", standing.attempts_used, seconds(limits.window));
        return Decision::Open { cause, retry_after: open_for(standing.trips + 1, limits), trips_now: true };
    }
    machine_budget(machine, limits).unwrap_or(Decision::Allow { probe: false })
}

const MINUTE: Duration = Duration::from_mins(1);

fn machine_budget(machine: &[Duration], limits: &Limits) -> Option<Decision> {
    let mut recent: Vec<Duration> = machine.iter().copied().filter(|age| *age < MINUTE).collect();
    recent.sort();
    // Room comes when only `machine_per_minute - 1` of the newest are still within the minute.
    let blocking = recent.get(limits.machine_per_minute.checked_sub(1)?)?;
    Some(Decision::Wait { rule: Rule::Machine, retry_after: MINUTE.saturating_sub(*blocking) })
}

fn seconds(duration: Duration) -> String {
    drydock_common::units::show_duration(duration)
}

/// How long the `trips`-th trip in a row keeps the breaker open.
fn open_for(trips: u32, limits: &Limits) -> Duration {
    limits.open.saturating_mul(2_u32.saturating_pow(trips.saturating_sub(1))).min(limits.open_max)
}

/// Cooldown after `failures` failures in a row: doubled by each, spread by a fifth either way so that services that
/// failed together do not come back together.
fn cooldown(failures: u32, jitter: f64, limits: &Limits) -> Duration {
    let plain = limits
        .cooldown
        .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)))
        .min(limits.cooldown_max);
    if failures == 0 { plain } else { plain.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)) }
}

#[derive(Default)]
struct Replay<'a> {
    trips: u32,
    /// The last trip, and the healthy end of the probe after it.
    trip: Option<(Duration, &'a str)>,
    proved_since: Option<Duration>,
    failures: u32,
    /// Age of the last end, and the cooldown that it starts.
    last: Option<(Duration, Duration)>,
    /// Ages of begins that count.
    begins: Vec<Duration>,
}

impl<'a> Replay<'a> {
    fn take(&mut self, event: &'a Event, limits: &Limits) {
        match event {
            Event::Reset => *self = Self::default(),
            Event::Trip { at, cause } => {
                self.close_if_stable(*at, limits);
                self.trip = Some((*at, cause));
                self.trips += 1;
                self.proved_since = None;
            }
            Event::Attempt { begun, ended, outcome, jitter } => {
                self.close_if_stable(*begun, limits);
                self.begins.push(*begun);
                match outcome {
                    Outcome::Healthy => self.failures = 0,
                    Outcome::Failed => self.failures += 1,
                }
                self.last = Some((*ended, cooldown(self.failures, *jitter, limits)));
                self.judge_probe(*ended, *outcome);
            }
        }
    }

    /// An attempt while the breaker is not closed is its probe: it proves the service, or trips again.
    fn judge_probe(&mut self, ended: Duration, outcome: Outcome) {
        let Some((_, cause)) = self.trip else { return };
        match outcome {
            Outcome::Healthy => self.proved_since = Some(ended),
            Outcome::Failed => {
                self.trip = Some((ended, cause));
                self.trips += 1;
                self.proved_since = None;
            }
        }
    }

    /// `now` is an age: 0 is this moment.
    fn close_if_stable(&mut self, now: Duration, limits: &Limits) {
        if self.proved_since.is_some_and(|since| since.saturating_sub(now) >= limits.stable) {
            self.trip = None;
            self.proved_since = None;
            self.trips = 0;
        }
    }

    fn standing(mut self, limits: &Limits) -> Standing {
        self.close_if_stable(Duration::ZERO, limits);
        let in_window: Vec<Duration> =
            self.begins.iter().copied().filter(|age| *age < limits.window).collect();
        Standing {
            breaker: self.breaker(limits),
            trips: self.trips,
            attempts_used: in_window.len(),
            window_left: in_window
                .iter()
                .max()
                .map_or(Duration::ZERO, |oldest| limits.window.saturating_sub(*oldest)),
            cooldown_left: self.last.map_or(Duration::ZERO, |(age, cooldown)| cooldown.saturating_sub(age)),
            failures: self.failures,
        }
    }

    fn breaker(&self, limits: &Limits) -> Breaker {
        let Some((age, cause)) = self.trip else { return Breaker::Closed };
        if let Some(since) = self.proved_since {
            return Breaker::Proving { left: limits.stable.saturating_sub(since) };
        }
        let left = open_for(self.trips, limits).saturating_sub(age);
        if left.is_zero() { Breaker::HalfOpen } else { Breaker::Open { left, cause: cause.to_owned() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn attempt(ended: u64, outcome: Outcome) -> Event {
        Event::Attempt { begun: s(ended), ended: s(ended), outcome, jitter: 0.5 }
    }

    fn verdict(events: &[Event]) -> Decision {
        let limits = Limits::default();
        decide(&standing(events, &limits), &[], &limits)
    }

    const ALLOW: Decision = Decision::Allow { probe: false };

    #[test]
    fn nothing_happened_yet() {
        assert_eq!(verdict(&[]), ALLOW);
    }

    #[test]
    fn cooldown_ends_exactly_at_its_edge() {
        let wait = |left| Decision::Wait { rule: Rule::Cooldown, retry_after: s(left) };
        assert_eq!(verdict(&[attempt(29, Outcome::Healthy)]), wait(1));
        assert_eq!(verdict(&[attempt(30, Outcome::Healthy)]), ALLOW);
    }

    #[test]
    fn failures_double_the_cooldown_up_to_its_limit() {
        let limits = Limits { attempts: 100, ..Limits::default() };
        for (failures, expected) in [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (9, 300)] {
            let events: Vec<Event> = (0..failures).map(|_| attempt(0, Outcome::Failed)).collect();
            assert_eq!(standing(&events, &limits).cooldown_left, s(expected), "{failures} failures");
        }
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
            matches!(at(299), Decision::Open { trips_now: true, retry_after, .. } if retry_after == s(300))
        );
        assert_eq!(at(300), ALLOW);
    }

    #[test]
    fn the_breakers_whole_round() {
        let trip = |age| Event::Trip { at: s(age), cause: "storm".into() };
        let open = |left| Decision::Open { cause: "storm".into(), retry_after: s(left), trips_now: false };
        let probe = Decision::Allow { probe: true };
        assert_eq!(verdict(&[trip(0)]), open(300));
        assert_eq!(verdict(&[trip(299)]), open(1));
        assert_eq!(verdict(&[trip(300)]), probe);
        // A failed probe opens it again, for twice as long.
        assert_eq!(verdict(&[trip(1000), attempt(599, Outcome::Failed)]), open(1));
        assert_eq!(verdict(&[trip(1000), attempt(600, Outcome::Failed)]), probe);
        // A good probe has to prove itself; asking again before that trips once more.
        let proving = verdict(&[trip(1000), attempt(59, Outcome::Healthy)]);
        assert!(
            matches!(proving, Decision::Open { trips_now: true, retry_after, .. } if retry_after == s(600))
        );
        assert_eq!(verdict(&[trip(1000), attempt(60, Outcome::Healthy)]), ALLOW);
        // Stability forgives earlier trips.
        assert_eq!(verdict(&[trip(9000), attempt(8000, Outcome::Healthy), trip(0)]), open(300));
        assert_eq!(verdict(&[trip(0), Event::Reset]), ALLOW);
    }

    #[test]
    fn open_time_doubles_to_its_limit() {
        let limits = Limits::default();
        let minutes: Vec<u64> = (1..=5).map(|trips| open_for(trips, &limits).as_secs() / 60).collect();
        assert_eq!(minutes, [5, 10, 20, 30, 30]);
    }

    #[test]
    fn the_machine_has_a_budget() {
        let limits = Limits::default();
        let free = standing(&[], &limits);
        let at = |oldest| decide(&free, &[s(1), s(2), s(3), s(4), s(5), s(oldest)], &limits);
        assert_eq!(at(59), Decision::Wait { rule: Rule::Machine, retry_after: s(1) });
        assert_eq!(at(60), ALLOW);
    }

    proptest! {
        /// However often and when one asks: never more attempts within a window than the limit.
        #[test]
        fn never_more_than_the_limit(open in 1_u64..600, gaps in proptest::collection::vec((0_u64..200, any::<bool>()), 1..60)) {
            let limits = Limits { open: s(open), ..Limits::default() };
            let mut clock = 10_000_u64;
            let mut begins: Vec<u64> = Vec::new();
            let mut past: Vec<(u64, Option<Outcome>)> = Vec::new();
            for (gap, healthy) in gaps {
                clock += gap;
                let events: Vec<Event> = past.iter().map(|(at, outcome)| match outcome {
                    Some(outcome) => attempt(clock - at, *outcome),
                    None => Event::Trip { at: s(clock - at), cause: String::new() },
                }).collect();
                match decide(&standing(&events, &limits), &[], &limits) {
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
