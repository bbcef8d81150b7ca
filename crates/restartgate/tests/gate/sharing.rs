//! Where several hosts share the engine, restarts are not counted for one of them without a word.

use evenkeel_tests::{BUSYBOX, Home, World, engine, tool};

use crate::gate;

const VIA: &str = "etcd://ci1:2379/engine1";

#[test]
fn what_decides_or_records_is_refused_before_the_engine_is_asked() {
    let home = Home::new();
    let calls: [&[&str]; 5] = [
        &["db"],
        &["db", "--even-if-healthy"],
        &["check", "db"],
        &["trip", "db", "--reason", "x"],
        &["reset", "db", "--reason", "x"],
    ];
    for call in calls {
        let run = |via: &str, more: &[&str]| {
            let mut command = tool(env!("CARGO_BIN_EXE_restartgate"), &home);
            command
                .args(call)
                .args(more)
                .env("DOCKER_HOST", "unix:///nonexistent.sock")
                .env("ENVLOCK_VIA", via);
            let output = command.output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, said) = run(VIA, &[]);
        assert_eq!(code, Some(2), "{call:?}: {said}");
        for part in [VIA, "several hosts share the engine", "hint: ", "ENVLOCK_VIA=local", "--per-host"] {
            assert!(said.contains(part), "{call:?}: {part}: {said}");
        }
        // Told so, it goes on to the engine, which is not there.
        let mut told = tool(env!("CARGO_BIN_EXE_restartgate"), &home);
        told.args(call).env("DOCKER_HOST", "unix:///nonexistent.sock").env("ENVLOCK_VIA", VIA);
        let told = told.env("DOCKER_RESTARTS_PER_HOST", "true").status().unwrap();
        assert_eq!(told.code(), Some(4), "{call:?}");
        for (via, more) in [(VIA, &["--per-host"][..]), ("local", &[]), ("", &[])] {
            assert_eq!(run(via, more).0, Some(4), "{call:?} {via} {more:?}");
        }
    }
    assert!(!home.join("restarts").exists());
}

#[test]
fn what_no_shared_budget_concerns_goes_on() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let mut command = tool(env!("CARGO_BIN_EXE_restartgate"), &home);
        command.args(args).env("DOCKER_HOST", "unix:///nonexistent.sock").env("ENVLOCK_VIA", VIA);
        command.status().unwrap().code()
    };
    assert_eq!(run(&["db", "--force", "--reason", "x"]), Some(4));
    assert_eq!(run(&["wait", "db"]), Some(4));
    assert_eq!(run(&["status"]), Some(0));
    assert_eq!(run(&["unit", "--", "sh", "-c", "exit 7"]), Some(7));
}

#[test]
fn with_per_host_a_service_is_restarted() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let (name, label) = (world.name("web"), world.label());
    engine.docker(&["run", "-d", "--name", &name, "--label", &label, BUSYBOX, "sleep", "600"]);
    let restart = |more: &[&str]| {
        let mut command = gate(engine, &home);
        command.args([&name, "--even-if-healthy", "--stop-timeout", "0s"]).args(more).env("ENVLOCK_VIA", VIA);
        command.status().unwrap().code()
    };
    let started = || engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]);
    let before = started();
    assert_eq!((restart(&[]), started()), (Some(2), before.clone()));
    assert_eq!(restart(&["--per-host"]), Some(0));
    assert_ne!(started(), before);
}
