//! A clock that nobody can set back, shared by all processes until the machine restarts.

/// Nanoseconds since the machine started, time asleep included.
#[cfg(target_os = "linux")]
pub fn since_boot_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Elsewhere no engine is read from files, and wall time is near enough for a CPU window.
#[cfg(not(target_os = "linux"))]
pub fn since_boot_ns() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Names this run of the machine: [`since_boot_ns`] of another one cannot be compared.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
