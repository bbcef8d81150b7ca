//! What a sample asks, how it reads, and what it returns.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::measure::cgroup::reader::{Detail, FileHandles};
use crate::model::container::Container;
use crate::model::engine::{EngineFacts, Network, Volume};

/// One engine at one moment; a list is `None` where the engine did not answer.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) engine: EngineFacts,
    pub(super) containers: Option<Vec<Container>>,
    pub(super) networks: Option<Vec<Network>>,
    pub(super) volumes: Option<Vec<Volume>>,
    /// Labels of the containers that ended between the list call and the measurement.
    pub(super) vanished: Vec<BTreeMap<String, String>>,
}

/// Whether a sample waits until CPU use is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CpuWait {
    /// Until there is a second reading.
    UntilKnown,
    /// It is unknown until the next sample, or not needed.
    No,
}

/// How a sampler reads the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SampleMode {
    pub(super) handles: FileHandles,
    pub(super) detail: Detail,
    pub(super) cpu: CpuWait,
}

impl SampleMode {
    /// One sample with every counter and CPU use.
    pub(crate) const ONCE: Self =
        Self { handles: FileHandles::Close, detail: Detail::Full, cpu: CpuWait::UntilKnown };
    /// One sample with every counter.
    pub(crate) const ONCE_WITHOUT_CPU: Self = Self { cpu: CpuWait::No, ..Self::ONCE };
    /// Repeated samples with every counter.
    pub(crate) const REPEATED: Self =
        Self { handles: FileHandles::KeepOpen, detail: Detail::Full, cpu: CpuWait::No };
    /// Repeated samples of memory, CPU time and OOM kills alone, for hours.
    pub(crate) const ESSENTIAL: Self = Self { detail: Detail::Essential, ..Self::REPEATED };
}

/// What a sample asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    /// The engine for its lists, and the kernel.
    EngineAndKernel,
    /// The same where the engine answers a first question within this time; else only the kernel.
    IfAnswering(Duration),
    /// The engine for its lists and its disk usage, and the kernel.
    EngineKernelAndDisk,
    /// The kernel, and whether the engine answers within this time: its lists have not changed since it was asked.
    KernelAndHeartbeat(Duration),
    /// Only the kernel.
    KernelOnly,
}
