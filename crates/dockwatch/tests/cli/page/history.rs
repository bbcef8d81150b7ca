//! A made-up history of some working days: runs of three categories, samples, locks, restarts. The same each time.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

const MIB: f64 = 1_048_576.0;

/// 2026-11-23 07:00:00 UTC, a Monday.
const START: i64 = 1_795_417_200;

const DAY: i64 = 86_400;

/// Length of a working day.
const WORK: i64 = 9 * 3600;

/// Budget of memory.
const BUDGET: f64 = 4096.0 * MIB;

/// What somebody may put into a name.
pub(super) const HOSTILE: &str =
    "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>";

/// When the engine is down for some minutes: at noon of the last day but one, if there is one.
const fn outage(days: i64) -> i64 {
    START + (days - 1) / 2 * DAY + 4 * 3600
}

/// A run.
struct Run {
    category: &'static str,
    from: i64,
    to: i64,
    peak: f64,
    containers: u32,
    exit_code: u8,
}

/// Numbers from 0 to 1 that look random.
struct Random(u64);

impl Random {
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn next(&mut self) -> f64 {
        // The generator of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "some seconds")]
    fn seconds(&mut self, from: i64, to: i64) -> i64 {
        from + ((to - from) as f64 * self.next()) as i64
    }
}

/// Writes the history of some days into a state directory.
pub(super) fn write(home: &Path, days: i64) {
    let mut random = Random(7);
    let (runs, holds) = runs_and_holds(days, &mut random);
    let lines: Vec<Value> = runs.iter().map(run_line).collect();
    save(&home.join("history/runs.jsonl"), &lines);
    save(&home.join("history/samples.jsonl"), &samples(&runs, days, &mut random));
    save(&home.join("locks/test.d/history.jsonl"), &holds);
    let private = json!({ "at": time(START + 3 * 3600), "end": "died", "user": "bob", "command": [],
        "purpose": HOSTILE, "waited_ms": null, "held_ms": null, "exit_code": null });
    save(&home.join("locks/staging.d/history.jsonl"), &[private]);
    let (restarts, refusals) = restarts(days, &mut random);
    save(&home.join("restarts/history.jsonl"), &restarts);
    save(&home.join("restarts/refusals.jsonl"), &refusals);
}

fn save(path: &Path, lines: &[Value]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")).unwrap();
}

fn time(second: i64) -> String {
    evenkeel_common::Timestamp::from_second(second).unwrap().to_string()
}

/// Runs of unit tests as they come; runs of the others one after the other, under a lock.
fn runs_and_holds(days: i64, random: &mut Random) -> (Vec<Run>, Vec<Value>) {
    let (mut runs, mut holds) = (Vec::new(), Vec::new());
    for day in 0..days {
        let start = START + day * DAY;
        let mut at = start + random.seconds(60, 600);
        while at < start + WORK {
            let to = at + random.seconds(25, 70);
            runs.push(run("unit", at, to, 260.0 + 120.0 * random.next(), random));
            at = to + random.seconds(120, 1500);
        }
        let (mut at, mut free) = (start + random.seconds(60, 900), start);
        while at < start + WORK {
            let is_long = random.next() < 0.4;
            let (category, peak, length) =
                if is_long { ("e2e", 2500.0, [300, 620]) } else { ("integration", 1150.0, [110, 260]) };
            let from = at.max(free);
            let to = from + random.seconds(length[0], length[1]);
            // One of two that were started at once waits, so their peaks do not add up.
            runs.push(run(category, from, to, peak * (0.9 + 0.35 * random.next()), random));
            let exit_code = runs[runs.len() - 1].exit_code;
            holds.push(hold(at, from, to, category, exit_code, random.next()));
            free = to + 4;
            at += random.seconds(90, 1700);
        }
    }
    runs.sort_by_key(|run| run.to);
    (runs, holds)
}

fn run(category: &'static str, from: i64, to: i64, peak_mib: f64, random: &mut Random) -> Run {
    let containers = match category {
        "unit" => 2,
        "integration" => 5,
        _ => 9,
    };
    let exit_code = u8::from(random.next() < 0.07);
    Run { category, from, to, peak: peak_mib * MIB, containers, exit_code }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
fn run_line(run: &Run) -> Value {
    let peak = run.peak as u64;
    json!({ "at": time(run.to), "started_at": time(run.from), "category": run.category, "duration_s": run.to - run.from,
        "exit_code": run.exit_code, "memory_peak_bytes": peak, "memory_p95_bytes": peak, "memory_start_bytes": 0,
        "cpu_peak_pct": 180.0, "cpu_mean_pct": 90.0, "containers_peak": run.containers, "left_behind": 0,
        "engine_outages": 0, "outages_at": [], "level": level(run.peak), "samples": 100, "scope": "netra.env=test" })
}

fn hold(queued: i64, from: i64, to: i64, category: &str, exit_code: u8, who: f64) -> Value {
    let user = if who < 0.5 { "alice" } else { "bob" };
    json!({ "at": time(to), "end": "done", "ticket": 1, "mode": "exclusive", "slot": null, "user": user, "host": "builder",
        "pid": 1, "command": ["make", category], "purpose": null, "waited_ms": (from - queued) * 1000,
        "held_ms": (to - from) * 1000, "exit_code": exit_code, "broken_by": null, "reason": null })
}

fn level(memory: f64) -> &'static str {
    match memory / BUDGET {
        share if share < 0.5 => "safe",
        share if share < 0.75 => "warning",
        share if share < 0.9 => "critical",
        _ => "emergency",
    }
}

/// One each 20 seconds while something runs, else one each 5 minutes; the engine is down for some minutes.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and times"
)]
fn samples(runs: &[Run], days: i64, random: &mut Random) -> Vec<Value> {
    let (mut samples, mut at) = (Vec::new(), START);
    let outage = outage(days);
    while at < START + (days - 1) * DAY + WORK {
        let active: Vec<&Run> = runs.iter().filter(|run| run.from <= at && at <= run.to).collect();
        // Most of the memory is taken within the first third of a run.
        let share = |run: &Run| ((at - run.from) as f64 * 3.0 / (run.to - run.from) as f64).min(1.0);
        let used = |run: &&Run| run.peak * share(run) * (0.9 + 0.1 * random.next());
        let memory = 140.0 * MIB + active.iter().map(used).sum::<f64>();
        let containers = 1 + active.iter().map(|run| run.containers).sum::<u32>();
        let healthy = !(outage..outage + 400).contains(&at);
        let disk = 41.0e9 - (at - START) as f64 * 55_000.0 - memory;
        samples.push(json!({ "at": time(at), "healthy": healthy, "level": healthy.then(|| level(memory)),
            "memory_working_set_bytes": healthy.then_some(memory as u64), "containers": healthy.then_some(containers),
            "networks": 1, "volumes": 2, "cpu_pct": 40.0, "mem_available_bytes": 8_u64 << 30,
            "disk_free_bytes": disk as u64 }));
        let next = at + if active.is_empty() { 300 } else { 20 };
        // Unlike cron, a run does not wait for the next five minutes.
        let started = runs.iter().map(|run| run.from).filter(|from| (at + 1..next).contains(from)).min();
        at = started.unwrap_or(next);
    }
    samples
}

