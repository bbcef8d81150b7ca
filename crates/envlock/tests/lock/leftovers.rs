//! Processes that a step leaves running are ended before they can do harm.

use std::process::Child;

use crate::{Home, is_running, send, until};

/// A script that starts a process, writes both pids to a file, and waits for the process.
fn parent_script(home: &Home) -> String {
    format!("cd {}; sleep 1000 & echo $$ $! > pids.new; mv pids.new pids; wait", home.path().display())
}

fn pids(home: &Home) -> (u32, i32) {
    until("the script runs", || home.file("pids").exists());
    let text = std::fs::read_to_string(home.file("pids")).unwrap();
    let (script, child) = text.trim().split_once(' ').unwrap();
    (script.parse().unwrap(), child.parse().unwrap())
}

/// A take-down that says whether that process still runs. A zombie has ended.
fn witness(home: &Home) -> String {
    format!(
        "cd {}; read script child < pids; grep -qs ') [^ZX] ' /proc/$child/stat && echo still there; true",
        home.path().display()
    )
}

/// envlock with its output in a file: processes that it leaves running would keep a pipe open.
struct Run(Child);

impl Run {
    fn start(home: &Home, args: &[&str]) -> Self {
        let output = std::fs::File::create(home.file("output")).unwrap();
        let mut command = home.envlock(args);
        Self(command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap())
    }

    /// Waits for its end, and returns its exit code and its output.
    fn end(mut self, home: &Home) -> (Option<i32>, String) {
        let code = self.0.wait().unwrap().code();
        (code, std::fs::read_to_string(home.file("output")).unwrap())
    }
}

#[test]
fn a_command_whose_script_is_killed_ends_before_the_take_down() {
    for mode in ["--shared", "--wait-forever"] {
        let home = Home::new();
        let (script, teardown) = (parent_script(&home), witness(&home));
        // The shell that is killed is not the one that envlock starts.
        let command = format!("sh -c '{script}'; exit 7");
        let run = Run::start(&home, &[mode, "--teardown", &teardown, "test", "--", "sh", "-c", &command]);
        let (script, left) = pids(&home);
        send("-KILL", script);
        let (code, said) = run.end(&home);
        assert_eq!(code, Some(7), "{said}");
        assert!(!said.contains("still there"), "{said}");
        assert!(!is_running(left));
        assert_eq!(home.status("test")["dirty"], false);
    }
}

#[test]
fn a_set_up_whose_shell_is_killed_ends_before_the_take_down() {
    let home = Home::new();
    let (setup, teardown) = (parent_script(&home), witness(&home));
    let run =
        Run::start(&home, &["--setup", &setup, "--teardown", &teardown, "test", "--", "echo", "command"]);
    let (script, left) = pids(&home);
    send("-KILL", script);
    let (code, said) = run.end(&home);
    assert_eq!(code, Some(137), "{said}");
    assert!(!said.contains("still there") && !said.contains("command\n"), "{said}");
    assert!(!is_running(left));
}

#[test]
fn a_take_down_whose_shell_is_killed_does_not_go_on_without_the_lock() {
    let home = Home::new();
    // Like every take-down it ignores SIGTERM, so it ends by itself within the grace period.
    let teardown = parent_script(&home).replace("sleep 1000", "sleep 1");
    let run = Run::start(&home, &["--teardown", &teardown, "test", "--", "true"]);
    let (script, left) = pids(&home);
    send("-KILL", script);
    let (code, said) = run.end(&home);
    assert_eq!(code, Some(137), "{said}");
    assert!(!is_running(left), "{said}");
    assert_eq!(home.status("test")["dirty"], true);
}

#[test]
fn what_a_set_up_leaves_running_on_purpose_is_left_to_the_take_down() {
    let home = Home::new();
    let setup = parent_script(&home).replace("; wait", "");
    let teardown = format!("read script child < {}; kill $child", home.file("pids").display());
    let done = home.run(&["--setup", &setup, "--teardown", &teardown, "test", "--", "true"]);
    assert_eq!((done.code(), &*done.stderr()), (0, ""));
    let (_, server) = pids(&home);
    until("the server has ended", || !is_running(server));
}

#[test]
fn without_a_take_down_or_with_inherit_the_background_lives_on() {
    for args in [&["--setup", "true"][..], &["--inherit", "--teardown", "true"]] {
        let home = Home::new();
        let script =
            parent_script(&home).replace("; wait", "").replace("sleep 1000", "sleep 1000 >/dev/null 2>&1");
        let done = home.run(&[args, &["test", "--", "sh", "-c", &script]].concat());
        assert_eq!(done.code(), 0, "{}", done.stderr());
        let (_, left) = pids(&home);
        assert!(is_running(left), "{args:?}");
        send("-KILL", left.cast_unsigned());
    }
}
