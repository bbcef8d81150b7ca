//! CC916: a namespace of the machine.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC916",
    name: "host-namespace",
    level: Level::Warning,
    what: "A container shares the machine's network, processes, ipc or users",
    why: "It reaches what is meant for the machine alone: services on its loopback, processes and their memory",
    example: "
services:
  agent:
    image: agent:1
    pid: host
",
    good: "
services:
  agent:
    image: agent:1
",
    fix: "use a network of the project and ports; give up the shared namespace",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#pid",
        "https://docs.docker.com/reference/compose-file/services/#network_mode",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

const NAMESPACES: [&str; 6] = ["network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup"];

/// One finding a service: a container that shares one often shares several.
fn check_service(entry: &Entry) -> Option<Finding> {
    let shared = NAMESPACES.iter().filter_map(|key| Some((*key, entry.value.at(&[key])?)));
    let shared: Vec<_> = shared.filter(|(_, node)| node.text().as_deref() == Some("host")).collect();
    let (_, first) = shared.first()?;
    let keys: Vec<&str> = shared.iter().map(|(key, _)| *key).collect();
    let message = format!("service '{}' shares with the machine: {}", entry.key, keys.join(", "));
    Some(RULE.finding(service(entry), first.span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_each_service() {
        let text = "services: {a: {pid: host, network_mode: host}, b: {ipc: private, pid: 'service:a'}}";
        assert_eq!(found("CC916", text), ["1:41 service 'a' shares with the machine: network_mode, pid"]);
    }
}
