//! CC104: a memory limit without a reservation.

use super::rule::{Check, Context, Rule, service};
use crate::facts::memory;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC104",
    name: "memory-reservation-missing",
    level: Level::Warning,
    what: "A service has a memory limit, but no memory reservation",
    why: "When memory is short, the kernel first reclaims it from containers above their reservation; without reservations, from all alike",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 512m
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 512m
    mem_reservation: 256m
",
    fix: "reserve what it needs when idle: mem_reservation: 256m",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#mem_reservation",
        "https://docs.docker.com/engine/containers/resource_constraints/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // A missing limit is found by CC101.
    let is_missing =
        |entry: &&Entry| memory::limit(&entry.value).is_some() && memory::reservation(&entry.value).is_none();
    let services = context.project.services().iter().filter(is_missing);
    services
        .map(|entry| {
            let message = format!("service '{}' has no memory reservation", entry.key);
            RULE.finding(service(entry), entry.span, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn limit_and_reservation() {
        let of = |text: &str| found("CC104", &format!("services: {{a: {{{text}}}}}"));
        assert_eq!(of("mem_limit: 1g").len(), 1);
        assert_eq!(of("mem_limit: 1g, mem_reservation: 512m"), [""; 0]);
        assert_eq!(of("deploy: {resources: {limits: {memory: 1g}, reservations: {memory: 1m}}}"), [""; 0]);
        assert_eq!(of("image: x"), [""; 0]);
    }
}
