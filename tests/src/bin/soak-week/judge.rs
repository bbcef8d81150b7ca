//! Judges what was seen: pure.

use crate::facts::{Ended, Facts, Hold, Interval, Millis};

/// The targets of a week.
const MOST_PEAK_BYTES: u64 = 4 << 30;
const LONGEST_RUN_S: i64 = 5 * 60;
/// A connection that is refused so long around a planned death of the engine belongs to it.
const AROUND_DEATH_MS: Millis = 1000;
/// restartgate notes a restart before it asks the engine for it, which may take a while to do it.
const GATE_AHEAD_MS: Millis = 120_000;
/// Events have the engine's time, notes that of their process.
const GATE_BEHIND_MS: Millis = 2000;

/// Which half of the experiment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Compose alone.
    Before,
    /// With evenkeel.
    After,
}

impl Side {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// It failed, crashed or was interrupted as the plan says.
    OnPurpose,
    /// It used its environment while dockerd was killed.
    LostEngine,
    /// It should have passed.
    Failed,
}

/// Something that is not as it should be, and the record that explains it, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deviation {
    pub(crate) what: String,
    pub(crate) record: Option<String>,
}

/// The verdict on one side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Name and value of each figure.
    pub(crate) figures: Vec<(&'static str, String)>,
    pub(crate) deviations: Vec<Deviation>,
    /// Targets that are not met.
    pub(crate) missed: Vec<String>,
}

/// The outcome of a run. With evenkeel, the record of a hold says whether it used its environment.
pub(crate) fn outcome(ended: &Ended, facts: &Facts, side: Side) -> Outcome {
    if ended.code == 0 {
        return Outcome::Passed;
    }
    if ended.signalled || ended.code == ended.run.end.code() {
        return Outcome::OnPurpose;
    }
    let used = match side {
        Side::Before => vec![ended.lived],
        Side::After => {
            holds_of(ended, facts).filter(|hold| hold.is_of_environment()).map(|hold| hold.held).collect()
        }
    };
    let lost = used.iter().any(|used| facts.deaths.iter().any(|death| used.meets(*death)));
    if lost { Outcome::LostEngine } else { Outcome::Failed }
}

fn holds_of<'a>(ended: &Ended, facts: &'a Facts) -> impl Iterator<Item = &'a Hold> {
    let id = ended.run.id();
    facts.holds.iter().filter(move |hold| hold.run == id)
}

/// How often the engine was away outside its planned deaths.
fn crashes(facts: &Facts) -> usize {
    let planned = |at: Millis| {
        let around = Interval { from: at - AROUND_DEATH_MS, to: at + AROUND_DEATH_MS };
        facts.deaths.iter().any(|death| around.meets(*death))
    };
    let mut crashes = 0;
    let mut last = Millis::MIN / 2;
    for at in facts.refused.iter().copied().filter(|at| !planned(*at)) {
        // Looks follow one another within less.
        if at - last > 5000 {
            crashes += 1;
        }
        last = at;
    }
    crashes
}

/// How long a run took, without waiting for its turn: seconds.
fn run_seconds(ended: &Ended, facts: &Facts) -> i64 {
    let waited = holds_of(ended, facts).map(|hold| hold.waited_ms).max().unwrap_or(0);
    ended.lived.seconds() - waited / 1000
}

