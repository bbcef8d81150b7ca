//! Engines that restart, that are remote or dead, containers that vanish, limits of open files.

use std::process::Stdio;
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, World, engine};

use crate::live::follow::Following;
use crate::{dockwatch, run, snapshot};

#[test]
fn an_engine_restarted_while_following() {
    let Some(engine) = OwnEngine::start() else { return };
    let home = Home::new();
    let mut following = Following::start(&engine.host, &home, "200ms", "restarted");
    assert!(following.next().is_ok());
    engine.kill9();
    assert_eq!(following.event("engine_lost").engine.as_deref(), Some(engine.host.as_str()));
    engine.restart();
    following.event("engine_back");
    engine.docker(&["run", "-d", "--label", "restarted", BUSYBOX, "sleep", "600"]);
    following.event("start");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if following
            .next()
            .is_ok_and(|sample| sample.verdict == "safe" && sample.containers_running == Some(1))
        {
            break;
        }
        assert!(Instant::now() < deadline, "healthy again");
    }
}

#[test]
fn containers_that_vanish_are_no_error() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let label = world.label();
    let host = engine.host.clone();
    let churn_label = label.clone();
    let churn = std::thread::spawn(move || {
        for _ in 0..12 {
            let args =
                ["-H", &host, "run", "--rm", "--network", "none", "--label", &churn_label, BUSYBOX, "true"];
            let _ = std::process::Command::new("docker").args(args).output();
        }
    });
    let mut looks = 0;
    while !churn.is_finished() {
        let found = snapshot(engine, &home, &label);
        assert_eq!(found.errors, [""; 0]);
        looks += 1;
    }
    churn.join().unwrap();
    assert!(looks > 3, "{looks} looks");
}

/// Every endpoint of a dead host fails for the same cause, which is named once.
#[test]
fn a_dead_host_is_one_line_with_one_cause() {
    let home = Home::new();
    // A bound port on which nothing listens: no other process can get it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let host = format!("tcp://{}", socket.local_addr().unwrap());
    for args in [
        &[][..],
        &["--follow"],
        &["check"],
        &["record"],
        &["metrics", "--textfile", home.join("metrics.prom").to_str().unwrap()],
        &["enforce", "--label", "a=b"],
        &["enforce", "--on-level", "critical", "--", "true"],
    ] {
        let (stdout, stderr) = run(&mut dockwatch(&host, &home), args, 4);
        assert_eq!(stdout, "", "{args:?}");
        let lines: Vec<&str> = stderr.lines().collect();
        assert!(lines.len() == 2 && lines[1].starts_with("hint: "), "{args:?}: {stderr}");
        let expected = format!("dockwatch: cannot reach Docker: {host}: Connection refused (os error 111)");
        assert_eq!(lines[0], expected, "{args:?}");
    }
    let (stdout, _) = run(&mut dockwatch(&host, &home), &["--json"], 4);
    let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found.reasons, [format!("{host}: Connection refused (os error 111)")]);
}

/// More containers than files may stay open. `DOCKWATCH_MANY=300` starts so many, which takes a minute.
#[test]
fn many_containers_and_few_descriptors() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let many: usize = std::env::var("DOCKWATCH_MANY").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let label = world.label();
    for _ in 0..many {
        engine.docker(&["run", "-d", "--network", "none", "--label", &label, BUSYBOX, "sleep", "600"]);
    }
    let tool = env!("CARGO_BIN_EXE_dockwatch");
    let script = format!("ulimit -n 120; exec {tool} record --label {label} --interval 100ms -- sleep 1");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env("DOCKER_HOST", &engine.host).env("NETRA_HOME", &*home);
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["history", "--json"], 0);
    let history: crate::json::History = serde_json::from_str(&stdout).unwrap();
    assert_eq!(history.runs[0].containers_peak, Some(many as u64));
    assert!(history.runs[0].samples >= 3 && history.runs[0].memory_p95_bytes.unwrap() > 0);
    let found = snapshot(engine, &home, &label);
    assert_eq!((found.totals.containers_running, found.vanished), (Some(many as u64), 0));
}
