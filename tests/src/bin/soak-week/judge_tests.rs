//! What the judge must find, and what it must let pass.

use std::time::Duration;

use crate::event::{Run, RunEnd, Sharing, Stack};
use crate::facts::{Ended, Facts, GateLine, Hold, Interval, Restart, Touch};
use crate::judge::{DEV, NEIGHBOUR, Outcome, Side, judge, outcome};

fn run(number: u32, end: RunEnd) -> Run {
    let work = Duration::from_secs(1);
    Run { number, stack: Stack::Shop, category: "unit", sharing: Sharing::Shared, work, end }
}

fn ended(number: u32, end: RunEnd, code: i32) -> Ended {
    Ended { run: run(number, end), lived: Interval { from: 0, to: 10_000 }, code, signalled: false }
}

fn hold(number: u32, from: i64, to: i64) -> Hold {
    let run = run(number, RunEnd::Passes).id();
    let lock = "week-shop".to_owned();
    Hold { lock, run, held: Interval { from, to }, waited_ms: 0, end: "done".into(), code: Some(1) }
}

fn one(ended: Ended) -> Facts {
    Facts { runs: vec![ended, self::ended(99, RunEnd::Passes, 0)], ..Facts::default() }
}

#[test]
fn a_week_without_trouble_meets_every_target() {
    let verdict = judge(&one(ended(1, RunEnd::Passes, 0)), Side::After);
    assert!(verdict.missed.is_empty(), "{:?}", verdict.missed);
    assert!(verdict.deviations.is_empty());
}

#[test]
fn a_week_without_a_run_that_passes_proves_nothing() {
    assert!(!judge(&Facts::default(), Side::After).missed.is_empty());
}

#[test]
fn what_the_plan_asks_for_is_no_failure() {
    for (end, code) in [(RunEnd::Fails, 42), (RunEnd::Crashes, 139)] {
        let facts = one(ended(1, end, code));
        assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::OnPurpose);
        assert!(judge(&facts, Side::After).missed.is_empty());
    }
    let killed = Ended { signalled: true, ..ended(1, RunEnd::Killed(Duration::from_secs(3)), 137) };
    let facts = one(killed);
    assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::OnPurpose);
}

#[test]
fn another_code_than_the_planned_one_is_a_failure() {
    for (end, code) in [(RunEnd::Fails, 1), (RunEnd::Crashes, 1), (RunEnd::Passes, 42), (RunEnd::Passes, 4)] {
        let facts = one(ended(1, end, code));
        assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::Failed, "{end:?} {code}");
        assert_eq!(judge(&facts, Side::After).missed.len(), 2);
    }
}

#[test]
fn who_held_an_environment_when_the_engine_died_is_excused_and_who_waited_is_not() {
    let mut facts = one(ended(1, RunEnd::Passes, 3));
    facts.deaths = vec![Interval { from: 5000, to: 7000 }];
    facts.holds = vec![hold(1, 2000, 9000)];
    assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::LostEngine);
    assert!(judge(&facts, Side::After).missed.is_empty());
    facts.holds = vec![hold(1, 8000, 9000), Hold { lock: "week-shop-slots".into(), ..hold(1, 2000, 9000) }];
    assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::Failed);
    facts.holds.clear();
    assert_eq!(outcome(&facts.runs[0], &facts, Side::After), Outcome::Failed);
    // Without evenkeel there is no record: its life counts.
    assert_eq!(outcome(&facts.runs[0], &facts, Side::Before), Outcome::LostEngine);
}

#[test]
fn an_engine_that_is_away_unplanned_has_crashed() {
    let mut facts = one(ended(1, RunEnd::Passes, 0));
    facts.deaths = vec![Interval { from: 5000, to: 7000 }];
    facts.refused = vec![4900, 5500, 6500, 7500];
    assert!(judge(&facts, Side::After).missed.is_empty());
    facts.refused = vec![20_000, 20_500, 40_000];
    assert_eq!(judge(&facts, Side::After).missed, ["the engine does not crash"]);
    assert!(judge(&facts, Side::After).figures.contains(&("crashes of the engine", "2".to_owned())));
}

#[test]
fn a_restart_needs_a_line_of_the_gate() {
    let mut facts = one(ended(1, RunEnd::Passes, 0));
    facts.restarts = vec![Restart { at: 9000, service: "week-shop/queue".into() }];
    assert_eq!(judge(&facts, Side::After).missed, ["a record explains every deviation"]);
    facts.gate = vec![GateLine { at: 8000, service: "week-shop/web".into() }];
    assert!(!judge(&facts, Side::After).missed.is_empty());
    facts.gate.extend([500, 8000].map(|at| GateLine { at, service: "week-shop/queue".into() }));
    let verdict = judge(&facts, Side::After);
    assert!(verdict.missed.is_empty());
    let record = verdict.deviations[0].record.as_deref();
    assert_eq!(record, Some("restartgate history, 1000 ms before"), "of two, the nearest");
}

#[test]
fn dev_and_the_second_project_may_change_only_where_the_gate_says_so() {
    let mut facts = one(ended(1, RunEnd::Passes, 0));
    let touch = |project: &str| Touch {
        project: project.into(),
        service: "db".into(),
        what: "started again".into(),
        when: Interval { from: 0, to: 10_000 },
    };
    facts.touches = vec![touch(DEV)];
    facts.gate = vec![GateLine { at: 500, service: format!("{DEV}/db") }];
    assert!(judge(&facts, Side::After).missed.is_empty());
    facts.touches.push(touch(NEIGHBOUR));
    assert_eq!(judge(&facts, Side::After).missed, ["a record explains every deviation"]);
}

#[test]
fn each_target_can_be_missed() {
    let fine = one(ended(1, RunEnd::Passes, 0));
    let mut long = ended(1, RunEnd::Passes, 0);
    long.lived.to = 301_000;
    let cases = [
        Facts { peak_bytes: 4 << 30, ..fine.clone() },
        Facts { orphans: vec!["container x".into()], ..fine.clone() },
        Facts { out_of_memory: vec!["x".into()], ..fine.clone() },
        Facts { lost_by_hand: vec!["hand-1".into()], ..fine.clone() },
        one(long),
    ];
    for facts in cases {
        assert!(!judge(&facts, Side::After).missed.is_empty(), "{facts:?}");
    }
    // What it waited does not count.
    let mut waited = one(long);
    waited.holds = vec![Hold { waited_ms: 5000, ..hold(1, 0, 1) }];
    assert!(judge(&waited, Side::After).missed.is_empty());
}
