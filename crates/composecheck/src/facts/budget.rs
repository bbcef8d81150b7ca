//! What a project may take of the machine's memory.

use super::{memory, mounts};
use crate::compose::Project;
use crate::yaml::Entry;

/// What one service, or one volume in RAM, may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The service, or the volume.
    pub(crate) name: String,
    /// How many containers.
    pub(crate) replicas: u64,
    /// Limit on memory of each; none is no limit.
    pub(crate) limit: Option<u64>,
    /// Memory reserved for each.
    pub(crate) reservation: Option<u64>,
    /// Size of its file systems in RAM, for each.
    pub(crate) tmpfs: u64,
    /// Whether one of them has no size.
    pub(crate) unsized_tmpfs: bool,
    /// Size of its /dev/shm, for each.
    pub(crate) shm: u64,
}

impl Row {
    /// Most that all its containers take; what has no limit counts as nothing.
    pub(crate) fn total(&self) -> u64 {
        let each = self.limit.unwrap_or(0).saturating_add(self.tmpfs).saturating_add(self.shm);
        each.saturating_mul(self.replicas)
    }

    /// Whether it may take more than its total.
    pub(crate) fn is_open(&self) -> bool {
        // A volume, which has no shared memory, is only as large as its file system.
        self.unsized_tmpfs || self.shm > 0 && self.limit.is_none()
    }
}

/// The rows of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Services in the order of the file.
    pub(crate) services: Vec<Row>,
    /// Volumes in RAM.
    pub(crate) volumes: Vec<Row>,
}

impl Budget {
    /// Adds up a project.
    pub(crate) fn of(project: &Project) -> Self {
        Self {
            services: project.services().iter().map(of_service).collect(),
            volumes: project.section("volumes").iter().filter_map(of_volume).collect(),
        }
    }

    /// Most that the project takes, as far as it is known.
    pub(crate) fn total(&self) -> u64 {
        self.services.iter().chain(&self.volumes).fold(0, |sum, row| sum.saturating_add(row.total()))
    }

    /// Most that lies in file systems in RAM, as far as it is known.
    pub(crate) fn tmpfs(&self) -> u64 {
        let of = |row: &Row| row.tmpfs.saturating_mul(row.replicas);
        self.services.iter().chain(&self.volumes).fold(0, |sum, row| sum.saturating_add(of(row)))
    }

    /// Whether something in it has no limit.
    pub(crate) fn is_open(&self) -> bool {
        self.services.iter().chain(&self.volumes).any(Row::is_open)
    }
}

fn of_service(entry: &Entry) -> Row {
    let service = &entry.value;
    let disks = mounts::ram_of_service(service);
    Row {
        name: entry.key.clone(),
        replicas: memory::replicas(service),
        limit: memory::limit(service).map(|amount| amount.bytes),
        reservation: memory::reservation(service).map(|amount| amount.bytes),
        tmpfs: disks.iter().filter_map(mounts::RamDisk::bytes).fold(0, u64::saturating_add),
        unsized_tmpfs: disks.iter().any(|disk| disk.bytes().is_none()),
        shm: memory::shm_bytes(service),
    }
}

fn of_volume(entry: &Entry) -> Option<Row> {
    let disk = mounts::ram_of_volume(entry)?;
    Some(Row {
        name: entry.key.clone(),
        replicas: 1,
        limit: None,
        reservation: None,
        tmpfs: disk.bytes().unwrap_or(0),
        unsized_tmpfs: disk.bytes().is_none(),
        shm: 0,
    })
}
