//! `heal`: what becomes unhealthy or dies in a scope is restarted through the gate, and nothing else is.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, Home, OwnEngine, World, engine, tool};

use crate::signals::kill;
use crate::storm::{LIMITS, never_more_than_the_limits, seconds};
use crate::survive::{started, until};
use crate::wire::{Heal, HealFound, HealLine, Report};
use crate::{NO_CHECKS, Restarts, gate};

/// Longest wait for a line.
const PATIENCE: Duration = Duration::from_mins(1);
/// A service that is healthy until the file exists, and again after a restart.
const CHECK: &str = "test ! -e /sick";
const SERVICE: &str = "rm -f /sick; trap exit TERM; sleep 600 & wait";
/// A container with these options, in the scope of the world.
fn run(engine: &Engine, world: &World, what: &str, options: &[&str], command: &[&str]) -> String {
    let (name, label) = (world.name(what), world.label());
    let run = ["run", "-d", "--name", &name, "--label", &label];
    engine.docker(&[&run, options, &[BUSYBOX], command].concat());
    name
}

/// A container with this restart policy that ends when it is asked to.
fn serve(engine: &Engine, world: &World, what: &str, policy: &str) -> String {
    run(engine, world, what, &["--restart", policy], &["sh", "-c", SERVICE])
}

/// An engine to kill or wedge. `None` where none can be had, or where it is Podman, for this reason.
fn own_docker(why_not_podman: &str) -> Option<OwnEngine> {
    OwnEngine::start().filter(|engine| engine.is_docker_or_skip(why_not_podman))
}

/// A container that becomes unhealthy when `/sick` is made in it.
fn checked(engine: &Engine, world: &World, what: &str, options: &[&str]) -> String {
    let health = ["--health-cmd", CHECK, "--health-interval", "300ms", "--health-retries", "1"];
    let name = run(engine, world, what, &[&health, options].concat(), &["sh", "-c", SERVICE]);
    until("it is healthy", || health_of(engine, &name) == "healthy");
    name
}

fn health_of(engine: &Engine, name: &str) -> String {
    engine.docker(&["inspect", "-f", "{{.State.Health.Status}}", name])
}

fn make_sick(engine: &Engine, name: &str) {
    engine.docker(&["exec", name, "touch", "/sick"]);
}

fn heal(engine: &Engine, home: &Home, world: &World, args: &[&str]) -> Command {
    let mut command = gate(engine, home);
    command.args(["heal", "--label", &world.label(), "--json", "--stop-timeout", "1s"]).args(args);
    command
}

/// A service or container, and what is said about it.
type Said = (String, String);

/// A `heal` that runs until this is dropped.
struct Healing {
    child: Child,
    lines: Receiver<String>,
    stderr: tempfile::NamedTempFile,
}

impl Healing {
    fn start(mut command: Command) -> Self {
        let stderr = tempfile::NamedTempFile::new().unwrap();
        command.stdout(Stdio::piped()).stderr(stderr.reopen().unwrap());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        Self { child, lines, stderr }
    }

