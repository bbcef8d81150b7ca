//! Keeps a level from flapping: a rise counts at once, a fall only after it has lasted.

use std::time::{Duration, Instant};

use crate::model::level::Level;

/// How long a lower level must last before it is announced.
const DOWN_DELAY: Duration = Duration::from_secs(30);

/// A level that is announced, and whether a lower one is about to replace it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hysteresis {
    level: Level,
    lower_since: Option<Instant>,
}

impl Hysteresis {
    pub(crate) const fn new(level: Level) -> Self {
        Self { level, lower_since: None }
    }

    pub(crate) const fn level(&self) -> Level {
        self.level
    }

    /// Takes a measured level. Returns the previous level where the announced one changes.
    pub(crate) fn update(&mut self, measured: Level, now: Instant) -> Option<Level> {
        if measured < self.level {
            let since = *self.lower_since.get_or_insert(now);
            if now.duration_since(since) < DOWN_DELAY {
                return None;
            }
        }
        self.lower_since = None;
        let previous = std::mem::replace(&mut self.level, measured);
        (previous != measured).then_some(previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_at_once_down_after_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut level = Hysteresis::new(Level::Safe);
        assert_eq!(level.update(Level::Critical, at(0)), Some(Level::Safe));
        assert_eq!(level.update(Level::Safe, at(1)), None);
        assert_eq!(level.update(Level::Critical, at(20)), None, "it came back: no change");
        assert_eq!(level.update(Level::Warning, at(21)), None);
        assert_eq!(level.update(Level::Safe, at(50)), None);
        assert_eq!(level.update(Level::Warning, at(51)), Some(Level::Critical));
        assert_eq!(level.update(Level::Emergency, at(52)), Some(Level::Warning));
        assert_eq!(level.level(), Level::Emergency);
    }
}
