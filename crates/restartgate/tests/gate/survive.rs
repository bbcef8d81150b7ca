//! Dying gates, odd services, torn files, a full disk, a dying engine.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, Home, OwnEngine, Proxy, World, engine, skip};

use crate::{NO_CHECKS, gate, report, start, wire};

pub(crate) fn until(what: &str, happened: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn started(engine: &Engine, name: &str) -> String {
    engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", name])
}

fn ask(engine: &Engine, home: &Home, args: &[&str]) -> (Option<i32>, wire::Report) {
    let output = gate(engine, home).args(args).arg("--json").output().unwrap();
    (output.status.code(), report(&output))
}

fn records(home: &Home) -> String {
    std::fs::read_to_string(home.join("restarts/history.jsonl")).unwrap_or_default()
}

#[test]
fn killed_between_begin_and_end_it_counts_as_failed() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    // Its health check never passes in time: the gate watches.
    let name = start(engine, &world, "slow", "sleep 60", "exec sleep 600");
    let mut call = gate(engine, &home)
        .args([&name, "--even-if-healthy", "--force", "--reason", "test"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the begin is written", || records(&home).contains("\"begin\""));
    call.kill().unwrap();
    call.wait().unwrap();
    let (code, said) = ask(engine, &home, &[&name, "--even-if-healthy"]);
    assert_eq!((code, said.rule.as_deref(), said.attempts_used), (Some(75), Some("cooldown"), 1), "{said:?}");
    // A failure doubles the cooldown from the second on; the first one is spread by a fifth.
    assert!(said.retry_after_s.is_some_and(|s| (20..=36).contains(&s)), "{said:?}");
    assert_eq!(said.limits.cooldown_from, "default");
}

#[test]
fn a_killed_probe_does_not_stick() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "slow", "sleep 60", "exec sleep 600");
    let limits = ["--open", "1s", "--cooldown", "0s", "--stable", "1s", "--even-if-healthy"];
    gate(engine, &home).args(["trip", &name, "--reason", "test"]).output().unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let mut probe = gate(engine, &home).arg(&name).args(limits).stdout(Stdio::null()).spawn().unwrap();
    until("the probe begins", || records(&home).contains("\"probe\""));
    probe.kill().unwrap();
    probe.wait().unwrap();
    // The dead probe failed: open again, for twice as long; then another one may pass.
    let (code, said) = ask(engine, &home, &[&[name.as_str()], &limits[..]].concat());
    assert_eq!((code, said.breaker.as_str()), (Some(69), "open"), "{said:?}");
    std::thread::sleep(Duration::from_millis(2100));
    let checked = gate(engine, &home).args(["check", &name, "--json"]).args(limits).output().unwrap();
    assert_eq!((checked.status.code(), report(&checked).rule.as_deref()), (Some(0), Some("probe")));
}

#[test]
fn the_breakers_full_cycle() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "sleep 600 & trap 'exit' TERM; wait");
    // Long enough that a busy machine makes two restarts within the window, and asks again before it is stable.
    let limits = [
        "--even-if-healthy",
        "--cooldown",
        "0s",
        "--max-attempts",
        "2",
        "--window",
        "10s",
        "--open",
        "10s",
        "--stable",
        "5s",
        "--per-minute",
        "50",
    ];
    let ask = || ask(engine, &home, &[&[name.as_str()], &limits[..]].concat());
    assert_eq!((ask().0, ask().0), (Some(0), Some(0)));
    let (code, tripped) = ask();
    assert_eq!((code, tripped.rule.as_deref()), (Some(69), Some("window")), "{tripped:?}");
    assert_eq!(ask().1.rule.as_deref(), Some("breaker"));
    std::thread::sleep(Duration::from_millis(10_100));
    let (code, probe) = ask();
    assert_eq!(
        (code, probe.verdict.as_str(), probe.breaker.as_str()),
        (Some(0), "restarted", "proving"),
        "{probe:?}"
    );
    let (code, proving) = ask();
    assert_eq!((code, proving.rule.as_deref()), (Some(75), Some("breaker")), "{proving:?}");
    std::thread::sleep(Duration::from_millis(5100));
    let (code, closed) = ask();
    assert_eq!((code, closed.breaker.as_str()), (Some(0), "closed"), "{closed:?}");
}

