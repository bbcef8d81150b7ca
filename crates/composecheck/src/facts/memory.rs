//! Limits and reservations of a service, and its number of replicas.

use crate::compose::units;
use crate::yaml::{Kind, Node};

/// Docker's default size of /dev/shm, in bytes.
const DEFAULT_SHM: u64 = 64 << 20;

const LIMIT: [&[&str]; 2] = [&["mem_limit"], &["deploy", "resources", "limits", "memory"]];
const RESERVATION: [&[&str]; 2] = [&["mem_reservation"], &["deploy", "resources", "reservations", "memory"]];
const CPU: [&[&str]; 3] = [&["cpus"], &["cpu_quota"], &["deploy", "resources", "limits", "cpus"]];
const REPLICAS: [&[&str]; 2] = [&["scale"], &["deploy", "replicas"]];

/// A size and the value that sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount<'a> {
    pub(crate) node: &'a Node,
    /// Above zero.
    pub(crate) bytes: u64,
}

/// The value of the memory limit, even if it has no effect.
pub(crate) fn limit_node(service: &Node) -> Option<&Node> {
    first(service, &LIMIT)
}

/// The memory limit.
pub(crate) fn limit(service: &Node) -> Option<Amount<'_>> {
    amount(limit_node(service)?)
}

/// The memory reservation.
pub(crate) fn reservation(service: &Node) -> Option<Amount<'_>> {
    amount(first(service, &RESERVATION)?)
}

/// Whether a service has a CPU limit.
pub(crate) fn has_cpu_limit(service: &Node) -> bool {
    first(service, &CPU).is_some()
}

/// The size of /dev/shm, if it is set.
pub(crate) fn shm(service: &Node) -> Option<Amount<'_>> {
    amount(service.at(&["shm_size"])?)
}

/// The size of /dev/shm in bytes.
pub(crate) fn shm_bytes(service: &Node) -> u64 {
    shm(service).map_or(DEFAULT_SHM, |amount| amount.bytes)
}

/// The number of containers that Compose starts.
pub(crate) fn replicas(service: &Node) -> u64 {
    first(service, &REPLICAS).and_then(Node::text).and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A size in bytes as Compose reads it. It silently drops a float such as `1e9`, and 0 means unlimited.
pub(crate) fn size(node: &Node) -> Option<u64> {
    if matches!(node.kind, Kind::Float(_)) {
        return None;
    }
    units::bytes(&node.text()?).filter(|size| *size > 0)
}

fn amount(node: &Node) -> Option<Amount<'_>> {
    size(node).map(|bytes| Amount { node, bytes })
}

fn first<'a>(service: &'a Node, places: &[&[&str]]) -> Option<&'a Node> {
    places.iter().find_map(|path| service.at(path))
}
