//! What envlock and restartgate record is on the page of `dockwatch report`.
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evenkeel_tests::{Home, SharedState, built, tool};
use serde_json::Value;

const PURPOSE: &str = "</script><script>alert(1)</script>";

/// Waits for a lock, and a service that is restarted until that is refused. `run` makes the command of a tool.
fn use_the_tools(directory: &Path, run: impl Fn(&str) -> Command) {
    let go = directory.join("go");
    let mut holder = run("envlock");
    let script = r#"until [ -e "$0" ]; do sleep 0.02; done; sleep 0.2"#;
    holder.args(["test", "--purpose", PURPOSE, "--", "sh", "-c", script]).arg(&go);
    let mut holder = holder.stderr(Stdio::null()).spawn().unwrap();
    wait_for(&run, "holders");
    let mut waiter = run("envlock").args(["test", "--", "true"]).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&run, "queue");
    std::fs::write(&go, "").unwrap();
    assert!(holder.wait().unwrap().success() && waiter.wait().unwrap().success());
    let gate =
        |args: &[&str]| run("restartgate").args(args).stderr(Stdio::null()).status().unwrap().code().unwrap();
    assert_eq!(gate(&["web", "--", "true"]), 0);
    let refused = (0..10).map(|_| gate(&["api", "--", "false"])).find(|code| *code != 1);
    assert!(matches!(refused, Some(69 | 75)), "{refused:?}");
}

/// Waits until the lock has one of these.
fn wait_for(run: &impl Fn(&str) -> Command, what: &str) {
    loop {
        let output = run("envlock").args(["status", "test", "--json"]).output().unwrap();
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        if status["locks"][0][what].as_array().is_some_and(|list| !list.is_empty()) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn assert_page(mut report: Command, path: &Path) {
    let output = report.args(["report", "--html"]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let html = std::fs::read_to_string(path).unwrap();
    let wanted = [
        "lock test: 3 bars",
        "waiting: ",
        "held by ",
        "web restarted, healthy after",
        "api restarted, not healthy",
        "api refused: ",
        "alert(1)",
    ];
    for wanted in wanted {
        assert!(html.contains(wanted), "{wanted}");
    }
    assert_eq!(html.matches("<script").count(), 2, "the data and the script of the page");
}

#[test]
fn locks_and_restarts_of_one_user() {
    let home = Home::new();
    let run = |name: &str| tool(built(name), &home);
    use_the_tools(&home, run);
    std::fs::write(home.join("locks/test.d/history.jsonl.1"), "torn\n").unwrap();
    assert_page(run("dockwatch"), &home.join("page.html"));
    let html = std::fs::read_to_string(home.join("page.html")).unwrap();
    assert!(html.contains("1 line of the records could not be read"));
}

#[test]
fn locks_and_restarts_of_all_users() {
    const ALICE: u32 = 1001;
    const BOB: u32 = 1002;
    let tools = ["envlock", "restartgate", "dockwatch"].map(built);
    let tools = tools.each_ref().map(PathBuf::as_path);
    let Some(shared) = SharedState::new(&tools) else { return };
    use_the_tools(&shared.home(ALICE), |name| shared.command(ALICE, "", &[&shared.tool(name)]));
    // Another user sees them on a page of his own.
    assert_page(shared.command(BOB, "", &[&shared.tool("dockwatch")]), &shared.home(BOB).join("page.html"));
}
