//! The command line tool on a real engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod collect;
mod enforce;
mod json;
mod record;
mod report;
mod snapshot;
mod survive;
mod top;

use std::process::{Command, Output};

use evenkeel_tests::{Engine, Home, tool};

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

#[test]
fn metrics_predict_and_follow() {
    use std::io::{BufRead as _, BufReader};
    let Some(engine) = evenkeel_tests::engine() else { return };
    let (world, home) = (evenkeel_tests::World::new(engine), Home::new());
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["predict", "e2e"], 0);
    assert_eq!(stdout, "e2e: 3.0 GiB, 12 containers (a base value: 0 of 5 runs are recorded)\n");
    let mut following = dockwatch(&engine.host, &home);
    following.args(["--follow", "--json", "--interval", "200ms", "--label", &world.label()]);
    let mut following = following.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["type"], "sample");
    let label = world.label();
    let hog = ["run", "--label", &label, "-m", "8m", "--memory-swap", "8m"];
    // The shell outlives the killed process: a busy engine may miss a kill that ends the whole container.
    let script = "tail /dev/zero; sleep 1; exit 137";
    let hog = [&hog[..], &[evenkeel_tests::BUSYBOX, "sh", "-c", script]];
    assert_eq!(engine.try_docker(&hog.concat()).status.code(), Some(137));
    let oom = (0..100).map(|_| next()).find(|line| line["type"] == "oom").expect("an event within 100 lines");
    assert_eq!(oom["memory_limit_bytes"], 8 << 20);
    following.kill().unwrap();
    following.wait().unwrap();
    engine.docker(&["run", "-d", "--label", &world.label(), evenkeel_tests::BUSYBOX, "sleep", "600"]);
    let file = home.join("d.prom");
    let args = ["metrics", "--label", &world.label(), "--textfile", file.to_str().unwrap()];
    run(&mut dockwatch(&engine.host, &home), &args, 0);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(
        text.contains("dockwatch_up 1\n") && text.contains("container_memory_working_set_bytes{"),
        "{text}"
    );
}
