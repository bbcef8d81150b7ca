//! `--orphans`, the address pool, quiet runs and the log.

use evenkeel_tests::{Home, OwnEngine, World, engine};
use serde_json::Value;

use crate::kit::{created, dockprune, exited, prune, prune_at, running, stderr, text};

fn names(report: &Value) -> Vec<&str> {
    report["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn what_belongs_to_nothing_in_use_is_listed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    let label = world.label();
    let [live, dead] = ["live", "dead"].map(|p| format!("com.docker.compose.project={}", world.name(p)));
    let environment = format!("netra.env={}", world.name("env"));
    running(engine, &world.name("live-1"), &["--label", &label, "--label", &live]);
    exited(engine, &world.name("live-2"), &["--label", &label, "--label", &live]);
    exited(engine, &world.name("dead-1"), &["--label", &label, "--label", &dead]);
    engine.docker(&["volume", "create", "--label", &label, "--label", &dead, &world.name("dead-2")]);
    engine.docker(&["network", "create", "--label", &label, "--label", &environment, &world.name("env-1")]);
    let args = ["--orphans", "--label", &label, "--json"];
    let report = prune_at(&engine.host, &home, &args, 1);
    assert_eq!(report["verdict"], "orphans");
    assert_eq!(names(&report), [world.name("dead-1"), world.name("env-1"), world.name("dead-2")]);

    std::fs::create_dir_all(home.join("locks")).unwrap();
    let lock = std::fs::File::create(home.join("locks").join(format!("{}.lock", world.name("env")))).unwrap();
    lock.lock().unwrap();
    let report = prune_at(&engine.host, &home, &args, 1);
    assert_eq!(names(&report), [world.name("dead-1"), world.name("dead-2")]);
    let report = prune_at(&engine.host, &home, &[&args[..], &["--older-than", "1h"]].concat(), 0);
    assert_eq!(report["verdict"], "none");
}

#[test]
fn without_a_scope_all_orphans_are_listed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    created(engine, &world.name("one"), &["--label", &world.label()]);
    let report = prune_at(&engine.host, &Home::new(), &["--orphans", "--json"], 1);
    assert!(names(&report).contains(&world.name("one").as_str()));
}

#[test]
fn a_quiet_run_says_nothing_when_there_is_nothing_to_do() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    exited(engine, &world.name("young"), &["--label", &world.label()]);
    let label = world.label();
    let run = |args: &[&str]| {
        let args = [&["--label", &label, "--quiet-if-nothing"], args].concat();
        dockprune(&engine.host, &Home::new(), &args).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), String::new()));
    assert!(text(&run(&["--older-than", "0s"]).stdout).contains("1 removed"));
}

#[test]
fn each_run_leaves_a_line_in_the_log() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    exited(engine, &world.name("one"), &["--label", &world.label()]);
    let log = home.join("runs.jsonl");
    for _ in 0..2 {
        prune(engine, &world, &["--older-than", "0s", "--log-file", log.to_str().unwrap()], 0);
    }
    let lines: Vec<Value> = std::fs::read_to_string(log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.iter().map(|line| &line["verdict"]).collect::<Vec<_>>(), ["removed", "nothing"]);
    assert_eq!(lines[0]["schema"], "dockprune.run/1");
}

#[test]
fn a_pool_of_addresses_that_is_nearly_used_up_is_worth_a_warning() {
    let Some(engine) = OwnEngine::start() else { return };
    let run = || {
        let args = ["--label", "evenkeel.test=pool", "--json"];
        let output = dockprune(&engine.host, &Home::new(), &args).output().unwrap();
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), stderr(&output))
    };
    for n in 0..24 {
        engine.docker(&["network", "create", &format!("pool-{n}")]);
    }
    let (report, said) = run();
    assert_eq!((report["address_pool"]["bridge_networks"].as_u64(), said.as_str()), (Some(24), ""));
    engine.docker(&["network", "create", "pool-24"]);
    let (report, said) = run();
    assert_eq!(report["address_pool"]["room"], 30);
    assert!(said.contains("warning: 25 bridge networks"), "{said}");
}
