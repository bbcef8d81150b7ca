//! The plan of a team's week, made from a seed: the same seed and length give the same plan.

use std::time::Duration;

use fastrand::Rng;

use crate::event::{Event, Run, RunEnd, Sharing, Stack, What};

const PEOPLE: [&str; 10] =
    ["anna", "ben", "carla", "david", "emma", "felix", "greta", "hugo", "ida", "jonas"];
const CATEGORIES: [&str; 3] = ["unit", "integration", "e2e"];

/// A day must be long enough for an engine that dies, one that hangs, a full disk, and what people do between them.
const SHORTEST_DAY: Duration = Duration::from_mins(1);
/// Mean times between two events of a workday, as a machine of two CPUs can still play them.
const BETWEEN_RUNS: Duration = Duration::from_secs(7);
const BETWEEN_CI: Duration = Duration::from_secs(20);
const BETWEEN_RESTARTS: Duration = Duration::from_secs(12);
const BETWEEN_BY_HAND: Duration = Duration::from_secs(40);
/// On the sixth and the seventh day people do one in so many.
const WEEKEND: u32 = 4;

/// Parts of a day, as fractions of it.
const NIGHT: f64 = 0.12;
const EVENING: f64 = 0.85;
/// Before a meeting several people run the tests of one stack at once.
const RUSH: (f64, f64) = (0.30, 0.36);
/// In each of these something befalls the engine.
const TROUBLES: [(f64, f64); 3] = [(0.18, 0.26), (0.42, 0.50), (0.66, 0.74)];

/// The days of a week that lasts so long: seven, or fewer where they would be too short.
pub(crate) fn days(length: Duration) -> u32 {
    let whole = length.as_secs() / SHORTEST_DAY.as_secs();
    u32::try_from(whole).unwrap_or(u32::MAX).clamp(1, 7)
}

/// All events in the order of their times.
pub(crate) fn plan(seed: u64, length: Duration) -> Vec<Event> {
    let days = days(length);
    let mut planner = Planner {
        random: Rng::with_seed(seed),
        events: Vec::new(),
        day: length / days,
        begin: Duration::ZERO,
    };
    for day in 0..days {
        planner.begin = planner.day * day;
        planner.plan_day(if day >= 5 { WEEKEND } else { 1 });
    }
    planner.events.sort_by_key(|event| event.at);
    number(&mut planner.events);
    planner.events
}

/// Numbers stand for the order of the events.
fn number(events: &mut [Event]) {
    let (mut runs, mut by_hand) = (0, 0);
    for event in events {
        match &mut event.what {
            What::Runs(run) => {
                runs += 1;
                run.number = runs;
            }
            What::ByHand { number, .. } => {
                by_hand += 1;
                *number = by_hand;
            }
            _ => {}
        }
    }
}

struct Planner {
    random: Rng,
    events: Vec<Event>,
    /// Length of a day.
    day: Duration,
    /// When the day begins that is being planned.
    begin: Duration,
}

impl Planner {
    fn plan_day(&mut self, fewer: u32) {
        self.plan_troubles();
        let night = self.random.u32(1..=2);
        for _ in 0..night {
            let at = self.within(0.0, NIGHT);
            let run = self.run(Stack::Batch, "night", Sharing::Dedicated);
            self.add(at, "night", What::Runs(run));
        }
        for at in self.times(BETWEEN_RUNS * fewer) {
            let (actor, run) = (self.person(), self.run_of_a_person());
            self.add(at, actor, What::Runs(run));
        }
        if fewer == 1 {
            self.plan_rush();
        }
        for at in self.times(BETWEEN_CI) {
            let stack = self.stack();
            let run = self.run(stack, "ci", Sharing::Dedicated);
            self.add(at, "ci", What::Runs(run));
        }
        for at in self.times(BETWEEN_RESTARTS * fewer) {
            let (actor, stack) = (self.person(), self.stack());
            self.add(at, actor, What::Restarts(stack));
        }
        // Each day somebody does something by hand.
        let at = self.within(NIGHT, EVENING);
        let mut by_hand = self.times(BETWEEN_BY_HAND * fewer);
        by_hand.push(at);
        for at in by_hand {
            let keeps = self.seconds(5, 40);
            let actor = self.person();
            self.add(at, actor, What::ByHand { number: 0, keeps });
        }
    }

    fn plan_troubles(&mut self) {
        let mut troubles = [
            What::EngineDies { away: self.seconds(1, 3) },
            What::EngineHangs { lasts: self.seconds(4, 8) },
            What::DiskFills { lasts: self.seconds(4, 8) },
        ];
        self.random.shuffle(&mut troubles);
        for (what, (from, to)) in troubles.into_iter().zip(TROUBLES) {
            let at = self.within(from, to);
            self.add(at, "engine", what);
        }
    }

    fn plan_rush(&mut self) {
        let (at, stack) = (self.within(RUSH.0, RUSH.1), self.stack());
        let many = self.random.usize(4..=6);
        for actor in self.random.choose_multiple(PEOPLE, many) {
            let at = at + Duration::from_millis(self.random.u64(0..2000));
            let mut run = self.run_of_a_person();
            run.stack = stack;
            self.add(at, actor, What::Runs(run));
        }
    }

    fn add(&mut self, at: Duration, actor: &'static str, what: What) {
        self.events.push(Event { at, actor, what });
    }

