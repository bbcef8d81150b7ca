//! When `restartgate wait` calls a service ready, what it starts, and what it says of those that are not ready.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, Home, Proxy, World, engine, root, skip};

use crate::survive::until;
use crate::{NO_CHECKS, gate, wire};

/// Labels that Compose sets.
const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const DEPENDS_ON: &str = "com.docker.compose.depends_on";

/// A Compose project made by hand: its name is the world's.
struct Project<'a> {
    engine: &'a Engine,
    world: World<'a>,
    home: Home,
}

impl<'a> Project<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, world: World::new(engine), home: Home::new() }
    }

    /// Makes a service's container with `docker COMMAND`, and gives its name.
    fn make(&self, command: &[&str], service: &str, options: &[&str], script: &str) -> String {
        let name = self.world.name(service);
        let labels =
            [self.world.label(), format!("{PROJECT}={}", self.world.id()), format!("{SERVICE}={service}")];
        let labels: Vec<&str> = labels.iter().flat_map(|label| ["--label", label]).collect();
        let image = [BUSYBOX, "sh", "-c", script];
        self.engine.docker(&[command, &["--name", &name], &labels, options, &image].concat());
        name
    }

    fn run(&self, service: &str, options: &[&str], script: &str) -> String {
        self.make(&["run", "-d"], service, options, script)
    }

    fn create(&self, service: &str, depends_on: &str, options: &[&str], script: &str) -> String {
        let label = format!("{DEPENDS_ON}={depends_on}");
        self.make(&["create"], service, &[&["--label", &label], options].concat(), script)
    }

    fn wait_in_background(&self, args: &[&str]) -> Child {
        self.wait_through(&self.engine.host, args)
    }

    /// A wait that reaches the engine there.
    fn wait_through(&self, host: &str, args: &[&str]) -> Child {
        gate(self.engine, &self.home)
            .env("DOCKER_HOST", host)
            .args(["wait", "--project", self.world.id(), "--json"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn wait(&self, args: &[&str]) -> (Option<i32>, wire::Waited) {
        ended(self.wait_in_background(args))
    }

    fn inspect(&self, name: &str, format: &str) -> String {
        self.engine.docker(&["inspect", "-f", format, name])
    }
}

fn ended(call: Child) -> (Option<i32>, wire::Waited) {
    let output = call.wait_with_output().unwrap();
    let waited = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), waited)
}

fn row<'a>(waited: &'a wire::Waited, service: &str) -> &'a wire::WaitRow {
    let is_it = |row: &&wire::WaitRow| row.name.ends_with(&format!("/{service}"));
    waited.services.iter().find(is_it).unwrap_or_else(|| panic!("{waited:?}"))
}

fn by<'a>(waited: &'a wire::Waited, service: &str) -> Option<&'a str> {
    row(waited, service).ready_by.as_deref()
}

#[test]
fn a_one_shot_migration_is_done_when_it_exits_with_0() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    let go = "until [ -e /tmp/go ]; do sleep 0.1; done";
    let awaited = project.run("migrate", &[], go);
    let plain = project.run("seed", &["--restart", "on-failure"], "exit 0");
    engine.docker(&["wait", &plain]);
    let depends_on = format!("{DEPENDS_ON}=migrate:service_completed_successfully:false");
    project.run("web", &["--label", &depends_on], "exec sleep 600");
    let (code, early) = project.wait(&["--timeout", "3s"]);
    assert_eq!((code, row(&early, "migrate").verdict.as_str()), (Some(75), "pending"), "{early:?}");
    assert!(row(&early, "migrate").reason.as_ref().is_some_and(|why| why.contains("not completed")));

    let call = project.wait_in_background(&[]);
    engine.docker(&["exec", &awaited, "touch", "/tmp/go"]);
    let (code, waited) = ended(call);
    assert_eq!((code, waited.verdict.as_str()), (Some(0), "healthy"), "{waited:?}");
    assert_eq!((by(&waited, "migrate"), by(&waited, "seed")), (Some("completed"), Some("completed")));
    assert_eq!(by(&waited, "web"), Some("running"));
}