    fn said(&self) -> String {
        let mut text = String::new();
        self.stderr.reopen().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn next(&self) -> HealLine {
        let Ok(line) = self.lines.recv_timeout(PATIENCE) else { panic!("it is silent: {}", self.said()) };
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    /// The next decision about a service.
    fn decision(&self, name: &str) -> Report {
        loop {
            if let HealLine::Decision(report) = self.next()
                && report.service.name == name
            {
                return *report;
            }
        }
    }

    /// The next decisions, services and verdicts, sorted, and the next containers that are left alone, with why.
    fn next_of_each(&self, decisions: usize, others: usize) -> (Vec<Said>, Vec<Said>) {
        let (mut decided, mut left) = (Vec::new(), Vec::new());
        while decided.len() < decisions || left.len() < others {
            match self.next() {
                HealLine::Decision(report) => {
                    decided.push((report.service.name.clone(), report.verdict.clone()));
                }
                HealLine::Found(found) => left.extend(found.container.map(|name| (name, found.reason))),
            }
        }
        decided.sort();
        (decided, left)
    }

    /// What is found next about a container that is left alone.
    fn left(&self, name: &str) -> HealFound {
        loop {
            match self.next() {
                HealLine::Found(found) if found.container.as_deref() == Some(name) => return found,
                HealLine::Found(_) => {}
                HealLine::Decision(report) => assert_ne!(report.service.name, name, "{report:?}"),
            }
        }
    }
}

impl Drop for Healing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_becomes_unhealthy_is_restarted_and_then_refused_by_the_cooldown() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = checked(engine, &world, "web", &[]);
    let other_world = World::new(engine);
    let outside = checked(engine, &other_world, "outside", &[]);
    let before = started(engine, &outside);
    let restarts = Restarts::of(engine, &name);
    let healing = Healing::start(heal(engine, &home, &world, &["--cooldown", "15s"]));
    make_sick(engine, &outside);
    make_sick(engine, &name);
    let restarted = healing.decision(&name);
    assert_eq!(restarted.verdict, "restarted", "{restarted:?}");
    make_sick(engine, &name);
    let refused = healing.decision(&name);
    assert_eq!((refused.verdict.as_str(), refused.rule.as_deref()), ("refused", Some("cooldown")));
    // When the cooldown is over, it asks again by itself.
    let again = healing.decision(&name);
    assert_eq!(again.verdict, "restarted", "{again:?}");
    assert_eq!(restarts.count(engine), 2);
    assert_eq!(started(engine, &outside), before, "it is outside the scope");
}

#[test]
fn what_dies_is_restarted_and_what_was_meant_to_end_is_left() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let known = "it was stopped on purpose";
    // Podman before 5.4 does not always tell a stop from an end of its own: then only the code does.
    let (code_of_stop, reasons) = match podman_version(engine) {
        Some(version) if version < (5, 4) => {
            (143, vec![known, "nothing tells whether it was stopped on purpose"])
        }
        _ => (5, vec![known]),
    };
    let script = format!(
        "trap 'exit 3' USR1; trap 'exit {code_of_stop}' TERM; touch /ready; while :; do sleep 0.1; done"
    );
    let serve = |what, options: &[&str]| {
        let name = run(engine, &world, what, options, &["sh", "-c", &script]);
        // Before that a signal would be lost.
        until("it handles signals", || {
            engine.try_docker(&["exec", &name, "test", "-e", "/ready"]).status.success()
        });
        name
    };
    let [dying, stopped, killed] = ["dying", "stopped", "killed"].map(|what| serve(what, &[]));
    let protected = serve("protected", &["--label", "evenkeel.protect=true"]);
    let shot = run(engine, &world, "shot", &[], &["sh", "-c", "sleep 1"]);
    let healing = Healing::start(heal(engine, &home, &world, &["--health-timeout", "2s"]));
    engine.docker(&["stop", &stopped]);
    let reason = healing.left(&stopped).reason;
    assert!(reasons.contains(&reason.as_str()), "{reason}");
    engine.docker(&["kill", &killed]);
    assert_eq!(healing.left(&killed).reason, known);
    engine.docker(&["exec", &protected, "kill", "-USR1", "1"]);
    assert_eq!(healing.left(&protected).reason, "it is protected by its label");
    engine.docker(&["wait", &shot]);
    engine.docker(&["exec", &dying, "kill", "-USR1", "1"]);
    let report = healing.decision(&dying);
    assert_eq!(report.verdict, "restarted", "{report:?}");
    for name in [&stopped, &killed, &protected, &shot] {
        assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Running}}", name]), "false", "{name}");
    }
    let history = std::fs::read_to_string(home.join("restarts/history.jsonl")).unwrap();
    assert!(history.contains("it ended with code 3"), "why it was restarted is on record: {history}");
}

/// Podman's version, major and minor; `None` of another engine.
fn podman_version(engine: &Engine) -> Option<(u32, u32)> {
    let version = engine.is_podman().then(|| engine.docker(&["version", "-f", "{{.Server.Version}}"]))?;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    Some((numbers.next()?, numbers.next()?))
}

/// Runs a container's health check in Podman, as timers of systemd would.
fn run_check_in_podman(engine: &Engine, name: &str) {
    let socket = engine.host.strip_prefix("unix://").unwrap();
    let url = format!("http://engine/v4.0.0/libpod/containers/{name}/healthcheck");
    let status =
        Command::new("curl").args(["-sf", "-o", "/dev/null", "--unix-socket", socket, &url]).status();
    assert!(status.unwrap().success(), "Podman runs the check of {name}");
}

