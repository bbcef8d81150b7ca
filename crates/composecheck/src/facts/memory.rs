//! Memory that a service may take, has reserved, and how often.

use crate::compose::units;
use crate::yaml::{Kind, Node};

/// What Docker gives /dev/shm where nothing is said.
const DEFAULT_SHM: u64 = 64 << 20;

const LIMIT: [&[&str]; 2] = [&["mem_limit"], &["deploy", "resources", "limits", "memory"]];
const RESERVATION: [&[&str]; 2] = [&["mem_reservation"], &["deploy", "resources", "reservations", "memory"]];
const CPU: [&[&str]; 3] = [&["cpus"], &["cpu_quota"], &["deploy", "resources", "limits", "cpus"]];
const REPLICAS: [&[&str]; 2] = [&["scale"], &["deploy", "replicas"]];

/// A size with the value that gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount<'a> {
    /// The value.
    pub(crate) node: &'a Node,
    /// Its size, over zero.
    pub(crate) bytes: u64,
}

/// What stands where a limit on memory belongs, whether it limits anything or not.
pub(crate) fn limit_node(service: &Node) -> Option<&Node> {
    first(service, &LIMIT)
}

/// The limit on memory.
pub(crate) fn limit(service: &Node) -> Option<Amount<'_>> {
    amount(limit_node(service)?)
}

/// The memory that is reserved.
pub(crate) fn reservation(service: &Node) -> Option<Amount<'_>> {
    amount(first(service, &RESERVATION)?)
}

/// Whether anything limits its CPU.
pub(crate) fn has_cpu_limit(service: &Node) -> bool {
    first(service, &CPU).is_some()
}

/// The size of /dev/shm, if it is given.
pub(crate) fn shm(service: &Node) -> Option<Amount<'_>> {
    amount(service.at(&["shm_size"])?)
}

/// The size of /dev/shm.
pub(crate) fn shm_bytes(service: &Node) -> u64 {
    shm(service).map_or(DEFAULT_SHM, |amount| amount.bytes)
}

/// How many containers Compose starts.
pub(crate) fn replicas(service: &Node) -> u64 {
    first(service, &REPLICAS).and_then(Node::text).and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A size as Compose takes it: it drops a float such as `1e9` in silence, and 0 means none.
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
