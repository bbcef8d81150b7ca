//! CC914: host ports that other machines reach.

use super::rule::{Check, Context, Rule};
use crate::facts::ports::ports;
use crate::finding::{Finding, Level};
use crate::source::Span;

pub(super) const RULE: Rule = Rule {
    code: "CC914",
    name: "ports-on-all-interfaces",
    level: Level::Warning,
    what: "Host ports accept connections on every interface of the machine",
    why: "Other machines reach them, also past a firewall such as ufw: the engine opens them itself",
    example: "
services:
  db:
    image: postgres:15
    ports: [\"5432:5432\"]
",
    good: r#"
services:
  db:
    image: postgres:15
    ports: ["127.0.0.1:5432:5432"]
"#,
    fix: "bind those that only this machine needs to it: 127.0.0.1:8080:80",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#ports",
        "https://docs.docker.com/engine/network/port-publishing/",
    ],
    check: Check::Project(check),
};

/// Maximum number of other ports that are shown with the first one.
const MAX_SHOWN: usize = 9;

/// One finding for the project: where one port does so, mostly all do.
fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter();
    let open: Vec<(&str, Span)> = services
        .flat_map(|entry| ports(&entry.value).into_iter().map(move |port| (entry.key.as_str(), port)))
        .filter(|(_, port)| port.ip.is_none())
        .map(|(service, port)| (service, port.node.span))
        .collect();
    let Some((_, first)) = open.first() else { return Vec::new() };
    let mut services: Vec<&str> = open.iter().map(|(service, _)| *service).collect();
    services.dedup();
    let message = match open.len() {
        1 => format!("a port of '{}' accepts connections on every interface", services[0]),
        count => format!("{count} ports accept connections on every interface: {}", services.join(", ")),
    };
    let finding = RULE.finding("services".into(), *first, message);
    let others = open.iter().skip(1).take(MAX_SHOWN);
    vec![others.fold(finding, |finding, (_, span)| finding.with_related(*span, "also this one"))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_all() {
        let text = "services: {a: {ports: ['80:80', '127.0.0.1:81:81', '82']}, b: {ports: ['83:83', '[::1]:84:84']}}";
        assert_eq!(found("CC914", text), ["1:24 2 ports accept connections on every interface: a, b"]);
        assert_eq!(found("CC914", "services: {a: {ports: ['127.0.0.1:81:81', '82']}}"), [""; 0]);
    }
}