#[test]
fn causes_that_no_restart_can_remove_are_named() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let absent = start(engine, &world, "absent", "true", "exec no-such-command");
    engine.docker(&["wait", &absent]);
    let before = started(engine, &absent);
    let (code, said) = ask(engine, &home, &[&absent]);
    assert_eq!((code, said.rule.as_deref()), (Some(69), Some("hopeless")), "{said:?}");
    assert!(said.reason.contains("exit code 127"), "{said:?}");
    assert_eq!(started(engine, &absent), before);

    if !engine.is_docker_or_skip("it does not say that a container was killed for lack of memory") {
        return;
    }
    let (name, label) = (world.name("hog"), world.label());
    engine.docker(&[
        "run",
        "-d",
        "--name",
        &name,
        "--label",
        &label,
        "-m",
        "8m",
        "--memory-swap",
        "8m",
        BUSYBOX,
        "tail",
        "/dev/zero",
    ]);
    // A busy engine does not always hear of a kill: it takes two in a row that it heard of.
    let limits = ["--cooldown", "0s", "--max-attempts", "20", "--per-minute", "20"];
    let tripped = (0..12).find_map(|_| {
        engine.docker(&["wait", &name]);
        let (code, said) = ask(engine, &home, &[&[name.as_str()], &limits[..]].concat());
        assert!([Some(1), Some(69)].contains(&code), "{said:?}");
        (code == Some(69)).then_some(said)
    });
    let said = tripped.expect("two in a row within a dozen");
    assert_eq!(said.rule.as_deref(), Some("hopeless"), "{said:?}");
    assert!(said.reason.contains("twice running it was killed at its memory limit of 8.0 MiB"), "{said:?}");
}

#[test]
fn odd_services_get_an_answer() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let never = start(engine, &world, "never", "sleep 60", "exec sleep 600");
    let (code, said) = ask(engine, &home, &[&never, "--force", "--reason", "test", "--health-timeout", "2s"]);
    assert_eq!((code, said.verdict.as_str()), (Some(1), "failed"), "{said:?}");
    assert!(said.reason.contains("not healthy within 2s"), "{said:?}");

    let paused = start(engine, &world, "paused", "true", "exec sleep 600");
    engine.docker(&["pause", &paused]);
    // The engine can take seconds to inspect what is just paused.
    let (code, said) = ask(engine, &home, &[&paused, "--health-timeout", "5s", "--call-timeout", "30s"]);
    assert!([Some(0), Some(1)].contains(&code), "{said:?}");
    engine.try_docker(&["unpause", &paused]);

    let gone = start(engine, &world, "gone", "sleep 60", "exec sleep 600");
    let call = gate(engine, &home).args(["wait", &gone, "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    engine.docker(&["rm", "-f", &gone]);
    let output = call.wait_with_output().unwrap();
    let waited: wire::Waited = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), waited.services[0].verdict.as_str()), (Some(1), "sick"), "{waited:?}");
}

#[test]
fn a_short_health_timeout_is_enough_without_a_health_check() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let (name, label) = (world.name("plain"), world.label());
    engine.docker(&["run", "-d", "--name", &name, "--label", &label, BUSYBOX, "sleep", "600"]);
    let args = [&name, "--even-if-healthy", "--stop-timeout", "0s", "--health-timeout", "8s"];
    let (code, said) = ask(engine, &home, &args);
    assert_eq!((code, said.verdict.as_str()), (Some(0), "restarted"), "{said:?}");
    assert!(said.took_ms >= 4000, "half of the health time-out it has to stay up: {said:?}");
}

