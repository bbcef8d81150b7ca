//! `dockwatch collect`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use evenkeel_tests::{BUSYBOX, Engine, Home, Proxy, World, engine};

use crate::json::Collected;
use crate::{LITTLE_MEMORY, STARVING, dockwatch, run, starve, with_an_old_list};

/// A Compose project with one container a service.
struct Project<'a> {
    engine: &'a Engine,
    world: World<'a>,
}

impl<'a> Project<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, world: World::new(engine) }
    }

    fn name(&self) -> &str {
        self.world.id()
    }

    fn container(&self, service: &str) -> String {
        self.world.name(service)
    }

    /// `docker VERB` a container of a service.
    fn docker(&self, verb: &[&str], service: &str, options: &[&str], script: &str) {
        let name = self.container(service);
        let project = format!("com.docker.compose.project={}", self.name());
        let service = format!("com.docker.compose.service={service}");
        let label = self.world.label();
        let labels = ["--name", &name, "--label", &label, "--label", &project, "--label", &service];
        let command = [BUSYBOX, "sh", "-c", script];
        self.engine.docker(&[verb, &labels, options, &command].concat());
    }

    fn await_state(&self, service: &str, format: &str, wanted: &str) {
        let args = ["inspect", "-f", format, &self.container(service)];
        while self.engine.docker(&args) != wanted {}
    }

    /// One healthy service, one that exits, one killed for lack of memory, one unhealthy, one never started; they go
    /// wrong in this order.
    fn start(&self) {
        let healthy = ["--health-cmd", "true", "--health-interval", "200ms", "-e", "API_TOKEN=hunter2"];
        self.docker(&["run", "-d"], "well", &healthy, "echo ready; sleep 600");
        self.await_state("well", "{{.State.Health.Status}}", "healthy");
        self.docker(&["run", "-d"], "exits", &[], "echo about to fail; exit 3");
        self.await_state("exits", "{{.State.Status}}", "exited");
        self.docker(&["run", "-d"], "hungry", &LITTLE_MEMORY, STARVING);
        starve(self.engine, &self.container("hungry"));
        self.await_state("hungry", "{{.State.Status}}", "exited");
        let sick = ["--health-cmd", "echo no route; exit 1", "--health-interval", "200ms"];
        self.docker(&["run", "-d"], "sick", &[&sick[..], &["--health-retries", "2"]].concat(), "sleep 600");
        self.await_state("sick", "{{.State.Health.Status}}", "unhealthy");
        self.docker(&["create"], "waits", &[], "true");
    }

    /// Collects into a new directory below `home`.
    fn collect(&self, host: &str, home: &Home, options: &[&str], code: i32) -> Collection {
        let directory = home.join("artifacts/run 1");
        let args = ["collect", "--json", "--project", self.name(), "--dir", directory.to_str().unwrap()];
        let (stdout, stderr) = run(&mut dockwatch(host, home), &[&args[..], options].concat(), code);
        Collection { found: serde_json::from_str(&stdout).expect(&stdout), stderr, directory }
    }
}

struct Collection {
    found: Collected,
    stderr: String,
    directory: PathBuf,
}

impl Collection {
    fn read(&self, file: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.directory.join(file)).unwrap()
    }

    /// Service, fault and state of each container.
    fn faults(&self) -> Vec<(&str, Option<&str>, &str)> {
        let containers = self.found.containers.iter();
        containers.map(|c| (c.service.as_deref().unwrap(), c.fault.as_deref(), c.state.as_str())).collect()
    }
}

