//! Each guard is needed: without it, the checker finds what must never be.

#![expect(clippy::print_stdout, reason = "the figures are what make model shows")]

use evenkeel_model::check::check;
use evenkeel_model::scenario::SeededBug;
use evenkeel_model::scenarios;

/// Leaves a guard out, and returns what the checker finds in the first small scenario in which it finds something.
fn found_without(bug: SeededBug) -> &'static str {
    for scenario in scenarios::small() {
        let scenario = scenario.without(bug);
        if let Some(found) = check(&scenario).found {
            println!("without a guard ({bug:?}), {}: {found}", scenario.name);
            return found.what;
        }
    }
    panic!("{bug:?} is not found");
}

const GONE: &str = "an environment is gone while its user's command runs";
const KEPT: &str = "an environment that is kept until told is gone";
const LIMIT: &str = "more restarts than the limit";
const REMAINS: &str = "an environment is set up on what another one left";
const RESTARTS: &str = "a service is restarted by two at once";
const STUCK: &str = "nothing goes on, and not all is done and clean";
const TWO: &str = "two at once that exclude each other";

macro_rules! without {
    ($($guard:ident: $bug:ident => $what:ident;)*) => {
        $(
            #[test]
            fn $guard() {
                assert_eq!(found_without(SeededBug::$bug), $what);
            }
        )*
    };
}

// Each test has the name of the guard that is left out.
without! {
    whoever_enters_takes_the_setup_lock: EntersWithoutSetupLock => GONE;
    whoever_leaves_takes_the_setup_lock: LeavesWithoutSetupLock => GONE;
    the_last_one_out_looks_again: LastOutNotLookedAtAgain => GONE;
    the_lock_is_held_during_the_take_down: LockReleasedBeforeTakeDown => TWO;
    whoever_enters_looks_for_users: UsersNotLookedFor => STUCK;
    whoever_enters_looks_for_users_again: UsersNotLookedForAgain => GONE;
    the_tickets_of_the_dead_do_not_count: DeadTicketsBlock => STUCK;
    what_envlock_starts_has_the_lock_too: LockNotInherited => GONE;
    the_mark_of_a_dead_holder_counts: DirtyMarkIgnored => REMAINS;
    a_set_up_is_recorded_first: SetupRecordedLate => REMAINS;
    a_record_outlives_its_environment: RecordRemovedEarly => REMAINS;
    what_was_interrupted_is_not_up: InterruptedCountsAsUp => GONE;
    prune_asks_for_the_lock: PruneIgnoresLock => GONE;
    prune_leaves_what_is_kept: PruneIgnoresKept => KEPT;
    prune_looks_under_the_lock_whether_it_is_kept: PruneLooksKeptBeforeLock => KEPT;
    a_lock_becomes_shared_without_a_gap: DowngradeHasGap => GONE;
    a_lock_becomes_exclusive_without_a_gap: UpgradeHasGap => KEPT;
    heal_locks_the_service: HealIgnoresLock => RESTARTS;
    a_restart_is_recorded_first: AttemptRecordedLate => LIMIT;
}
