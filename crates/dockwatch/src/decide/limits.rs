//! Which containers have to end so that a scope keeps its limits.

use std::cmp::Reverse;
use std::time::Duration;

use evenkeel_common::docker::is_protected;
use evenkeel_common::units::show_size;

use crate::model::container::Container;
use crate::model::facts::Facts;
use crate::model::level::Budget;

/// What `enforce` does with containers that are over their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnforceAction {
    /// Only say which ones would end.
    DryRun,
    /// Stop them, with this time from SIGTERM to SIGKILL.
    Stop(Duration),
    /// Send SIGKILL.
    Kill,
}

impl EnforceAction {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DryRun => "dry_run",
            Self::Stop(_) => "stop",
            Self::Kill => "kill",
        }
    }
}

/// The decision on a container that is over its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    End,
    /// It should end, but is labelled `evenkeel.protect=true`.
    Spare,
}

/// A container that is over its limits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Violation<'a> {
    pub(crate) container: &'a Container,
    pub(crate) decision: Decision,
    /// How far it, or the whole scope, is over its memory limit; 0 where only the number of containers is too high.
    pub(crate) over_bytes: u64,
    pub(crate) reason: String,
}

/// What became of a container that was over its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    WouldEnd,
    Stopped,
    Killed,
    Spared,
    /// It had ended before it was stopped or killed.
    Gone,
    /// It could not be ended, with the cause.
    Failed(String),
}

impl Outcome {
    /// The name in JSON and in the table.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::WouldEnd => "would end",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::Spared => "spared",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
        }
    }
}

/// Whether the scope keeps its limits after everything was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnforceVerdict {
    Within,
    /// Containers that are over their limits go on running: in a dry run, or because they are protected.
    Over,
    /// Some container could not be ended.
    Failed,
}

impl EnforceVerdict {
    pub(crate) fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        outcomes.fold(Self::Within, |verdict, outcome| match (verdict, outcome) {
            (Self::Failed, _) | (_, Outcome::Failed(_)) => Self::Failed,
            (Self::Over, _) | (_, Outcome::WouldEnd | Outcome::Spared) => Self::Over,
            _ => Self::Within,
        })
    }

    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Over => "over",
            Self::Failed => "failed",
        }
    }
}

/// Finds the containers that have to end, in the order in which they do: first those at their own limits, the largest
/// overuse first; then, as long as the scope as a whole is over its budget, the largest.
pub(crate) fn find_violations<'a>(facts: &'a Facts, budget: &Budget) -> Vec<Violation<'a>> {
    let mut live: Vec<&Container> = facts.live().collect();
    live.sort_by_key(|container| Reverse(container.working_set()));
    let (mut over, within): (Vec<_>, Vec<_>) = live.into_iter().partition(|c| over_own_limit(c).is_some());
    over.sort_by_key(|container| Reverse(over_own_limit(container)));
    let mut violations: Vec<Violation<'a>> = over.into_iter().map(own_limit_violation).collect();
    // Spared containers go on using what they use.
    let spared = violations.iter().filter(|found| found.decision == Decision::Spare).map(|v| v.container);
    let remaining = spared.chain(within.iter().copied());
    let mut memory: u64 = remaining.clone().filter_map(Container::working_set).sum();
    let mut count = remaining.count() as u64;
    for container in within {
        let Some((over_bytes, reason)) = over_budget(memory, count, budget) else { break };
        let decision = decide(container);
        if decision == Decision::End {
            memory -= container.working_set().unwrap_or(0);
            count -= 1;
        }
        violations.push(Violation { container, decision, over_bytes, reason });
    }
    violations
}

fn decide(container: &Container) -> Decision {
    if is_protected(&container.summary.labels) { Decision::Spare } else { Decision::End }
}

/// How far a container is over its own limit. The kernel never lets it exceed the limit, so using all of it counts as
/// being over.
fn over_own_limit(container: &Container) -> Option<u64> {
    let (used, limit) = (container.working_set()?, container.memory_limit()?);
    (limit > 0 && used >= limit).then(|| used - limit)
}

fn own_limit_violation(container: &Container) -> Violation<'_> {
    let show = |bytes: Option<u64>| show_size(bytes.unwrap_or(0));
    let reason =
        format!("uses {}, its limit is {}", show(container.working_set()), show(container.memory_limit()));
    let over_bytes = over_own_limit(container).unwrap_or(0);
    Violation { container, decision: decide(container), over_bytes, reason }
}

fn over_budget(memory: u64, count: u64, budget: &Budget) -> Option<(u64, String)> {
    if memory > budget.memory_bytes {
        let reason =
            format!("the scope uses {}, the budget is {}", show_size(memory), show_size(budget.memory_bytes));
        return Some((memory - budget.memory_bytes, reason));
    }
    let reason = || format!("the scope runs {count} containers, the budget is {}", budget.containers);
    (count > budget.containers).then(|| (0, reason()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, used: u64, limit: u64) -> Container {
        Container::running(name, used, limit)
    }

    fn protected(mut container: Container) -> Container {
        container.summary.labels.insert("evenkeel.protect".into(), "true".into());
        container
    }

    fn violations(containers: Vec<Container>, memory: u64, count: u64) -> Vec<(String, Decision, u64)> {
        let facts = Facts { containers, containers_known: true, ..Facts::default() };
        let budget = Budget {
            memory_bytes: memory,
            containers: count,
            networks: Some(9),
            volumes: Some(9),
            disk_free_bytes: 0,
        };
        let summary = |r: Violation<'_>| (r.container.summary.name.clone(), r.decision, r.over_bytes);
        find_violations(&facts, &budget).into_iter().map(summary).collect()
    }

    #[test]
    fn at_its_own_limit_the_largest_overuse_first() {
        let all = vec![container("within", 99, 100), container("at", 50, 50), container("over", 25, 20)];
        assert_eq!(
            violations(all, 1000, 9),
            [("over".into(), Decision::End, 5), ("at".into(), Decision::End, 0)]
        );
    }

    #[test]
    fn over_the_budget_the_largest_go_until_it_is_kept() {
        let all = || vec![container("a", 30, 100), container("b", 60, 100), container("c", 40, 100)];
        assert_eq!(violations(all(), 130, 9), []);
        assert_eq!(violations(all(), 129, 9), [("b".into(), Decision::End, 1)]);
        assert_eq!(
            violations(all(), 69, 9),
            [("b".into(), Decision::End, 61), ("c".into(), Decision::End, 1)]
        );
        assert_eq!(violations(all(), 1000, 2), [("b".into(), Decision::End, 0)]);
    }

    #[test]
    fn what_is_protected_is_spared_and_still_counts() {
        let all = vec![protected(container("a", 60, 100)), container("b", 50, 100), container("c", 5, 100)];
        let expected = [
            ("a".into(), Decision::Spare, 50),
            ("b".into(), Decision::End, 50),
            ("c".into(), Decision::End, 0),
        ];
        assert_eq!(violations(all.clone(), 65, 9), expected[..2]);
        assert_eq!(violations(all, 64, 9).len(), 3);
        let over = vec![protected(container("a", 10, 10)), container("b", 5, 10)];
        assert_eq!(
            violations(over, 14, 9),
            [("a".into(), Decision::Spare, 0), ("b".into(), Decision::End, 1)]
        );
    }

    #[test]
    fn what_is_unknown_is_left_alone() {
        let mut unknown = container("a", 0, 0);
        unknown.stats = None;
        assert_eq!(violations(vec![unknown], 0, 1), []);
    }
}
