//! Reads the counters of all containers.

use std::collections::HashMap;

use crate::measure::cgroup::reader::{Buffer, CgroupGone, CgroupReader, Detail};
use crate::measure::machine;
use crate::model::container::ContainerStats;

/// By container id.
pub(crate) type Readers = HashMap<String, CgroupReader>;

/// By container id.
pub(crate) type StatsById = HashMap<String, ContainerStats>;

/// Reads all files on another thread, while the engine answers.
pub(crate) async fn read_in_background(readers: Readers, detail: Detail) -> (Readers, StatsById) {
    tokio::task::spawn_blocking(move || read_all(readers, detail)).await.unwrap_or_default()
}

/// Reads all files. Drops the readers of cgroups that are gone.
pub(crate) fn read_all(mut readers: Readers, detail: Detail) -> (Readers, StatsById) {
    let skip_pressure = detail == Detail::Full && machine::has_no_memory_pressure();
    let detail = if skip_pressure { Detail::FullWithoutPressure } else { detail };
    let mut buffer = Buffer::default();
    let mut stats = StatsById::with_capacity(readers.len());
    readers.retain(|id, reader| match reader.read(detail, &mut buffer) {
        Ok(found) => stats.insert(id.clone(), found).is_none(),
        Err(CgroupGone) => false,
    });
    (readers, stats)
}
