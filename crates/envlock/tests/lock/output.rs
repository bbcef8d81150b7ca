//! JSON output: every key is documented, none is missing.

#![expect(dead_code, reason = "the types are the test")]

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Home;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    locks: Vec<Lock>,
    state_directory: String,
    shared: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    name: String,
    verdict: String,
    dirty: bool,
    holders: Vec<Entry>,
    queue: Vec<Entry>,
    outsiders: Vec<Outsider>,
    dirty_reason: Option<String>,
    environment: Option<Environment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    state: String,
    phase: String,
    key: Option<String>,
    user: String,
    host: String,
    up_since: String,
    kept: String,
    kept_for_ms: Option<u64>,
    kept_by: Option<String>,
    kept_until: Option<String>,
    idle_since: Option<String>,
    teardown: Option<String>,
    directory: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    dry_run: bool,
    environments: Vec<Swept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Swept {
    name: String,
    action: String,
    reason: String,
    exit_code: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ticket: u64,
    mode: String,
    slot: Option<u32>,
    phase: String,
    user: String,
    host: String,
    pid: u32,
    process_start: u64,
    boot_id: String,
    command: Vec<String>,
    purpose: Option<String>,
    queued_at: String,
    entered_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outsider {
    pid: u32,
    command: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    name: String,
    mode: String,
    slot: Option<u32>,
    ticket: Option<u64>,
    waited_ms: u64,
    held_ms: Option<u64>,
    exit_code: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    name: String,
    holds: usize,
    skipped: usize,
    held_p50_ms: Option<u64>,
    held_p95_ms: Option<u64>,
    waited_p50_ms: Option<u64>,
    waited_p95_ms: Option<u64>,
    last: Vec<Past>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    at: String,
    end: String,
    ticket: u64,
    mode: String,
    slot: Option<u32>,
    user: String,
    host: String,
    pid: u32,
    command: Vec<String>,
    purpose: Option<String>,
    waited_ms: Option<u64>,
    held_ms: Option<u64>,
    exit_code: Option<u8>,
    broken_by: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    name: String,
    ticket: Option<u64>,
    killed: bool,
}

/// Reads one object and a newline, with the keys that every object of evenkeel begins with.
fn parse<T: DeserializeOwned>(text: &str) -> T {
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(text.ends_with('\n') && text.starts_with(r#"{"schema":"envlock."#), "{text}");
    let at = [r#""tool_version":"#, r#""at":"#, r#""verdict":"#].map(|key| text.find(key).unwrap());
    assert!(at.is_sorted(), "{text}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn status_shows_holders_and_queue() {
    let home = Home::new();
    let mut holder = home.hold(&["--purpose", "nightly", "--slots", "1", "test"]);
    let waiter = home.queue("test", &["test", "--", "true"]);
    let status: Status = parse(&home.run(&["status", "--json"]).stdout());
    assert_eq!((&*status.schema, &*status.verdict), ("envlock.status/1", "held"));
    assert_eq!((Path::new(&status.state_directory), status.shared), (home.path(), false));
    let lock = &status.locks[0];
    let (inside, queued) = (&lock.holders[0], &lock.queue[0]);
    assert_eq!((&*inside.mode, inside.slot, &*inside.phase), ("slot", Some(0), "running"));
    assert_eq!((&*inside.user, inside.pid), ("alice", holder.child.id()));
    assert_eq!(inside.purpose.as_deref(), Some("nightly"));
    assert!(inside.entered_at.is_some() && inside.process_start > 0 && !inside.boot_id.is_empty());
    assert_eq!((&*queued.phase, queued.pid, &queued.entered_at), ("waiting", waiter.id(), &None));
    assert!(queued.ticket > inside.ticket);
    let words = home.run(&["status"]).stdout();
    assert!(words.starts_with("test: held\n  alice@") && words.contains("waiting 1: alice@"), "{words}");
    holder.let_go();
    waiter.wait_with_output().unwrap();
    let free: Status = parse(&home.run(&["status", "never-locked", "--json"]).stdout());
    assert_eq!((&*free.verdict, free.locks.len()), ("free", 1));
    assert!(!home.path().join("locks/never-locked.d").exists(), "looking leaves no trace");
}

#[test]
fn the_report_tells_what_happened() {
    let home = Home::new();
    let report = home.file("report.json");
    let file = report.to_str().unwrap();
    assert_eq!(home.run(&["--report", file, "--slots", "2", "test", "--", "sh", "-c", "exit 7"]).code(), 7);
    let run: Run = parse(&std::fs::read_to_string(&report).unwrap());
    assert_eq!((&*run.verdict, &*run.name, run.slot, run.exit_code), ("done", "test", Some(0), 7));
    assert!(run.held_ms.is_some() && run.ticket.is_some());
    let mut holder = home.hold(&["test"]);
    assert_eq!(home.run(&["--report", file, "-n", "test", "--", "true"]).code(), 75);
    let run: Run = parse(&std::fs::read_to_string(&report).unwrap());
    assert_eq!((&*run.verdict, run.exit_code, run.held_ms), ("busy", 75, None));
    holder.let_go();
}

#[test]
fn history_has_figures_and_the_last_holds() {
    let home = Home::new();
    let none: History = parse(&home.run(&["history", "test", "--json"]).stdout());
    assert_eq!((none.holds, none.held_p50_ms), (0, None));
    for code in ["1", "2", "3"] {
        home.run(&["test", "--", "sh", "-c", &format!("exit {code}")]);
    }
    let history: History = parse(&home.run(&["history", "test", "--json", "-n", "2"]).stdout());
    assert_eq!((history.holds, history.skipped, history.last.len()), (3, 0, 2));
    assert!(history.held_p50_ms <= history.held_p95_ms && history.waited_p95_ms.is_some());
    assert_eq!(history.last.iter().filter_map(|past| past.exit_code).collect::<Vec<_>>(), [2, 3]);
    let words = home.run(&["history", "test"]).stdout();
    assert!(words.starts_with("test: 3 holds\n") && words.contains("sh -c exit 3"), "{words}");
}

#[test]
fn status_and_sweep_show_what_is_kept() {
    let home = Home::new();
    let args =
        ["--setup", "true", "--setup-key", "b=2 a=1", "--teardown", "exit 9", "--keep-for", "1h", "kept"];
    assert_eq!(home.run(&[&args[..], &["--", "true"]].concat()).code(), 0);
    let mut status: Status = parse(&home.run(&["status", "kept", "--json"]).stdout());
    let lock = status.locks.remove(0);
    assert_eq!((&*lock.verdict, lock.dirty, lock.dirty_reason), ("free", false, None));
    let environment = lock.environment.unwrap();
    assert_eq!((&*environment.state, &*environment.phase, &*environment.kept), ("kept", "up", "for"));
    assert_eq!((environment.key.as_deref(), environment.kept_for_ms), (Some("a=1 b=2"), Some(3_600_000)));
    assert_eq!((&*environment.user, environment.kept_by.as_deref()), ("alice", Some("alice")));
    assert!(environment.kept_until > environment.idle_since && environment.idle_since.is_some());
    let words = home.run(&["status", "kept"]).stdout();
    for part in [
        "kept: free\n",
        "by alice@",
        "kept until 20",
        "envlock down kept takes it down",
        "started from a=1 b=2",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let sweep = home.run(&["sweep", "--json", "--dry-run", "--idle"]);
    let sweep: Sweep = parse(&sweep.stdout());
    assert_eq!((&*sweep.schema, &*sweep.verdict, sweep.dry_run), ("envlock.sweep/1", "done", true));
    assert_eq!((&*sweep.environments[0].action, sweep.environments[0].exit_code), ("would_take_down", None));
    let done = home.run(&["sweep", "--json", "--idle"]);
    let sweep: Sweep = parse(&done.stdout());
    assert_eq!((done.code(), &*sweep.verdict), (5, "partial"));
    assert_eq!((&*sweep.environments[0].action, sweep.environments[0].exit_code), ("failed", Some(9)));
    let dirty: Status = parse(&home.run(&["status", "kept", "--json"]).stdout());
    assert_eq!(
        (dirty.locks[0].dirty, dirty.locks[0].dirty_reason.as_deref()),
        (true, Some("teardown_failed"))
    );
    assert!(home.run(&["status", "kept"]).stdout().contains("dirty: its take-down failed or did not end"));
}

#[test]
fn break_tells_what_it_broke() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let broken: Broken = parse(&home.run(&["break", "test", "--reason", "stuck", "--json"]).stdout());
    assert_eq!((&*broken.verdict, &*broken.name, broken.killed), ("broken", "test", false));
    assert!(broken.ticket.is_some());
    holder.child.wait().unwrap();
}

#[test]
fn a_waiter_that_gives_up_is_told_how_long_it_may_take() {
    let home = Home::new();
    home.run(&["test", "--", "sh", "-c", "sleep 0.05"]);
    let mut holder = home.hold(&["test"]);
    let said = home.run(&["-n", "test", "--", "true"]).stderr();
    let told = said.contains("probably free in about") || said.contains("longer than usual");
    assert!(told, "{said}");
    holder.let_go();
}

#[test]
fn a_closed_pipe_is_no_error() {
    let home = Home::new();
    home.run(&["test", "--", "true"]);
    let mut child = home.envlock(&["status"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn says_what_it_does_only_when_asked_to() {
    let home = Home::new();
    assert_eq!(home.run(&["test", "--", "true"]).stderr(), "");
    let said = home.run(&["-v", "test", "--", "true"]).stderr();
    for words in ["took a ticket", "acquired the lock", "released the lock"] {
        assert!(said.contains(words), "{said}");
    }
}