fn restarts(days: i64, random: &mut Random) -> (Vec<Value>, Vec<Value>) {
    let line = |at: i64, action: &str, name: &str, healthy: Option<bool>, reason: Option<&str>| {
        json!({ "v": 1, "action": action, "host": "unix:///var/run/docker.sock", "project": "shop", "name": name,
            "at": time(at), "boot_id": "", "boot_ms": 0, "attempt": at, "pid": 1, "user": "alice", "healthy": healthy,
            "took_ms": healthy.map(|_| 6000), "reason": reason, "forced": false })
    };
    let (mut restarts, mut refusals) = (Vec::new(), Vec::new());
    for day in 0..days {
        for _ in 0..4 {
            let at = START + day * DAY + random.seconds(0, WORK);
            let healthy = random.next() < 0.75;
            restarts.push(line(at - 6, "begin", "postgres", None, None));
            restarts.push(line(
                at,
                "end",
                "postgres",
                Some(healthy),
                (!healthy).then_some("it did not become healthy"),
            ));
            if random.next() < 0.6 {
                refusals.push(line(
                    at + 40,
                    "refused",
                    "postgres",
                    None,
                    Some("it is cooling down after its last restart"),
                ));
            }
        }
    }
    restarts.push(line(outage(days) + 60, "trip", "redis", None, Some("3 failures within 5 minutes")));
    (restarts, refusals)
}
