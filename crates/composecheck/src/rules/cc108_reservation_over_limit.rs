//! CC108: a memory reservation above the limit.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule, service};
use crate::facts::memory;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC108",
    name: "reservation-over-limit",
    level: Level::Error,
    what: "The memory reservation of a service is above its limit",
    why: "The engine refuses to create the container",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 256m
    mem_reservation: 512m
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 512m
    mem_reservation: 256m
",
    fix: "reserve less than the limit",
    references: &["https://docs.docker.com/reference/compose-file/services/#mem_reservation"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let limit = memory::limit(&entry.value)?;
    let reserved = memory::reservation(&entry.value).filter(|reserved| reserved.bytes > limit.bytes)?;
    let (max, size) = (show_size(limit.bytes), show_size(reserved.bytes));
    let message = format!("service '{}' reserves {size}, its memory limit is {max}", entry.key);
    Some(RULE.finding(service(entry), reserved.node.span, message).with_related(limit.node.span, "the limit"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_limit() {
        let of = |size: &str| {
            found("CC108", &format!("services: {{a: {{mem_limit: 256m, mem_reservation: {size}}}}}"))
        };
        assert_eq!(of("256m"), [""; 0]);
        assert_eq!(of("257m").len(), 1);
    }
}
