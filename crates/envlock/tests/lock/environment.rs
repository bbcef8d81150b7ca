//! Set-up and take-down, also when a holder dies in between.

use std::path::Path;

use crate::{Home, until};

/// A state directory, and a set-up and a take-down that log what they do.
pub(crate) struct Site {
    pub(crate) home: Home,
    pub(crate) setup: String,
    pub(crate) teardown: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let log = home.file("log").display().to_string();
        Self { setup: format!("echo setup >> {log}"), teardown: format!("echo teardown >> {log}"), home }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.file("log")).unwrap_or_default().replace('\n', " ")
    }

    pub(crate) fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec!["--timeout", "30s", "--setup", &self.setup, "--teardown", &self.teardown];
        args.extend(more);
        args
    }

    pub(crate) fn run(&self, more: &[&str]) -> i32 {
        self.home.run(&self.args(more)).code()
    }
}

#[test]
fn the_first_sets_up_and_the_last_takes_down() {
    let site = Site::new();
    let mut first = site.home.hold(&site.args(&["--shared", "test"]));
    let mut second = site.home.hold(&site.args(&["--shared", "test"]));
    assert_eq!(site.log(), "setup ");
    first.let_go();
    assert_eq!(site.log(), "setup ");
    second.let_go();
    assert_eq!(site.log(), "setup teardown ");
    assert_eq!(site.run(&["test", "--", "true"]), 0);
    assert_eq!(site.log(), "setup teardown setup teardown ");
}

#[test]
fn nobody_enters_while_somebody_sets_up_or_takes_down() {
    for phase in ["setup", "teardown"] {
        let site = Site::new();
        let go = site.home.file("go");
        assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
        let slow = format!("read line < {}", go.display());
        let flag = format!("--{phase}");
        let mut first = site.home.envlock(&["--shared", &flag, &slow, "test", "--", "true"]).spawn().unwrap();
        until("it is at it", || {
            site.home.status("test")["holders"]
                .as_array()
                .unwrap()
                .iter()
                .any(|holder| holder["phase"] == phase)
        });
        let refused = site.home.run(&["-n", "--shared", "test", "--", "true"]);
        assert_eq!(refused.code(), 75, "{phase}: {}", refused.stderr());
        let refused = site.home.run(&["-n", "--shared", "--setup", "true", "test", "--", "true"]);
        assert_eq!(refused.code(), 75, "{phase}: {}", refused.stderr());
        std::fs::write(&go, "\n").unwrap();
        assert!(first.wait().unwrap().success());
    }
}

#[test]
fn a_failing_set_up_gives_its_code_and_the_lock_back() {
    let site = Site::new();
    for mode in ["--shared", "--wait-forever"] {
        let done = site.home.run(&[
            mode,
            "--setup",
            "exit 41",
            "--teardown",
            &site.teardown,
            "test",
            "--",
            "echo",
            "never",
        ]);
        assert_eq!((done.code(), &*done.stdout()), (41, ""), "{}", done.stderr());
        assert!(done.stderr().contains("the set-up failed with 41"), "{}", done.stderr());
    }
    assert_eq!(site.log(), "teardown teardown ");
    assert_eq!(site.home.status("test")["verdict"], "free");
}

#[test]
fn a_failing_set_up_does_not_block_those_that_wait_behind_it() {
    let site = Site::new();
    let go = site.home.file("go");
    assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
    let failing = format!("read line < {}; exit 41", go.display());
    let args = ["--shared", "--setup", &failing, "--teardown", &site.teardown, "test", "--", "true"];
    let mut first = site.home.envlock(&args).spawn().unwrap();
    until("it sets up", || site.home.status("test")["holders"][0]["phase"] == "setup");
    let second = site.home.queue("test", &site.args(&["--shared", "test", "--", "true"]));
    std::fs::write(&go, "\n").unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(41));
    assert!(second.wait_with_output().unwrap().status.success());
    assert_eq!(site.log(), "teardown setup teardown ");
}

