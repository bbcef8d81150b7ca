//! What the tests here share.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use evenkeel_tests::{BUSYBOX, Engine, Home, World, tool};
use serde_json::Value;

/// dockprune in a home of its own, against this host.
pub(crate) fn dockprune(host: &str, home: &Home, args: &[&str]) -> Command {
    let mut command = tool(env!("CARGO_BIN_EXE_dockprune"), home);
    command.env("DOCKER_HOST", host).args(args);
    command
}

/// Runs dockprune with `--json` on the world's label, expecting this exit code, and gives its report.
pub(crate) fn prune(engine: &Engine, world: &World, args: &[&str], code: i32) -> Value {
    prune_at(&engine.host, &Home::new(), &[&["--label", &world.label(), "--json"], args].concat(), code)
}

/// Runs dockprune, expecting this exit code, and gives its report.
pub(crate) fn prune_at(host: &str, home: &Home, args: &[&str], code: i32) -> Value {
    let output = dockprune(host, home, args).output().expect("dockprune runs");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{args:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stdout)))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

/// `(kind, name, outcome, rule)` of each item.
pub(crate) fn items(report: &Value) -> Vec<(String, String, String, String)> {
    let word = |item: &Value, key: &str| item[key].as_str().expect("a string").to_owned();
    report["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (word(item, "kind"), word(item, "name"), word(item, "outcome"), word(item, "rule")))
        .collect()
}

/// `(outcome, rule)` of one item.
pub(crate) fn item(report: &Value, kind: &str, name: &str) -> (String, String) {
    let found = items(report).into_iter().find(|item| item.0 == kind && item.1 == name);
    let (_, _, outcome, rule) = found.unwrap_or_else(|| panic!("no {kind} {name} in {report}"));
    (outcome, rule)
}

/// A dockprune that runs in the background, with its log.
pub(crate) struct Run {
    child: Child,
    log: Option<BufReader<ChildStderr>>,
}

/// Starts dockprune.
pub(crate) fn start(host: &str, home: &Home, args: &[&str]) -> Run {
    let mut command = dockprune(host, home, args);
    let mut child = command.arg("-vv").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let log = child.stderr.take().map(BufReader::new);
    Run { child, log }
}

impl Run {
    /// Waits until its log says this.
    pub(crate) fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let count = self.log.as_mut().unwrap().read_line(&mut line).unwrap();
            assert!(count > 0, "it ended before it said '{words}'");
        }
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end: its exit code, what it wrote, and the rest of its log.
    pub(crate) fn finish(mut self) -> (Option<i32>, String, String) {
        let mut log = self.log.take().unwrap();
        // A full pipe would hold it up.
        let rest = std::thread::spawn(move || {
            let mut rest = String::new();
            log.read_to_string(&mut rest).map(|_| rest)
        });
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), text(&output.stdout), rest.join().unwrap().unwrap())
    }

    /// Waits for its end: its exit code and its report.
    pub(crate) fn report(self) -> (Option<i32>, Value) {
        let (code, said, log) = self.finish();
        let report = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}\n{log}"));
        (code, report)
    }
}

/// Makes a container that has ended.
pub(crate) fn exited(engine: &Engine, name: &str, args: &[&str]) {
    engine.docker(&[&["run", "-d", "--name", name], args, &[BUSYBOX, "true"]].concat());
    engine.docker(&["wait", name]);
}

/// Makes a container that never starts.
pub(crate) fn created(engine: &Engine, name: &str, args: &[&str]) {
    engine.docker(&[&["create", "--name", name], args, &[BUSYBOX, "true"]].concat());
}

/// Makes a container that runs until it is stopped, and ends at once then.
pub(crate) fn running(engine: &Engine, name: &str, args: &[&str]) {
    let script = "trap 'exit 0' TERM; while :; do sleep 1 & wait; done";
    engine.docker(&[&["run", "-d", "--name", name], args, &[BUSYBOX, "sh", "-c", script]].concat());
}

/// Makes an image of a container's files, with these instructions; Podman does not commit a container for Docker.
pub(crate) fn image(engine: &Engine, name: &str, instructions: &[&str]) {
    let home = Home::new();
    let (files, source) = (home.join("files.tar"), name.replace([':', '/'], "-") + "-source");
    let files = files.to_str().expect("a path of this test");
    created(engine, &source, &[]);
    engine.docker(&["export", "-o", files, &source]);
    engine.docker(&["rm", &source]);
    let changes = instructions.iter().flat_map(|instruction| ["--change", instruction]);
    engine.docker(&[&["import"], &changes.collect::<Vec<_>>()[..], &[files, name]].concat());
}

/// Whether the engine still has it.
pub(crate) fn exists(engine: &Engine, kind: &str, name: &str) -> bool {
    engine.try_docker(&[kind, "inspect", name]).status.success()
}
