//! The gate in front of real containers.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, SystemTime};

use evenkeel_tests::{BUSYBOX, Engine, Home, World, engine, tool};

mod heal;
mod queries;
mod readiness;
#[cfg(target_os = "linux")]
mod shared;
mod sharing;
mod signals;
mod storm;
mod survive;
mod wire;

use wire::Report;

fn gate(engine: &Engine, home: &Home) -> Command {
    let mut command = tool(env!("CARGO_BIN_EXE_restartgate"), home);
    command.env("DOCKER_HOST", &engine.host);
    command
}

fn report(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

/// Why tests of the engine's health checks are not for Podman.
const NO_CHECKS: &str = "it runs health checks by timers of systemd";

/// A container with a health check that is made at once. Podman makes none, so that one that would pass is left out: the
/// container is then healthy once it has run for a while.
fn start(engine: &Engine, world: &World, what: &str, check: &str, script: &str) -> String {
    let name = world.name(what);
    let label = world.label();
    let health = ["--health-cmd", check, "--health-interval", "200ms", "--health-retries", "1"];
    let health = if check == "true" && engine.is_podman() { &[] } else { &health[..] };
    let run = [&["run", "-d", "--name", &name, "--label", &label], health, &[BUSYBOX, "sh", "-c", script]];
    let run = run.concat();
    engine.docker(&run);
    name
}

/// Counts a container's restarts by the engine's own events.
struct Restarts {
    events: Child,
    lines: Receiver<String>,
    container: String,
    since: u128,
}

impl Restarts {
    /// Listens from now on. The engine keeps too few events to be asked for earlier ones on a busy machine.
    fn of(engine: &Engine, container: &str) -> Self {
        let since = now_ns();
        // By its ID: Podman's events have the name of their own time.
        let filter = format!("container={}", engine.docker(&["inspect", "-f", "{{.Id}}", container]));
        let mut events = Command::new("docker")
            .env("DOCKER_HOST", &engine.host)
            .args(["events", "--filter", &filter, "--format", "{{.Action}} {{.TimeNano}}"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let stdout = BufReader::new(events.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        // It listens when it has seen a rename.
        let begin = format!("{container}-begin");
        let has_seen_one = || {
            engine.docker(&["rename", container, &begin]);
            engine.docker(&["rename", &begin, container]);
            std::iter::from_fn(|| lines.recv_timeout(Duration::from_millis(500)).ok())
                .any(|line| line.starts_with("rename "))
        };
        while !has_seen_one() {}
        Self { events, lines, container: container.to_owned(), since }
    }

    /// Restarts so far.
    fn count(self, engine: &Engine) -> usize {
        self.times(engine).len()
    }

    /// When it was restarted (nanoseconds). A rename from now on marks the end: what comes before it in the stream is all
    /// there was.
    fn times(mut self, engine: &Engine) -> Vec<u128> {
        let end = now_ns();
        engine.docker(&["rename", &self.container, &format!("{}-end", self.container)]);
        let time = |line: &str, action: &str| line.strip_prefix(action)?.parse::<u128>().ok();
        let is_end = |line: &String| time(line, "rename ").is_some_and(|at| at >= end);
        let before = self.lines.iter().take_while(|line| !is_end(line));
        let times = before.filter_map(|line| time(&line, "start ")).filter(|at| *at >= self.since).collect();
        self.events.kill().unwrap();
        self.events.wait().unwrap();
        times
    }
}

fn now_ns() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()
}

#[test]
fn a_healthy_service_is_left_alone_and_a_second_restart_is_refused() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "sleep 600");
    let restarts = Restarts::of(engine, &name);
    let waited = gate(engine, &home).args(["wait", &name, "--engine-verdict"]).status().unwrap();
    assert_eq!(waited.code(), Some(0));
    let skipped = gate(engine, &home).args([&name, "--json"]).output().unwrap();
    assert_eq!((skipped.status.code(), report(&skipped).verdict.as_str()), (Some(0), "skipped"));
    let restarted = gate(engine, &home).args([&name, "--even-if-healthy", "--json"]).output().unwrap();
    let said = report(&restarted);
    assert_eq!((restarted.status.code(), said.verdict.as_str()), (Some(0), "restarted"), "{said:?}");
    assert_eq!(
        (said.schema.as_str(), said.attempts_used, said.attempts_limit),
        ("restartgate.report/1", 1, 3)
    );
    let refused = gate(engine, &home).args([&name, "--even-if-healthy", "--json"]).output().unwrap();
    let said = report(&refused);
    assert_eq!((refused.status.code(), said.verdict.as_str()), (Some(75), "refused"));
    assert!(said.retry_after_s.is_some_and(|s| (20..=30).contains(&s)), "{said:?}");
    assert_eq!(restarts.count(engine), 1);
}

#[test]
fn the_fourth_attempt_trips_the_breaker() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "sleep 600 & trap 'exit' TERM; wait");
    let restarts = Restarts::of(engine, &name);
    let restart = || {
        gate(engine, &home).args([&name, "--even-if-healthy", "--json", "--cooldown", "0s"]).output().unwrap()
    };
    for _ in 0..3 {
        assert_eq!(restart().status.code(), Some(0));
    }
    for _ in 0..2 {
        let fourth = restart();
        let said = report(&fourth);
        assert_eq!(fourth.status.code(), Some(69), "{said:?}");
        assert_eq!(said.breaker, "open");
    }
    let checked = gate(engine, &home).args(["check", &name, "--even-if-healthy"]).status().unwrap();
    assert_eq!(checked.code(), Some(69));
    let reset = gate(engine, &home).args(["reset", &name, "--reason", "test"]).status().unwrap();
    assert_eq!(reset.code(), Some(0));
    assert_eq!(restart().status.code(), Some(0));
    assert_eq!(restarts.count(engine), 4);
}

