//! Keeps a level from flapping: up at once, down only when it has been lower for a while.

use std::time::{Duration, Instant};

use crate::model::level::Level;

/// How long a lower level must last.
pub const SETTLE: Duration = Duration::from_secs(30);

/// The level as it is announced.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    level: Level,
    lower_since: Option<Instant>,
    settle: Duration,
}

impl Steady {
    /// Starts at a level.
    pub const fn at(level: Level, settle: Duration) -> Self {
        Self { level, lower_since: None, settle }
    }

    /// The level that is announced.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Takes a measured level; gives the level before where the announced one changes.
    pub fn update(&mut self, measured: Level, now: Instant) -> Option<Level> {
        if measured >= self.level {
            self.lower_since = None;
        } else {
            let since = *self.lower_since.get_or_insert(now);
            if now.duration_since(since) < self.settle {
                return None;
            }
        }
        let before = std::mem::replace(&mut self.level, measured);
        self.lower_since = self.lower_since.filter(|_| before == measured);
        (before != measured).then_some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_at_once_down_after_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut steady = Steady::at(Level::Safe, SETTLE);
        assert_eq!(steady.update(Level::Critical, at(0)), Some(Level::Safe));
        assert_eq!(steady.update(Level::Safe, at(1)), None);
        assert_eq!(steady.update(Level::Critical, at(20)), None, "it came back: no change");
        assert_eq!(steady.update(Level::Warning, at(21)), None);
        assert_eq!(steady.update(Level::Safe, at(50)), None);
        assert_eq!(steady.update(Level::Warning, at(51)), Some(Level::Critical));
        assert_eq!(steady.update(Level::Emergency, at(52)), Some(Level::Warning));
        assert_eq!(steady.level(), Level::Emergency);
    }
}
