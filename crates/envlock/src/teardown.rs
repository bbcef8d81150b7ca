//! When a take-down that does not end is ended by force: after the time that was given for it, or at a person's wish.
#![deny(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

/// This many signals within [`BURST`] are taken for the wish to end it.
const SIGNALS: usize = 3;

/// See [`SIGNALS`].
const BURST: Duration = Duration::from_secs(1);

/// A take-down gets this long nevertheless: impatient people press keys as fast, and Docker alone gives each container
/// 10 seconds to stop.
pub const GUARANTEED: Duration = Duration::from_secs(30);

/// How long a take-down may take.
#[derive(Debug)]
pub struct TeardownLimit {
    started: Instant,
    due: Option<Instant>,
    signals: Vec<Instant>,
    insisted: bool,
}

/// What a signal to envlock during a take-down comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The first one: it does not reach the take-down.
    Protected,
    /// The take-down will be ended, in this time.
    EndsIn(Duration),
    /// Nothing that was not said before.
    Silent,
}

impl TeardownLimit {
    /// Starts with the take-down; without a `timeout` it may take as long as it likes.
    pub fn new(started: Instant, timeout: Option<Duration>) -> Self {
        // A limit past the end of the clock is none.
        let due = timeout.and_then(|timeout| started.checked_add(timeout));
        Self { started, due, signals: Vec::new(), insisted: false }
    }

    /// When it is to be ended.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// It has been ended by force.
    pub fn expire(&mut self) {
        self.due = None;
        self.insisted = true;
    }

    /// Takes note of a signal.
    pub fn on_signal(&mut self, now: Instant) -> Answer {
        let first = self.signals.is_empty();
        self.signals.push(now);
        if self.insisted {
            return Answer::Silent;
        }
        let burst = self.signals.iter().rev().take_while(|then| now.duration_since(**then) < BURST).count();
        if burst < SIGNALS {
            return if first { Answer::Protected } else { Answer::Silent };
        }
        self.insisted = true;
        let due = now.max(self.started + GUARANTEED);
        let due = self.due.map_or(due, |given| given.min(due));
        self.due = Some(due);
        Answer::EndsIn(due.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn signals_far_apart_never_end_it() {
        let start = Instant::now();
        let mut limit = TeardownLimit::new(start, None);
        assert_eq!(limit.on_signal(start), Answer::Protected);
        for second in 1..100 {
            assert_eq!(limit.on_signal(start + ms(500 * second)), Answer::Silent);
        }
        assert_eq!(limit.due(), None);
    }

    #[test]
    fn three_within_a_second_end_it_once_it_had_its_time() {
        let start = Instant::now();
        for (first, ends_in) in [(ms(0), ms(29_001)), (ms(40_000), ms(0))] {
            let mut limit = TeardownLimit::new(start, None);
            let third = start + first + ms(999);
            limit.on_signal(start + first);
            assert_eq!(limit.on_signal(start + first + ms(998)), Answer::Silent);
            assert_eq!(limit.on_signal(third), Answer::EndsIn(ends_in));
            assert_eq!(limit.due(), Some(third + ends_in));
            assert_eq!(limit.on_signal(third), Answer::Silent, "it is said once");
        }
    }

    #[test]
    fn a_deadline_is_only_ever_shortened() {
        let start = Instant::now();
        for (timeout, due) in [(ms(5_000), ms(5_000)), (ms(600_000), ms(30_000))] {
            let mut limit = TeardownLimit::new(start, Some(timeout));
            assert_eq!(limit.due(), Some(start + timeout));
            for _ in 0..3 {
                limit.on_signal(start);
            }
            assert_eq!(limit.due(), Some(start + due));
        }
        assert_eq!(TeardownLimit::new(start, Some(Duration::MAX)).due(), None);
        let mut ended = TeardownLimit::new(start, Some(ms(1)));
        ended.expire();
        assert_eq!((ended.due(), ended.on_signal(start)), (None, Answer::Silent));
    }
}
