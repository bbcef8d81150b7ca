//! CC102: no CPU limit.

use super::rule::{Check, Context, Rule, service};
use crate::facts::memory::has_cpu_limit;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC102",
    name: "cpu-limit-missing",
    level: Level::Warning,
    what: "A service has no CPU limit",
    why: "One busy container slows the others down until their health checks time out",
    example: "
services:
  db:
    image: postgres:15
",
    good: "
services:
  db:
    image: postgres:15
    cpus: 0.25
",
    fix: "set one: cpus: 0.25",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#cpus",
        "https://docs.docker.com/engine/containers/resource_constraints/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter().filter(|entry| !has_cpu_limit(&entry.value));
    services
        .map(|entry| {
            let message = format!("service '{}' has no CPU limit", entry.key);
            RULE.finding(service(entry), entry.span, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn places_of_a_limit() {
        let of = |text: &str| found("CC102", &format!("services: {{a: {{{text}}}}}")).len();
        assert_eq!([of("cpus: 0.5"), of("deploy: {resources: {limits: {cpus: '1'}}}")], [0; 2]);
        assert_eq!(of("cpu_shares: 5"), 1);
    }
}
