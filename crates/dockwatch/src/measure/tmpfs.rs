//! How full a container's tmpfs mounts are: memory that no `docker stats` column names.

use crate::measure::cgroup::reader::{Buffer, Probe};
use crate::model::container::Tmpfs;

/// Measures the mounts through a process of the container; unknown where that may not be looked at.
pub fn measure(probe: &mut Probe, destinations: &[String]) -> Vec<Tmpfs> {
    if destinations.is_empty() {
        return Vec::new();
    }
    let pid = probe.first_pid(&mut Buffer::default());
    let measured = |destination: &String| {
        let space = pid.and_then(|pid| space(&format!("/proc/{pid}/root{destination}")));
        Tmpfs {
            destination: destination.clone(),
            used: space.map(|(used, _)| used),
            size: space.map(|(_, size)| size),
        }
    };
    destinations.iter().map(measured).collect()
}

/// Bytes used and in all.
#[cfg(unix)]
fn space(path: &str) -> Option<(u64, u64)> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some((space.f_blocks.saturating_sub(space.f_bfree) * space.f_frsize, space.f_blocks * space.f_frsize))
}

#[cfg(not(unix))]
fn space(_: &str) -> Option<(u64, u64)> {
    None
}