#[test]
fn what_becomes_unhealthy_in_podman_is_restarted() {
    let Some(engine) = engine() else { return };
    if !engine.is_podman() {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let health = ["--health-cmd", CHECK, "--health-interval", "1h", "--health-retries", "1"];
    let name = run(engine, &world, "web", &health, &["sh", "-c", SERVICE]);
    run_check_in_podman(engine, &name);
    assert_eq!(health_of(engine, &name), "healthy");
    let before = started(engine, &name);
    // Its check runs no more: the restart counts as failed, and is made all the same.
    let healing = Healing::start(heal(engine, &home, &world, &["--health-timeout", "2s"]));
    make_sick(engine, &name);
    run_check_in_podman(engine, &name);
    assert_eq!(health_of(engine, &name), "unhealthy");
    let report = healing.decision(&name);
    assert!(["restarted", "failed"].contains(&report.verdict.as_str()), "{report:?}");
    assert_ne!(started(engine, &name), before);
    let history = std::fs::read_to_string(home.join("restarts/history.jsonl")).unwrap();
    assert!(history.contains("its health check fails"), "{history}");
}

#[test]
fn one_pass_for_cron() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let once = |args: &[&str]| -> (Option<i32>, Heal) {
        let output = heal(engine, &home, &world, &[&["--once"], args].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), serde_json::from_slice(&output.stdout).expect(&said))
    };
    let name = checked(engine, &world, "web", &[]);
    let shot = run(engine, &world, "shot", &[], &["true"]);
    engine.docker(&["wait", &shot]);
    let (code, said) = once(&[]);
    assert_eq!((code, said.verdict.as_str(), said.decisions.len()), (Some(0), "healed", 0), "{said:?}");
    assert_eq!(
        (said.schema.as_str(), said.found[0].reason.as_str()),
        ("restartgate.heal/1", "it has completed")
    );
    make_sick(engine, &name);
    until("it is unhealthy", || health_of(engine, &name) == "unhealthy");
    let before = started(engine, &name);
    let (code, said) = once(&["--dry-run"]);
    assert_eq!((code, said.decisions[0].verdict.as_str()), (Some(0), "allowed"), "{said:?}");
    assert_eq!(started(engine, &name), before, "a dry run restarts nothing");
    let (code, said) = once(&[]);
    assert_eq!((code, said.decisions[0].verdict.as_str()), (Some(0), "restarted"), "{said:?}");
    make_sick(engine, &name);
    until("it is unhealthy", || health_of(engine, &name) == "unhealthy");
    let (code, said) = once(&[]);
    assert_eq!((code, said.verdict.as_str()), (Some(75), "not_healed"), "{said:?}");
    assert_eq!(said.decisions[0].rule.as_deref(), Some("cooldown"));
}

