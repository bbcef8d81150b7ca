//! How a container is meant to run, as its creator wrote it.

use std::net::IpAddr;
use std::time::Duration;

/// How a container is meant to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) restart_policy: RestartPolicy,
    /// `None` without a health check.
    pub(crate) check: Option<Check>,
    /// What must hold before it is started.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its TCP ports, published or exposed, in ascending order.
    pub(crate) ports: Vec<Port>,
    /// CPU limit in billionths of a CPU; 0 without one.
    pub(crate) nano_cpus: i64,
}

/// When the engine restarts a container that exits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RestartPolicy {
    #[default]
    No,
    OnFailure,
    /// `always` and `unless-stopped`.
    Always,
}

/// A health check's command, and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) command: Vec<String>,
    pub(crate) timeout: Duration,
}

/// The engine's own time-out for a health check that names none.
const CHECK_TIMEOUT: Duration = Duration::from_secs(30);

impl Check {
    /// From the engine's `Healthcheck.Test` and `Timeout` (nanoseconds; 0 for the engine's own). `shell` is the image's
    /// `SHELL`, which may be empty.
    pub(crate) fn parse(test: &[String], timeout_ns: i64, shell: &[String]) -> Option<Self> {
        let (kind, rest) = test.split_first()?;
        let command = match kind.as_str() {
            "CMD" => rest.to_vec(),
            "CMD-SHELL" if shell.is_empty() => [&["/bin/sh".into(), "-c".into()], rest].concat(),
            "CMD-SHELL" => [shell, rest].concat(),
            _ => return None,
        };
        let timeout = u64::try_from(timeout_ns).ok().filter(|ns| *ns > 0);
        Some(Self { command, timeout: timeout.map_or(CHECK_TIMEOUT, Duration::from_nanos) })
    }
}

/// Another service that must have come this far first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) service: String,
    pub(crate) condition: Condition,
    /// It is restarted after the other one is (`restart: true`).
    pub(crate) restarts: bool,
}

/// How far another service must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Started,
    Healthy,
    Completed,
}

impl Dependency {
    /// Parses Compose's label, `SERVICE:CONDITION:RESTART` separated by commas. Compose before 2.3 writes no condition.
    pub(crate) fn parse_all(label: &str) -> Vec<Self> {
        label.split(',').filter_map(Self::parse).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let service = parts.next().filter(|name| !name.is_empty())?.to_owned();
        let condition = match parts.next() {
            None | Some("" | "service_started") => Condition::Started,
            Some("service_completed_successfully") => Condition::Completed,
            // A condition yet unknown: the strictest that any service can meet.
            Some(_) => Condition::Healthy,
        };
        Some(Self { service, condition, restarts: parts.next() == Some("true") })
    }
}

/// A TCP port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Where the host publishes it: an address, possibly unspecified, and a port. Empty for a port that is only exposed.
    pub(crate) published: Vec<(IpAddr, u16)>,
}

/// Whether a port accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortState {
    pub(crate) number: u16,
    pub(crate) published: bool,
    pub(crate) accepts: bool,
}

/// Parses the engine's name of a TCP port, such as `5432/tcp`; `None` for other protocols.
pub(crate) fn parse_tcp_port(text: &str) -> Option<u16> {
    text.strip_suffix("/tcp")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_check_is_what_the_engine_would_run() {
        let check = |test, shell: &[String]| Check::parse(&words(test), 0, shell).map(|check| check.command);
        assert_eq!(check("CMD pg_isready -q", &[]), Some(words("pg_isready -q")));
        assert_eq!(check("CMD-SHELL true", &[]), Some(words("/bin/sh -c true")));
        assert_eq!(check("CMD-SHELL true", &words("/bin/ash -ec")), Some(words("/bin/ash -ec true")));
        assert_eq!((check("NONE", &[]), Check::parse(&[], 0, &[])), (None, None));
        let check = |ns| Check::parse(&words("CMD true"), ns, &[]).unwrap().timeout;
        assert_eq!((check(0), check(1_500_000_000)), (CHECK_TIMEOUT, Duration::from_millis(1500)));
    }

    #[test]
    fn dependencies_as_compose_writes_them() {
        let of = |service: &str, condition, restarts| Dependency {
            service: service.to_owned(),
            condition,
            restarts,
        };
        assert_eq!(
            Dependency::parse_all(
                "db:service_healthy:false,init:service_completed_successfully:true,a:service_started:false,b"
            ),
            [
                of("db", Condition::Healthy, false),
                of("init", Condition::Completed, true),
                of("a", Condition::Started, false),
                of("b", Condition::Started, false)
            ]
        );
        assert_eq!(Dependency::parse_all(""), []);
    }

    #[test]
    fn only_tcp_ports_can_be_asked() {
        assert_eq!(
            (parse_tcp_port("80/tcp"), parse_tcp_port("53/udp"), parse_tcp_port("x/tcp")),
            (Some(80), None, None)
        );
    }
}
