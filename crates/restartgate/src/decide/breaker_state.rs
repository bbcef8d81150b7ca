//! The state of a service: its history, replayed under the limits.

use std::time::Duration;

use crate::model::limits::Limits;
use crate::model::record::BreakerName;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service came up healthy.
    Healthy,
    /// It did not, or the process that restarted it died before it could tell.
    Failed,
}

/// Something that happened to a service. Times are ages: how long ago it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A restart was started, and perhaps ended.
    Attempt {
        /// Age of its start.
        started: Duration,
        /// Age of its end, or of its start where no end was recorded.
        ended: Duration,
        outcome: Outcome,
        /// A number in 0..1 of the attempt, which spreads the cooldowns of several services.
        jitter: f64,
    },
    /// The breaker was tripped, by the gate or by a person.
    Trip { at: Duration, cause: String },
    /// A person reset the service: nothing before this counts.
    Reset,
}

/// The breaker of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Breaker {
    /// Restarts pass, within the other limits.
    Closed,
    /// Restarts are refused until its time is over.
    Open { left: Duration, cause: String },
    /// It was open long enough: one probe may pass.
    HalfOpen,
    /// The probe came up; the breaker closes when the service stays up this much longer.
    Proving { left: Duration },
}

impl Breaker {
    pub(crate) const fn name(&self) -> BreakerName {
        match self {
            Self::Closed => BreakerName::Closed,
            Self::Open { .. } => BreakerName::Open,
            Self::HalfOpen => BreakerName::HalfOpen,
            Self::Proving { .. } => BreakerName::Proving,
        }
    }
}

/// The state of a service: its breaker, and what counts against its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceState {
    pub(crate) breaker: Breaker,
    /// Trips in a row, without a stable period between.
    pub(crate) trips: u32,
    /// Attempts that count within the window.
    pub(crate) attempts_used: usize,
    /// Time until the oldest of them leaves the window.
    pub(crate) window_left: Duration,
    /// Length of the cooldown that the last restart started.
    pub(crate) cooldown: Duration,
    pub(crate) cooldown_left: Duration,
    /// Failures since the last success.
    pub(crate) failures: u32,
}

/// Replays the events, oldest first, to the state of the service now.
pub(crate) fn replay(events: &[Event], limits: &Limits) -> ServiceState {
    let mut replay = Replay::default();
    for event in events {
        replay.apply(event, limits);
    }
    replay.state(limits)
}

/// How long the `trips`-th trip in a row keeps the breaker open.
pub(crate) fn open_for(trips: u32, limits: &Limits) -> Duration {
    limits.open.saturating_mul(doubled(trips)).min(limits.open_max())
}

/// Cooldown after `failures` failures in a row: each doubles it, and it is up to a fifth shorter or longer, so that
/// services that failed together are not restarted together.
fn cooldown(failures: u32, jitter: f64, limits: &Limits) -> Duration {
    let plain = limits.cooldown.saturating_mul(doubled(failures)).min(limits.cooldown_max());
    if failures == 0 { plain } else { plain.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)) }
}

fn doubled(times: u32) -> u32 {
    2_u32.saturating_pow(times.saturating_sub(1))
}

#[derive(Default)]
struct Replay<'a> {
    trips: u32,
    /// The last trip: its age, and why.
    trip: Option<(Duration, &'a str)>,
    /// Age of the healthy end of the probe after the last trip.
    proved_since: Option<Duration>,
    failures: u32,
    /// Age of the last end, and the cooldown that it starts.
    last: Option<(Duration, Duration)>,
    /// Ages of the starts of attempts.
    starts: Vec<Duration>,
}

impl<'a> Replay<'a> {
    fn apply(&mut self, event: &'a Event, limits: &Limits) {
        match event {
            Event::Reset => *self = Self::default(),
            Event::Trip { at, cause } => {
                self.close_if_stable(*at, limits);
                self.trip = Some((*at, cause));
                self.trips += 1;
                self.proved_since = None;
            }
            Event::Attempt { started, ended, outcome, jitter } => {
                self.close_if_stable(*started, limits);
                self.expire_failures(*started, limits);
                self.starts.push(*started);
                match outcome {
                    Outcome::Healthy => self.failures = 0,
                    Outcome::Failed => self.failures += 1,
                }
                self.last = Some((*ended, cooldown(self.failures, *jitter, limits)));
                self.judge_probe(*ended, *outcome);
            }
        }
    }

    /// An attempt while the breaker is not closed is its probe: the breaker is proving after it, or trips again.
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

    /// `now` is an age, as all times here: zero is the present.
    fn close_if_stable(&mut self, now: Duration, limits: &Limits) {
        if self.proved_since.is_some_and(|since| since.saturating_sub(now) >= limits.stable) {
            self.trip = None;
            self.proved_since = None;
            self.trips = 0;
        }
    }

