//! Everything about one container that a person who opens it wants to see.

use crate::model::container::ContainerSummary;
use crate::model::evidence::Inspected;

/// One container, as an inspect shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Inspection {
    pub(crate) summary: ContainerSummary,
    pub(crate) inspected: Inspected,
    /// Such as `always` or `on-failure:3`.
    pub(crate) restart_policy: String,
    /// CPUs that it may use; `None` is all.
    pub(crate) cpus: Option<f64>,
    /// Processes and threads that it may have; `None` is unlimited.
    pub(crate) pids_limit: Option<u64>,
    /// Sorted by destination.
    pub(crate) mounts: Vec<Mount>,
    /// Sorted by port of the container.
    pub(crate) ports: Vec<Port>,
}

/// A mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `volume`, `bind`, `tmpfs`, …
    pub(crate) kind: String,
    /// Name of the volume, or path on the machine; empty for a tmpfs.
    pub(crate) source: String,
    /// Path in the container.
    pub(crate) destination: String,
    pub(crate) access: Access,
}

/// Whether a container may write to a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
}

/// A port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// Such as `5432/tcp`.
    pub(crate) container: String,
    /// Where the machine listens for it, such as `127.0.0.1:15432`; empty where it is not published.
    pub(crate) published: Vec<String>,
}

/// A container that was opened: its inspect, and the end of its log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opened {
    pub(crate) inspection: Inspection,
    /// The last lines, each with its time; else why they could not be read.
    pub(crate) log: Result<Vec<String>, String>,
}
