//! `dockwatch enforce` on a real engine.

use std::process::Stdio;
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, World, engine};

use crate::json::Enforced;
use crate::{dockwatch, run};

/// Starts containers that hold so many MiB in RAM. `first` is a further label of the first one.
fn hogs(
    world: &World<'_>,
    engine: &evenkeel_tests::Engine,
    sizes: &[u32],
    first: Option<&str>,
) -> Vec<String> {
    let start = |(number, size): (usize, &u32)| {
        let (name, own) = (world.name(&format!("hog{number}")), world.label());
        let script = format!("dd if=/dev/zero of=/ram/f bs=1M count={size}; touch /done; exec sleep 600");
        let mut args =
            vec!["run", "-d", "--name", &name, "--label", &own, "-m", "64m", "--tmpfs", "/ram:size=60m"];
        args.extend(first.filter(|_| number == 0).map(|_| "--label"));
        args.extend(first.filter(|_| number == 0));
        args.extend([BUSYBOX, "sh", "-c", &script]);
        engine.docker(&args);
        while !engine.try_docker(&["exec", &name, "test", "-e", "/done"]).status.success() {}
        name
    };
    sizes.iter().enumerate().map(start).collect()
}

fn enforce(engine: &evenkeel_tests::Engine, home: &Home, label: &str, more: &[&str], code: i32) -> Enforced {
    let args = [&["enforce", "--json", "--label", label], more].concat();
    let (stdout, _) = run(&mut dockwatch(&engine.host, home), &args, code);
    serde_json::from_str(&stdout).expect(&stdout)
}

#[test]
fn the_largest_end_until_the_budget_is_kept() {
    let Some(engine) = engine() else { return };
    let (world, other, home) = (World::new(engine), World::new(engine), Home::new());
    let names = hogs(&world, engine, &[30, 20, 10], None);
    let bystander = hogs(&other, engine, &[40], None);
    let running = |name: &str| engine.docker(&["inspect", "-f", "{{.State.Running}}", name]) == "true";
    // Together a little over 60 MiB; without the largest they fit.
    let budget = ["--max-memory", "45MiB"];
    let dry = enforce(engine, &home, &world.label(), &budget, 1);
    assert_eq!((dry.verdict.as_str(), dry.deed.as_str(), dry.items.len()), ("over", "dry_run", 1));
    assert_eq!((dry.items[0].name.as_str(), dry.items[0].outcome.as_str()), (names[0].as_str(), "would end"));
    assert!(names.iter().all(|name| running(name)));
    let done =
        enforce(engine, &home, &world.label(), &[&budget[..], &["--stop", "--grace", "0s"]].concat(), 0);
    assert_eq!((done.items[0].name.as_str(), done.items[0].outcome.as_str()), (names[0].as_str(), "stopped"));
    assert!(!running(&names[0]) && running(&names[1]) && running(&names[2]) && running(&bystander[0]));
    let (stdout, _) = run(
        &mut dockwatch(&engine.host, &home),
        &["enforce", "--label", &world.label(), "--max-memory", "45MiB", "--kill"],
        0,
    );
    assert_eq!(stdout, "nothing is over its limits\n");
    let killed = enforce(engine, &home, &world.label(), &["--max-containers", "1", "--kill"], 0);
    assert_eq!((killed.items.len(), killed.items[0].outcome.as_str()), (1, "killed"));
    assert!(running(&names[2]));
}

#[test]
fn what_is_protected_is_spared() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let names = hogs(&world, engine, &[20, 5], Some("evenkeel.protect=true"));
    let done = enforce(engine, &home, &world.label(), &["--max-memory", "1KiB", "--kill"], 1);
    let outcomes: Vec<_> =
        done.items.iter().map(|item| (item.name.as_str(), item.outcome.as_str())).collect();
    assert_eq!(outcomes, [(names[0].as_str(), "spared"), (names[1].as_str(), "killed")]);
    assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Running}}", &names[0]]), "true");
}

#[test]
fn without_a_scope_it_refuses() {
    let home = Home::new();
    let (stdout, stderr) = run(&mut dockwatch("unix:///none", &home), &["enforce", "--kill"], 2);
    assert_eq!(stdout, "");
    assert!(stderr.contains("no scope is given") && stderr.contains("hint: "), "{stderr}");
}

#[test]
fn a_command_runs_once_for_each_crossing() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let (label, log) = (world.label(), home.join("log"));
    let script = format!("echo reached >>{}", log.display());
    let mut watching = dockwatch(&engine.host, &home);
    watching.args(["enforce", "--label", &label, "--max-containers", "2", "--interval", "100ms"]);
    watching.args(["--on-level", "critical", "--", "sh", "-c", &script]);
    let mut watching = watching.stderr(Stdio::piped()).spawn().unwrap();
    let reached = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let start = || engine.docker(&["run", "-d", "--label", &label, BUSYBOX, "sleep", "600"]);
    start();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(reached(), 0, "half of the budget is a warning");
    start();
    let deadline = Instant::now() + Duration::from_secs(20);
    while reached() == 0 {
        assert!(Instant::now() < deadline, "the level is reached");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(reached(), 1, "it stays reached");
    std::process::Command::new("kill").args(["-s", "TERM", &watching.id().to_string()]).status().unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(143));
}
