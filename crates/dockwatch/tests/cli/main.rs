//! The command line tool on a real engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod collect;
mod enforce;
mod figures;
mod follow;
mod hang;
mod json;
mod metrics;
mod other_engines;
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