#[test]
fn names_what_went_wrong_first_and_saves_the_evidence() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("it runs health checks by timers of systemd") {
        return;
    }
    let (project, home) = (Project::new(engine), Home::new());
    project.start();
    let collection = project.collect(&engine.host, &home, &[], 0);
    assert_eq!(
        collection.faults(),
        [
            ("exits", Some("exited"), "exited"),
            ("hungry", Some("out_of_memory"), "exited"),
            ("sick", Some("unhealthy"), "running"),
            ("waits", Some("not_started"), "created"),
            ("well", None, "running"),
        ]
    );
    let found = &collection.found;
    assert_eq!((found.schema.as_str(), found.verdict.as_str()), ("dockwatch.collect/1", "collected"));
    let first = found.first.as_ref().unwrap();
    assert_eq!((first.service.as_deref(), first.reason.as_str()), (Some("exits"), "ended with exit code 3"));
    let hungry = &found.containers[1];
    assert!(hungry.reason.as_ref().unwrap().contains("8.0 MiB"), "{hungry:?}");
    assert_eq!((hungry.memory_limit_bytes, hungry.exit_code), (Some(8 << 20), Some(137)));
    assert!(found.containers[2].reason.as_ref().unwrap().ends_with("at last with: no route"), "{found:?}");
    assert!(found.containers[..3].iter().all(|c| c.wrong_at.is_some()), "{found:?}");

    let log = collection.read("logs/exits.log");
    let (time, text) = log.split_once(' ').unwrap();
    assert!(time.ends_with('Z') && text == "about to fail\n", "{log}");
    assert_eq!(found.containers[3].log_file, None, "it was never started");
    assert!(collection.read("health/sick.txt").contains("exit code 1\nno route\n"));
    let inspect: serde_json::Value = serde_json::from_str(&collection.read("inspect/well.json")).unwrap();
    assert_eq!(inspect["Id"], found.containers[4].id.as_str());
    let environment = inspect["Config"]["Env"].to_string();
    assert!(environment.contains("API_TOKEN=***") && !environment.contains("hunter2"), "{environment}");
    let events = collection.read("events.jsonl");
    assert_eq!(events.lines().count(), found.events.unwrap());
    assert!(events.lines().all(|line| line.contains(project.name())), "{events}");
    assert!(events.contains("\"oom\"") && events.contains("health_status: unhealthy"), "{events}");
    let summary = collection.read(&found.summary_file);
    assert!(summary.starts_with("# First to go wrong: exits\n"), "{summary}");
    assert!(
        summary.contains(" about to fail\n") && summary.contains(&project.container("well")),
        "{summary}"
    );
}

/// The middle of a log that does not fit is left out, also where it grows faster than it can be read.
#[test]
fn what_the_list_has_as_running_and_has_ended_is_collected_as_ended() {
    let Some(engine) = engine() else { return };
    let (project, home) = (Project::new(engine), Home::new());
    project.docker(&["run", "-d"], "ends", &[], "until [ -e /go ]; do sleep 0.1; done; exit 7");
    let (name, directory) = (project.container("ends"), home.join("artifacts"));
    let args = ["collect", "--json", "--project", project.name(), "--dir", directory.to_str().unwrap()];
    let stdout = with_an_old_list(engine, &home, &args, || {
        engine.docker(&["exec", &name, "touch", "/go"]);
        engine.docker(&["wait", &name]);
    });
    let found: Collected = serde_json::from_str(&stdout).expect(&stdout);
    let ended = &found.containers[0];
    assert_eq!(
        (ended.state.as_str(), ended.exit_code, ended.fault.as_deref()),
        ("exited", Some(7), Some("exited"))
    );
    let summary = std::fs::read_to_string(directory.join("summary.md")).unwrap();
    assert!(summary.contains("exited (7)"), "{summary}");
}

#[test]
fn a_log_without_end_is_cut_at_both_ends() {
    let Some(engine) = engine() else { return };
    let (project, home) = (Project::new(engine), Home::new());
    let script = "echo the first line; while :; do echo \"line $i of many\"; i=$((i+1)); done";
    let options = ["--cpus", "0.5", "--log-opt", "max-size=100m"];
    project.docker(&["run", "-d"], "chatty", &options, script);
    project.docker(&["run", "-d"], "ended", &[], "seq 1 5000");
    project.await_state("ended", "{{.State.Status}}", "exited");
    // Until its log is longer than the limit below.
    while engine.docker(&["logs", "--tail", "5000", &project.container("chatty")]).len() < 64 << 10 {}
    let start = Instant::now();
    let collection = project.collect(&engine.host, &home, &["--limit", "64KiB"], 0);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    assert_eq!(collection.found.containers.iter().map(|c| c.log_cut).collect::<Vec<_>>(), [Some(true); 2]);
    for (service, first, last) in [("chatty", " the first line\n", "of many\n"), ("ended", " 1\n", " 5000\n")]
    {
        let log = collection.read(format!("logs/{service}.log"));
        assert!((50 << 10..66 << 10).contains(&log.len()), "{service}: {}", log.len());
        assert!(log.lines().next().unwrap().ends_with(first.trim_end()) && log.ends_with(last), "{service}");
        assert_eq!(log.matches("\n--- cut by dockwatch: what was logged in ").count(), 1, "{service}");
    }
}

