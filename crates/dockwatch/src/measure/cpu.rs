//! CPU use between two readings of a container's CPU time.
//!
//! The kernel gives a container with a CPU limit its share of each period of 100 ms in one burst. A window of whole periods
//! sees whole bursts, so the figure is right even over two of them; any other short window can see half a burst more or
//! less (measured with a limit of 0.3: standard deviation 0.8 points over 200 ms, 4.7 over 250 ms). Over a second and
//! more it no longer matters.

use std::time::Duration;

use evenkeel_common::clock::since_boot;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::model::numbers::round2;

/// The kernel's period of CPU limits; engines use it unless they are told otherwise (`--cpu-period`).
const LIMIT_PERIOD_MS: u64 = 100;
/// The window of a container that has no earlier reading.
const FIRST_WINDOW: Duration = Duration::from_millis(2 * LIMIT_PERIOD_MS);
/// A window that ends later than this after a whole number of periods is extended to the next one. What a burst can add
/// in this time is less than three points.
const MAX_LATE_MS: u64 = 8;

/// The window of a container that is measured through its engine, where the moment of each reading is not ours to choose.
pub(super) const ENGINE_WINDOW: Duration = Duration::from_secs(1);

/// From this window on, bursts do not matter. A little less than the interval of samples every second.
const STEADY_WINDOW: Duration = Duration::from_millis(900);
/// Over shorter windows the figure is mostly scheduling noise.
const MIN_WINDOW: Duration = Duration::from_millis(100);
/// Older readings say little about the present.
const MAX_WINDOW: Duration = Duration::from_mins(1);

/// The clock of counters that are read here, in nanoseconds since boot; 0 outside Linux, where none are read.
pub(super) fn now_ns() -> u64 {
    since_boot().and_then(|time| u64::try_from(time.as_nanos()).ok()).unwrap_or(0)
}

/// Waits until a whole number of periods has passed since `start`, at least two. On a machine that is too busy for that,
/// until bursts do not matter.
pub(super) async fn wait_for_periods(start: Instant) {
    tokio::time::sleep_until(start + FIRST_WINDOW).await;
    while let Some(extension) = extension(start.elapsed()) {
        tokio::time::sleep(extension).await;
    }
}

/// How much longer to wait until the window is a whole number of periods again; `None` where it may end now.
fn extension(window: Duration) -> Option<Duration> {
    let late = u64::try_from(window.as_millis()).unwrap_or(0) % LIMIT_PERIOD_MS;
    let is_late = late > MAX_LATE_MS && window < STEADY_WINDOW;
    is_late.then(|| Duration::from_millis(LIMIT_PERIOD_MS - late))
}

/// CPU time used until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CpuCounter {
    /// The moment, by the clock of [`crate::model::container::ContainerStats::at_ns`].
    pub(super) at_ns: u64,
    /// CPU time used until then, nanoseconds.
    pub(super) used_ns: u64,
}

/// CPU use over a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CpuUsage {
    /// Percent of one core.
    pub(super) pct: f64,
    pub(super) window_ms: u64,
}

impl CpuUsage {
    /// Whether bursts do not matter any more.
    pub(super) fn is_steady(&self) -> bool {
        u128::from(self.window_ms) >= STEADY_WINDOW.as_millis()
    }
}

impl CpuCounter {
    /// CPU use since an earlier reading. `None` where the window is too short or too long, or where the two readings
    /// are not of the same run of the container.
    pub(super) fn usage_since(self, earlier: Self) -> Option<CpuUsage> {
        let window = self.time_since(earlier)?;
        let used = Duration::from_nanos(self.used_ns.checked_sub(earlier.used_ns)?);
        if !(MIN_WINDOW..=MAX_WINDOW).contains(&window) {
            return None;
        }
        let pct = round2(used.as_secs_f64() * 100.0 / window.as_secs_f64());
        Some(CpuUsage { pct, window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX) })
    }

    fn time_since(self, earlier: Self) -> Option<Duration> {
        self.at_ns.checked_sub(earlier.at_ns).map(Duration::from_nanos)
    }

    fn is_steady_since(self, earlier: Self) -> bool {
        self.time_since(earlier).is_some_and(|window| window >= STEADY_WINDOW)
    }
}

/// Earlier readings, so that CPU use is that of the last one or two seconds however often it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CpuHistory {
    older: CpuCounter,
    newer: CpuCounter,
}

impl CpuHistory {
    /// The history of a first reading.
    pub(super) const fn new(first: CpuCounter) -> Self {
        Self { older: first, newer: first }
    }

    /// CPU use until now: over the shortest steady window, else over the longest.
    pub(super) fn usage_until(&self, now: CpuCounter) -> Option<CpuUsage> {
        now.usage_since(if now.is_steady_since(self.newer) { self.newer } else { self.older })
    }

    /// Adds a reading.
    pub(super) fn add(&mut self, now: CpuCounter) {
        if now.is_steady_since(self.newer) {
            (self.older, self.newer) = (self.newer, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64, used_ms: u64) -> CpuCounter {
        CpuCounter { at_ns: ms * 1_000_000, used_ns: used_ms * 1_000_000 }
    }

    #[test]
    fn windows() {
        let usage =
            |earlier, later: CpuCounter| later.usage_since(earlier).map(|usage| (usage.pct, usage.window_ms));
        assert_eq!(usage(at(0, 0), at(1000, 250)), Some((25.0, 1000)));
        assert_eq!(usage(at(0, 0), at(100, 200)), Some((200.0, 100)));
        assert_eq!(usage(at(0, 0), at(99, 1)), None, "too short");
        assert_eq!(usage(at(0, 0), at(60_001, 1)), None, "too long ago");
        assert_eq!(usage(at(10, 0), at(0, 1)), None, "backwards");
        assert_eq!(usage(at(0, 9), at(1000, 1)), None, "another run");
    }

    #[test]
    fn a_window_that_ends_late_goes_on_to_the_next_period() {
        let ms = Duration::from_millis;
        for (window, wanted) in [
            (200, None),
            (208, None),
            (209, Some(91)),
            (299, Some(1)),
            (300, None),
            (899, Some(1)),
            (950, None),
        ] {
            assert_eq!(extension(ms(window)), wanted.map(ms), "{window}");
        }
    }

    /// Read every 250 ms, a container that works half of each second shows about half, after the first second.
    #[test]
    fn frequent_readings_are_measured_over_a_second_or_two() {
        let mut history = CpuHistory::new(at(0, 0));
        for step in 1..40 {
            let busy = step / 4 * 500 + (step % 4 * 250).min(500);
            let now = at(step * 250, busy);
            let usage = history.usage_until(now).unwrap();
            history.add(now);
            assert_eq!(usage.is_steady(), step >= 4, "{step}");
            if usage.is_steady() {
                assert!((1000..2000).contains(&usage.window_ms), "{usage:?}");
                assert!((35.0..=67.0).contains(&usage.pct), "{usage:?}");
            }
        }
    }
}