#[test]
fn never_without_a_scope() {
    let home = Home::new();
    for args in [&["heal"][..], &["heal", "--once"], &["heal", "--label", "a="], &["heal", "--project", ""]] {
        let output = tool(env!("CARGO_BIN_EXE_restartgate"), &home).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

/// Starts of each container of a world from now on, by the engine's own events.
struct Starts {
    events: Child,
    lines: Receiver<String>,
    marker: String,
}

impl Starts {
    fn of(engine: &Engine, world: &World) -> Self {
        let marker = run(engine, world, "marker", &["--label", "evenkeel.protect=true"], &["sleep", "600"]);
        let label = format!("label={}", world.label());
        let mut events = Command::new("docker")
            .env("DOCKER_HOST", &engine.host)
            .args([
                "events",
                "--filter",
                &label,
                "--format",
                "{{.Action}} {{.Actor.Attributes.name}} {{.TimeNano}}",
            ])
            .args(["--filter", "event=start", "--filter", "event=rename"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(events.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        let starts = Self { events, lines, marker };
        // It listens when it has seen a rename.
        while !starts.has_seen_rename(engine) {}
        starts
    }

    fn has_seen_rename(&self, engine: &Engine) -> bool {
        let other = format!("{}-seen", self.marker);
        engine.docker(&["rename", &self.marker, &other]);
        engine.docker(&["rename", &other, &self.marker]);
        let next = || self.lines.recv_timeout(Duration::from_millis(500)).ok();
        std::iter::from_fn(next).any(|line| line.starts_with("rename "))
    }

    /// Name and time (nanoseconds) of each start until now.
    fn end(self, engine: &Engine) -> Vec<(String, u128)> {
        let last = format!("{}-last", self.marker);
        engine.docker(&["rename", &self.marker, &last]);
        let mut starts = Vec::new();
        for line in &self.lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["rename", name, _] if name == last => break,
                ["start", name, at] => starts.push((name.to_owned(), at.parse().unwrap())),
                _ => {}
            }
        }
        starts
    }
}

impl Drop for Starts {
    fn drop(&mut self) {
        let _ = self.events.kill();
        let _ = self.events.wait();
    }
}

#[test]
fn what_follows_a_service_is_restarted_after_it_once() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let project = format!("com.docker.compose.project={}", world.id());
    let compose = |service: &str, depends_on: &str| {
        let service = format!("com.docker.compose.service={service}");
        let depends_on = format!("com.docker.compose.depends_on={depends_on}");
        ["--label", &project, "--label", &service, "--label", &depends_on].map(str::to_owned)
    };
    let options = |labels: &[String; 6], more: &[&str]| -> Vec<String> {
        labels.iter().cloned().chain(more.iter().map(|one| (*one).to_owned())).collect()
    };
    let base = compose("vpn", "");
    let base: Vec<&str> = base.iter().map(String::as_str).collect();
    let vpn = checked(engine, &world, "vpn", &base);
    let network = format!("container:{vpn}");
    let others = [
        ("proxy", options(&compose("proxy", ""), &["--network", &network])),
        ("web", options(&compose("web", "vpn:service_healthy:true"), &[])),
        ("cron", options(&compose("cron", "vpn:service_healthy:false"), &[])),
    ];
    let serve = ["sh", "-c", SERVICE];
    for (what, options) in &others {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        run(engine, &world, what, &options, &serve);
    }
    let starts = Starts::of(engine, &world);
    let healing = Healing::start(heal(engine, &home, &world, &["--health-timeout", "4s"]));
    make_sick(engine, &vpn);
    assert_eq!(healing.decision("vpn").verdict, "restarted");
    let followers: Vec<Report> = (0..2)
        .map(|_| {
            loop {
                if let HealLine::Decision(report) = healing.next() {
                    break *report;
                }
            }
        })
        .collect();
    for name in ["proxy", "web"] {
        let of = followers.iter().find(|report| report.service.name == name);
        assert!(of.is_some_and(|report| report.verdict == "restarted"), "{followers:?}");
    }
    drop(healing);
    let starts: Vec<String> = starts.end(engine).into_iter().map(|(name, _)| name).collect();
    assert_eq!(starts[0], vpn);
    let mut after = starts[1..].to_vec();
    after.sort();
    assert_eq!(after, [world.name("proxy"), world.name("web")], "once each, after it: {starts:?}");
}

#[test]
fn a_command_gets_the_decision() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = run(engine, &world, "absent", &[], &["sh", "-c", "exec no-such-command"]);
    engine.docker(&["wait", &name]);
    let file = home.join("notice");
    let script = format!("cat >>'{}'; exit 4", file.display());
    let args = |on| ["--once", "--on", on, "--", "sh", "-c", script.as_str()];
    let output = heal(engine, &home, &world, &args("tripped")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "the command's failure changes nothing: {said}");
    assert!(said.contains("cannot run sh: it ended with code 4"), "{said}");
    let notice: Report = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((notice.service.name.as_str(), notice.rule.as_deref()), (name.as_str(), Some("hopeless")));
    // The breaker is open now: another refusal does not trip it again.
    heal(engine, &home, &world, &args("tripped")).output().unwrap();
    heal(engine, &home, &world, &args("restart")).output().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    heal(engine, &home, &world, &args("restart,refused")).output().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
    for bad in [&["--on", "restart"][..], &["--", "true"], &["--on", "always", "--", "true"]] {
        assert_eq!(heal(engine, &home, &world, bad).output().unwrap().status.code(), Some(2), "{bad:?}");
    }
}

#[test]
fn it_goes_on_when_the_engine_was_away() {
    let Some(engine) = own_docker(NO_CHECKS) else { return };
    let home = Home::new();
    let world = World::new(&engine);
    let name = checked(&engine, &world, "web", &[]);
    let limits = ["--cooldown", "0s", "--call-timeout", "5s", "--health-timeout", "30s"];
    let healing = Healing::start(heal(&engine, &home, &world, &limits));
    make_sick(&engine, &name);
    assert_eq!(healing.decision(&name).verdict, "restarted");
    engine.kill9();
    until("it notices", || healing.said().contains("trying again"));
    engine.restart();
    // The engine itself has ended what ran when it crashed.
    let report = healing.decision(&name);
    assert_eq!(report.verdict, "restarted", "{report:?} {}", healing.said());
    until("it is healthy", || health_of(&engine, &name) == "healthy");
    let before = started(&engine, &name);
    make_sick(&engine, &name);
    until("it is restarted", || started(&engine, &name) != before);
    let report = healing.decision(&name);
    assert_eq!(report.verdict, "restarted", "{report:?} {}", healing.said());
}

#[test]
fn what_an_engine_ended_after_its_crash_is_restarted_and_what_a_person_stopped_is_left() {
    let Some(engine) = own_docker("its containers do not depend on it") else { return };
    let (world, home) = (World::new(&engine), Home::new());
    let serve = |what, policy| serve(&engine, &world, what, policy);
    let [kept, stopped] = ["kept", "stopped"].map(|what| serve(what, "unless-stopped"));
    let (plain, late) = (serve("plain", "no"), serve("late", "always"));
    let is_running = |name: &str| engine.docker(&["inspect", "-f", "{{.State.Running}}", name]) == "true";
    let limits = ["--cooldown", "0s", "--call-timeout", "5s", "--health-timeout", "4s"];
    let healing = Healing::start(heal(&engine, &home, &world, &limits));
    engine.docker(&["stop", &stopped]);
    assert_eq!(healing.left(&stopped).reason, "it was stopped on purpose");
    engine.kill9();
    until("it notices", || healing.said().contains("trying again"));
    engine.restart();
    // Docker has started this one again, for its policy.
    engine.docker(&["stop", &late]);
    let (restarted, left) = healing.next_of_each(2, 1);
    assert_eq!(restarted, [&kept, &plain].map(|name| (name.clone(), "restarted".to_owned())));
    assert_eq!(left, [(late.clone(), "it was stopped on purpose".to_owned())]);
    assert_eq!([&kept, &plain, &late, &stopped].map(|name| is_running(name)), [true, true, false, false]);
    let history = std::fs::read_to_string(home.join("restarts/history.jsonl")).unwrap();
    assert!(history.contains("the engine ended it when it began again"), "{history}");
    drop(healing);

    // The same for a pass that has seen nothing of the crash.
    engine.kill9();
    engine.restart();
    let output = heal(&engine, &home, &world, &[&limits[..], &["--once"]].concat()).output().unwrap();
    let said: Heal = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), said.decisions.len()), (Some(0), 2), "{said:?}");
    // What was stopped with the policy 'always' Docker itself starts again.
    assert_eq!([&kept, &plain, &late, &stopped].map(|name| is_running(name)), [true, true, true, false]);
}

