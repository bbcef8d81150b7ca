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
    what: "The memory limits of all replicas add up to more than the budget; tmpfs and shared memory count where there is no limit",
    why: "The host can run out of memory although every container stays within its limit",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 3g
    deploy: {replicas: 2}
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 1g
    deploy: {replicas: 2}
",
    fix: "lower limits or replicas, or raise the budget (--budget); 'composecheck budget' shows the sum",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#mem_limit",
        "https://docs.docker.com/reference/compose-file/deploy/#replicas",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let budget = Budget::of(context.project);
    let (total, allowed) = (budget.total(), context.policy.budget_bytes());
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
        let exact = "services: {a: {mem_limit: 4g}}";
        assert_eq!(of(exact), [""; 0]);
        assert_eq!(
            of(&exact.replace("4g", "4097m")),
            ["1:1 the services may use 4.0 GiB, the budget is 4.0 GiB"]
        );
    }

    #[test]
    fn replicas_count_and_a_limit_contains_shared_memory_and_tmpfs() {
        let of = |text: &str| found("CC105", &format!("services: {{a: {{{text}}}}}")).len();
        assert_eq!(of("mem_limit: 1g"), 0);
        assert_eq!(of("mem_limit: 1g, deploy: {replicas: 4}"), 0);
        assert_eq!(of("mem_limit: 1g, deploy: {replicas: 5}"), 1);
        assert_eq!(of("mem_limit: 1g, scale: 5"), 1);
        assert_eq!(of("mem_limit: 1g, shm_size: 5g, tmpfs: '/d:size=5g'"), 0);
        assert_eq!([of("shm_size: 5g"), of("tmpfs: '/d:size=5g'")], [1; 2]);
    }
}
