//! The decisions are those of the model of the protocol, in which every order of steps is looked at.

use evenkeel_common::{BootTimestamp, Timestamp};
use evenkeel_model::{decide, state};
use proptest::prelude::*;

use crate::model::environment::{
    Entry, Environment, EnvironmentPhase, Facts, Keep, Recorded, SCHEMA, Sweep, SweepRule, Unused, Wanted,
};
use crate::model::queue::{Mode, TicketId};

fn now() -> BootTimestamp {
    BootTimestamp { at: Timestamp::UNIX_EPOCH, boot_id: Some("b".into()), boot_ms: 5000 }
}

/// The record that the model's one stands for.
fn record(recorded: state::Recorded) -> Recorded {
    let (phase, kept) = match recorded {
        state::Recorded::Nothing => return Recorded::Nothing,
        state::Recorded::Setup => (EnvironmentPhase::Setup, Keep::No),
        state::Recorded::Up => (EnvironmentPhase::Up, Keep::No),
        state::Recorded::Kept => (EnvironmentPhase::Up, Keep::UntilTold),
        state::Recorded::Teardown => (EnvironmentPhase::Teardown, Keep::No),
    };
    Recorded::Known(Box::new(Environment {
        schema: SCHEMA.into(),
        key: None,
        teardown: None,
        user: "alice".into(),
        host: "here".into(),
        up_since: Timestamp::UNIX_EPOCH,
        phase,
        kept,
        kept_by: None,
        idle_since: Some(now()),
        generation: 0,
        foreign: None,
    }))
}

#[test]
fn a_record_and_a_mark_mean_what_they_mean_in_the_model() {
    use state::Recorded::{Kept, Nothing, Setup, Teardown, Up};
    for (recorded, mark) in
        [Nothing, Setup, Up, Kept, Teardown].into_iter().flat_map(|r| [(r, false), (r, true)])
    {
        let (record, now) = (record(recorded), now());
        let facts = Facts { recorded: &record, is_marked_dirty: mark, now: &now };
        let unused = match facts.unused() {
            Unused::Down => decide::Unused::Down,
            Unused::Kept(_) => decide::Unused::Kept,
            Unused::Expired(_) | Unused::Dirty(_) => decide::Unused::Dirty,
        };
        assert_eq!(unused, decide::unused(recorded, mark), "{recorded:?} {mark}");
        let entry = match facts.entry(&Wanted { key: None, replace: None }) {
            Ok(Entry::SetUp) => decide::Entry::SetUp,
            Ok(Entry::Join) => decide::Entry::Join,
            Ok(Entry::Clear(_)) => decide::Entry::Clear,
            other => panic!("{other:?}"),
        };
        assert_eq!(entry, decide::entry(recorded, mark), "{recorded:?} {mark}");
        let sweeps = matches!(facts.sweep(SweepRule::WhatIsOver), Sweep::TakeDown(_));
        assert_eq!(sweeps, decide::sweeps(recorded, mark), "{recorded:?} {mark}");
    }
}

/// What happens in a queue.
#[derive(Clone, Copy, Debug)]
enum Change {
    Arrives {
        exclusive: bool,
    },
    /// Whoever is at this place, counted from the front, is done or dies.
    Leaves(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let arrives = any::<bool>().prop_map(|exclusive| Change::Arrives { exclusive });
    proptest::collection::vec(prop_oneof![arrives, (0..6_usize).prop_map(Change::Leaves)], 1..60)
}

proptest! {
    /// Whoever comes and goes: the same tickets wait as in the model, those that do not wait can have the lock
    /// together, and where there are any, one of them need not wait.
    #[test]
    fn the_queue_is_that_of_the_model(changes in changes()) {
        let mut queue: Vec<TicketId> = Vec::new();
        for (number, change) in (1..).zip(changes) {
            match change {
                Change::Arrives { exclusive } => {
                    queue.push(TicketId { number, mode: if exclusive { Mode::Exclusive } else { Mode::Shared } });
                }
                Change::Leaves(place) if place < queue.len() => drop(queue.remove(place)),
                Change::Leaves(_) => {}
            }
            let is_exclusive = |id: &TicketId| id.mode == Mode::Exclusive;
            for (place, id) in queue.iter().enumerate() {
                let waits = queue[..place].iter().any(|ahead| decide::excludes(is_exclusive(id), is_exclusive(ahead)));
                prop_assert_eq!(!id.blocked_by(&queue).is_empty(), waits);
            }
            let inside: Vec<&TicketId> = queue.iter().filter(|id| id.blocked_by(&queue).is_empty()).collect();
            prop_assert!(inside.len() == 1 || !inside.iter().any(|id| is_exclusive(id)));
            prop_assert_eq!(inside.is_empty(), queue.is_empty());
        }
    }
}