/// More events than the engine keeps.
const FORGOTTEN_AFTER: usize = 300;

#[test]
fn what_an_engine_ended_is_restarted_also_where_it_has_forgotten_the_events_of_that_time() {
    let Some(engine) = own_docker("its containers do not depend on it") else { return };
    let (world, home) = (World::new(&engine), Home::new());
    let serve = |what, policy| serve(&engine, &world, what, policy);
    let (kept, late) = (serve("kept", "unless-stopped"), serve("late", "always"));
    let noise = world.name("noise");
    engine.docker(&["run", "-d", "--name", &noise, "--restart", "always", BUSYBOX, "sleep", "600"]);
    let limits = ["--cooldown", "0s", "--call-timeout", "5s", "--health-timeout", "4s"];
    let healing = Healing::start(heal(&engine, &home, &world, &limits));
    // They are seen running by the pass that leaves this one.
    let stopped = serve("stopped", "unless-stopped");
    engine.docker(&["stop", &stopped]);
    assert_eq!(healing.left(&stopped).reason, "it was stopped on purpose");
    engine.kill9();
    until("it notices", || healing.said().contains("trying again"));
    kill("-STOP", &healing.child.id().to_string());
    engine.restart();
    engine.docker(&["stop", &late]);
    engine.docker(&[vec!["kill", "-s", "WINCH"], vec![noise.as_str(); FORGOTTEN_AFTER]].concat());
    kill("-CONT", &healing.child.id().to_string());
    let (restarted, left) = healing.next_of_each(1, 1);
    assert_eq!(restarted, [(kept, "restarted".to_owned())]);
    assert_eq!(left, [(late, "Docker restarts it, unless it was stopped on purpose".to_owned())]);
    let history = std::fs::read_to_string(home.join("restarts/history.jsonl")).unwrap();
    assert!(history.contains("it ended while the engine was away"), "{history}");
}

