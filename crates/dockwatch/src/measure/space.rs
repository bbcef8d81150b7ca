//! How full file systems are: a container's tmpfs mounts, which take memory that `docker stats` does not show
//! separately, and the one that holds the engine's data.

use std::path::PathBuf;

use crate::measure::cgroup::reader::{Buffer, CgroupReader};
use crate::model::container::TmpfsUsage;
use crate::model::engine::DiskSpace;

/// Measures tmpfs mounts through the root directory of a process in the container; unknown where that is not accessible.
pub(super) fn of_tmpfs(reader: Option<&mut CgroupReader>, destinations: &[String]) -> Vec<TmpfsUsage> {
    if destinations.is_empty() {
        return Vec::new();
    }
    let pid = reader.and_then(|reader| reader.first_pid(&mut Buffer::default()));
    let usage = |destination: &String| {
        let bytes = pid.and_then(|pid| statvfs(&format!("/proc/{pid}/root{destination}")));
        TmpfsUsage {
            destination: destination.clone(),
            used: bytes.map(|(used, _)| used),
            size: bytes.map(|(_, size)| size),
        }
    };
    destinations.iter().map(usage).collect()
}

/// Where a local engine keeps its data.
#[derive(Debug, Default)]
pub(super) struct DataRoot {
    /// The directory as this process reaches it.
    path: Option<PathBuf>,
}

impl DataRoot {
    /// The space of an engine at this host that names this directory. Unknown where the engine is not on this machine.
    pub(super) async fn space(&mut self, host: &str, directory: &str) -> Option<DiskSpace> {
        if let Some(space) = self.path.as_ref().and_then(disk_space) {
            return Some(space);
        }
        self.path = reach(host, directory).await;
        self.path.as_ref().and_then(disk_space)
    }
}

/// The directory as this process reaches it: through the root directory of the process that listens at the engine's
/// socket, because an engine can have mounts of its own. Only where that process may not be looked into is the path taken
/// as it is.
#[cfg(target_os = "linux")]
async fn reach(host: &str, directory: &str) -> Option<PathBuf> {
    let socket = host.strip_prefix("unix://")?;
    let pid = tokio::net::UnixStream::connect(socket).await.ok()?.peer_cred().ok()?.pid()?;
    // The kernel says 0 of a process outside of this one's PID namespace.
    let root = PathBuf::from(format!("/proc/{pid}/root"));
    match std::fs::metadata(&root) {
        _ if pid == 0 => None,
        Ok(_) => Some(root.join(directory.trim_start_matches('/'))),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Some(directory.into()),
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_async, reason = "as on Linux")]
async fn reach(_: &str, _: &str) -> Option<PathBuf> {
    None
}

#[cfg(unix)]
fn disk_space(path: &PathBuf) -> Option<DiskSpace> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some(DiskSpace { free: space.f_bavail * space.f_frsize, total: space.f_blocks * space.f_frsize })
}

#[cfg(not(unix))]
fn disk_space(_: &PathBuf) -> Option<DiskSpace> {
    None
}

/// Used and total bytes of the file system at a path.
#[cfg(unix)]
fn statvfs(path: &str) -> Option<(u64, u64)> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some((space.f_blocks.saturating_sub(space.f_bfree) * space.f_frsize, space.f_blocks * space.f_frsize))
}

#[cfg(not(unix))]
fn statvfs(_: &str) -> Option<(u64, u64)> {
    None
}
