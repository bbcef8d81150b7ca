//! When to ask the engine and when the kernel's counters are enough: the engine's lists change only when it reports an
//! event.

use std::time::{Duration, Instant};

use crate::measure::sample::Query;
use crate::model::facts::Facts;

/// Decides what the next sample asks.
#[derive(Debug)]
pub(crate) struct PollSchedule {
    /// The engine is asked this often even without events, so that one that hangs is noticed.
    max_interval: Duration,
    /// What is asked then, and after an event.
    full: Query,
    /// What is asked in between.
    between: Query,
    last_asked: Instant,
    is_stale: bool,
}

impl PollSchedule {
    /// A schedule that begins when the engine has just been asked.
    pub(crate) fn new(max_interval: Duration, full: Query, between: Query) -> Self {
        Self { max_interval, full, between, last_asked: Instant::now(), is_stale: false }
    }

    /// Notes that the engine's lists have changed.
    pub(crate) const fn invalidate(&mut self) {
        self.is_stale = true;
    }

    /// What the next sample asks.
    pub(crate) fn next_query(&mut self) -> Query {
        if !self.is_stale && self.last_asked.elapsed() < self.max_interval {
            return self.between;
        }
        self.last_asked = Instant::now();
        self.is_stale = false;
        self.full
    }

    /// Takes a sample into account: after an incomplete one the engine is asked again.
    pub(crate) fn observe(&mut self, facts: &Facts) {
        self.is_stale |= !facts.is_healthy() || facts.vanished > 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_after_an_event_and_at_intervals() {
        let schedule = |interval| PollSchedule::new(interval, Query::EngineAndKernel, Query::KernelOnly);
        let mut hourly = schedule(Duration::from_hours(1));
        assert_eq!(hourly.next_query(), Query::KernelOnly);
        hourly.invalidate();
        assert_eq!((hourly.next_query(), hourly.next_query()), (Query::EngineAndKernel, Query::KernelOnly));
        hourly.observe(&Facts { vanished: 1, ..Facts::default() });
        assert_eq!(hourly.next_query(), Query::EngineAndKernel);
        assert_eq!(schedule(Duration::ZERO).next_query(), Query::EngineAndKernel);
    }
}
