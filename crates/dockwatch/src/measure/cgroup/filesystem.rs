//! The cgroup file systems, and where each container's cgroup is.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where Linux mounts cgroups.
pub(crate) const ROOT: &str = "/sys/fs/cgroup";

/// Search depth below the root, more than any engine uses.
const MAX_DEPTH: usize = 8;

/// The controllers of v1 that are read; `unified` is the v2 hierarchy of a hybrid system.
const CONTROLLERS: [&str; 6] = ["memory", "cpu", "cpuacct", "pids", "blkio", "unified"];

/// The version of the cgroup interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// A directory that stays open, so that the kernel does not resolve its path again for each file below it.
#[derive(Debug)]
pub(crate) struct OpenDir {
    path: PathBuf,
    #[cfg(unix)]
    dir: Option<std::os::fd::OwnedFd>,
}

impl OpenDir {
    #[cfg(unix)]
    fn new(path: PathBuf) -> Arc<Self> {
        use rustix::fs::{Mode, OFlags};
        let dir =
            rustix::fs::open(&path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok();
        Arc::new(Self { path, dir })
    }

    #[cfg(not(unix))]
    fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path })
    }

    /// Opens a file below the directory.
    #[cfg(unix)]
    pub(super) fn open(&self, below: &Path) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags};
        let Some(dir) = &self.dir else { return Err(io::ErrorKind::NotFound.into()) };
        Ok(File::from(rustix::fs::openat(dir, below, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?))
    }

    #[cfg(not(unix))]
    pub(super) fn open(&self, below: &Path) -> io::Result<File> {
        File::open(self.path.join(below))
    }

    #[cfg(unix)]
    fn inode(&self, below: &Path) -> Option<u64> {
        let facts = rustix::fs::statat(self.dir.as_ref()?, below, rustix::fs::AtFlags::empty()).ok()?;
        Some(facts.st_ino)
    }

    #[cfg(not(unix))]
    fn inode(&self, _: &Path) -> Option<u64> {
        None
    }
}

/// The mounted cgroup hierarchies.
#[derive(Clone, Debug)]
pub(crate) struct CgroupFs {
    pub(super) version: Version,
    /// By controller; with v2 the same for all.
    hierarchies: HashMap<&'static str, Arc<OpenDir>>,
    pub(super) proc: Arc<OpenDir>,
}

impl CgroupFs {
    /// Detects what is mounted below `root`; `None` where there are no cgroups.
    pub(crate) fn detect(root: impl Into<PathBuf>) -> Option<Self> {
        let root = root.into();
        let (version, hierarchies) = if root.join("cgroup.controllers").exists() {
            let dir = OpenDir::new(root);
            (Version::V2, CONTROLLERS.map(|name| (name, Arc::clone(&dir))))
        } else if root.join("memory").is_dir() {
            (Version::V1, CONTROLLERS.map(|name| (name, OpenDir::new(root.join(name)))))
        } else {
            return None;
        };
        Some(Self { version, hierarchies: hierarchies.into(), proc: OpenDir::new("/proc".into()) })
    }

    pub(super) fn hierarchy(&self, controller: &str) -> Arc<OpenDir> {
        Arc::clone(&self.hierarchies[controller])
    }

    /// Finds the cgroups of all containers: path below the hierarchy's root, by container id.
    pub(crate) fn find_containers(&self) -> HashMap<String, PathBuf> {
        let mut found = HashMap::new();
        walk(&self.hierarchies["memory"].path, Path::new(""), MAX_DEPTH, &mut found);
        found
    }

    /// The inode of a cgroup, which changes when its container is restarted. `None` once it is gone.
    pub(crate) fn inode(&self, path: &Path) -> Option<u64> {
        self.hierarchies["memory"].inode(path)
    }
}

fn walk(root: &Path, below: &Path, depth: usize, found: &mut HashMap<String, PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    for entry in entries.flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = entry.file_name();
        let path = below.join(&name);
        // The cgroups below a container belong to engines inside it.
        if let Some(id) = name.to_str().and_then(container_id) {
            found.insert(id.to_owned(), path);
        } else if depth > 0 {
            walk(root, &path, depth - 1, found);
        }
    }
}

/// The id in a cgroup's name: `<id>` (Docker with cgroupfs), `docker-<id>.scope` (Docker with systemd), `libpod-<id>` and
/// `libpod-<id>.scope` (Podman). `libpod-conmon-<id>` is Podman's monitor of the container, not the container.
fn container_id(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let id = match name.rsplit_once('-') {
        Some(("docker" | "libpod", id)) => id,
        Some(_) => return None,
        None => name,
    };
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_engines() {
        let id = "7a5620c3928d3f8de96b6b935bef9b26b68d2d5033bd920c72da90d7db379951";
        for (before, after) in [("", ""), ("docker-", ".scope"), ("libpod-", ""), ("libpod-", ".scope")] {
            assert_eq!(container_id(&format!("{before}{id}{after}")), Some(id), "{before}{after}");
        }
        for (before, after) in
            [("libpod-conmon-", ""), ("libpod-conmon-", ".scope"), ("cri-containerd-", ".scope")]
        {
            assert_eq!(container_id(&format!("{before}{id}{after}")), None, "{before}{after}");
        }
        assert_eq!((container_id("docker"), container_id(&id[1..])), (None, None));
    }
}
