//! The memory that a project may use.

use super::{memory, mounts};
use crate::compose::Project;
use crate::yaml::Entry;

/// The memory that one service or one tmpfs volume may use, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The number of containers.
    pub(crate) replicas: u64,
    /// Memory limit of each container; none is unlimited.
    pub(crate) limit: Option<u64>,
    /// Memory reserved for each container.
    pub(crate) reservation: Option<u64>,
    /// Total size of the tmpfs mounts of each container, as far as they have one.
    pub(crate) tmpfs: u64,
    /// Whether a tmpfs has no size.
    pub(crate) unsized_tmpfs: bool,
    /// Size of /dev/shm of each container; zero for a volume.
    pub(crate) shm: u64,
}

impl Row {
    /// The most that all containers use together; what is unlimited counts as zero.
    pub(crate) fn total(&self) -> u64 {
        // A limit contains what is written to tmpfs and /dev/shm: the kernel counts both for the container.
        let each = self.limit.unwrap_or_else(|| self.tmpfs.saturating_add(self.shm));
        each.saturating_mul(self.replicas)
    }

    /// Whether it may use more than its total.
    pub(crate) fn is_unlimited(&self) -> bool {
        // A volume has no /dev/shm and needs no memory limit.
        self.limit.is_none() && (self.unsized_tmpfs || self.shm > 0)
    }
}

/// The memory that a project may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// In the order of the files.
    pub(crate) services: Vec<Row>,
    /// Volumes that are a tmpfs.
    pub(crate) volumes: Vec<Row>,
}

impl Budget {
    pub(crate) fn of(project: &Project) -> Self {
        Self {
            services: project.services().iter().map(of_service).collect(),
            volumes: project.section("volumes").iter().filter_map(of_volume).collect(),
        }
    }

    /// The most that the project uses; what is unlimited counts as zero.
    pub(crate) fn total(&self) -> u64 {
        self.services.iter().chain(&self.volumes).fold(0, |sum, row| sum.saturating_add(row.total()))
    }

    /// Total size of all tmpfs, as far as they have one.
    pub(crate) fn tmpfs(&self) -> u64 {
        let of = |row: &Row| row.tmpfs.saturating_mul(row.replicas);
        self.services.iter().chain(&self.volumes).fold(0, |sum, row| sum.saturating_add(of(row)))
    }

    /// Whether something in it is unlimited.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.services.iter().chain(&self.volumes).any(Row::is_unlimited)
    }
}

fn of_service(entry: &Entry) -> Row {
    let service = &entry.value;
    let tmpfs = mounts::service_tmpfs(service);
    Row {
        name: entry.key.clone(),
        replicas: memory::replicas(service),
        limit: memory::limit(service).map(|amount| amount.bytes),
        reservation: memory::reservation(service).map(|amount| amount.bytes),
        tmpfs: tmpfs.iter().filter_map(mounts::Tmpfs::bytes).fold(0, u64::saturating_add),
        unsized_tmpfs: tmpfs.iter().any(|mount| mount.bytes().is_none()),
        shm: memory::shm_bytes(service),
    }
}

fn of_volume(entry: &Entry) -> Option<Row> {
    let tmpfs = mounts::volume_tmpfs(entry)?;
    Some(Row {
        name: entry.key.clone(),
        replicas: 1,
        limit: None,
        reservation: None,
        tmpfs: tmpfs.bytes().unwrap_or(0),
        unsized_tmpfs: tmpfs.bytes().is_none(),
        shm: 0,
    })
}
