//! What an engine tells of its containers.

/// Engines, by what they tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EngineKind {
    /// Its events tell of stops and of changes of health, its lists tell health.
    #[default]
    Docker,
    /// Lists tell no health, and events no stops: each container has to be asked for.
    Podman,
    /// As Podman, and nothing tells that a container was stopped.
    PodmanBefore5_4,
}

impl EngineKind {
    /// The kind of the engine that has these components, each with its version.
    pub(crate) fn of<'a>(components: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let podman = components.into_iter().find(|(name, _)| *name == "Podman Engine");
        match podman.map(|(_, version)| tells_stops(version)) {
            None => Self::Docker,
            Some(true) => Self::Podman,
            Some(false) => Self::PodmanBefore5_4,
        }
    }

    /// Whether its lists tell how health checks are.
    pub(crate) fn lists_health(self) -> bool {
        self == Self::Docker
    }
}

fn tells_stops(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(5), Some(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_component() {
        let of = |name, version| EngineKind::of([("OCI Runtime", "1.9"), (name, version)]);
        assert_eq!(of("Engine", "28.5.2"), EngineKind::Docker);
        for version in ["5.4.2", "5.10.0-rc1", "6.0.0"] {
            assert_eq!(of("Podman Engine", version), EngineKind::Podman, "{version}");
        }
        for version in ["4.3.1", "5.3.9", "", "dev"] {
            assert_eq!(of("Podman Engine", version), EngineKind::PodmanBefore5_4, "{version}");
        }
    }
}
