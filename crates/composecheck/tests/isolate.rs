//! `isolate`: any project beside itself. Compose is asked whether the override changes what the report says, and nothing
//! else; an engine is asked whether two copies run beside the original.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use evenkeel_tests::{Engine, engine, skip};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A project with everything that is changed or shared.
const RICH: &str = r#"
name: rich
services:
  web:
    build: .
    image: shop/web
    container_name: shop-web
    restart: always
    labels: ["netra.env=prod", "team=shop"]
    ports: ["${WEB_PORT:-8080}:80", "127.0.0.1:9090-9091:81-82", "53:53/udp", "53:53", "70"]
    deploy:
      replicas: 1
      restart_policy: {condition: any, max_attempts: 3}
      resources: {limits: {cpus: "0.25"}}
    healthcheck: {test: "true", start_period: 10s}
    volumes: ["data:/data", "./site:/site", "shared:/shared"]
    networks: {front: {aliases: [shop]}, outside: }
  "odd.name":
    image: busybox
    container_name: it-s
    ports: [{target: 80, published: 9000-9009, name: x}]
    scale: 1
  host: {image: busybox, network_mode: host, ports: ["1:1"]}
volumes:
  data: {name: fixed-data, labels: {a: "$$b"}}
  shared: {external: true, name: common}
networks:
  front: {name: "fixed-front"}
  outside: {external: true}
configs:
  settings: {name: fixed-config, content: x}
"#;

