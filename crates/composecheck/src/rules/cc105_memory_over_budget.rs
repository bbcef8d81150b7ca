//! CC105: more memory than the budget.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule};
use crate::facts::budget::Budget;
use crate::facts::memory;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC105",
    name: "memory-over-budget",
    level: Level::Error,
    what: "Memory limits, tmpfs and shared memory of all replicas add up to more than the budget",
    why: "The host can run out of memory although every container stays within its limit",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 3g
    deploy: {replicas: 2}
",
    fix: "lower limits or replicas, or raise the budget (--budget); 'composecheck budget' shows the sum",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let budget = Budget::of(context.project);
    let (total, allowed) = (budget.total(), context.policy.budget);
    let Some(services) = context.project.root.entry("services").filter(|_| total > allowed) else {
        return Vec::new();
    };
    let least = if budget.is_unlimited() { "at least " } else { "" };
    let message =
        format!("the services may use {least}{}, the budget is {}", show_size(total), show_size(allowed));
    let mut finding = RULE.finding("services".into(), services.span, message);
    let largest = budget.services.iter().zip(context.project.services()).max_by_key(|(row, _)| row.total());
    if let Some((row, entry)) = largest {
        let span = memory::limit_node(&entry.value).map_or(entry.span, |node| node.span);
        finding =
            finding.with_related(span, format!("'{}' uses the most: {}", row.name, show_size(row.total())));
    }
    vec![finding]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_threshold() {
        let of = |text: &str| found("CC105", text);
        let exact = "services: {a: {mem_limit: 4032m}}";
        assert_eq!(of(exact), [""; 0], "4032 MiB and 64 MiB of shared memory are 4 GiB");
        assert_eq!(
            of(&exact.replace("4032m", "4033m")),
            ["1:1 the services may use 4.0 GiB, the budget is 4.0 GiB"]
        );
    }

    #[test]
    fn replicas_shared_memory_and_tmpfs_count() {
        let of = |text: &str| found("CC105", &format!("services: {{a: {{{text}}}}}")).len();
        assert_eq!(of("mem_limit: 1g"), 0);
        assert_eq!(of("mem_limit: 1g, deploy: {replicas: 4}"), 1);
        assert_eq!(of("mem_limit: 1g, scale: 4"), 1);
        assert_eq!(of("mem_limit: 1g, shm_size: 4g"), 1);
        assert_eq!(of("mem_limit: 1g, tmpfs: '/d:size=3g'"), 1);
    }
}
