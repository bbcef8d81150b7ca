//! status, history, stats and explain.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use evenkeel_tests::{Home, tool};

use crate::wire;

fn gate(home: &Home, args: &[&str]) -> (i32, String) {
    let output = tool(env!("CARGO_BIN_EXE_restartgate"), home).args(args).output().unwrap();
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn one_history_seen_in_four_ways() {
    let home = Home::new();
    assert_eq!(gate(&home, &["explain"]).0, 2);
    let place = format!("records in {}/restarts, of this user alone\n", home.display());
    for query in ["history", "status", "stats"] {
        assert_eq!(gate(&home, &[query]), (0, format!("nothing is recorded yet\n{place}")));
    }
    assert_eq!(gate(&home, &["job", "--project", "shop", "--", "true"]).0, 0);
    assert_eq!(gate(&home, &["job", "--project", "shop", "--", "true"]).0, 75);
    assert_eq!(gate(&home, &["other", "--cooldown", "7", "--", "false"]).0, 1);

    let (code, said) = gate(&home, &["explain", "job", "--json"]);
    let explained: wire::Explained = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, explained.schema.as_str(), explained.verdict.as_str()),
        (0, "restartgate.explain/1", "refused")
    );
    let ruling = &explained.ruling;
    assert_eq!((ruling.rule.as_str(), ruling.attempts_used, ruling.cooldown_s), ("cooldown", 1, 30));
    assert!(ruling.retry_after_s.is_some_and(|s| (25..=30).contains(&s)), "{ruling:?}");
    let (_, words) = gate(&home, &["explain", "shop/job"]);
    for part in [
        "shop/job: refused by the rule 'cooldown'",
        "of 30 s were left",
        "1 of 3 attempts",
        "breaker: closed",
        &place,
    ] {
        assert!(words.contains(part), "{words}");
    }

    let (_, said) = gate(&home, &["history", "--json"]);
    let history: wire::History = serde_json::from_str(&said).unwrap();
    let actions: Vec<&str> = history.records.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(actions, ["begin", "end", "refused", "begin", "end"]);
    let (_, said) = gate(&home, &["history", "-n", "1", "job"]);
    assert!(said.contains("refused") && !said.contains("begin"), "{said}");

    let (_, said) = gate(&home, &["stats", "--json"]);
    let stats: wire::Stats = serde_json::from_str(&said).unwrap();
    let rows: Vec<_> = stats
        .rows
        .iter()
        .map(|r| (r.service.name.as_str(), r.restarts, r.healthy, r.failed, r.refused))
        .collect();
    assert_eq!(rows, [("other", 1, 0, 1, 0), ("job", 1, 1, 0, 1)]);
    assert!(gate(&home, &["stats", "--since", "1h"]).1.contains("100 %"));

    let (_, said) = gate(&home, &["status", "--json"]);
    let standing: wire::Status = serde_json::from_str(&said).unwrap();
    assert_eq!((standing.verdict.as_str(), standing.services.len()), ("all_closed", 2));
    assert_eq!((standing.state_directory.as_str(), standing.shared), (home.to_str().unwrap(), false));
}

#[test]
fn a_running_restart_is_neither_healthy_nor_failed() {
    let home = Home::new();
    let counted = || -> Vec<(usize, usize, usize)> {
        let (_, said) = gate(&home, &["stats", "--json"]);
        let stats: wire::Stats = serde_json::from_str(&said).unwrap();
        stats.rows.iter().map(|row| (row.restarts, row.healthy, row.failed)).collect()
    };
    let mut call = tool(env!("CARGO_BIN_EXE_restartgate"), &home)
        .args(["job", "--", "sh", "-c", "echo ready; read line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(call.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    assert_eq!(counted(), []);
    drop(call.stdin.take());
    call.wait().unwrap();
    assert_eq!(counted(), [(1, 0, 1)], "a read that finds the end fails");
}

#[test]
fn status_names_what_happened_last() {
    let home = Home::new();
    gate(&home, &["job", "--", "true"]);
    gate(&home, &["other", "--", "false"]);
    let (_, table) = gate(&home, &["status"]);
    let last = |name: &str| {
        let row = table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
        row.contains("healthy").then_some("healthy").or(row.contains("failed").then_some("failed"))
    };
    assert_eq!((last("job"), last("other")), (Some("healthy"), Some("failed")), "{table}");
}

#[test]
fn unknown_and_ambiguous_names_come_with_the_candidates() {
    let home = Home::new();
    for project in ["a", "b"] {
        gate(&home, &["job", "--project", project, "--", "true"]);
    }
    for args in [&["history", "job"][..], &["stats", "nothing"], &["explain", "job"]] {
        let (code, said) = gate(&home, args);
        assert_eq!(code, 2);
        assert!(said.contains("a/job") && said.contains("b/job"), "{said}");
    }
    assert_eq!(gate(&home, &["explain", "a/job"]).0, 0);
}

#[test]
fn a_limit_is_told_with_where_it_came_from() {
    let home = Home::new();
    let bad = tool(env!("CARGO_BIN_EXE_restartgate"), &home)
        .env("DOCKER_MAX_RESTART_ATTEMPTS", "none")
        .args(["status"])
        .output()
        .unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("DOCKER_MAX_RESTART_ATTEMPTS"));
}
