//! Engines that restart, that are remote or dead, containers that vanish, limits of open files.

use std::process::Stdio;
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, World, engine};

use crate::follow::Following;
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

/// The engine does not count inactive page cache, so dockwatch must not, either.
#[test]
fn agrees_with_docker_stats() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = world.name("hog");
    // Written once and not read again, the cache is inactive.
    let script = "dd if=/dev/zero of=/ram/f bs=1M count=48; dd if=/dev/zero of=/cache bs=1M count=32; \
                  touch /done; sleep 600";
    let run_it =
        ["run", "-d", "--name", &name, "--label", &world.label(), "-m", "256m", "--tmpfs", "/ram:size=64m"];
    engine.docker(&[&run_it[..], &[BUSYBOX, "sh", "-c", script]].concat());
    while !engine.try_docker(&["exec", &name, "test", "-e", "/done"]).status.success() {}
    let shown = engine.docker(&["stats", "--no-stream", "--format", "{{.MemUsage}}", &name]);
    let shown: f64 = shown.split("MiB").next().unwrap().parse().expect(&shown);
    let found = snapshot(engine, &home, &world.label());
    let used = found.containers[0].memory_working_set_bytes.unwrap();
    let raw = found.containers[0].memory_usage_bytes.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let ours = used as f64 / f64::from(1 << 20);
    assert!((ours - shown).abs() <= shown * 0.02, "ours {ours}, docker stats {shown}");
    assert!(raw > used && used >= 48 << 20, "raw {raw}, used {used}");
}

/// Containers whose cgroups are not on this machine are measured through the engine.
#[test]
fn an_engine_elsewhere_is_asked_for_statistics() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    for name in ["a", "b"] {
        let name = world.name(name);
        engine.docker(&[
            "run",
            "-d",
            "--name",
            &name,
            "--label",
            &world.label(),
            "-m",
            "32m",
            BUSYBOX,
            "sleep",
            "600",
        ]);
    }
    let here = snapshot(engine, &home, &world.label());
    let relay = Relay::to(&engine.host);
    let (stdout, _) = run(
        &mut dockwatch(&relay.host, &home),
        &["--json", "--call-timeout", "10s", "--label", &world.label()],
        0,
    );
    let there: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
    assert_eq!((there.errors.len(), there.containers.len()), (0, 2), "{:?}", there.errors);
    for (here, there) in here.containers.iter().zip(&there.containers) {
        assert_eq!((here.source.as_deref(), there.source.as_deref()), (Some("cgroup"), Some("api")));
        assert_eq!((&here.id, here.memory_limit_bytes), (&there.id, there.memory_limit_bytes));
        let (here, there) = (here.memory_working_set_bytes.unwrap(), there.memory_working_set_bytes.unwrap());
        assert!(here.abs_diff(there) < 1 << 20, "{here} {there}");
    }
    assert!(there.engines[0].machine.mem_total_bytes.is_some());
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

/// Relays TCP connections to the engine's socket. It lasts as long as the test process.
struct Relay {
    host: String,
}

impl Relay {
    fn to(host: &str) -> Self {
        let path = host.strip_prefix("unix://").unwrap().to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let engine = std::os::unix::net::UnixStream::connect(&path).unwrap();
                let (mut from, mut back) = (caller.try_clone().unwrap(), engine.try_clone().unwrap());
                let (mut to, mut answer) = (engine, caller);
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut back, &mut answer);
                    let _ = answer.shutdown(std::net::Shutdown::Both);
                });
            }
        });
        Self { host }
    }
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
