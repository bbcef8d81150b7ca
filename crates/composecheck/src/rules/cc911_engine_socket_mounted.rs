//! CC911: the engine's socket in a container.

use super::rule::{Check, Context, Rule, service};
use crate::facts::mounts::mounts;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC911",
    name: "engine-socket-mounted",
    level: Level::Warning,
    what: "The engine's socket is mounted into a container",
    why: "Whoever controls the container controls the machine, also with :ro: it can start containers with every right",
    example: "
services:
  proxy:
    image: traefik:v3.1
    volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]
",
    good: "
services:
  proxy:
    image: traefik:v3.1
    environment: {TRAEFIK_PROVIDERS_DOCKER_ENDPOINT: tcp://socket-proxy:2375}
",
    fix: "put a proxy between them that allows only the requests that are needed, or remove the mount",
    references: &[
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        "https://docs.docker.com/engine/security/protect-access/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

/// Sockets of Docker, Podman and containerd below /run or /var/run.
const SOCKETS: [&str; 4] =
    ["/docker.sock", "/podman/podman.sock", "/podman.sock", "/containerd/containerd.sock"];

fn check_service(entry: &Entry) -> Vec<Finding> {
    let is_socket = |source: &str| {
        let below = source.strip_prefix("/var").unwrap_or(source).strip_prefix("/run");
        below.is_some_and(|rest| SOCKETS.contains(&rest))
    };
    let mounted =
        mounts(&entry.value).into_iter().filter(|mount| mount.source.as_deref().is_some_and(is_socket));
    let finding = |node: &crate::yaml::Node| {
        RULE.finding(service(entry), node.span, format!("service '{}' can control the engine", entry.key))
    };
    mounted.map(|mount| finding(mount.node)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn sockets_in_every_syntax() {
        let of = |mount: &str| found("CC911", &format!("services: {{a: {{volumes: [{mount}]}}}}")).len();
        assert_eq!(of("'/var/run/docker.sock:/var/run/docker.sock'"), 1);
        assert_eq!(of("'/run/docker.sock:/d.sock:ro'"), 1);
        assert_eq!(of("{type: bind, source: /run/podman/podman.sock, target: /d}"), 1);
        assert_eq!([of("'./docker.sock:/d'"), of("'/var/run:/r'"), of("'docker.sock:/d'")], [0; 3]);
    }
}