/// The object of `isolate --json`, and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    project: String,
    ports: Vec<Binding>,
    changed: Vec<Change>,
    shared: Vec<Shared>,
    boosted: Vec<Boosted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Binding {
    service: String,
    container_port: u16,
    protocol: String,
    #[serde(deserialize_with = "Option::deserialize")]
    host_ip: Option<String>,
    was: String,
    now: String,
    variables: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Change {
    path: String,
    was: Value,
    now: Value,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Shared {
    kind: String,
    name: String,
    reason: String,
    exclusive: bool,
    scope: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Boosted {
    service: String,
    was_cpus: f64,
}

fn command(program: &str, folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", std::env::var_os("HOME").unwrap_or_default());
    // Compose would ask an engine first.
    command.env("DOCKER_HOST", "unix:///nonexistent");
    command
}

fn isolate(folder: &Path, args: &[&str]) -> Output {
    let args = [&["isolate"], args].concat();
    command(env!("CARGO_BIN_EXE_composecheck"), folder, &args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn project(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("compose.yml"), text).unwrap();
    dir
}

fn has_compose() -> bool {
    let known = command("docker", Path::new("."), &["compose", "version"]).output();
    known.is_ok_and(|output| output.status.success())
}

/// The model that Compose makes of the files.
fn config(folder: &Path, files: &[&str]) -> Result<Value, String> {
    let files: Vec<&str> = files.iter().flat_map(|file| ["-f", file]).collect();
    let args = [&["compose", "-p", "isolated"], files.as_slice(), &["config", "--format", "json"]].concat();
    let output = command("docker", folder, &args).output().unwrap();
    if !output.status.success() {
        return Err(stderr(&output));
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// Makes a change that was reported in a model.
fn apply(model: &mut Value, change: &Change) {
    let unescape = |key: &str| key.replace("~1", "/").replace("~0", "~");
    let (parents, last) = change.path[1..].rsplit_once('/').unwrap();
    let mut place = model;
    for key in parents.split('/').map(unescape) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = place.as_object_mut().unwrap().entry(key).or_insert(Value::Null);
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    let keys = place.as_object_mut().unwrap();
    if change.now.is_null() {
        keys.remove(&unescape(last));
    } else {
        let now = change.now.to_string().replace('$', "$$");
        keys.insert(unescape(last), serde_json::from_str(&now).unwrap());
    }
}

fn first_difference(wanted: &Value, found: &Value, path: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            let [a, b] = [a, b].map(|object| object.get(key).unwrap_or(&Value::Bool(false)));
            first_difference(a, b, &format!("{path}/{key}"))
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (a, b))| first_difference(a, b, &format!("{path}/{at}"))),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}: reported {a}, Compose has {b}")),
    }
}

/// Isolates one file and compares what Compose makes of it with what was reported. None if Compose refuses the file.
fn check_against_compose(folder: &Path, file: &str) -> Option<Result<usize, String>> {
    let mut wanted = config(folder, &[file]).ok()?;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("override.yml");
    let path = path.to_str().unwrap();
    let labels = ["--label", "netra.env=test", "--label", "a b=$x \"é", "--restart", "no"];
    let start = ["--boost", "1.5", "--start-interval", "500ms"];
    let output = ["-f", file, "-p", "isolated", "--json", "--output", path];
    let output = isolate(folder, &[labels.as_slice(), &start, &output].concat());
    if !output.status.success() {
        return Some(Err(stderr(&output)));
    }
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    report.changed.iter().for_each(|change| apply(&mut wanted, change));
    let found = match config(folder, &[file, path]) {
        Ok(found) => found,
        Err(why) => return Some(Err(format!("Compose refuses the override: {why}"))),
    };
    Some(first_difference(&wanted, &found, "").map_or(Ok(report.changed.len()), Err))
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn over_the_corpus_the_override_changes_what_is_reported_and_nothing_else() {
    let Some(corpus) = std::env::var_os("COMPOSE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir())
    else {
        return skip("COMPOSE_CORPUS names no folder");
    };
    if !has_compose() {
        return skip("there is no Compose v2");
    }
    let mut files = Vec::new();
    files_below(&corpus, &mut files);
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.file_name().unwrap().to_str().unwrap();
                    if let Some(result) = check_against_compose(file.parent().unwrap(), name) {
                        results.lock().unwrap().push(result.map_err(|e| format!("{}: {e}", file.display())));
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let changes: usize = results.iter().flatten().sum();
    let wrong: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    println!("{} of {} files accepted by Compose, {changes} changes", results.len(), files.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(results.len() > 50);
}

#[test]
fn everything_at_once_is_as_reported() {
    if !has_compose() {
        return skip("there is no Compose v2");
    }
    let dir = project(RICH);
    let changes = check_against_compose(dir.path(), "compose.yml").unwrap().unwrap();
    assert!(changes > 25, "{changes}");
}

fn report(folder: &Path, args: &[&str]) -> Report {
    let output = isolate(folder, &[&["--json"], args].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

#[test]
fn the_report_has_ports_shared_things_and_the_boost() {
    let dir = project(RICH);
    let report = report(dir.path(), &["-p", "copy", "--boost", "1"]);
    assert_eq!((report.schema.as_str(), report.project.as_str()), ("composecheck.isolate/1", "copy"));
    assert_eq!(report.boosted.len(), 1);
    assert_eq!((report.boosted[0].service.as_str(), report.boosted[0].was_cpus), ("web", 0.25));
    let web = report.ports.iter().find(|port| port.container_port == 80 && port.service == "web").unwrap();
    assert_eq!((web.was.as_str(), web.variables.as_slice()), ("8080", ["WEB_PORT".to_owned()].as_slice()));
    let dns: Vec<&str> =
        report.ports.iter().filter(|port| port.container_port == 53).map(|port| port.now.as_str()).collect();
    assert_eq!(dns[0], dns[1], "53/tcp and 53/udp stay one number");
    let shared: Vec<String> = report.shared.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
    let site = dir.path().canonicalize().unwrap().join("site").display().to_string();
    for wanted in [
        &format!("bind mount {site}"),
        "external network outside",
        "external volume common",
        "host network host",
    ] {
        assert!(shared.iter().any(|one| one == wanted), "{wanted}: {shared:?}");
    }
}

#[test]
fn with_strict_what_only_one_run_may_use_is_refused() {
    let dir = project(RICH);
    let output = isolate(dir.path(), &["--strict", "--explain"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("shared: host network host: binds its ports"), "{said}");
    assert!(said.contains("only one run at a time of the machine"), "{said}");
    assert!(said.contains("changed: services.web.container_name: shop-web -> none"), "{said}");
    let plain = project("services: {a: {image: x}}");
    assert_eq!(isolate(plain.path(), &["--strict"]).status.code(), Some(0));
}

#[test]
fn the_ports_file_has_services_and_variables() {
    let dir = project(RICH);
    let boost = ["--boost", "1", "--boosted-file", "boosted"];
    let args = ["-p", "copy", "--ports-file", "ports.env", "--output", "override.yml"];
    assert_eq!(stdout(&isolate(dir.path(), &[args.as_slice(), &boost].concat())), "");
    assert_eq!(std::fs::read_to_string(dir.path().join("boosted")).unwrap(), "web=0.25\n");
    let ports = std::fs::read_to_string(dir.path().join("ports.env")).unwrap();
    let names: Vec<&str> = ports.lines().map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["ODD_NAME_80", "WEB_80", "WEB_81", "WEB_82", "WEB_53", "WEB_PORT"]);
    let value = |name: &str| ports.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    assert_eq!(value("WEB_80="), value("WEB_PORT="));
}

#[test]
fn the_same_project_gets_the_same_ports_and_another_one_gets_others() {
    let dir = project(RICH);
    let of = |project: &str| stdout(&isolate(dir.path(), &["-p", project, "--lease", "lease.json"]));
    let first = of("one");
    assert_eq!(of("one"), first);
    // A block that was reserved is kept, even if the project would now begin elsewhere.
    let lease = std::fs::read_to_string(dir.path().join("lease.json")).unwrap();
    std::fs::write(dir.path().join("lease.json"), lease.replace("\"one\"", "\"two\"")).unwrap();
    // The image that is built is called after the project.
    assert_eq!(of("two").replace("two-web", "one-web"), first);
    let third = of("one");
    assert_ne!(third, first, "the ports are reserved by 'two'");
    let released = isolate(dir.path(), &["-p", "two", "--lease", "lease.json", "--release"]);
    assert_eq!(stdout(&released), "");
    assert!(!std::fs::read_to_string(dir.path().join("lease.json")).unwrap().contains("\"two\""));
}

#[test]
fn many_at_once_get_different_ports() {
    let dir = project("services: {a: {image: x, ports: ['80:80', '81:81', '82:82']}}");
    let projects: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    let mut ports: Vec<String> = thread::scope(|scope| {
        let runs = projects
            .iter()
            .map(|name| scope.spawn(|| report(dir.path(), &["-p", name, "--lease", "lease.json"]).ports));
        let runs: Vec<_> = runs.collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).map(|port| port.now).collect()
    });
    ports.sort();
    ports.dedup();
    assert_eq!(ports.len(), 36);
}

#[test]
fn a_kept_port_that_is_taken_is_named_with_its_holder() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let dir = project(&format!("services: {{web: {{image: x, ports: ['${{WEB_PORT:-{port}}}:80']}}}}"));
    let output = isolate(dir.path(), &["--ports", "keep"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains(&format!("use port {port}/tcp for the service 'web'")), "{said}");
    if cfg!(target_os = "linux") {
        assert!(said.contains(&format!("(process {}) has it", std::process::id())), "{said}");
    }
    // It is given by no variable, so that --ports given moves it; one that is given has to be free.
    assert_eq!(isolate(dir.path(), &["--ports", "given"]).status.code(), Some(0));
    std::fs::write(dir.path().join(".env"), format!("WEB_PORT={port}\n")).unwrap();
    assert_eq!(isolate(dir.path(), &["--ports", "given"]).status.code(), Some(1));
    // One of several runs has the next one.
    let moved = report(dir.path(), &["--ports", "given", "--offset", "1"]);
    assert_eq!(moved.ports[0].now, (port + 1).to_string());
    drop(listener);
    // A child that another test forks at this moment has the port too, until it runs its program.
    let deadline = Instant::now() + Duration::from_secs(30);
    let kept: Report = loop {
        let output = isolate(dir.path(), &["--ports", "keep", "--json"]);
        if output.status.code() == Some(0) || Instant::now() > deadline {
            break serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        }
    };
    assert_eq!((kept.ports[0].now.as_str(), kept.changed.len()), (port.to_string().as_str(), 0));
}

#[test]
fn bad_arguments_are_refused_at_once() {
    let dir = project("services: {a: {image: x}}");
    for args in [
        ["-p", "Shop"].as_slice(),
        &["--label", "x"],
        &["--label", "=x"],
        &["--boost", "0"],
        &["--boost", "nan"],
        &["--start-interval", "5"],
        &["--start-interval", "0s"],
        &["--release"],
    ] {
        assert_eq!(isolate(dir.path(), args).status.code(), Some(2), "{args:?}");
    }
}

/// A project that cannot run twice as it is.
const FIXED: &str = "
name: fixed-NAME
services:
  web:
    image: evenkeel-busybox:1
    container_name: fixed-NAME-web
    command: [sh, -c, 'echo up >/data/up; exec httpd -f -p 80 -h /data']
    ports: ['PORT:80']
    volumes: ['data:/data']
    networks: [front]
    init: true
    stop_grace_period: 0s
  client:
    image: evenkeel-busybox:1
    command: [sh, -c, 'until wget -q -O /tmp/up http://fixed-NAME-web/up; do sleep 0.1; done; exec sleep 600']
    networks: [front]
    init: true
    stop_grace_period: 0s
volumes: {data: {name: fixed-NAME-data}}
networks: {front: {name: fixed-NAME-front}}
";

/// Runs Compose on an engine.
fn compose(engine: &Engine, folder: &Path, args: &[&str]) -> String {
    let args = [&["compose"], args].concat();
    let output = command("docker", folder, &args).env("DOCKER_HOST", &engine.host).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Takes the projects down, also after a failure.
struct TakeDown<'a>(&'a Engine, &'a Path, Vec<String>);

impl Drop for TakeDown<'_> {
    fn drop(&mut self) {
        for name in &self.2 {
            let args = ["compose", "-p", name, "down", "-v", "--remove-orphans", "-t", "0"];
            let _ = command("docker", self.1, &args).env("DOCKER_HOST", &self.0.host).output();
        }
    }
}

#[test]
fn two_copies_run_beside_the_original() {
    let Some(engine) = engine() else { return };
    if !has_compose() {
        return skip("there is no Compose v2");
    }
    let name = format!("t{}", std::process::id());
    let port = 15000 + std::process::id() % 1000;
    let dir = project(&FIXED.replace("NAME", &name).replace("PORT", &port.to_string()));
    let folder = dir.path();
    let copies = ["a", "b"].map(|copy| format!("fixed-{name}-{copy}"));
    let original = format!("fixed-{name}");
    let _guard = TakeDown(engine, folder, [std::slice::from_ref(&original), &copies].concat());
    compose(engine, folder, &["up", "-d"]);
    let before = engine.docker(&["ps", "-q", "--no-trunc", "--filter", &format!("name=fixed-{name}-web")]);
    for copy in &copies {
        let file = format!("{copy}.yml");
        let args = ["-p", copy, "--label", "k=v", "--lease", "lease.json", "--output", &file];
        stdout(&isolate(folder, &args));
        compose(engine, folder, &["-p", copy, "-f", "compose.yml", "-f", &file, "up", "-d"]);
    }
    for project in [&original, &copies[0], &copies[1]] {
        let running = compose(engine, folder, &["-p", project, "ps", "--services", "--status", "running"]);
        let mut running: Vec<&str> = running.lines().collect();
        running.sort_unstable();
        assert_eq!(running, ["client", "web"], "{project}");
        // The container name of the original is answered by the copy's own container.
        let web = compose(engine, folder, &["-p", project, "ps", "-q", "web"]);
        let address = engine.docker(&[
            "inspect",
            "-f",
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            web.trim(),
        ]);
        let client = compose(engine, folder, &["-p", project, "ps", "-q", "client"]);
        let found = engine.docker(&["exec", client.trim(), "nslookup", &format!("fixed-{name}-web")]);
        assert!(found.contains(&address), "{project}: {address}: {found}");
    }
    let volumes = engine.docker(&["volume", "ls", "-q", "--filter", "label=k=v"]);
    assert_eq!(volumes.lines().filter(|volume| volume.contains(&name)).count(), 2, "{volumes}");
    for copy in &copies {
        compose(engine, folder, &["-p", copy, "down", "-v"]);
    }
    let after = engine.docker(&["ps", "-q", "--no-trunc", "--filter", &format!("name=fixed-{name}-web")]);
    assert_eq!(before, after, "the original is untouched");
    assert_eq!(
        engine.docker(&["volume", "ls", "-q", "--filter", &format!("name=fixed-{name}-data")]),
        format!("fixed-{name}-data")
    );
}
