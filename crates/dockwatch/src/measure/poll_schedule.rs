//! When the engine is asked, and when reading the kernel's files is enough: its lists change only when it says so.

use std::time::{Duration, Instant};

use crate::measure::sampler::Ask;
use crate::model::container::Facts;

/// Decides whom the next sample asks.
#[derive(Debug)]
pub struct Pace {
    /// The engine is asked this often even when nothing happens, so that one that hangs is noticed.
    longest: Duration,
    asked: Instant,
    must_ask: bool,
}

impl Pace {
    /// Starts after the engine was asked.
    pub fn new(longest: Duration) -> Self {
        Self { longest, asked: Instant::now(), must_ask: false }
    }

    /// Something happened: the lists are old.
    pub const fn hurry(&mut self) {
        self.must_ask = true;
    }

    /// Whom to ask now.
    pub fn whom(&mut self) -> Ask {
        if !self.must_ask && self.asked.elapsed() < self.longest {
            return Ask::KernelOnly;
        }
        self.asked = Instant::now();
        self.must_ask = false;
        Ask::Everyone
    }

    /// Learns from a sample: what is not well is asked again.
    pub fn learn(&mut self, facts: &Facts) {
        self.must_ask |= !facts.is_healthy() || facts.vanished > 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_when_something_happened_and_now_and_then() {
        let mut pace = Pace::new(Duration::from_hours(1));
        assert_eq!(pace.whom(), Ask::KernelOnly);
        pace.hurry();
        assert_eq!((pace.whom(), pace.whom()), (Ask::Everyone, Ask::KernelOnly));
        pace.learn(&Facts { vanished: 1, ..Facts::default() });
        assert_eq!(pace.whom(), Ask::Everyone);
        assert_eq!(Pace::new(Duration::ZERO).whom(), Ask::Everyone);
    }
}
