//! CC101: no memory limit.

use super::rule::{Check, Context, Rule, service};
use crate::facts::memory;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC101",
    name: "memory-limit-missing",
    level: Level::Error,
    what: "A service has no memory limit, or one without effect",
    why: "A leak in one container can use all memory of the host; the kernel may then kill any process, even the engine",
    example: "
services:
  db:
    image: postgres:15
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 512m
",
    fix: "set one: mem_limit: 512m",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#mem_limit",
        "https://docs.docker.com/engine/containers/resource_constraints/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let Some(limit) = memory::limit_node(&entry.value) else {
        let message = format!("service '{}' has no memory limit", entry.key);
        return Some(RULE.finding(service(entry), entry.span, message));
    };
    memory::size(limit).is_none().then(|| {
        let text = limit.text().unwrap_or_default();
        let message = format!("the memory limit '{text}' of service '{}' has no effect", entry.key);
        RULE.finding(service(entry), limit.span, message)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn limits_with_and_without_effect() {
        let of = |text: &str| found("CC101", &format!("services: {{a: {{{text}}}}}")).len();
        assert_eq!([of("mem_limit: 512m"), of("deploy: {resources: {limits: {memory: 1g}}}")], [0; 2]);
        assert_eq!([of("image: x"), of("mem_limit: 0"), of("mem_limit: 1e9"), of("mem_limit: abc")], [1; 4]);
    }
}