    fn expire_failures(&mut self, now: Duration, limits: &Limits) {
        if self.last.is_some_and(|(ended, _)| ended.saturating_sub(now) >= limits.failures_expire_after()) {
            self.failures = 0;
        }
    }

    fn state(mut self, limits: &Limits) -> ServiceState {
        self.close_if_stable(Duration::ZERO, limits);
        self.expire_failures(Duration::ZERO, limits);
        let in_window = || self.starts.iter().copied().filter(|age| *age < limits.window);
        let (ended, cooldown) = self.last.unwrap_or_default();
        ServiceState {
            breaker: self.breaker(limits),
            trips: self.trips,
            attempts_used: in_window().count(),
            window_left: in_window()
                .max()
                .map_or(Duration::ZERO, |oldest| limits.window.saturating_sub(oldest)),
            cooldown,
            cooldown_left: cooldown.saturating_sub(ended),
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
pub(super) mod tests {
    use super::*;

    pub(in crate::decide) fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    pub(in crate::decide) fn attempt(ended: u64, outcome: Outcome) -> Event {
        Event::Attempt { started: s(ended), ended: s(ended), outcome, jitter: 0.5 }
    }

    #[test]
    fn failures_double_the_cooldown_up_to_its_limit() {
        let limits = Limits::default();
        for (failures, expected) in [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (9, 300)] {
            let events: Vec<Event> = (0..failures).map(|_| attempt(0, Outcome::Failed)).collect();
            assert_eq!(replay(&events, &limits).cooldown_left, s(expected), "{failures} failures");
        }
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_spares_successes() {
        let limits = Limits::default();
        let left = |outcome, jitter| {
            let event = Event::Attempt { started: s(0), ended: s(0), outcome, jitter };
            replay(&[event], &limits).cooldown_left
        };
        assert_eq!((left(Outcome::Failed, 0.0), left(Outcome::Failed, 1.0)), (s(24), s(36)));
        assert_eq!(left(Outcome::Healthy, 0.0), s(30));
    }

    #[test]
    fn failures_expire_without_restarts() {
        let limits = Limits::default();
        let after = |age| replay(&[attempt(age, Outcome::Failed)], &limits).failures;
        assert_eq!((after(599), after(600)), (1, 0));
        let between =
            replay(&[attempt(700, Outcome::Failed), attempt(100, Outcome::Failed)], &limits).failures;
        assert_eq!(between, 1);
    }

    #[test]
    fn the_state_says_what_counts_against_the_limits() {
        let limits = Limits::default();
        let events =
            [attempt(400, Outcome::Healthy), attempt(250, Outcome::Failed), attempt(100, Outcome::Failed)];
        let found = replay(&events, &limits);
        assert_eq!((found.attempts_used, found.window_left), (2, s(50)), "one has left the window");
        assert_eq!((found.failures, found.cooldown, found.cooldown_left), (2, s(60), Duration::ZERO));
        assert_eq!((found.trips, found.breaker.name()), (0, BreakerName::Closed));
        let empty = replay(&[], &limits);
        assert_eq!((empty.window_left, empty.cooldown), (Duration::ZERO, Duration::ZERO));
        let reset = [&events[..], &[Event::Reset]].concat();
        assert_eq!(replay(&reset, &limits), empty, "nothing before a reset counts");
    }

    #[test]
    fn a_breaker_that_closed_forgets_its_trips() {
        let limits = Limits::default();
        let trip = |age| Event::Trip { at: s(age), cause: "storm".into() };
        let after = |good| replay(&[trip(1000), attempt(good, Outcome::Healthy), trip(500)], &limits);
        // It was stable for exactly its time before the second trip, or for a second less.
        assert_eq!((after(560).trips, after(559).trips), (1, 2));
        let proving = replay(&[trip(1000), attempt(20, Outcome::Healthy)], &limits);
        assert_eq!(proving.breaker, Breaker::Proving { left: s(40) });
        let again = replay(&[trip(1000), attempt(20, Outcome::Healthy), trip(5)], &limits);
        assert_eq!(again.breaker, Breaker::Open { left: s(595), cause: "storm".into() });
    }

    #[test]
    fn open_time_doubles_to_its_limit() {
        let limits = Limits::default();
        let minutes: Vec<u64> = (1..=5).map(|trips| open_for(trips, &limits).as_secs() / 60).collect();
        assert_eq!(minutes, [5, 10, 20, 30, 30]);
    }

    #[test]
    fn an_attempt_without_end_counts_from_its_start() {
        let dead = Event::Attempt { started: s(20), ended: s(20), outcome: Outcome::Failed, jitter: 0.5 };
        let found = replay(&[dead], &Limits::default());
        assert_eq!((found.attempts_used, found.failures, found.cooldown_left), (1, 1, s(10)));
    }
}
