//! JSON output: every key is documented, none is missing.

#![expect(dead_code, reason = "the types are the test")]

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