    fn within(&mut self, from: f64, to: f64) -> Duration {
        self.begin + self.day.mul_f64(from + (to - from) * self.random.f64())
    }

    /// Times between the night and the evening, so far apart on average, as independent people choose them.
    fn times(&mut self, between: Duration) -> Vec<Duration> {
        let mut times = Vec::new();
        let (mut at, end) = (self.begin + self.day.mul_f64(NIGHT), self.begin + self.day.mul_f64(EVENING));
        loop {
            // The logarithm of 0 has no value.
            at += between.mul_f64(-(1.0 - self.random.f64()).ln());
            if at >= end {
                return times;
            }
            times.push(at);
        }
    }

    fn seconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_secs(self.random.u64(from..=to))
    }

    fn person(&mut self) -> &'static str {
        PEOPLE[self.random.usize(0..PEOPLE.len())]
    }

    fn stack(&mut self) -> Stack {
        Stack::ALL[self.random.usize(0..Stack::ALL.len())]
    }

    fn run_of_a_person(&mut self) -> Run {
        let stack = self.stack();
        let category = CATEGORIES[self.random.usize(0..CATEGORIES.len())];
        let sharing = if self.random.u32(0..4) == 0 { Sharing::Dedicated } else { Sharing::Shared };
        self.run(stack, category, sharing)
    }

    fn run(&mut self, stack: Stack, category: &'static str, sharing: Sharing) -> Run {
        let end = match self.random.u32(0..100) {
            0..64 => RunEnd::Passes,
            64..72 => RunEnd::Fails,
            72..78 => RunEnd::Crashes,
            78..88 => RunEnd::CtrlC(self.seconds(1, 20)),
            _ => RunEnd::Killed(self.seconds(2, 20)),
        };
        Run { number: 0, stack, category, sharing, work: self.seconds(1, 8), end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_mins(30);

    fn count(events: &[Event], wanted: impl Fn(&What) -> bool) -> usize {
        events.iter().filter(|event| wanted(&event.what)).count()
    }

    fn runs(events: &[Event]) -> impl Iterator<Item = &Run> {
        events.iter().filter_map(|event| if let What::Runs(run) = &event.what { Some(run) } else { None })
    }

    #[test]
    fn the_same_seed_gives_the_same_plan() {
        assert_eq!(plan(7, WEEK), plan(7, WEEK));
        assert_ne!(plan(7, WEEK), plan(8, WEEK));
    }

    #[test]
    fn each_day_the_engine_dies_hangs_and_is_full_once() {
        for (minutes, days) in [(1, 1), (2, 2), (7, 7), (30, 7)] {
            for seed in 0..20 {
                let events = plan(seed, Duration::from_mins(minutes));
                assert_eq!(count(&events, |what| matches!(what, What::EngineDies { .. })), days);
                assert_eq!(count(&events, |what| matches!(what, What::EngineHangs { .. })), days);
                assert_eq!(count(&events, |what| matches!(what, What::DiskFills { .. })), days);
            }
        }
        assert_eq!(days(Duration::ZERO), 1);
    }

    #[test]
    fn troubles_end_before_the_next_one() {
        for seed in 0..200 {
            let mut busy_until = Duration::ZERO;
            for event in plan(seed, Duration::from_secs(90)) {
                let (What::EngineDies { away: lasts }
                | What::EngineHangs { lasts }
                | What::DiskFills { lasts }) = event.what
                else {
                    continue;
                };
                assert!(event.at > busy_until, "seed {seed}");
                busy_until = event.at + lasts;
            }
        }
    }

    #[test]
    fn a_week_has_every_stack_category_sharing_and_end() {
        let events = plan(1, WEEK);
        for stack in Stack::ALL {
            assert!(runs(&events).any(|run| run.stack == stack), "{stack:?}");
        }
        for category in ["unit", "integration", "e2e", "ci", "night"] {
            assert!(runs(&events).any(|run| run.category == category), "{category}");
        }
        for sharing in [Sharing::Shared, Sharing::Dedicated] {
            assert!(runs(&events).any(|run| run.sharing == sharing), "{sharing:?}");
        }
        for code in [0, 42, 139, 130, 137] {
            assert!(runs(&events).any(|run| run.end.code() == code), "{code}");
        }
        assert!(count(&events, |what| matches!(what, What::ByHand { .. })) >= 7);
        assert!(count(&events, |what| matches!(what, What::Restarts(_))) >= 7);
    }

    #[test]
    fn events_are_in_order_within_the_week_and_runs_have_numbers_of_their_own() {
        let events = plan(3, WEEK);
        assert!(events.is_sorted_by_key(|event| event.at));
        assert!(events.iter().all(|event| event.at < WEEK));
        assert!(
            runs(&events).map(|run| run.number).eq(1..=u32::try_from(runs(&events).count()).unwrap_or(0))
        );
    }

    #[test]
    fn a_line_of_the_plan_says_when_who_and_what() {
        let run = Run {
            number: 12,
            stack: Stack::Shop,
            category: "unit",
            sharing: Sharing::Shared,
            work: Duration::from_secs(4),
            end: RunEnd::Killed(Duration::from_secs(9)),
        };
        let event = Event { at: Duration::from_millis(61_540), actor: "anna", what: What::Runs(run) };
        assert_eq!(
            event.to_string(),
            "   61.5 anna    run0012 shop unit shared, works 4 s, kill -9 after 9 s"
        );
    }
}