/// What is said on stderr about the engine.
fn said_of_engine(healing: &Healing) -> Vec<String> {
    healing
        .said()
        .lines()
        .filter(|line| line.contains("cannot ") || line.contains("answers"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn it_goes_on_when_the_engine_has_hung() {
    let Some(engine) = own_docker(NO_CHECKS) else { return };
    let home = Home::new();
    let world = World::new(&engine);
    let name = checked(&engine, &world, "web", &[]);
    let restarts = Restarts::of(&engine, &name);
    let limits = ["--cooldown", "4s", "--call-timeout", "2s", "--health-timeout", "30s"];
    let healing = Healing::start(heal(&engine, &home, &world, &limits));
    make_sick(&engine, &name);
    assert_eq!(healing.decision(&name).verdict, "restarted");
    make_sick(&engine, &name);
    let refused = healing.decision(&name);
    assert_eq!((refused.verdict.as_str(), refused.rule.as_deref()), ("refused", Some("cooldown")));
    // The restart that was refused becomes due while the engine hangs.
    engine.signal("STOP");
    until("it says that the engine hangs", || healing.said().contains("no answer within 2s"));
    std::thread::sleep(Duration::from_secs(8));
    let said = said_of_engine(&healing);
    assert_eq!(said.len(), 2, "said once, however often it is tried: {said:?}");
    engine.signal("CONT");
    let report = healing.decision(&name);
    assert_eq!(report.verdict, "restarted", "{report:?} {}", healing.said());
    until("it is healthy", || health_of(&engine, &name) == "healthy");
    assert_eq!(said_of_engine(&healing).last().unwrap(), "restartgate: the engine answers again");
    // Another service is healed after it, so nothing is left to do for this one.
    let other = run(&engine, &world, "other", &[], &["sh", "-c", "exit 3"]);
    healing.decision(&other);
    assert_eq!(restarts.count(&engine), 2, "one for each time that it was sick");
}

#[test]
fn a_storm_of_twenty_flapping_services_stays_within_the_limits() {
    const PER_MINUTE: usize = 30;
    const ENOUGH: usize = 10;
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its events name containers in another way") {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    for number in 0..20 {
        run(engine, &world, &format!("flap{number}"), &[], &["sh", "-c", "sleep 0.3; exit 1"]);
    }
    let starts = Starts::of(engine, &world);
    let budget = PER_MINUTE.to_string();
    let mut command = heal(engine, &home, &world, &["--health-timeout", "3s", "--per-minute", &budget]);
    command.envs(LIMITS);
    let healing = Healing::start(command);
    // At least so long, and until there was something to count.
    let time = Duration::from_secs(seconds(15));
    let (end, mut decisions, mut restarted) = (Instant::now() + time, 0, 0);
    while Instant::now() < end || restarted <= ENOUGH {
        let patience =
            if restarted <= ENOUGH { PATIENCE } else { end.saturating_duration_since(Instant::now()) };
        match healing.lines.recv_timeout(patience) {
            Ok(line) => {
                if let HealLine::Decision(report) = serde_json::from_str(&line).expect(&line) {
                    decisions += 1;
                    restarted += usize::from(["restarted", "failed"].contains(&report.verdict.as_str()));
                }
            }
            Err(RecvTimeoutError::Timeout) if restarted > ENOUGH => {}
            Err(error) => panic!("{error}: {}", healing.said()),
        }
    }
    drop(healing);
    let starts = starts.end(engine);
    for number in 0..20 {
        let name = world.name(&format!("flap{number}"));
        let own: Vec<u128> = starts.iter().filter(|start| start.0 == name).map(|start| start.1).collect();
        never_more_than_the_limits(&own);
    }
    for group in starts.windows(PER_MINUTE + 1) {
        let took = group[PER_MINUTE].1 - group[0].1;
        assert!(took + 500_000_000 >= 60_000_000_000, "more than {PER_MINUTE} within a minute");
    }
    println!("{} restarts by the engine's events, {decisions} decisions, in {time:?}", starts.len());
    assert!(starts.len() > ENOUGH, "{starts:?}");
}