pub(crate) fn judge(facts: &Facts, side: Side) -> Verdict {
    let outcomes: Vec<(&Ended, Outcome)> =
        facts.runs.iter().map(|ended| (ended, outcome(ended, facts, side))).collect();
    let count = |wanted: Outcome| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
    let (passed, failed) = (count(Outcome::Passed), count(Outcome::Failed));
    let share = (passed * 100).checked_div(passed + failed).unwrap_or(0);
    let mut times: Vec<i64> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Passed)
        .map(|(ended, _)| run_seconds(ended, facts))
        .collect();
    times.sort_unstable();
    let longest = times.last().copied().unwrap_or(0);
    let crashes = crashes(facts);
    let touched = |project: &str| facts.touches.iter().filter(|touch| touch.project == project).count();
    let figures = vec![
        ("runs", facts.runs.len().to_string()),
        ("ended as planned: Ctrl-C, kill -9, crash, failure", count(Outcome::OnPurpose).to_string()),
        ("used an environment when dockerd was killed", count(Outcome::LostEngine).to_string()),
        ("passed, of the others", format!("{passed} of {}", passed + failed)),
        ("share that passed", format!("{share} %")),
        (
            "run, median, without waiting for a turn",
            format!("{} s", times.get(times.len() / 2).copied().unwrap_or(0)),
        ),
        ("run, longest, without waiting for a turn", format!("{longest} s")),
        ("dockerd killed / stopped / disk full, as planned", {
            format!("{} / {} / {}", facts.deaths.len(), facts.hangs.len(), facts.full.len())
        }),
        ("crashes of the engine", crashes.to_string()),
        ("containers out of memory", facts.out_of_memory.len().to_string()),
        ("restarts of containers", facts.restarts.len().to_string()),
        ("orphans, most at a time", facts.most_orphans.to_string()),
        ("orphans at the end", facts.orphans.len().to_string()),
        ("peak memory of all containers", format!("{} MiB", facts.peak_bytes >> 20)),
        ("dev: changes", touched(DEV).to_string()),
        ("second project: changes", touched(NEIGHBOUR).to_string()),
        ("containers run by hand that were lost", facts.lost_by_hand.len().to_string()),
    ];
    let deviations = deviations(facts, &outcomes, side);
    let unexplained = deviations.iter().filter(|deviation| deviation.record.is_none()).count();
    let mut missed = Vec::new();
    let mut must = |met: bool, what: &str| {
        if !met {
            missed.push(what.to_owned());
        }
    };
    must(passed > 0 && failed == 0, "every run passes that was not ended on purpose");
    must(longest <= LONGEST_RUN_S, "no run takes longer than 5 minutes");
    must(crashes == 0, "the engine does not crash");
    must(facts.out_of_memory.is_empty(), "no container runs out of memory");
    must(facts.orphans.is_empty(), "nothing is left at the end");
    must(facts.peak_bytes < MOST_PEAK_BYTES, "less than 4 GiB of memory");
    must(unexplained == 0, "a record explains every deviation");
    Verdict { figures, deviations, missed }
}

/// The projects that nobody should touch.
pub(crate) const DEV: &str = "evenkeel-dev";
pub(crate) const NEIGHBOUR: &str = "neighbour";

fn deviations(facts: &Facts, outcomes: &[(&Ended, Outcome)], side: Side) -> Vec<Deviation> {
    let mut found = Vec::new();
    for (ended, outcome) in outcomes {
        if matches!(outcome, Outcome::LostEngine | Outcome::Failed) {
            let what = format!("{} of {} ended with {}", ended.run.id(), ended.run.stack.name(), ended.code);
            let record = match outcome {
                Outcome::LostEngine => why_it_lost_the_engine(ended, facts, side),
                _ => None,
            };
            found.push(Deviation { what, record });
        }
    }
    for restart in &facts.restarts {
        let is_near = |at: Millis| (restart.at - GATE_AHEAD_MS..restart.at + GATE_BEHIND_MS).contains(&at);
        let near = facts.gate.iter().filter(|line| line.service == restart.service && is_near(line.at));
        let noted = near.min_by_key(|line| (restart.at - line.at).abs());
        found.push(Deviation {
            what: format!("{} was restarted", restart.service),
            record: noted.map(|line| format!("restartgate history, {} ms before", restart.at - line.at)),
        });
    }
    for touch in &facts.touches {
        let name = format!("{}/{}", touch.project, touch.service);
        let noted = facts
            .gate
            .iter()
            .any(|line| line.service == name && (touch.when.from..touch.when.to).contains(&line.at));
        let record = noted.then(|| "restartgate history".to_owned());
        found.push(Deviation { what: format!("{name}: {}", touch.what), record });
    }
    let unexplained = |what: String| Deviation { what, record: None };
    found.extend(
        facts.lost_by_hand.iter().map(|name| unexplained(format!("{name} was removed by somebody else"))),
    );
    found.extend(facts.out_of_memory.iter().map(|name| unexplained(format!("{name} ran out of memory"))));
    found.extend(facts.orphans.iter().map(|name| unexplained(format!("{name} is left"))));
    found
}

/// The record that says so; there is none without evenkeel.
fn why_it_lost_the_engine(ended: &Ended, facts: &Facts, side: Side) -> Option<String> {
    if side == Side::Before {
        return None;
    }
    let met = |hold: &&Hold| facts.deaths.iter().any(|death| hold.held.meets(*death));
    let hold = holds_of(ended, facts).filter(|hold| hold.is_of_environment()).find(met)?;
    let code = hold.code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    Some(format!(
        "envlock history: held for {} s when dockerd was killed; {}, exit code {code}",
        hold.held.seconds(),
        hold.end
    ))
}
