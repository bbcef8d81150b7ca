//! The clock of one boot, which nobody can set back, and the name of that boot.

use std::time::Duration;

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
