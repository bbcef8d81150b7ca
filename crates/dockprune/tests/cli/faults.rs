//! Engines that hang, die and are used by many at once.

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, Home, OwnEngine, Proxy, World, engine, tool};

use crate::kit::{Run, created, dockprune, exists, item, items, prune_at, running, start, stderr};
use crate::relay::Relay;

/// Creates this many containers, quickly.
fn create_many(engine: &Engine, label: &str, count: usize) {
    let script =
        format!("seq {count} | xargs -P 4 -I{{}} docker create --label {label} {BUSYBOX} true >/dev/null");
    let status = Command::new("sh").args(["-c", &script]).env("DOCKER_HOST", &engine.host).status().unwrap();
    assert!(status.success());
}

fn count(engine: &Engine, label: &str) -> usize {
    engine.docker(&["ps", "-aq", "--filter", &format!("label={label}")]).lines().count()
}

#[test]
fn an_engine_that_hangs_on_networks() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let proxy = Proxy::holding(&engine.host, "/networks");
    created(engine, &world.name("one"), &["--label", &world.label()]);
    engine.docker(&["network", "create", "--label", &world.label(), &world.name("net")]);
    engine.docker(&["volume", "create", "--label", &world.label(), &world.name("vol")]);
    let label = world.label();
    let args = [
        "--label",
        &label,
        "--older-than",
        "0s",
        "--volumes",
        "--json",
        "--deadline",
        "6s",
        "--call-timeout",
        "1s",
    ];
    let begun = Instant::now();
    let report = prune_at(&proxy.host, &Home::new(), &args, 5);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(report["verdict"], "partial");
    assert_eq!(report["unreached"][0]["kind"], "network");
    assert_eq!(item(&report, "container", &world.name("one")).0, "removed");
    assert_eq!(item(&report, "volume", &world.name("vol")).0, "removed");
    assert!(exists(engine, "network", &world.name("net")));
}

#[test]
fn a_removal_that_hangs_is_tried_again_and_reported_as_unknown() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    created(engine, &world.name("one"), &["--label", &world.label()]);
    let id = engine.docker(&["inspect", "-f", "{{.Id}}", &world.name("one")]);
    let proxy = Proxy::holding(&engine.host, &format!("DELETE /containers/{id}"));
    let label = world.label();
    let args = ["--label", &label, "--older-than", "0s", "--json", "--call-timeout", "300ms"];
    let report = prune_at(&proxy.host, &Home::new(), &args, 5);
    assert_eq!(item(&report, "container", &world.name("one")).0, "unknown");
    assert!(report["items"][0]["ms"].as_u64().unwrap() >= 900, "three tries: {report}");
}

#[test]
fn the_deadline_ends_a_run_and_what_is_left_is_listed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    create_many(engine, &label, 20);
    let proxy = Proxy::holding(&engine.host, "DELETE ");
    let begun = Instant::now();
    let args =
        ["--label", &label, "--older-than", "0s", "--json", "--deadline", "2s", "--call-timeout", "30s"];
    let report = prune_at(&proxy.host, &Home::new(), &args, 5);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let outcomes: Vec<String> = items(&report).into_iter().map(|item| item.2).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "unknown").count(), 16, "{report}");
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "not_reached").count(), 4, "{report}");
    assert_eq!(count(engine, &label), 20);
}

#[test]
fn an_engine_that_does_not_answer_at_all() {
    let Some(engine) = engine() else { return };
    let proxy = Proxy::holding(&engine.host, "/");
    for host in [proxy.host.as_str(), "unix:///nonexistent/docker.sock"] {
        let begun = Instant::now();
        let output = dockprune(host, &Home::new(), &["--label", "a=b"]).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(stderr(&output).contains("\nhint: "));
    }
}

#[test]
fn a_signal_ends_it_with_a_report() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    let label = world.label();
    for name in ["one", "two"] {
        created(engine, &world.name(name), &["--label", &label]);
    }
    let proxy = Proxy::holding(&engine.host, "DELETE ");
    let args = ["--label", &label, "--older-than", "0s", "--json", "--call-timeout", "1s"];
    let mut run = start(&proxy.host, &home, &args);
    run.wait_for("trying again");
    run.terminate();
    let (code, report) = run.report();
    assert_eq!(code, Some(143));
    assert_eq!(report["counts"]["unknown"], 2, "{report}");
}

