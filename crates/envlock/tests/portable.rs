//! Tests for every system: they run only envlock and this test program.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Name of the variable that says what [`role`] does.
const ROLE: &str = "ENVLOCK_TEST_ROLE";

/// Not a test: the command that envlock runs, chosen by [`ROLE`].
#[test]
#[expect(clippy::exit, reason = "in a role this program is a command, and its code is what counts")]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (what, argument) = role.split_once('=').unwrap();
    match what {
        // Ends with this code.
        "exit" => std::process::exit(argument.parse().unwrap()),
        // Creates a file, and runs until another one exists.
        "stay" => {
            std::fs::write(argument, std::env::var("ENVLOCK_SLOT").unwrap_or_default()).unwrap();
            until("told to go", || Path::new(&format!("{argument}.go")).exists());
        }
        // Has a child that does so.
        "parent" => drop(act(&format!("stay={argument}")).status().unwrap()),
        // Appends a line to a file.
        "line" => {
            let (file, line) = argument.split_once('@').unwrap();
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
            std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()).unwrap();
        }
        other => panic!("unknown role {other}"),
    }
    std::process::exit(0);
}

/// This program in a role.
fn act(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "role", "--nocapture"]).env(ROLE, role).stdout(Stdio::null());
    command
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// envlock with this home.
    fn envlock(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_envlock"));
        command.args(args).env("NETRA_HOME", self.0.path()).env_remove("ENVLOCK_HELD").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// envlock around this program in a role.
    fn around(&self, args: &[&str], role: &str) -> Command {
        let mut command = self.envlock(args);
        command.arg("--").arg(std::env::current_exe().unwrap());
        command.args(["--exact", "role", "--nocapture"]).env(ROLE, role);
        command
    }

    fn run(&self, args: &[&str], role: &str) -> Output {
        self.around(args, role).output().unwrap()
    }

    fn code(&self, args: &[&str], role: &str) -> i32 {
        self.run(args, role).status.code().unwrap()
    }

    /// Starts envlock around a command that stays, and returns when it holds the lock.
    fn hold(&self, args: &[&str], name: &str) -> Child {
        let child = self.around(args, &format!("stay={}", self.file(name).display())).spawn().unwrap();
        until("the holder is inside", || self.file(name).exists());
        child
    }

    fn let_go(&self, name: &str, mut holder: Child) {
        std::fs::write(self.file(&format!("{name}.go")), "").unwrap();
        assert!(holder.wait().unwrap().success());
    }

    fn waiting(&self) -> usize {
        let status = self.envlock(&["status", "test", "--json"]).output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
        status["locks"][0]["queue"].as_array().unwrap().len()
    }
}

fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !happened() {
        assert!(Instant::now() < deadline, "waited 60 s until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn codes_come_through() {
    let home = Home::new();
    for code in [0, 1, 7, 255] {
        assert_eq!(home.code(&["test"], &format!("exit={code}")), code);
    }
    let missing = home.envlock(&["test", "--", "no-such-command"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(127));
    assert_eq!(home.envlock(&["a/b", "--", "x"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn one_at_a_time_and_busy_is_75() {
    let home = Home::new();
    let holder = home.hold(&["test"], "inside");
    let refused = home.run(&["--no-wait", "test"], "exit=0");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(75), "{said}");
    assert!(said.contains("test is busy") && said.contains("held by"), "{said}");
    assert_eq!(home.code(&["--timeout", "300ms", "--shared", "test"], "exit=0"), 75);
    home.let_go("inside", holder);
    assert_eq!(home.code(&["--no-wait", "test"], "exit=0"), 0);
}

#[test]
fn sharers_share_and_slots_count() {
    let home = Home::new();
    let first = home.hold(&["--shared", "test"], "first");
    let second = home.hold(&["--shared", "test"], "second");
    assert_eq!(home.code(&["--no-wait", "test"], "exit=0"), 75);
    home.let_go("first", first);
    home.let_go("second", second);
    let zero = home.hold(&["--slots", "2", "test"], "zero");
    let one = home.hold(&["--slots", "2", "test"], "one");
    assert_eq!(home.code(&["--no-wait", "--slots", "2", "test"], "exit=0"), 75);
    assert_eq!(std::fs::read_to_string(home.file("zero")).unwrap(), "0");
    assert_eq!(std::fs::read_to_string(home.file("one")).unwrap(), "1");
    home.let_go("zero", zero);
    home.let_go("one", one);
}

#[test]
fn first_come_first_served() {
    let home = Home::new();
    let holder = home.hold(&["test"], "inside");
    let order = home.file("order");
    let waiters: Vec<Child> = (0..5)
        .map(|number| {
            let waiter =
                home.around(&["--wait-forever", "test"], &format!("line={}@{number}", order.display()));
            let waiter = { waiter }.spawn().unwrap();
            until("it stands in the queue", || home.waiting() == number + 1);
            waiter
        })
        .collect();
    home.let_go("inside", holder);
    for mut waiter in waiters {
        assert!(waiter.wait().unwrap().success());
    }
    let lines = std::fs::read_to_string(&order).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
}

#[test]
fn killed_with_a_waiter_behind_it() {
    let home = Home::new();
    let inside = home.file("inside");
    let mut holder = home.around(&["test"], &format!("parent={}", inside.display())).spawn().unwrap();
    until("the holder's grandchild is inside", || inside.exists());
    let mut waiter = home.around(&["--timeout", "60s", "test"], "exit=0").spawn().unwrap();
    until("it stands in the queue", || home.waiting() == 1);
    // TerminateProcess on Windows, SIGKILL elsewhere.
    holder.kill().unwrap();
    holder.wait().unwrap();
    if !cfg!(any(target_os = "linux", windows)) {
        // There the rest of the command keeps the lock until it ends.
        std::fs::write(home.file("inside.go"), "").unwrap();
    }
    assert_eq!(waiter.wait().unwrap().code(), Some(0));
}

#[test]
fn set_up_and_take_down() {
    let home = Home::new();
    let log = home.file("log");
    let line = |word: &str| format!("echo {word}>> {}", log.display());
    let (setup, teardown) = (line("setup"), line("teardown"));
    for mode in ["--shared", "--wait-forever"] {
        let args = [mode, "--setup", &setup, "--teardown", &teardown, "test"];
        let done = home.run(&args, "exit=7");
        assert_eq!(done.status.code(), Some(7), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let log = std::fs::read_to_string(&log).unwrap();
    assert_eq!(log.split_whitespace().collect::<Vec<_>>(), ["setup", "teardown", "setup", "teardown"]);
    assert_eq!(home.code(&["--setup", "exit 41", "test"], "exit=0"), 41);
}

#[test]
fn kept_for_the_next_user_and_taken_down_when_told() {
    let home = Home::new();
    let log = home.file("log");
    let line = |word: &str| format!("echo {word}>> {}", log.display());
    let (setup, teardown, after) = (line("setup"), line("teardown"), line("after"));
    let args = ["--shared", "--setup", &setup, "--teardown", &teardown, "--after", &after, "--keep", "test"];
    assert_eq!(home.code(&args, "exit=0"), 0);
    assert_eq!(home.code(&args, "exit=7"), 7);
    let down = home.envlock(&["down", "test"]).output().unwrap();
    assert_eq!(down.status.code(), Some(0), "{}", String::from_utf8_lossy(&down.stderr));
    let log = std::fs::read_to_string(&log).unwrap();
    assert_eq!(log.split_whitespace().collect::<Vec<_>>(), ["setup", "after", "after", "teardown"]);
}

#[test]
fn a_nested_call_passes_through() {
    let home = Home::new();
    let envlock = env!("CARGO_BIN_EXE_envlock");
    let this = std::env::current_exe().unwrap();
    let mut nested = home.envlock(&["test", "--", envlock, "test", "--"]);
    nested.arg(this).args(["--exact", "role", "--nocapture"]).env(ROLE, "exit=7");
    assert_eq!(nested.output().unwrap().status.code(), Some(7));
    let more = home
        .envlock(&["--shared", "test", "--", envlock, "test", "--", envlock, "--version"])
        .output()
        .unwrap();
    assert_eq!(more.status.code(), Some(3), "{}", String::from_utf8_lossy(&more.stderr));
}

#[test]
fn broken_by_hand() {
    let home = Home::new();
    let mut holder = home.hold(&["test"], "inside");
    let done = home.envlock(&["break", "test", "--reason", "stuck", "--grace", "1s"]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!holder.wait().unwrap().success());
    assert_eq!(home.code(&["--timeout", "30s", "test"], "exit=0"), 0);
    let history = home.envlock(&["history", "test"]).output().unwrap();
    assert!(String::from_utf8_lossy(&history.stdout).contains("stuck"));
}
