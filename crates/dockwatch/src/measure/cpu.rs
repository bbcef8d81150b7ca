//! CPU use between two readings of a container's CPU time.

use std::time::Duration;

use evenkeel_common::boot::since_boot;
use serde::{Deserialize, Serialize};

use crate::model::numbers::round2;

/// Over shorter windows the figure is mostly scheduling noise.
pub(super) const MIN_WINDOW: Duration = Duration::from_millis(100);
/// Older readings say little about the present.
const MAX_WINDOW: Duration = Duration::from_mins(1);

/// The clock of counters that are read here, in nanoseconds since boot; 0 outside Linux, where none are read.
pub(super) fn now_ns() -> u64 {
    since_boot().and_then(|time| u64::try_from(time.as_nanos()).ok()).unwrap_or(0)
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

impl CpuCounter {
    /// CPU use since an earlier reading. `None` where the window is too short or too long, or where the two readings
    /// are not of the same run of the container.
    pub(super) fn usage_since(self, earlier: Self) -> Option<CpuUsage> {
        let window = Duration::from_nanos(self.at_ns.checked_sub(earlier.at_ns)?);
        let used = Duration::from_nanos(self.used_ns.checked_sub(earlier.used_ns)?);
        if !(MIN_WINDOW..=MAX_WINDOW).contains(&window) {
            return None;
        }
        let pct = round2(used.as_secs_f64() * 100.0 / window.as_secs_f64());
        Some(CpuUsage { pct, window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_windows() {
        let at = |ms: u64, used: u64| CpuCounter { at_ns: ms * 1_000_000, used_ns: used * 1_000_000 };
        let usage =
            |earlier, later: CpuCounter| later.usage_since(earlier).map(|usage| (usage.pct, usage.window_ms));
        assert_eq!(usage(at(0, 0), at(1000, 250)), Some((25.0, 1000)));
        assert_eq!(usage(at(0, 0), at(100, 200)), Some((200.0, 100)));
        assert_eq!(usage(at(0, 0), at(99, 1)), None, "too short");
        assert_eq!(usage(at(0, 0), at(60_001, 1)), None, "too long ago");
        assert_eq!(usage(at(10, 0), at(0, 1)), None, "backwards");
        assert_eq!(usage(at(0, 9), at(1000, 1)), None, "another run");
    }
}