#[test]
fn what_the_engine_does_not_answer_is_named() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("it runs health checks by timers of systemd") {
        return;
    }
    let (project, home) = (Project::new(engine), Home::new());
    project.start();
    let id = engine.docker(&["inspect", "-f", "{{.Id}}", &project.container("exits")]);
    let inspect = format!("/containers/{id}/json");
    for (held, failures) in [
        ("/logs", &["logs of exits", "logs of hungry", "logs of sick", "logs of well"][..]),
        ("/events", &["the events"]),
        (&inspect, &["inspect of exits"]),
    ] {
        let proxy = Proxy::holding(&engine.host, held);
        let start = Instant::now();
        let collection = project.collect(&proxy.host, &home, &["--call-timeout", "2s"], 5);
        assert!(start.elapsed().as_secs() < 8, "{held}: {:?}", start.elapsed());
        let found = &collection.found;
        let mut named: Vec<&str> = found.failures.iter().map(|failure| failure.what.as_str()).collect();
        named.sort_unstable();
        assert_eq!((named.as_slice(), found.verdict.as_str()), (failures, "partial"), "{held}");
        assert!(found.failures.iter().all(|failure| failure.error == "no answer within 2s"), "{found:?}");
        assert!(collection.stderr.contains("dockwatch: cannot collect "), "{}", collection.stderr);
        // What the list of containers says is known in any case.
        let exits = found.containers.iter().find(|c| c.service.as_deref() == Some("exits")).unwrap();
        assert_eq!((exits.fault.as_deref(), exits.exit_code), (Some("exited"), Some(3)), "{held}");
        let summary = collection.read(&found.summary_file);
        assert!(
            summary.contains("\nNot collected:\n") && summary.contains("no answer within 2s"),
            "{summary}"
        );
    }
    let proxy = Proxy::holding(&engine.host, "/");
    let directory = home.join("none");
    let args = ["collect", "--project", project.name(), "--dir", directory.to_str().unwrap()];
    let args = [&args[..], &["--call-timeout", "1s"]].concat();
    let (stdout, stderr) = run(&mut dockwatch(&proxy.host, &home), &args, 4);
    assert!(stdout.is_empty() && stderr.contains("no answer within 1s"), "{stderr}");
}

#[test]
fn a_taken_port_is_named() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("it does not keep why a start failed") {
        return;
    }
    let (project, home) = (Project::new(engine), Home::new());
    project.docker(&["run", "-d"], "has", &["-p", "127.0.0.1::80"], "sleep 600");
    let address = engine.docker(&["port", &project.container("has"), "80"]);
    project.docker(&["create"], "wants", &["-p", &format!("{address}:80")], "sleep 600");
    assert!(!engine.try_docker(&["start", &project.container("wants")]).status.success());
    let collection = project.collect(&engine.host, &home, &[], 0);
    let first = collection.found.first.as_ref().unwrap();
    assert_eq!((first.service.as_deref(), first.fault.as_str()), (Some("wants"), "port_taken"));
    let port = address.rsplit(':').next().unwrap();
    let reason = format!("could not be started: port {port} is taken (");
    assert!(first.reason.starts_with(&reason), "{}", first.reason);
}

#[test]
fn needs_a_scope_and_room() {
    let Some(engine) = engine() else { return };
    let home = Home::new();
    let directory = home.join("x");
    let directory = directory.to_str().unwrap();
    let (_, stderr) = run(&mut dockwatch(&engine.host, &home), &["collect", "--dir", directory], 2);
    assert!(stderr.contains("no scope is given") && !Path::new(directory).exists(), "{stderr}");
    std::fs::write(directory, "").unwrap();
    let args = ["collect", "--project", "none-such", "--dir", directory];
    let (_, stderr) = run(&mut dockwatch(&engine.host, &home), &args, 3);
    assert!(stderr.starts_with(&format!("dockwatch: cannot create {directory}: ")), "{stderr}");
    std::fs::remove_file(directory).unwrap();
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &args, 0);
    assert!(
        stdout.starts_with("there are no containers of com.docker.compose.project=none-such\n"),
        "{stdout}"
    );
}