#[test]
fn a_one_shot_that_fails_ends_the_wait_with_its_last_lines() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    let failing = project.run("migrate", &[], "echo relation users is missing; exit 3");
    project.run("web", &["--health-cmd", "false", "--health-interval", "10m"], "exec sleep 600");
    engine.docker(&["wait", &failing]);
    let begun = Instant::now();
    let (code, waited) = project.wait(&["--timeout", "5m"]);
    assert!(begun.elapsed() < Duration::from_mins(2), "at once, not at the time-out");
    let failed = row(&waited, "migrate");
    assert_eq!((code, failed.verdict.as_str()), (Some(1), "sick"), "{waited:?}");
    assert!(failed.reason.as_ref().is_some_and(|why| why.contains("exited with code 3")), "{failed:?}");
    let evidence = failed.evidence.as_ref().unwrap();
    assert!(evidence.log.iter().any(|line| line.contains("users is missing")), "{evidence:?}");
    assert_eq!(row(&waited, "web").verdict, "pending");
}

/// restartgate as `run` runs it, in the engine's namespaces.
fn port_must_accept(project: &Project<'_>, run: &dyn Fn(&[&str]) -> Child) {
    let script = "until [ -e /tmp/go ]; do sleep 0.1; done; exec nc -ll -p 7000 -e cat";
    let name = project.run("web", &["-p", "127.0.0.1::7000"], script);
    let wait = ["wait", "--project", project.world.id(), "--json"];
    // Not the exit code: 'docker run' does not always have it from Podman.
    let early = ended(run(&[&wait[..], &["--timeout", "3s"]].concat())).1;
    assert_eq!(early.verdict, "not_healthy", "{early:?}");
    assert!(row(&early, "web").reason.as_ref().is_some_and(|why| why.contains("port 7000")), "{early:?}");
    let call = run(&wait);
    project.engine.docker(&["exec", &name, "touch", "/tmp/go"]);
    let waited = ended(call).1;
    assert_eq!((waited.verdict.as_str(), by(&waited, "web")), ("healthy", Some("ports")), "{waited:?}");
}

