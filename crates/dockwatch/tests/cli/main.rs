//! The tool as people run it, on a real engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod record;
mod snapshot;
mod wire;

use std::process::{Command, Output};

use drydock_tests::{Engine, Home, tool};

/// The tool, with an engine named by `DOCKER_HOST`.
fn dockwatch(host: &str, home: &Home) -> Command {
    let mut command = tool(env!("CARGO_BIN_EXE_dockwatch"), home);
    command.env("DOCKER_HOST", host);
    command
}

/// Runs it; fails the test when the exit code is another.
fn run(command: &mut Command, args: &[&str], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = command.args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "{args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// A snapshot of what carries a label.
fn snapshot(engine: &Engine, home: &Home, label: &str) -> wire::Snapshot {
    let (stdout, _) = run(&mut dockwatch(&engine.host, home), &["--json", "--label", label], 0);
    serde_json::from_str(&stdout).unwrap()
}