#[test]
fn many_at_once_over_the_same_containers() {
    let Some(engine) = OwnEngine::start() else { return };
    let label = "evenkeel.test=many";
    create_many(&engine, label, 300);
    let home = Home::new();
    // Ten at once make Podman slow.
    let patient = ["--call-timeout", "30s", "--deadline", "120s"];
    let args = [&["--label", label, "--older-than", "0s", "--json", "--ignore-locks"][..], &patient].concat();
    let runs: Vec<Run> = (0..10).map(|_| start(&engine.host, &home, &args)).collect();
    let mut removed = BTreeSet::new();
    for run in runs {
        let (code, report) = run.report();
        assert_eq!(code, Some(0), "{report}");
        assert_eq!(report["counts"]["kept"], 0, "{}", report["counts"]);
        // The engine now and then says to two that they removed the same container.
        removed.extend(items(&report).into_iter().filter(|item| item.2 == "removed").map(|item| item.1));
    }
    assert_eq!(removed.len(), 300);
    assert_eq!(count(&engine, label), 0);
}

#[test]
fn many_at_once_with_locks() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    create_many(engine, &world.label(), 30);
    let label = world.label();
    let args = ["--label", &label, "--older-than", "0s", "--json"];
    let runs: Vec<Run> = (0..10).map(|_| start(&engine.host, &home, &args)).collect();
    let removed: u64 = runs
        .into_iter()
        .map(|run| {
            let (code, report) = run.report();
            assert_eq!(code, Some(0), "{report}");
            report["counts"]["removed"].as_u64().unwrap()
        })
        .sum();
    assert_eq!(removed, 30, "one of them holds the lock, the others keep everything");
}

#[test]
fn an_engine_killed_in_the_middle() {
    let Some(engine) = OwnEngine::start() else { return };
    if !engine.is_docker_or_skip("killed in a removal, it cannot list containers any more") {
        return;
    }
    let label = "evenkeel.test=killed";
    create_many(&engine, label, 200);
    let home = Home::new();
    let args = ["--label", label, "--older-than", "0s", "--json", "--ignore-locks"];
    let (reached, at_the_sixtieth) = mpsc::channel();
    let (killed, go_on) = mpsc::channel();
    let go_on = Mutex::new(go_on);
    let relay = Relay::before_nth(&engine.host, "DELETE ", 60, move || {
        reached.send(()).unwrap();
        go_on.lock().unwrap().recv().unwrap();
    });
    let run = start(&relay.host, &home, &args);
    at_the_sixtieth.recv().unwrap();
    engine.kill9();
    killed.send(()).unwrap();
    let (code, first) = run.report();
    assert_eq!(code, Some(5), "{first}");
    assert_eq!(first["counts"]["in_scope"], 200);
    engine.restart();
    let there = engine.docker(&["ps", "-aq", "--no-trunc", "--filter", &format!("label={label}")]);
    let there: Vec<&str> = there.lines().collect();
    for found in first["items"].as_array().unwrap() {
        let exists = there.contains(&found["id"].as_str().unwrap());
        match found["outcome"].as_str().unwrap() {
            "removed" | "gone" => assert!(!exists, "said to be gone: {found}"),
            "not_reached" => assert!(exists, "said not to be touched: {found}"),
            "unknown" => {}
            other => panic!("{other}: {found}"),
        }
    }
    assert!(first["counts"]["removed"].as_u64().unwrap() >= 40, "{}", first["counts"]);
    assert!(first["counts"]["unknown"].as_u64().unwrap() <= 16, "{}", first["counts"]);
    let second = prune_at(&engine.host, &home, &args, 0);
    assert_eq!(second["counts"]["removed"].as_u64(), Some(there.len() as u64), "{}", second["counts"]);
    assert_eq!(count(&engine, label), 0);
}

