//! Times whose age another process can tell later: by the boot clock within one boot, which nobody can set back, and by
//! the wall clock across boots.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use crate::clock::{self, now};

/// A point in time whose age can be told later, by another process, and after a reboot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootTimestamp {
    /// By the wall clock.
    pub at: Timestamp,
    /// Which boot; `null` where the system does not say.
    pub boot_id: Option<String>,
    /// Time since that boot, suspend included.
    pub boot_ms: u64,
}

impl BootTimestamp {
    /// Reads both clocks.
    pub fn now() -> Self {
        let since_boot = clock::since_boot().unwrap_or_default();
        let boot_ms = u64::try_from(since_boot.as_millis()).unwrap_or(u64::MAX);
        Self { at: now(), boot_id: clock::boot_id(), boot_ms }
    }

    /// Whether this lies after `now`, by the same clock as [`Self::age_at`].
    pub fn is_after(&self, now: &Self) -> bool {
        match (&self.boot_id, &now.boot_id) {
            (Some(then), Some(this)) if then == this => self.boot_ms > now.boot_ms,
            // Its age is at least that of this boot.
            (Some(_), Some(_)) => false,
            _ => self.at > now.at,
        }
    }

    /// How long before `now` this was. A time that seems to lie in the future has age zero; a time of an earlier boot is
    /// at least as old as this boot, so that a clock set back does not keep it young for ever.
    pub fn age_at(&self, now: &Self) -> Duration {
        let by_wall =
            u64::try_from(now.at.as_millisecond().saturating_sub(self.at.as_millisecond())).unwrap_or(0);
        let ms = match (&self.boot_id, &now.boot_id) {
            (Some(then), Some(this)) if then == this => now.boot_ms.saturating_sub(self.boot_ms),
            (Some(_), Some(_)) => by_wall.max(now.boot_ms),
            _ => by_wall,
        };
        Duration::from_millis(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(wall_s: i64, boot: Option<&str>, boot_ms: u64) -> BootTimestamp {
        BootTimestamp {
            at: Timestamp::from_second(wall_s).unwrap(),
            boot_id: boot.map(str::to_owned),
            boot_ms,
        }
    }

    #[test]
    fn within_a_boot_the_wall_clock_does_not_matter() {
        let then = time(5000, Some("a"), 1000);
        assert_eq!(then.age_at(&time(1400, Some("a"), 4000)), Duration::from_secs(3));
    }

    #[test]
    fn across_boots_wall_time_counts_and_the_uptime_is_the_least() {
        let then = time(5000, Some("a"), 9000);
        assert_eq!(then.age_at(&time(5010, Some("b"), 10)), Duration::from_secs(10));
        assert_eq!(then.age_at(&time(4000, Some("b"), 7000)), Duration::from_secs(7));
        assert_eq!(time(5, None, 0).age_at(&time(3, None, 0)), Duration::ZERO);
        assert_eq!(time(1, None, 0).age_at(&time(3, None, 0)), Duration::from_secs(2));
    }
    #[test]
    fn what_would_stay_young_for_ever_lies_after_now() {
        let now = time(1000, Some("a"), 4000);
        for (then, is_after) in [
            (time(9999, Some("a"), 4000), false),
            (time(0, Some("a"), 4001), true),
            (time(9999, Some("b"), 9000), false),
            (time(1000, None, 0), false),
            (time(1001, None, 0), true),
        ] {
            assert_eq!(then.is_after(&now), is_after, "{then:?}");
        }
    }
}
