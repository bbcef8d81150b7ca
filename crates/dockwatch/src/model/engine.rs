//! One engine: how its endpoints answer, the machine it runs on, and what it keeps besides containers.

use std::collections::BTreeMap;

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// Host of its engine, as a URL.
    pub(crate) engine: String,
    /// All 64 hex digits.
    pub(crate) id: String,
    pub(crate) name: String,
    /// `bridge`, `overlay`, …
    pub(crate) driver: String,
    /// Subnets in CIDR notation.
    pub(crate) subnets: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Network {
    /// Whether the engine made it for itself: `bridge`, `host` and `none`, Podman's `podman`.
    pub(crate) fn is_engines_own(&self) -> bool {
        matches!(self.name.as_str(), "bridge" | "host" | "none" | "podman")
    }
}

/// A volume, named or anonymous.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Host of its engine, as a URL.
    pub(crate) engine: String,
    pub(crate) name: String,
    /// `local`, …
    pub(crate) driver: String,
    /// Whether it is a tmpfs, and so takes memory instead of disk.
    pub(crate) is_tmpfs: bool,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Space of the file system that holds an engine's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiskSpace {
    /// Bytes that can still be written, as `df` shows them: without what is kept for the file system's owner.
    pub(crate) free: u64,
    pub(crate) total: u64,
}

/// Bytes that an engine keeps on disk, by kind; `None` where the engine did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DiskUsage {
    /// Layers of all images; shared layers count once.
    pub(crate) images: Option<u64>,
    /// Writable layers of containers.
    pub(crate) containers: Option<u64>,
    pub(crate) volumes: Option<u64>,
    pub(crate) build_cache: Option<u64>,
}

impl DiskUsage {
    /// The sum of the known kinds.
    pub(crate) fn total(&self) -> Option<u64> {
        let parts = [self.images, self.containers, self.volumes, self.build_cache];
        let sum = || parts.into_iter().flatten().fold(0, u64::saturating_add);
        parts.iter().any(Option::is_some).then(sum)
    }
}

/// How an endpoint of the engine answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EndpointState {
    Ok,
    /// No answer within the deadline.
    Hung,
    /// An error answer or no connection.
    Failed {
        cause: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
}

/// One endpoint that was asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    /// `ping`, `containers`, `networks`, `volumes`, `info` or `disk`.
    pub(crate) name: &'static str,
    pub(crate) state: EndpointState,
    /// Time until the answer, the error or the deadline.
    pub(crate) ms: f64,
}

/// The machine whose memory the containers use.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Machine {
    pub(crate) mem_total: Option<u64>,
    /// Memory that can be allocated without swapping.
    pub(crate) mem_available: Option<u64>,
    pub(crate) swap_total: Option<u64>,
    pub(crate) swap_free: Option<u64>,
    pub(crate) cpus: Option<u64>,
    /// Load averages over 1, 5 and 15 minutes.
    pub(crate) load: Option<[f64; 3]>,
    /// Pressure stall information for memory: `some` and `full`, percent of the last 10 s.
    pub(crate) pressure_memory: Option<(f64, f64)>,
    /// Pressure stall information for the CPUs: `some`, percent of the last 10 s.
    pub(crate) pressure_cpu: Option<f64>,
    /// Pressure stall information for I/O: `some`, percent of the last 10 s.
    pub(crate) pressure_io: Option<f64>,
}

/// What the engine says about itself. It stays valid until the engine is restarted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct EngineInfo {
    pub(crate) version: Option<String>,
    pub(crate) api_version: Option<String>,
    /// Memory of the engine's machine, bytes.
    pub(crate) mem_total: Option<u64>,
    /// CPUs of the engine's machine.
    pub(crate) cpus: Option<u64>,
    /// Host name of the engine's machine.
    pub(crate) machine: Option<String>,
    /// Directory with the engine's data, as the engine sees it.
    pub(crate) data_root: Option<String>,
    /// A rootless engine that may not make cgroups: each container seems to use what all of the machine does.
    pub(crate) lacks_cgroups: bool,
    /// Configured address pools: base, and prefix length of each subnet; empty where they are Docker's own, `None` where
    /// they are not known.
    pub(crate) pools: Option<Vec<(String, u8)>>,
}

/// One engine at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EngineFacts {
    /// Where it listens, as a URL.
    pub(crate) host: String,
    pub(crate) info: EngineInfo,
    /// The endpoints that were asked, in a fixed order.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) machine: Machine,
    /// Free subnets of the address pools, and all of them.
    pub(crate) address_pools: Option<(u64, u64)>,
    /// Space where the engine keeps its data; unknown where the engine is not on this machine.
    pub(crate) disk_space: Option<DiskSpace>,
    /// Disk usage, where it was asked for.
    pub(crate) disk: Option<DiskUsage>,
}

impl EngineFacts {
    /// Whether every endpoint that was asked answered.
    pub(crate) fn is_healthy(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|e| e.state == EndpointState::Ok)
    }

    /// Whether any endpoint answered.
    pub(crate) fn is_reachable(&self) -> bool {
        self.endpoints.iter().any(|e| e.state == EndpointState::Ok)
    }

    /// What is wrong with its endpoints, on one line; `None` where all answered. A cause that several endpoints share
    /// is named once.
    pub(crate) fn problem(&self) -> Option<String> {
        let mut causes: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut problems = Vec::new();
        for endpoint in &self.endpoints {
            match &endpoint.state {
                EndpointState::Ok => {}
                EndpointState::Hung => problems.push(format!("{} hangs", endpoint.name)),
                EndpointState::Failed { cause, .. } => {
                    match causes.iter_mut().find(|(known, _)| known == cause) {
                        Some((_, names)) => names.push(endpoint.name),
                        None => causes.push((cause, vec![endpoint.name])),
                    }
                }
            }
        }
        problems.extend(causes.into_iter().map(|(cause, names)| {
            let affects_all = names.len() == self.endpoints.len();
            if affects_all { cause.to_owned() } else { format!("{}: {cause}", names.join(", ")) }
        }));
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    /// What to do about the first endpoint that failed, where that is known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.endpoints.iter().find_map(|endpoint| match &endpoint.state {
            EndpointState::Failed { hint, .. } => hint.as_deref(),
            EndpointState::Ok | EndpointState::Hung => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(states: &[(&'static str, EndpointState)]) -> Option<String> {
        let endpoint =
            |(name, state): &(&'static str, EndpointState)| Endpoint { name, state: state.clone(), ms: 1.0 };
        let endpoints = states.iter().map(endpoint).collect();
        EngineFacts { endpoints, ..EngineFacts::default() }.problem()
    }

    #[test]
    fn a_shared_cause_is_named_once() {
        let refused = || EndpointState::Failed { cause: "connection refused".into(), hint: None };
        assert_eq!(problem(&[("ping", EndpointState::Ok)]), None);
        let all = [("ping", refused()), ("containers", refused())];
        assert_eq!(problem(&all).as_deref(), Some("connection refused"));
        let some = [
            ("ping", EndpointState::Ok),
            ("containers", refused()),
            ("networks", EndpointState::Hung),
            ("volumes", refused()),
        ];
        let expected = "networks hangs; containers, volumes: connection refused";
        assert_eq!(problem(&some).as_deref(), Some(expected));
    }
}