#[test]
fn without_a_check_the_published_port_must_accept() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its ports refuse as those of another machine do") {
        return;
    }
    let project = Project::new(engine);
    port_must_accept(&project, &|args| {
        Command::new(root().join("scripts/engine"))
            .args(["run", "--", env!("CARGO_BIN_EXE_restartgate")])
            .args(args)
            .env("NETRA_HOME", &*project.home)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
}

#[test]
fn where_its_processes_are_seen_the_kernel_says_what_listens() {
    let Some(engine) = engine() else { return };
    if std::env::var("EVENKEEL_ENGINE").is_ok_and(|kind| kind.starts_with("podman-")) {
        return skip("the machine's files are not those of this engine");
    }
    let project = Project::new(engine);
    let socket = engine.host.strip_prefix("unix://").unwrap();
    let libraries = ["/lib", "/lib64"]
        .map(|dir| format!("{}:{dir}:ro", Path::new(dir).canonicalize().unwrap().display()));
    let volumes = [
        libraries[0].clone(),
        libraries[1].clone(),
        format!("{}:/restartgate:ro", env!("CARGO_BIN_EXE_restartgate")),
        format!("{socket}:/var/run/docker.sock"),
    ];
    let volumes: Vec<&str> = volumes.iter().flat_map(|volume| ["-v", volume]).collect();
    let label = project.world.label();
    port_must_accept(&project, &|args| {
        // Among the engine's processes, and with no network: a connection is out of the question.
        let run = ["run", "--rm", "--label", &label, "--pid", "host", "--network", "none"];
        Command::new("docker")
            .env("DOCKER_HOST", &engine.host)
            .args(run)
            .args(&volumes)
            .args([BUSYBOX, "/restartgate"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
}

#[test]
fn without_a_check_and_a_port_running_for_a_second_is_enough() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    project.run("worker", &[], "exec sleep 600");
    let (code, waited) = project.wait(&["--timeout", "1m"]);
    assert_eq!((code, by(&waited, "worker")), (Some(0), Some("running")), "{waited:?}");
}

#[test]
fn the_checks_own_command_counts_not_its_interval() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    let check = ["--health-cmd", "test -e /tmp/ready", "--health-interval", "10m", "--health-timeout", "5s"];
    let name = project.run("db", &check, "exec sleep 600");
    let call = project.wait_in_background(&["--timeout", "3m"]);
    engine.docker(&["exec", &name, "touch", "/tmp/ready"]);
    let begun = Instant::now();
    let (code, waited) = ended(call);
    let took = begun.elapsed();
    assert_eq!((code, by(&waited, "db")), (Some(0), Some("check")), "{waited:?}");
    assert!(took < Duration::from_mins(1), "the engine looks after 10 min only: {took:?}");
    let (code, engines) = project.wait(&["--engine-verdict", "--timeout", "1s"]);
    assert_eq!((code, row(&engines, "db").verdict.as_str()), (Some(75), "pending"), "{engines:?}");
    assert_eq!(project.inspect(&name, "{{.State.Health.Status}}"), "starting");
}

/// A service that the engine calls unhealthy, until `/tmp/ready` is made in it.
fn unhealthy(project: &Project<'_>) -> String {
    let check = ["--health-cmd", "test -e /tmp/ready", "--health-interval", "200ms", "--health-retries", "1"];
    let name = project.run("db", &check, "echo still recovering; exec sleep 600");
    until("it is unhealthy", || project.inspect(&name, "{{.State.Health.Status}}") == "unhealthy");
    name
}

#[test]
fn unhealthy_is_not_the_end_of_a_slow_start() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let project = Project::new(engine);
    let name = unhealthy(&project);
    let proxy = Proxy::recording(&engine.host);
    let call = project.wait_through(&proxy.host, &["--timeout", "3m"]);
    // It has decided on the first look when it looks again.
    let id = project.inspect(&name, "{{.Id}}");
    let inspects = |line: &&String| line.contains(&format!("/containers/{id}/json"));
    let looks = || proxy.requests().iter().filter(inspects).count();
    until("it looks again", || looks() >= 2);
    engine.docker(&["exec", &name, "touch", "/tmp/ready"]);
    let (code, waited) = ended(call);
    assert_eq!((code, waited.verdict.as_str()), (Some(0), "healthy"), "{waited:?}");
}

#[test]
fn unhealthy_has_failed_when_the_time_is_over_or_the_engines_verdict_counts() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip(NO_CHECKS) {
        return;
    }
    let project = Project::new(engine);
    unhealthy(&project);
    let begun = Instant::now();
    let (code, engines) = project.wait(&["--engine-verdict", "--timeout", "5m"]);
    assert!(begun.elapsed() < Duration::from_mins(2), "at once, not at the time-out");
    let (over_code, over) = project.wait(&["--timeout", "2s"]);
    for (code, waited) in [(code, engines), (over_code, over)] {
        let failed = row(&waited, "db");
        assert_eq!((code, failed.verdict.as_str()), (Some(1), "sick"), "{waited:?}");
        assert_eq!(failed.reason.as_deref(), Some("its health check fails"));
        let evidence = failed.evidence.as_ref().unwrap();
        assert!(evidence.log.iter().any(|line| line.contains("still recovering")), "{evidence:?}");
    }
}

#[test]
fn a_check_that_hangs_is_given_up_after_its_own_timeout() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    // The first run hangs, the second one passes.
    let command = "mkdir /tmp/first 2>/dev/null && exec sleep 600; true";
    let check = ["--health-cmd", command, "--health-interval", "10m", "--health-timeout", "1s"];
    project.run("db", &check, "exec sleep 600");
    let (code, waited) = project.wait(&["--timeout", "2m"]);
    assert_eq!((code, by(&waited, "db")), (Some(0), Some("check")), "{waited:?}");
}

#[test]
fn services_are_started_in_the_order_of_depends_on() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    let check = ["--health-cmd", "test -e /tmp/ready", "--health-interval", "10m"];
    let db = project.create("db", "", &check, "touch /tmp/ready; exec sleep 600");
    let after_db = "db:service_healthy:false";
    let migrate = project.create("migrate", after_db, &[], "sleep 1");
    let needs = "migrate:service_completed_successfully:false,cache:service_started:true";
    let web = project.create("web", needs, &[], "exec sleep 600");
    let cache = project.create("cache", "", &[], "exec sleep 600");
    let (code, waited) = project.wait(&["--start", "--timeout", "3m"]);
    assert_eq!((code, waited.verdict.as_str()), (Some(0), "healthy"), "{waited:?}");
    assert_eq!((by(&waited, "migrate"), by(&waited, "db")), (Some("completed"), Some("check")));
    let started = |name: &str| project.inspect(name, "{{.State.StartedAt}}");
    assert!(started(&db) < started(&migrate));
    assert!(project.inspect(&migrate, "{{.State.FinishedAt}}") < started(&web), "it completed first");
    assert!(started(&cache) < started(&web));
    // Nothing is left to start.
    assert_eq!(project.wait(&["--start"]).0, Some(0));
}

