//! What the judge must call missed, and what noise.

use crate::judge::{Verdict, judge, median};
use crate::samples::Measured;

/// A row with a sample of each side in every turn.
fn measured(bar: &str, ours: &[f64], peer: &[f64]) -> Measured {
    let mut text = format!("about\ttool\there\nrow\ta\twhat\t\tpeer\tms\t{bar}\n");
    for (side, values) in [("ours", ours), ("peer", peer)] {
        for (turn, value) in values.iter().enumerate() {
            text += &format!("sample\ta\t{side}\t{turn}\t{value}\n");
        }
    }
    Measured::parse(&text).expect("it is understood")
}

fn verdict(bar: &str, ours: &[f64], peer: &[f64]) -> Verdict {
    judge(&measured(bar, ours, peer)).expect("there are samples").rows[0].verdict
}

const PEER: [f64; 9] = [10.0, 10.1, 9.9, 10.2, 9.8, 10.0, 10.1, 9.9, 10.0];

#[test]
fn a_median_at_the_bar_meets_it() {
    assert_eq!(verdict("1.0x", &PEER, &PEER), Verdict::Met);
    assert_eq!(verdict("10", &PEER, &[]), Verdict::Met);
    assert_eq!(verdict("1/2", &[5.0; 9], &[10.0; 9]), Verdict::Met);
}

#[test]
fn what_lies_clearly_above_is_missed() {
    let ours = PEER.map(|value| value * 1.2);
    assert_eq!(verdict("1.1x", &ours, &PEER), Verdict::Missed);
    assert_eq!(verdict("11", &ours, &[]), Verdict::Missed);
}

#[test]
fn a_median_above_a_bar_that_other_turns_would_meet_is_noise() {
    let ours = [8.0, 12.0, 9.0, 11.5, 10.6, 10.5, 8.5, 11.0, 12.0];
    assert_eq!(verdict("1.0x", &ours, &PEER), Verdict::WithinNoise);
    assert_eq!(verdict("10", &ours, &[]), Verdict::WithinNoise);
}

/// A busy minute that slows both sides of its turns says nothing about the ratio.
#[test]
fn what_disturbs_a_turn_disturbs_both_sides() {
    let busy = [1.0, 3.0, 1.0, 2.0, 1.0, 4.0, 1.0, 2.5, 1.0];
    let slowed = |factor: f64| busy.map(|load| load * factor);
    assert_eq!(verdict("1.0x", &slowed(10.5), &slowed(10.0)), Verdict::Missed);
    assert_eq!(verdict("1.0x", &slowed(9.5), &slowed(10.0)), Verdict::Met);
}

#[test]
fn without_a_bar_or_a_peer_nothing_is_missed() {
    assert_eq!(verdict("-", &[99.0], &[1.0]), Verdict::Shown);
    assert_eq!(verdict("0.9x", &[99.0], &[]), Verdict::NoPeer);
}

#[test]
fn a_row_without_samples_is_an_error() {
    let error = judge(&measured("0.9x", &[], &[1.0])).expect_err("nothing of ours");
    assert_eq!(error.to_string(), "tool: too few samples of a");
}

#[test]
fn the_same_samples_have_the_same_interval() {
    let measured = measured("1.0x", &[8.0, 12.0, 9.0, 11.5, 10.6], &PEER);
    let estimate = || judge(&measured).expect("there are samples").rows[0].estimate;
    assert_eq!(estimate(), estimate());
    assert!(estimate().low < estimate().value && estimate().value < estimate().high);
}

#[test]
fn an_even_number_of_samples_has_the_mean_of_both_in_the_middle() {
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(median(vec![3.0]), Some(3.0));
    assert_eq!(median(Vec::new()), None);
}
