//! CC402: a host port outside the range of the environment.

use super::policy::Environment;
use super::rule::{Check, Context, Rule, service};
use crate::facts::ports::{Port, ports};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC402",
    name: "port-outside-range",
    level: Level::Error,
    what: "A host port is outside the ranges of the environment in composecheck.toml",
    why: "The port belongs to another environment: the one that starts second fails",
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
    ports: ["20432:5432"]
"#,
    fix: "use a port in the range of the environment",
    references: &["https://docs.docker.com/reference/compose-file/services/#ports"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(allowed) = &context.policy.ports else { return Vec::new() };
    let outside = |port: &Port<'_>| {
        !allowed.iter().any(|(first, last)| *first <= port.published.0 && port.published.1 <= *last)
    };
    let mut findings = Vec::new();
    for entry in context.project.services() {
        findings.extend(ports(&entry.value).into_iter().filter(outside).map(|port| {
            let environment = context.policy.environment.map_or("this environment", Environment::name);
            let message = format!(
                "port {} of service '{}' is outside the ranges of {environment}",
                port.published.0, entry.key
            );
            RULE.finding(service(entry), port.node.span, message)
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::found_with;

    #[test]
    fn at_the_ends_of_the_range() {
        let policy = Policy { ports: Some(vec![(5000, 5009), (6000, 6000)]), ..Policy::default() };
        for (port, inside) in [
            ("5000", true),
            ("5009", true),
            ("6000", true),
            ("4999", false),
            ("5010", false),
            ("5008-5010", false),
        ] {
            let text = format!("services: {{a: {{ports: ['{port}:1']}}}}");
            assert_eq!(found_with(&policy, "CC402", &text).is_empty(), inside, "{port}");
            assert_eq!(found_with(&Policy::default(), "CC402", &text), [""; 0]);
        }
    }
}