#[test]
fn a_failed_dependency_starts_nothing_that_needs_it() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    project.create("migrate", "", &[], "exit 5");
    let web = project.create("web", "migrate:service_completed_successfully:false", &[], "exec sleep 600");
    let (code, waited) = project.wait(&["--start", "--timeout", "3m"]);
    assert_eq!((code, row(&waited, "migrate").verdict.as_str()), (Some(1), "sick"), "{waited:?}");
    assert!(row(&waited, "web").reason.as_ref().is_some_and(|why| why.contains("migrate to complete")));
    assert_eq!(project.inspect(&web, "{{.State.Status}}"), "created");
}

#[test]
fn a_start_that_the_engine_refuses_is_the_services_failure() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine);
    let name = project.create("web", "", &["--entrypoint", "/no/such/program"], "");
    let (code, waited) = project.wait(&["--start", "--timeout", "3m"]);
    let failed = row(&waited, "web");
    assert_eq!((code, failed.verdict.as_str()), (Some(1), "sick"), "{waited:?}");
    assert!(failed.reason.as_ref().is_some_and(|why| why.contains("/no/such/program")), "{failed:?}");
    assert_eq!(project.inspect(&name, "{{.State.Status}}"), "created");
}

#[test]
fn cpu_limits_are_set_after_readiness() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("before 4.5 it does not change limits") {
        return;
    }
    let project = Project::new(engine);
    let db = project.run("db", &["--cpus", "1"], "exec sleep 600");
    let free = project.run("free", &["--cpus", "0.5"], "exec sleep 600");
    let nano = |name: &str| project.inspect(name, "{{.HostConfig.NanoCpus}}");
    let (code, waited) = project.wait(&["--cpus-after", "db=0.25", "--cpus-after", "free=0"]);
    assert_eq!((code, row(&waited, "db").nano_cpus), (Some(0), Some(250_000_000)), "{waited:?}");
    assert_eq!(nano(&db), "250000000");
    let all: u64 = engine.docker(&["info", "-f", "{{.NCPU}}"]).parse().unwrap();
    assert_eq!(nano(&free), (all * 1_000_000_000).to_string(), "no limit: all CPUs");

    let unknown = gate(engine, &project.home)
        .args(["wait", "--project", project.world.id(), "--cpus-after", "nothing=1"])
        .status()
        .unwrap();
    assert_eq!(unknown.code(), Some(2));
}

#[test]
fn paused_created_and_restarting_are_named() {
    let Some(engine) = engine() else { return };
    let said = |make: &dyn Fn(&Project<'_>) -> String| {
        let project = Project::new(engine);
        let name = make(&project);
        let (code, waited) = project.wait(&["--timeout", "3s"]);
        let paused = project.inspect(&name, "{{.State.Paused}}");
        if paused == "true" {
            engine.docker(&["unpause", &name]);
        }
        (code, row(&waited, "web").reason.clone().unwrap_or_default())
    };
    let (code, reason) = said(&|project| {
        let name = project.run("web", &[], "exec sleep 600");
        engine.docker(&["pause", &name]);
        name
    });
    assert!(code == Some(1) && reason.contains("paused"), "{reason}");
    let (code, reason) = said(&|project| project.create("web", "", &[], "true"));
    assert!(code == Some(1) && reason.contains("created and never started"), "{reason}");
    if !engine.is_docker_or_skip("it restarts at once, without a state for that") {
        return;
    }
    // The engine waits twice as long before each restart: after some it is nearly always waiting. Where its short run is
    // seen instead, the restarts are named too.
    let (code, reason) = said(&|project| {
        let name = project.run("web", &["--restart", "always"], "exit 4");
        crate::survive::until("it was restarted some times", || {
            let seen = project.inspect(&name, "{{.RestartCount}} {{.State.Status}}");
            let (count, state) = seen.split_once(' ').unwrap();
            count.parse::<u32>().unwrap() >= 6 && state == "restarting"
        });
        name
    });
    assert!(
        code == Some(75)
            && ["restarting it after exit code 4", "has restarted it"]
                .iter()
                .any(|part| reason.contains(part)),
        "{code:?} {reason}"
    );
}