#[test]
fn a_failing_take_down_shows_and_is_made_up_for() {
    let site = Site::new();
    let failing = ["--teardown", "exit 42", "test", "--"];
    assert_eq!(site.home.run(&[&failing[..], &["true"]].concat()).code(), 42);
    assert_eq!(
        site.home.run(&[&failing[..], &["sh", "-c", "exit 7"]].concat()).code(),
        42,
        "recovery comes first"
    );
    assert_eq!(site.home.status("test")["dirty"], true);
    assert_eq!(site.run(&["test", "--", "true"]), 0);
    assert_eq!(site.log(), "teardown setup teardown ");
    assert_eq!(site.home.status("test")["dirty"], false);
}

#[test]
fn the_commands_code_wins_over_that_of_the_take_down() {
    let home = Home::new();
    assert_eq!(home.run(&["--teardown", "exit 42", "test", "--", "sh", "-c", "exit 7"]).code(), 7);
}

#[test]
fn whoever_comes_after_a_death_takes_down_first_and_sets_up_again() {
    for (mode, phase) in [
        ("--wait-forever", "running"),
        ("--shared", "running"),
        ("--wait-forever", "setup"),
        ("--shared", "setup"),
        ("--wait-forever", "teardown"),
        ("--shared", "teardown"),
    ] {
        let site = Site::new();
        let endless = "while :; do sleep 0.01; done";
        let first = site.home.file("first").display().to_string();
        let endless_once = format!("mkdir {first} 2>/dev/null && {endless}; {}", site.teardown);
        let (mut setup, mut teardown, mut command) = (site.setup.as_str(), site.teardown.as_str(), "true");
        match phase {
            "setup" => setup = endless,
            // The next user runs the same one again: it is recorded.
            "teardown" => teardown = &endless_once,
            _ => command = endless,
        }
        let args = [mode, "--setup", setup, "--teardown", teardown, "test", "--", "sh", "-c", command];
        let mut victim = site.home.envlock(&args).spawn().unwrap();
        until("it is inside", || {
            site.home.status("test")["holders"]
                .as_array()
                .unwrap()
                .iter()
                .any(|holder| holder["phase"] == phase)
        });
        if phase == "teardown" {
            // Killed before this, the teardown would be endless for the next user.
            until("the teardown has begun", || Path::new(&first).exists());
        }
        let before = site.log();
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert_eq!(site.home.status("test")["dirty"], true, "{mode} {phase}");
        assert_eq!(site.run(&["test", "--", "true"]), 0, "{mode} {phase}");
        assert_eq!(site.log(), format!("{before}teardown setup teardown "), "{mode} {phase}");
        assert_eq!(site.home.status("test")["dirty"], false, "{mode} {phase}");
    }
}

#[test]
fn a_sharer_that_dies_does_not_take_the_environment_from_the_others() {
    let site = Site::new();
    let mut victim = site.home.hold(&site.args(&["--shared", "test"]));
    let mut other = site.home.hold(&site.args(&["--shared", "test"]));
    victim.signal("-KILL");
    victim.child.wait().unwrap();
    assert_eq!(site.run(&["--shared", "test", "--", "true"]), 0);
    assert_eq!(site.log(), "setup ");
    other.let_go();
    assert_eq!(site.log(), "setup teardown ");
    assert_eq!(site.home.status("test")["dirty"], false);
}