#[test]
fn a_service_that_dies_gives_its_evidence() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "dying", "true", "echo the disk is gone; exit 9");
    engine.docker(&["wait", &name]);
    let output = gate(engine, &home).args([&name, "--json"]).output().unwrap();
    let said = report(&output);
    assert_eq!((output.status.code(), said.verdict.as_str()), (Some(1), "failed"), "{said:?}");
    assert!(said.reason.contains("exited with code 9"), "{said:?}");
    let evidence = said.evidence.unwrap();
    assert_eq!(evidence.exit_code, 9);
    assert!(evidence.log.iter().any(|line| line.contains("the disk is gone")), "{evidence:?}");
}

#[test]
fn wait_fails_early_on_the_engines_verdict() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "sick", "false", "sleep 600");
    let begun = std::time::Instant::now();
    let output =
        gate(engine, &home).args(["wait", &name, "--engine-verdict", "--timeout", "60s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
}

#[test]
fn six_callers_make_one_restart() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "sleep 600");
    let restarts = Restarts::of(engine, &name);
    gate(engine, &home).args(["wait", &name, "--engine-verdict"]).status().unwrap();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            gate(engine, &home)
                .args([&name, "--even-if-healthy", "--json"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let verdicts: Vec<String> = calls
        .into_iter()
        .map(|call| call.wait_with_output().unwrap())
        .map(|output| (output.status.code(), report(&output).verdict))
        .map(|(code, verdict)| {
            assert_eq!(code, Some(0), "{verdict}");
            verdict
        })
        .collect();
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "restarted").count(), 1, "{verdicts:?}");
    assert_eq!(restarts.count(engine), 1);
}

#[test]
fn unknown_and_ambiguous_services_are_refused_with_the_candidates() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    for project in ["a", "b"] {
        let labels = [
            world.label(),
            format!("com.docker.compose.project={}", world.name(project)),
            "com.docker.compose.service=twin".into(),
        ];
        let labels: Vec<&str> = labels.iter().flat_map(|label| ["--label", label]).collect();
        engine.docker(&[&["run", "-d"], &labels[..], &[BUSYBOX, "sleep", "600"]].concat());
    }
    let output = gate(engine, &home).args(["twin", "--label", &world.label()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&world.name("a")) && said.contains(&world.name("b")), "{said}");
    let output = gate(engine, &home).args(["no-such-service"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_command_behind_the_gate_keeps_its_code_and_its_stdout() {
    let home = Home::new();
    let run = |script: &str| {
        tool(env!("CARGO_BIN_EXE_restartgate"), &home)
            .args(["job", "--", "sh", "-c", script])
            .output()
            .unwrap()
    };
    let first = run("echo out; exit 7");
    assert_eq!((first.status.code(), first.stdout.as_slice()), (Some(7), &b"out\n"[..]));
    let second = run("echo out");
    assert_eq!((second.status.code(), second.stdout.as_slice()), (Some(75), &b""[..]));
    let absent = tool(env!("CARGO_BIN_EXE_restartgate"), &home)
        .args(["other", "--", "/nonexistent"])
        .status()
        .unwrap();
    assert_eq!(absent.code(), Some(127));
}
