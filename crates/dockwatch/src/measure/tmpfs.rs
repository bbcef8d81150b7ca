//! How full a container's tmpfs mounts are: memory that `docker stats` does not show separately.

use crate::measure::cgroup::reader::{Buffer, CgroupReader};
use crate::model::container::TmpfsUsage;

/// Measures the mounts through the root directory of a process in the container; unknown where that is not accessible.
pub(super) fn measure(reader: Option<&mut CgroupReader>, destinations: &[String]) -> Vec<TmpfsUsage> {
    if destinations.is_empty() {
        return Vec::new();
    }
    let pid = reader.and_then(|reader| reader.first_pid(&mut Buffer::default()));
    let usage = |destination: &String| {
        let bytes = pid.and_then(|pid| used_and_size(&format!("/proc/{pid}/root{destination}")));
        TmpfsUsage {
            destination: destination.clone(),
            used: bytes.map(|(used, _)| used),
            size: bytes.map(|(_, size)| size),
        }
    };
    destinations.iter().map(usage).collect()
}

/// Used and total bytes of the file system at a path.
#[cfg(unix)]
fn used_and_size(path: &str) -> Option<(u64, u64)> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some((space.f_blocks.saturating_sub(space.f_bfree) * space.f_frsize, space.f_blocks * space.f_frsize))
}

#[cfg(not(unix))]
fn used_and_size(_: &str) -> Option<(u64, u64)> {
    None
}