#[test]
fn several_locks_are_taken_together_and_given_back_together() {
    let home = Home::new();
    let mut both = home.hold(&["--with", "dev", "--with", "ci:shared", "test"]);
    for (name, free) in [("test", false), ("dev", false), ("ci", false)] {
        assert_eq!(home.run(&["-n", name, "--", "true"]).code() == 0, free, "{name}");
    }
    assert_eq!(home.run(&["-n", "--shared", "ci", "--", "true"]).code(), 0);
    // Where one of the locks is busy, none is kept.
    assert_eq!(home.run(&["-n", "--with", "free", "test", "--", "true"]).code(), 75);
    assert_eq!(home.status("free")["verdict"], "free");
    both.let_go();
    for name in ["test", "dev", "ci"] {
        assert_eq!(home.run(&["-n", name, "--", "true"]).code(), 0, "{name}");
    }
    assert_eq!(home.run(&["--with", "test", "test", "--", "true"]).code(), 2);
}

#[test]
fn crosswise_wishes_do_not_wait_for_each_other() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for (name, with) in [("a", "b"), ("b", "a")] {
            let home = &home;
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(home.run(&["--timeout", "30s", "--with", with, name, "--", "true"]).code(), 0);
                }
            });
        }
    });
}

#[test]
fn set_up_talks_on_stderr_because_stdout_is_the_commands() {
    let home = Home::new();
    let done = home.run(&["--setup", "echo up", "--teardown", "echo down", "test", "--", "echo", "out"]);
    assert_eq!((&*done.stdout(), &*done.stderr()), ("out\n", "up\ndown\n"));
}

/// A plain flock that holds the lock until a line is written to the pipe `go`.
fn outsider(home: &Home, mode: &str) -> std::process::Child {
    assert!(std::process::Command::new("mkfifo").arg(home.file("go")).status().unwrap().success());
    let mut flock = std::process::Command::new("flock");
    flock.arg(mode).arg(home.lock_file("test")).args(["sh", "-c", "read line < \"$0\""]).arg(home.file("go"));
    let child = flock.spawn().unwrap();
    until("flock has the lock", || home.status("test")["verdict"] == "held");
    child
}

#[test]
fn a_plain_flock_inside_does_not_stand_for_the_environment() {
    for mode in ["--shared", "--exclusive"] {
        let site = Site::new();
        assert_eq!(site.home.run(&["test", "--", "true"]).code(), 0);
        let mut flock = outsider(&site.home, mode);
        let refused = site.home.run(&["-n", "--shared", "--setup", "true", "test", "--", "true"]);
        assert_eq!(refused.code(), 75, "{mode}: {}", refused.stderr());
        let waiter = site.home.queue("test", &site.args(&["--shared", "test", "--", "true"]));
        std::fs::write(site.home.file("go"), "\n").unwrap();
        flock.wait().unwrap();
        assert!(waiter.wait_with_output().unwrap().status.success());
        assert_eq!(site.log(), "setup teardown ", "{mode}");
    }
}

#[test]
fn those_who_share_the_environment_come_in_beside_a_plain_flock() {
    let site = Site::new();
    let mut first = site.home.hold(&site.args(&["--shared", "test"]));
    let mut flock = outsider(&site.home, "--shared");
    let mut second = site.home.hold(&site.args(&["--shared", "test"]));
    first.let_go();
    assert_eq!(site.log(), "setup ");
    // The last user cannot take the environment down; the next one does.
    second.let_go();
    assert_eq!(site.log(), "setup ");
    assert_eq!(site.home.status("test")["dirty"], true);
    std::fs::write(site.home.file("go"), "\n").unwrap();
    flock.wait().unwrap();
    assert_eq!(site.run(&["--shared", "test", "--", "true"]), 0);
    assert_eq!(site.log(), "setup teardown setup teardown ");
    assert_eq!(site.home.status("test")["dirty"], false);
}

#[test]
fn whoever_shares_the_lock_without_the_environment_makes_way_for_the_set_up() {
    let site = Site::new();
    let mut plain = site.home.hold(&["--shared", "test"]);
    let waiter = site.home.queue("test", &site.args(&["--shared", "test", "--", "true"]));
    assert_eq!(plain.let_go(), 0);
    assert!(waiter.wait_with_output().unwrap().status.success());
    assert_eq!(site.log(), "setup teardown ");
}
