//! What came of a run: whether two commands were inside at once, and how long nobody was.

use std::collections::HashSet;
use std::path::Path;

use crate::chaos::faults::{Fault, Harm};

/// How long a host that vanished keeps the lock at the most, with the lease time of the test: twice that and a second.
const DEAD_HOST_MS: u64 = 11_000;

/// A cluster chooses a leader within this.
const ELECTION_MS: u64 = 3_000;

/// For a machine that is busy with other things.
const SLACK_MS: u64 = 15_000;

/// What came of a run.
#[derive(Debug, Default)]
#[expect(dead_code, reason = "read in messages")]
pub(crate) struct Verdict {
    pub(crate) entries: usize,
    pub(crate) updates: usize,
    pub(crate) overlaps: usize,
    pub(crate) lost_updates: usize,
    pub(crate) faults: usize,
    /// Runs that did not end by themselves.
    pub(crate) stuck: usize,
    /// The longest time without an update, and the longest one beyond what the faults in it may cost.
    pub(crate) longest_stall_ms: u64,
    pub(crate) beyond_bound_ms: u64,
    pub(crate) seed: u64,
}

/// Reads the log, with lines `RUN NUMBER MS`: the lines of one command must be one block, and the numbers must rise.
pub(crate) fn judge(dir: &Path, faults: &[Fault]) -> Verdict {
    let log = std::fs::read_to_string(dir.join("log")).unwrap();
    let mut verdict = Verdict { faults: faults.len(), ..Verdict::default() };
    let (mut seen, mut last_id, mut last, mut last_ms) = (HashSet::new(), "", 0, None);
    for line in log.lines() {
        let mut words = line.split(' ');
        let id = words.next().unwrap();
        let [number, ms] = [words.next(), words.next()].map(|word| word.unwrap().parse::<u64>().unwrap());
        verdict.updates += 1;
        if id != last_id {
            verdict.overlaps += usize::from(!seen.insert(id));
            last_id = id;
        }
        verdict.lost_updates += usize::from(number <= last);
        last = number;
        let since = last_ms.replace(ms).unwrap_or(ms);
        let stall = ms.saturating_sub(since);
        verdict.longest_stall_ms = verdict.longest_stall_ms.max(stall);
        let beyond = stall.saturating_sub(allowed(since, ms, faults));
        verdict.beyond_bound_ms = verdict.beyond_bound_ms.max(beyond);
    }
    verdict.entries = seen.len();
    verdict
}

/// How long nobody may be inside between two times: while the store is out, and what each host that was harmed costs.
fn allowed(from: u64, to: u64, faults: &[Fault]) -> u64 {
    let during = faults.iter().filter(|fault| fault.from_ms < to && fault.to_ms + DEAD_HOST_MS > from);
    let cost = during.map(|fault| match fault.harm {
        Harm::Members => fault.to_ms - fault.from_ms + ELECTION_MS,
        // After it no lock is lost, but it may last as long as it does.
        Harm::Host => fault.to_ms - fault.from_ms + DEAD_HOST_MS,
        Harm::Nobody => 0,
    });
    cost.sum::<u64>() + SLACK_MS
}

#[test]
fn two_at_once_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("log"), "a 1 0\na 2 5\nb 3 9\na 3 12\nb 4 15\nc 5 40015\n").unwrap();
    let verdict = judge(dir.path(), &[]);
    assert_eq!((verdict.entries, verdict.overlaps, verdict.lost_updates), (3, 2, 1));
    assert_eq!((verdict.longest_stall_ms, verdict.beyond_bound_ms), (40_000, 25_000));
    let outage = Fault { harm: Harm::Members, from_ms: 1_000, to_ms: 30_000 };
    assert_eq!(judge(dir.path(), &[outage]).beyond_bound_ms, 0);
}
