//! Looks at every state that can be reached, breadth first, so that what it finds it finds by the shortest way.

use std::fmt;

use indexmap::IndexMap;

use crate::scenario::Scenario;
use crate::state::State;
use crate::world::Event;

/// What was looked at, and what was found.
#[derive(Debug)]
pub struct Report {
    /// Distinct states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Steps on the longest of the shortest ways.
    pub depth: usize,
    /// The first thing that must not be.
    pub found: Option<Counterexample>,
}

/// How something that must not be comes about.
#[derive(Debug)]
pub struct Counterexample {
    /// What must not be.
    pub what: &'static str,
    /// The way there: who does what.
    pub way: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:", self.what)?;
        self.way.iter().enumerate().try_for_each(|(number, line)| writeln!(f, "  {:2}. {line}", number + 1))
    }
}

/// The states in the order in which they were found, each with the number of the one before it.
type Found = IndexMap<State, u32>;

/// Looks at all states of a scenario, or at those until the first that must not be.
///
/// # Panics
///
/// Where there are more states than a `u32` counts.
pub fn check(scenario: &Scenario) -> Report {
    let mut found = Found::new();
    found.insert(scenario.initial(), 0);
    // Steps that are no faults: the number of the state after each, and of that before it.
    let mut steps_on: Vec<(u32, u32)> = Vec::new();
    let mut quiet = Vec::new();
    let (mut next, mut steps, mut depth, mut level_end) = (0, 0, 0, 1);
    while let Some((&state, _)) = found.get_index(next) {
        if next == level_end {
            (depth, level_end) = (depth + 1, found.len());
        }
        let report = |what, found: &Found| Report {
            states: found.len(),
            steps,
            depth,
            found: Some(Counterexample { what, way: way(scenario, found, next) }),
        };
        if let Some(what) = scenario.violation(&state) {
            return report(what, &found);
        }
        let events = scenario.events(&state);
        let before = u32::try_from(next).expect("states are counted by u32");
        if scenario.is_quiet(&state) {
            quiet.push(before);
        } else if events.iter().all(|event| event.is_fault) {
            return report("nothing goes on, and not all is done and clean", &found);
        }
        steps += events.len();
        for event in events {
            let entry = found.entry(event.state);
            if !event.is_fault {
                let after = u32::try_from(entry.index()).expect("states are counted by u32");
                steps_on.push((after, before));
            }
            entry.or_insert(before);
        }
        next += 1;
    }
    let stuck = first_stuck(found.len(), quiet, steps_on);
    let found_stuck = stuck.map(|state| Counterexample {
        what: "without further faults no quiet end can be reached",
        way: way(scenario, &found, state),
    });
    Report { states: found.len(), steps, depth, found: found_stuck }
}

/// The first state from which no quiet one can be reached.
fn first_stuck(states: usize, quiet: Vec<u32>, mut steps_on: Vec<(u32, u32)>) -> Option<usize> {
    steps_on.sort_unstable();
    let mut ends_well = vec![false; states];
    let mut to_look_at = quiet;
    while let Some(state) = to_look_at.pop() {
        if std::mem::replace(&mut ends_well[state as usize], true) {
            continue;
        }
        let first = steps_on.partition_point(|&(after, _)| after < state);
        let into = steps_on[first..].iter().take_while(|&&(after, _)| after == state);
        to_look_at.extend(into.map(|&(_, before)| before));
    }
    ends_well.iter().position(|ends_well| !ends_well)
}

/// The steps from the beginning to a state.
fn way(scenario: &Scenario, found: &Found, to: usize) -> Vec<String> {
    let mut way = Vec::new();
    let mut number = to;
    while let Some((state, &before)) = found.get_index(number).filter(|_| number != 0) {
        number = before as usize;
        let Some((earlier, _)) = found.get_index(number) else { break };
        let event = scenario.events(earlier).into_iter().find(|event| event.state == *state);
        way.extend(event.map(|event| line(scenario, &event)));
    }
    way.reverse();
    way
}

fn line(scenario: &Scenario, event: &Event) -> String {
    let Some(actor) = event.actor else { return event.said.to_owned() };
    let role = scenario.cast[actor].role;
    let is_only = scenario.cast.iter().filter(|cast| cast.role == role).count() == 1;
    let number = if is_only { String::new() } else { format!(" {}", actor + 1) };
    format!("{}{number} {}", role.name(), event.said)
}
