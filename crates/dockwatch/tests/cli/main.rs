//! The command line tool on a real engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod collect;
mod disk;
mod enforce;
mod figures;
mod hang;
mod json;
mod live;
mod metrics;
mod other_engines;
mod page;
mod record;
mod report;
mod snapshot;
mod survive;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use evenkeel_tests::{Engine, Home, Proxy, tool};

/// The tool with `DOCKER_HOST` set.
fn dockwatch(host: &str, home: &Home) -> Command {
    let mut command = tool(env!("CARGO_BIN_EXE_dockwatch"), home);
    command.env("DOCKER_HOST", host);
    command
}

/// Runs a command and returns stdout and stderr. Fails the test where the exit code is another.
fn run(command: &mut Command, args: &[&str], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = command.args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "{args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// A snapshot of the resources with a label.
fn snapshot(engine: &Engine, home: &Home, label: &str) -> json::Snapshot {
    let (stdout, _) = run(&mut dockwatch(&engine.host, home), &["--json", "--label", label], 0);
    serde_json::from_str(&stdout).unwrap()
}

/// Runs the tool with a list of containers that the engine gave before something `happens`, as that of Docker 28 is for a
/// moment. Returns stdout.
fn with_an_old_list(engine: &Engine, home: &Home, args: &[&str], happens: impl FnOnce()) -> String {
    let proxy = Proxy::keeping(&engine.host, "/containers/json");
    let mut command = dockwatch(&proxy.host, home);
    command.args(args).args(["--call-timeout", "60s"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while !proxy.keeps() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    happens();
    proxy.let_go();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(0), "{args:?}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What a container runs for [`starve`].
const STARVING: &str =
    "until [ -e /go ]; do sleep 0.1; done; tail /dev/zero; until [ -e /end ]; do sleep 0.1; done; exit 137";

/// Options of a container that [`starve`] takes all memory of.
const LITTLE_MEMORY: [&str; 4] = ["-m", "8m", "--memory-swap", "8m"];

/// Has the kernel kill a process of a running container for lack of memory, waits until the engine has seen it, and has
/// the container end. A kill right after the start, or right before the end, is missed by an engine that is busy.
fn starve(engine: &Engine, name: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let mut events = Command::new("timeout");
    events.args(["60", "docker", "events", "--since", &now, "--filter", "event=oom", "--filter"]);
    events.arg(format!("container={name}")).env("DOCKER_HOST", &engine.host).stdout(Stdio::piped());
    let mut events = events.spawn().unwrap();
    engine.docker(&["exec", name, "touch", "/go"]);
    let mut seen = String::new();
    BufReader::new(events.stdout.take().unwrap()).read_line(&mut seen).unwrap();
    // Not SIGKILL, which timeout could not pass on.
    let _ = Command::new("kill").arg(events.id().to_string()).status();
    let _ = events.wait();
    assert!(seen.contains("oom"), "the engine reports no kill for lack of memory");
    engine.docker(&["exec", name, "touch", "/end"]);
}