/// An engine that is stopped most of the time is slow, not dead.
#[test]
fn an_engine_that_answers_in_bursts() {
    let Some(engine) = OwnEngine::start() else { return };
    let label = "evenkeel.test=bursts";
    create_many(&engine, label, 60);
    let home = Home::new();
    let args = ["--label", label, "--older-than", "0s", "--json", "--ignore-locks", "--deadline", "10m"];
    let mut command = dockprune(&engine.host, &home, &args);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while run.try_wait().unwrap().is_none() {
        engine.signal("STOP");
        std::thread::sleep(Duration::from_millis(700));
        engine.signal("CONT");
        std::thread::sleep(Duration::from_millis(100));
    }
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["counts"]["removed"], 60, "{}", report["counts"]);
    assert_eq!(count(&engine, label), 0);
}

#[test]
fn containers_that_are_started_at_the_same_moment() {
    let Some(engine) = OwnEngine::start() else { return };
    let label = "evenkeel.test=race";
    let names: Vec<String> = (0..20).map(|n| format!("race-{n}")).collect();
    for name in &names {
        let args = ["create", "--name", name, "--label", label, BUSYBOX, "sleep", "300"];
        engine.docker(&args);
    }
    let starts: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut start = Command::new("docker");
            start.args(["start", name]).env("DOCKER_HOST", &engine.host);
            start.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let patient = ["--call-timeout", "1m", "--deadline", "5m"];
    let args = ["--label", label, "--older-than", "0s", "--json", "--ignore-locks"];
    let report = prune_at(&engine.host, &Home::new(), &[&patient[..], &args].concat(), 0);
    for mut start in starts {
        start.wait().unwrap();
    }
    for name in &names {
        let (outcome, _) = item(&report, "container", name);
        assert_eq!(exists(&engine, "container", name), outcome == "kept", "{name}: {outcome}");
        if outcome == "kept" {
            assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Status}}", name]), "running");
        }
    }
}

#[test]
fn a_lock_directory_that_cannot_be_used() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    running(engine, &world.name("one"), &["--label", &world.label()]);
    let home = Home::new();
    std::fs::write(home.join("locks"), "in the way").unwrap();
    let mut command = tool(env!("CARGO_BIN_EXE_dockprune"), &home);
    let output = command.env("DOCKER_HOST", &engine.host).args(["--label", &world.label()]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("\nhint: "));
}

#[test]
fn errors_of_the_engine_are_tried_three_times() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    let args = ["--label", &label, "--older-than", "0s", "--json"];
    created(engine, &world.name("one"), &["--label", &label]);
    let relay = Relay::failing(&engine.host, "DELETE ", 3, 500);
    let report = prune_at(&relay.host, &Home::new(), &args, 5);
    assert_eq!(item(&report, "container", &world.name("one")).0, "failed");
    assert_eq!(report["items"][0]["error"], "planted (HTTP 500)");
    assert_eq!(relay.count("DELETE "), 3);

    let relay = Relay::failing(&engine.host, "DELETE ", 2, 503);
    let report = prune_at(&relay.host, &Home::new(), &args, 0);
    assert_eq!(item(&report, "container", &world.name("one")).0, "removed");
}

#[test]
fn refusals_are_not_retried() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    engine.docker(&["network", "create", "--label", &label, &world.name("net")]);
    engine.docker(&["volume", "create", "--label", &label, &world.name("vol")]);
    let args = ["--label", &label, "--older-than", "0s", "--volumes", "--json"];
    for (path, status, kind, name) in
        [("DELETE /networks/", 403, "network", "net"), ("DELETE /volumes/", 409, "volume", "vol")]
    {
        let relay = Relay::failing(&engine.host, path, 1, status);
        let report = prune_at(&relay.host, &Home::new(), &[&args[..], &["--keep", "none"]].concat(), 0);
        let (outcome, rule) = item(&report, kind, &world.name(name));
        assert_eq!((outcome.as_str(), rule.as_str()), ("kept", "old"), "{report}");
        assert_eq!(relay.count(path), 1);
        // The other one went: it is made again for the next round.
        engine.try_docker(&["volume", "create", "--label", &label, &world.name("vol")]);
    }
}

