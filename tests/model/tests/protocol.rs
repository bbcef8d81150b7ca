//! The protocol as it is has none of what must never be.

#![expect(clippy::print_stdout, reason = "the figures are what make model shows")]

use std::time::Instant;

use evenkeel_model::check::check;
use evenkeel_model::scenario::Scenario;
use evenkeel_model::scenarios;

/// Looks at all states of a scenario, and returns how many there are.
fn holds(scenario: &Scenario) -> usize {
    let started = Instant::now();
    let report = check(scenario);
    let seconds = started.elapsed().as_secs_f64();
    let (name, states, steps, depth) = (scenario.name, report.states, report.steps, report.depth);
    println!("{name}: {states} states, {steps} steps, depth {depth}, {seconds:.1} s");
    if let Some(found) = report.found {
        panic!("{name}: {found}");
    }
    states
}

#[test]
fn it_holds_in_the_small_scenarios() {
    for scenario in scenarios::small() {
        holds(&scenario);
    }
}

#[test]
fn it_holds_in_more_than_a_million_states() {
    let states = holds(&scenarios::large());
    assert!(states > 1_000_000, "{states}");
}

#[test]
#[ignore = "takes minutes: make model"]
fn it_holds_in_the_full_scenarios() {
    for scenario in scenarios::full() {
        holds(&scenario);
    }
}
