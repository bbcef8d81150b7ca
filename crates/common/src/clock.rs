//! The wall clock as records carry it, and the clock of one boot, which nobody can set back.

use std::time::Duration;

use jiff::Timestamp;

/// Reads the wall clock, cut to milliseconds, as every record and JSON object carries it.
///
/// Wall time is for display and for ages; deadlines use [`std::time::Instant`].
pub fn now() -> Timestamp {
    to_milliseconds(Timestamp::now())
}

/// Cuts a time to milliseconds, as every record and JSON object carries it.
pub fn to_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Names this boot of the machine, so that [`since_boot`] of another boot is not compared with it. `None` where the
/// system does not say.
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// Time since the machine started, suspend included. The same for all processes; `None` outside Linux.
pub fn since_boot() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::try_from(time).ok()
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_advances_within_one_boot() {
        let (id, before) = (boot_id(), since_boot().unwrap());
        assert!(id.as_ref().is_some_and(|id| !id.is_empty() && !id.contains('\n')), "{id:?}");
        assert!(since_boot().unwrap() >= before);
        assert_eq!(boot_id(), id);
    }
}
