//! CC404: a host port that two environments share.

use super::rule::{Check, Pair, Rule, service};
use crate::compose::Project;
use crate::facts::ports::{Port, ports};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC404",
    name: "port-in-both-environments",
    level: Level::Error,
    what: "Two environments have the same host port",
    why: "They cannot run at the same time: the one that starts second fails",
    example: "
services: {db: {ports: [\"5433:5432\"]}}
---
services: {db: {ports: [\"5433:5432\"]}}
",
    good: r#"
services: {db: {ports: ["5432:5432"]}}
---
services: {db: {ports: ["5433:5432"]}}
"#,
    fix: "give each environment its own range of ports",
    references: &["https://docs.docker.com/reference/compose-file/services/#ports"],
    check: Check::Pair(check),
};

fn check(pair: &Pair<'_>) -> Vec<Finding> {
    let bound = all_ports(pair.first);
    let mut findings = Vec::new();
    for entry in pair.second.services() {
        for port in ports(&entry.value) {
            let Some((name, other)) = bound.iter().find(|(_, other)| clash(other, &port)) else { continue };
            let number = port.published.0.max(other.published.0);
            let message = format!(
                "port {number} of service '{}' is also bound by '{name}' of the first environment",
                entry.key
            );
            let finding = RULE.finding(service(entry), port.node.span, message);
            findings.push(finding.with_related(other.node.span, "bound here"));
        }
    }
    findings
}

fn all_ports(project: &Project) -> Vec<(&str, Port<'_>)> {
    let services = project.services().iter();
    services
        .flat_map(|entry| ports(&entry.value).into_iter().map(|port| (entry.key.as_str(), port)))
        .collect()
}

fn clash(one: &Port<'_>, two: &Port<'_>) -> bool {
    let overlap = one.published.0 <= two.published.1 && two.published.0 <= one.published.1;
    let same_ip = one.ip.is_none() || two.ip.is_none() || one.ip == two.ip;
    overlap && same_ip && one.protocol == two.protocol && !one.takes_any && !two.takes_any
}

#[cfg(test)]
mod tests {
    use super::super::testing::found_between;

    #[test]
    fn which_ports_clash() {
        let of = |one: &str, two: &str| {
            let file = |port: &str| format!("services: {{a: {{ports: ['{port}']}}}}");
            found_between("CC404", &file(one), &file(two)).len()
        };
        assert_eq!([of("80:80", "80:81"), of("80-90:80-90", "85:1"), of("80:80", "127.0.0.1:80:80")], [1; 3]);
        assert_eq!([of("127.0.0.1:80:80", "80:80"), of("127.0.0.1:80:80", "127.0.0.1:80:81")], [1; 2]);
        assert_eq!([of("80:80", "81:80"), of("80:80", "80:80/udp"), of("80", "80")], [0; 3]);
        assert_eq!(of("127.0.0.1:80:80", "127.0.0.2:80:80"), 0);
    }
}