#[test]
fn a_slow_engine_is_not_a_sick_service() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "exec sleep 600");
    let slow =
        ["--even-if-healthy", "--stop-timeout", "0s", "--call-timeout", "2s", "--health-timeout", "60s"];
    let proxy = Proxy::delaying(&engine.host, "/restart?", Duration::from_secs(6));
    let behind = Engine { host: proxy.host.clone() };
    let (code, said) = ask(&behind, &home, &[&[name.as_str()], &slow[..]].concat());
    assert_eq!((code, said.verdict.as_str()), (Some(0), "restarted"), "{said:?}");

    // One that does not answer within the health time-out either is not reachable, and the service is not called sick.
    let proxy = Proxy::holding(&engine.host, "/restart?");
    let args = [&name, "--force", "--reason", "test", "--stop-timeout", "0s", "--health-timeout", "1s"];
    let held = gate(&Engine { host: proxy.host.clone() }, &home).args(args).output().unwrap();
    assert_eq!(held.status.code(), Some(4), "{}", String::from_utf8_lossy(&held.stderr));
}

#[test]
fn torn_and_foreign_lines_are_counted_and_a_full_disk_restarts_nothing() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "web", "true", "exec sleep 600");
    assert_eq!(ask(engine, &home, &[&name, "--even-if-healthy"]).0, Some(0));
    let path = home.join("restarts/history.jsonl");
    let text = records(&home) + "{\"foreign\": 1}\n{\"torn\":";
    std::fs::write(&path, text).unwrap();
    let (code, said) = ask(engine, &home, &[&name, "--even-if-healthy"]);
    assert_eq!((code, said.attempts_used), (Some(75), 1), "{said:?}");
    let status = gate(engine, &home).args(["status", "--json"]).output().unwrap();
    let status: wire::Status = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status.skipped_lines, 2);

    let before = started(engine, &name);
    let full = Home::new();
    let mut inside = Command::new("unshare");
    let script = "mount -t tmpfs -o size=64k none \"$NETRA_HOME\" || exit 99; cat /dev/zero >\"$NETRA_HOME/zero\" 2>/dev/null; exec \"$@\"";
    let asking = gate(engine, &full);
    inside
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(asking.get_program())
        .args([&name, "--even-if-healthy"]);
    inside.env("NETRA_HOME", full.as_os_str()).env("DOCKER_HOST", &engine.host);
    let output = inside.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(99) || said.starts_with("unshare:") {
        return skip("it needs root, to mount a small file system");
    }
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(started(engine, &name), before, "no record, no restart");
}

#[test]
fn the_engine_dies_during_the_restart() {
    let Some(engine) = OwnEngine::start() else { return };
    let home = Home::new();
    let name = {
        let world = World::new(&engine);
        // Without a health check it is watched for ten seconds.
        let (name, label) = (world.name("plain"), world.label());
        engine.docker(&["run", "-d", "--name", &name, "--label", &label, BUSYBOX, "sleep", "600"]);
        let call = gate(&engine, &home)
            .args([&name, "--force", "--reason", "test", "--call-timeout", "2s"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until("the begin is written", || records(&home).contains("\"begin\""));
        let before = started(&engine, &name);
        until("it was restarted", || started(&engine, &name) != before);
        engine.kill9();
        let output = call.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
        engine.restart();
        name
    };
    let ends = records(&home).lines().filter(|line| line.contains("\"action\":\"end\"")).count();
    assert_eq!(ends, 1, "{name}: how it ended is on record");
}

#[test]
fn refusals_push_nothing_out() {
    use evenkeel_common::state::Home as State;
    use evenkeel_restartgate::{Action, History, Record, Service};
    let home = Home::new();
    let history = History::open(&State::at(&*home)).unwrap();
    let service = Service { host: "unix:///d".into(), project: None, name: "redis".into() };
    history.append(&Record::new(Action::Begin, &service)).unwrap();
    for _ in 0..10_000 {
        let mut refusal = Record::new(Action::Refused, &service);
        refusal.reason = Some("it is cooling down after its last restart".into());
        history.append_refusal(&refusal).unwrap();
    }
    let (records, skipped) = history.read().unwrap();
    assert_eq!((records.len(), skipped), (1, 0));
    let bytes: u64 =
        std::fs::read_dir(home.join("restarts")).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 3 << 20, "{bytes}");
}
