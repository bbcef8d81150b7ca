//! `--testcontainers` beside real sessions of Testcontainers for Python.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, root, skip};

use crate::kit::{exists, exited, image, item, items, prune_at, text};

/// Starts a session, says its ID and its network, and ends without cleaning up once it is told to.
const SESSION: &str = r"
import os, sys
from testcontainers.core.container import DockerContainer
from testcontainers.core.labels import SESSION_ID
from testcontainers.core.network import Network
name = sys.argv[1]
network = Network().create()
for part, command in ('db', 'sleep 600'), ('job', 'true'):
    DockerContainer(sys.argv[2]).with_name(name + '-' + part).with_network(network).with_command(command).start()
print(SESSION_ID, network.name, flush=True)
sys.stdin.readline()
os._exit(0)
";

/// Image that stands in for Ryuk: it says that it has started, ends with its connection, and removes nothing.
const RYUK: &str = "testcontainers/ryuk:stand-in";

#[test]
fn a_session_that_nobody_cleans_up_goes_and_one_with_a_ryuk_stays() {
    let Some(python) = python() else { return };
    let Some(engine) = OwnEngine::start() else { return };
    if !engine.is_docker_or_skip("its library does not start there as it is") {
        return;
    }
    image(&engine, RYUK, &[r#"CMD ["sh", "-c", "echo ryuk Started!; exec nc -l -p 8080"]"#]);
    exited(&engine, "bystander", &[]);
    let dead = Session::start(&engine, &python, "dead", &[("TESTCONTAINERS_RYUK_DISABLED", "true")]);
    let dead_network = dead.network.clone();
    dead.abandon();
    let live = Session::start(&engine, &python, "live", &[("RYUK_CONTAINER_IMAGE", RYUK)]);
    let ryuk = format!("testcontainers-ryuk-{}", live.id);
    let home = Home::new();
    let prune = |args: &[&str]| {
        prune_at(&engine.host, &home, &[&["--testcontainers", "--json", "--grace", "0s"], args].concat(), 0)
    };

    let young = prune(&[]);
    assert_eq!(item(&young, "container", "dead-db"), ("kept".into(), "young".into()));
    assert_eq!(item(&young, "container", "live-db"), ("kept".into(), "live_session".into()));
    assert_eq!(items(&young).len(), 7, "{young}");

    let report = prune(&["--older-than", "1ms"]);
    for (kind, name) in [("container", "dead-db"), ("container", "dead-job"), ("network", &*dead_network)] {
        assert_eq!(item(&report, kind, name), ("removed".into(), "dead_session".into()));
        assert!(!exists(&engine, kind, name), "{kind} {name}");
    }
    for name in ["live-db", "live-job", &ryuk] {
        assert_eq!(item(&report, "container", name), ("kept".into(), "live_session".into()));
    }
    assert_eq!(item(&report, "network", &live.network), ("kept".into(), "in_use".into()));

    live.abandon();
    // It removes itself when it ends.
    engine.try_docker(&["wait", &ryuk]);
    let report = prune(&["--older-than", "1ms"]);
    assert_eq!(report["counts"]["removed"], 3, "{report}");
    assert!(exists(&engine, "container", "bystander"));
}

/// A Python that has Testcontainers. `None` where it cannot be had; the test is then counted as skipped.
fn python() -> Option<String> {
    let output = Command::new(root().join("scripts/platforms/testcontainers")).output().unwrap();
    if output.status.success() {
        return Some(text(&output.stdout).trim().to_owned());
    }
    skip(&text(&output.stderr));
    None
}

/// A test that uses Testcontainers.
struct Session {
    child: Child,
    id: String,
    network: String,
}

impl Session {
    /// Starts one, and waits until its containers have started.
    fn start(engine: &OwnEngine, python: &str, name: &str, variables: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let mut command = Command::new(python);
        command.args(["-c", SESSION, name, BUSYBOX]).env("HOME", home.as_os_str());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("DOCKER_HOST", &engine.host);
        command.envs(variables.iter().copied());
        let mut inside = engine.inside(&command);
        let mut child = inside.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (id, network) = line.trim().split_once(' ').expect("it starts");
        Self { child, id: id.to_owned(), network: network.to_owned() }
    }

    /// Ends it as a kill would: nothing of it is cleaned up.
    fn abandon(mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}
