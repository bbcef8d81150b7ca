//! The time in which the engine does not answer: said once when it begins and once when it ends.

use std::time::Duration;

use evenkeel_common::Error;
use tokio::time::Instant;

use crate::output::heal_json::{say, warn};

/// Pause before the engine is tried again: the first one, which doubles, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether the engine answers, and how long to wait before it is tried again.
#[derive(Debug)]
pub(super) struct Outage {
    /// Since when the engine answers; `None` where it does not.
    answers_since: Option<Instant>,
    pause: Duration,
    is_said: bool,
}

impl Outage {
    pub(super) const fn none() -> Self {
        Self { answers_since: None, pause: FIRST_PAUSE, is_said: false }
    }

    /// Notes that the engine is lost, and gives how long to wait.
    pub(super) fn begin(&mut self, cause: &Error) -> Duration {
        if !self.is_said {
            warn(cause);
            say("trying again until the engine answers");
            self.is_said = true;
        }
        // An engine that answers for a moment only is not asked all the time.
        if self.answers_since.take().is_some_and(|since| since.elapsed() > LONGEST_PAUSE) {
            self.pause = FIRST_PAUSE;
        }
        let pause = self.pause;
        self.pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        pause
    }

    /// Notes that the engine answers.
    pub(super) fn end(&mut self) {
        self.answers_since = Some(Instant::now());
        if self.is_said {
            say("the engine answers again");
            self.is_said = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_the_engine_is_away() {
        let cause = Error::unavailable("reach the engine", "test");
        let mut outage = Outage::none();
        let seconds: Vec<f64> = (0..8).map(|_| outage.begin(&cause).as_secs_f64()).collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        outage.end();
        assert!(!outage.is_said);
        assert_eq!(outage.begin(&cause), LONGEST_PAUSE, "it has answered for a moment only");
    }
}
