//! envlock with its locks in a real etcd.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

mod basics;
mod break_lock;
mod chaos;
mod doctor;
mod environment;
mod faults;
mod full;
mod secure;
mod unreachable;
mod waiters;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evenkeel_tests::Etcd;
use serde_json::Value;

/// A cluster of one member for all tests that do it no harm.
fn shared() -> Option<&'static Etcd> {
    static ETCD: OnceLock<Option<Etcd>> = OnceLock::new();
    let etcd = ETCD.get_or_init(|| Etcd::start(1));
    if etcd.is_none() {
        evenkeel_tests::skip("etcd cannot be had here");
    }
    etcd.as_ref()
}

/// A prefix of its own for one test, and a state directory that stays empty.
struct World {
    url: String,
    home: tempfile::TempDir,
}

impl World {
    fn new(etcd: &Etcd) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { url: etcd.url(&prefix), home: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn envlock(&self, args: &[&str]) -> Command {
        let mut command = evenkeel_tests::tool(ENVLOCK, self.path());
        command.args(args).stdin(Stdio::null()).env("USER", "alice").env("ENVLOCK_VIA", &self.url);
        command
    }

    /// Runs envlock to its end.
    fn run(&self, args: &[&str]) -> Done {
        Done(self.envlock(args).output().unwrap())
    }

    fn start(&self, args: &[&str]) -> Child {
        self.envlock(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Starts envlock around a command that runs until [`Holder::let_go`], and returns when it holds the lock.
    fn hold(&self, args: &[&str]) -> Holder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let go = self.file(&format!("go-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let inside = go.with_extension("inside");
        let script =
            format!("echo $$ > {0}.new; mv {0}.new {0}; read line < {1}", inside.display(), go.display());
        assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
        let child = self.start(&[args, &["--", "sh", "-c", &script]].concat());
        until("the holder is inside", || inside.exists());
        let command = std::fs::read_to_string(&inside).unwrap().trim().parse().unwrap();
        Holder { child, command, go }
    }

    /// Starts envlock and returns when it waits in the queue.
    fn queue(&self, name: &str, args: &[&str]) -> Child {
        let before = self.waiting(name);
        let child = self.start(args);
        until("the waiter stands in the queue", || self.waiting(name) > before);
        child
    }

    fn status(&self, name: &str) -> Value {
        let done = self.run(&["status", name, "--json"]);
        assert_eq!(done.code(), 0, "{done:?}");
        serde_json::from_str::<Value>(&done.stdout()).unwrap()["locks"][0].take()
    }

    fn waiting(&self, name: &str) -> usize {
        self.status(name)["queue"].as_array().unwrap().len()
    }

    /// How the last hold ended.
    fn last_end(&self, name: &str) -> Value {
        let done = self.run(&["history", name, "--json"]);
        let history: Value = serde_json::from_str(&done.stdout()).unwrap();
        history["last"].as_array().unwrap().last().cloned().unwrap_or_default()
    }
}

const ENVLOCK: &str = env!("CARGO_BIN_EXE_envlock");

/// An envlock that holds a lock until its command is told to end.
struct Holder {
    child: Child,
    command: u32,
    go: PathBuf,
}

impl Holder {
    fn let_go(self) -> Done {
        std::fs::write(&self.go, "\n").unwrap();
        self.ended()
    }

    fn ended(self) -> Done {
        Done(self.child.wait_with_output().unwrap())
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// The output of envlock.
#[derive(Debug)]
struct Done(Output);

impl Done {
    /// The code as a shell would see it.
    fn code(&self) -> i32 {
        self.0.status.code().unwrap_or_else(|| 128 + self.0.status.signal().unwrap())
    }

    fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }
}

/// The keeper of an envlock: another process of the same program, in a session of its own.
fn keeper_of(envlock: u32) -> u32 {
    let mut keeper = None;
    // On a busy machine it gets its name late.
    until("there is a keeper", || {
        keeper = find_keeper(envlock);
        keeper.is_some()
    });
    keeper.unwrap()
}

/// None where it, or envlock, is gone.
fn find_keeper(envlock: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{envlock}/task/{envlock}/children")).ok()?;
    let comm = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let mut children = children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
    children.find(|pid| comm(pid).trim() == "envlock-keeper")
}

/// As etcd's gateway wants keys.
fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn send(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// Waits until a condition holds, and fails after 60 s.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !happened() {
        assert!(Instant::now() < deadline, "waited 60 s until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_running(pid: u32) -> bool {
    // A zombie has ended; its parent has not fetched its exit status yet.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}
