//! CC403: a port that parallel runs would fight for.

use super::{Check, Context, Finding, Level, Rule, service};
use crate::facts::ports::ports;
use crate::policy::Environment;

pub(super) const RULE: Rule = Rule {
    code: "CC403",
    name: "port-fixed",
    level: Level::Warning,
    what: "A test environment takes a port of the machine that no variable can move",
    why: "Two runs at the same time, or a run beside the dev environment, cannot both have it",
    example: "
services:
  db:
    image: postgres:15
    ports: [\"5433:5432\"]
",
    fix: "let a variable move it: \"${DB_PORT:-5433}:5432\"; or publish no port at all",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    if context.policy.environment != Environment::Test {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for entry in context.project.services() {
        let fixed = ports(&entry.value)
            .into_iter()
            .filter(|port| !port.any_of && !context.has_variable(port.node.span));
        findings.extend(fixed.map(|port| {
            let message = format!("service '{}' always takes port {}", entry.key, port.published.0);
            RULE.finding(service(entry), port.node.span, message)
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found, found_with};
    use crate::policy::{Environment, Policy};

    #[test]
    fn fixed_in_test_only() {
        let of = |port: &str| format!("services: {{a: {{ports: ['{port}']}}}}");
        assert_eq!(found("CC403", &of("80:80")), ["1:24 service 'a' always takes port 80"]);
        for free in ["80", "${P:-80}:80", "127.0.0.1::80", "80-90:80"] {
            assert_eq!(found("CC403", &of(free)), [""; 0], "{free}");
        }
        let dev = Policy { environment: Environment::Dev, ..Policy::default() };
        assert_eq!(found_with(&dev, "CC403", &of("80:80")), [""; 0]);
    }
}
