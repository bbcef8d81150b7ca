//! Which containers have to end so that a scope keeps its limits: a pure decision.

use evenkeel_common::docker::is_protected;
use evenkeel_common::units::show_size;

use crate::model::container::{Container, Facts};
use crate::model::level::Budget;

/// What is decided about one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It has to end.
    End,
    /// It should, and is spared: it is labelled `evenkeel.protect=true`.
    Spare,
}

/// A container that is over, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling<'a> {
    /// The container.
    pub container: &'a Container,
    /// What is decided.
    pub choice: Choice,
    /// How far it, or its environment, is over (bytes); 0 where only the number of containers is.
    pub over_bytes: u64,
    /// Why.
    pub reason: String,
}

/// Rules on the containers in scope, in the order in which they have to end: first those at their own limits, then, as
/// long as the sum is over the budget, the largest.
pub fn rule<'a>(facts: &'a Facts, budget: &Budget) -> Vec<Ruling<'a>> {
    let mut live: Vec<&Container> = facts.live().collect();
    live.sort_by_key(|container| std::cmp::Reverse(container.working_set()));
    let (mut over, within): (Vec<_>, Vec<_>) = live.into_iter().partition(|c| over_limit(c).is_some());
    over.sort_by_key(|container| std::cmp::Reverse(over_limit(container)));
    let mut rulings: Vec<Ruling<'a>> = over.into_iter().map(rule_on_limit).collect();
    // Those that were spared go on to use what they use.
    let spared =
        rulings.iter().filter(|ruling| ruling.choice == Choice::Spare).map(|ruling| ruling.container);
    let staying = spared.chain(within.iter().copied());
    let mut memory: u64 = staying.clone().filter_map(Container::working_set).sum();
    let mut count = staying.count() as u64;
    for container in within {
        let Some((over_bytes, reason)) = over_budget(memory, count, budget) else { break };
        let choice = choice(container);
        if choice == Choice::End {
            memory -= container.working_set().unwrap_or(0);
            count -= 1;
        }
        rulings.push(Ruling { container, choice, over_bytes, reason });
    }
    rulings
}

fn choice(container: &Container) -> Choice {
    let protected = is_protected(&container.listed.labels);
    if protected { Choice::Spare } else { Choice::End }
}

/// How far a container is over its own limit. The kernel lets it have all of it and not a byte more, so having all is
/// being over.
fn over_limit(container: &Container) -> Option<u64> {
    let (used, limit) = (container.working_set()?, container.memory_limit()?);
    (limit > 0 && used >= limit).then(|| used - limit)
}

fn rule_on_limit(container: &Container) -> Ruling<'_> {
    let show = |bytes: Option<u64>| show_size(bytes.unwrap_or(0));
    let reason =
        format!("uses {}, its limit is {}", show(container.working_set()), show(container.memory_limit()));
    Ruling { container, choice: choice(container), over_bytes: over_limit(container).unwrap_or(0), reason }
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
    use crate::model::container::{Listed, Reading};

    fn container(name: &str, used: u64, limit: u64) -> Container {
        Container {
            listed: Listed {
                id: name.into(),
                name: name.into(),
                state: "running".into(),
                ..Listed::default()
            },
            reading: Some(Reading {
                memory_working_set: Some(used),
                memory_limit: Some(limit),
                ..Reading::default()
            }),
            ..Container::default()
        }
    }

    fn protected(mut container: Container) -> Container {
        container.listed.labels.insert("evenkeel.protect".into(), "true".into());
        container
    }

    fn ruled(containers: Vec<Container>, memory: u64, count: u64) -> Vec<(String, Choice, u64)> {
        let facts = Facts { containers, containers_known: true, ..Facts::default() };
        let budget = Budget { memory_bytes: memory, containers: count, networks: 9, volumes: 9 };
        let tell = |r: Ruling<'_>| (r.container.listed.name.clone(), r.choice, r.over_bytes);
        rule(&facts, &budget).into_iter().map(tell).collect()
    }

    #[test]
    fn at_its_own_limit_the_largest_overuse_first() {
        let all = vec![container("within", 99, 100), container("at", 50, 50), container("over", 25, 20)];
        assert_eq!(ruled(all, 1000, 9), [("over".into(), Choice::End, 5), ("at".into(), Choice::End, 0)]);
    }

    #[test]
    fn over_the_budget_the_largest_go_until_it_is_kept() {
        let all = || vec![container("a", 30, 100), container("b", 60, 100), container("c", 40, 100)];
        assert_eq!(ruled(all(), 130, 9), []);
        assert_eq!(ruled(all(), 129, 9), [("b".into(), Choice::End, 1)]);
        assert_eq!(ruled(all(), 69, 9), [("b".into(), Choice::End, 61), ("c".into(), Choice::End, 1)]);
        assert_eq!(ruled(all(), 1000, 2), [("b".into(), Choice::End, 0)]);
    }

    #[test]
    fn what_is_protected_is_spared_and_still_counts() {
        let all = vec![protected(container("a", 60, 100)), container("b", 50, 100), container("c", 5, 100)];
        let expected =
            [("a".into(), Choice::Spare, 50), ("b".into(), Choice::End, 50), ("c".into(), Choice::End, 0)];
        assert_eq!(ruled(all.clone(), 65, 9), expected[..2]);
        assert_eq!(ruled(all, 64, 9).len(), 3);
        let over = vec![protected(container("a", 10, 10)), container("b", 5, 10)];
        assert_eq!(ruled(over, 14, 9), [("a".into(), Choice::Spare, 0), ("b".into(), Choice::End, 1)]);
    }

    #[test]
    fn what_is_unknown_is_left_alone() {
        let mut unknown = container("a", 0, 0);
        unknown.reading = None;
        assert_eq!(ruled(vec![unknown], 0, 1), []);
    }
}