/// Does something at the last moment, just before the engine gets the request, and gives the outcome for `name`.
fn at_the_last_moment(world: &World, needle: &str, name: (&str, &str), docker: &[&str]) -> (String, Value) {
    let engine = engine().unwrap();
    let docker: Vec<String> = docker.iter().map(|word| (*word).to_owned()).collect();
    let relay = Relay::before(&engine.host, needle, move || {
        engine.docker(&docker.iter().map(String::as_str).collect::<Vec<_>>());
    });
    let args = ["--label", &world.label(), "--older-than", "0s", "--volumes", "--json"];
    let report = prune_at(&relay.host, &Home::new(), &args, 0);
    (item(&report, name.0, &world.name(name.1)).0, report)
}

#[test]
fn what_is_taken_into_use_at_the_last_moment_stays() {
    let Some(engine) = engine() else { return };
    let (world, other) = (World::new(engine), World::new(engine));
    let [label, others] = [world.label(), other.label()];

    engine.docker(&["create", "--name", &world.name("c"), "--label", &label, BUSYBOX, "sleep", "300"]);
    let start = ["start", &world.name("c")];
    let (outcome, report) = at_the_last_moment(&world, "DELETE /containers/", ("container", "c"), &start);
    assert_eq!((outcome.as_str(), &report["items"][0]["error"]), ("kept", &"running by now".into()));
    assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Status}}", &world.name("c")]), "running");

    engine.docker(&["volume", "create", "--label", &label, &world.name("v")]);
    let volume = format!("{}:/v", world.name("v"));
    let create = ["create", "--name", &other.name("v"), "--label", &others, "-v", &volume, BUSYBOX, "true"];
    let (outcome, report) = at_the_last_moment(&world, "DELETE /volumes/", ("volume", "v"), &create);
    assert_eq!(outcome, "kept", "{report}");
    engine.docker(&["rm", &other.name("v")]);

    // Two volumes of one name: the first is gone, and the one that would go is somebody else's.
    let remake =
        format!("docker volume rm {0} && docker volume create --label {others} {0}", world.name("v"));
    let host = engine.host.clone();
    let relay = Relay::before(&engine.host, "GET /volumes/", move || {
        let done = Command::new("sh").args(["-c", &remake]).env("DOCKER_HOST", &host).output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    });
    let args = ["--label", &label, "--older-than", "0s", "--volumes", "--json"];
    let report = prune_at(&relay.host, &Home::new(), &args, 0);
    assert_eq!(item(&report, "volume", &world.name("v")).0, "kept", "{report}");
    assert!(exists(engine, "volume", &world.name("v")));

    engine.docker(&["network", "create", "--label", &label, &world.name("n")]);
    let network = world.name("n");
    let create =
        ["create", "--name", &other.name("n"), "--label", &others, "--network", &network, BUSYBOX, "true"];
    // A network is looked at once more by a list of its own users.
    let (outcome, report) = at_the_last_moment(&world, "%22network%22", ("network", "n"), &create);
    assert_eq!(outcome, "kept", "{report}");
    engine.docker(&["start", &other.name("n")]);
}

#[test]
fn one_list_call_for_each_kind_whatever_the_count() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    create_many(engine, &label, 20);
    let relay = Relay::failing(&engine.host, "nothing", 0, 500);
    let args = ["--label", &label, "--volumes", "--images", "--json"];
    let report = prune_at(&relay.host, &Home::new(), &[&args[..], &["--dry-run"]].concat(), 0);
    assert_eq!(report["counts"]["kept"], 20, "they are young");
    for list in ["/containers/json", "/networks", "/volumes", "/images/json"] {
        assert_eq!(relay.count(list), 1, "{list}");
    }
    assert_eq!(relay.count("GET "), 5, "the lists and the ping, and no inspection");
    prune_at(&relay.host, &Home::new(), &[&args[..], &["--older-than", "0s"]].concat(), 0);
    assert_eq!((relay.count("GET "), relay.count("DELETE ")), (10, 20));
    assert_eq!(relay.count("prune"), 0);
}
