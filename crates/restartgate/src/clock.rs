//! Ages of records: on the boot clock within one boot, which nobody can set back; on the wall clock across boots.

use std::time::Duration;

use evenkeel_common::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment that can be aged later, by another process, and after a reboot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall time.
    pub at: Timestamp,
    /// Which boot; `null` where the system does not say.
    pub boot_id: Option<String>,
    /// Time since that boot, suspend included.
    pub boot_ms: u64,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self { at: evenkeel_common::now(), boot_id: boot_id(), boot_ms: since_boot() }
    }

    /// How long before `now` this was. A moment that seems to lie in the future has age zero, which errs on the
    /// side of refusing a restart; one of an earlier boot is at least as old as this boot, so that a clock set back
    /// does not refuse for ever.
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

#[cfg(target_os = "linux")]
fn boot_id() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

#[cfg(target_os = "linux")]
fn since_boot() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Elsewhere only wall time is at hand.
#[cfg(not(target_os = "linux"))]
fn boot_id() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall_s: i64, boot: Option<&str>, boot_ms: u64) -> Moment {
        Moment { at: Timestamp::from_second(wall_s).unwrap(), boot_id: boot.map(str::to_owned), boot_ms }
    }

    #[test]
    fn within_a_boot_the_wall_clock_does_not_matter() {
        let then = moment(5000, Some("a"), 1000);
        assert_eq!(then.age_at(&moment(1400, Some("a"), 4000)), Duration::from_secs(3));
    }

    #[test]
    fn across_boots_wall_time_counts_and_the_uptime_is_the_least() {
        let then = moment(5000, Some("a"), 9000);
        assert_eq!(then.age_at(&moment(5010, Some("b"), 10)), Duration::from_secs(10));
        assert_eq!(then.age_at(&moment(4000, Some("b"), 7000)), Duration::from_secs(7));
        assert_eq!(moment(5, None, 0).age_at(&moment(3, None, 0)), Duration::ZERO);
        assert_eq!(moment(1, None, 0).age_at(&moment(3, None, 0)), Duration::from_secs(2));
    }
}
