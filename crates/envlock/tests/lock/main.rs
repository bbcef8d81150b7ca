//! envlock as people and scripts use it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

mod basics;
mod break_lock;
mod down;
mod environment;
mod keep;
mod leftovers;
mod output;
mod shared;
mod signals;
mod storm;
mod survive;
mod terminal;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A state directory for one test.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn lock_file(&self, name: &str) -> PathBuf {
        self.path().join("locks").join(format!("{name}.lock"))
    }

    fn envlock(&self, args: &[&str]) -> Command {
        let mut command = evenkeel_tests::tool(env!("CARGO_BIN_EXE_envlock"), self.path());
        command.args(args).stdin(Stdio::null()).env("USER", "alice");
        command
    }

    /// Runs envlock to its end.
    fn run(&self, args: &[&str]) -> Done {
        Done(self.envlock(args).output().unwrap())
    }

    /// Starts envlock around a command that runs until [`Holder::let_go`], and returns when it holds the lock.
    fn hold(&self, args: &[&str]) -> Holder {
        let go = self.file(&format!("go-{}", unique()));
        let inside = go.with_extension("inside");
        let script =
            format!("echo $$ > {0}.new; mv {0}.new {0}; read line < {1}", inside.display(), go.display());
        assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
        let mut args = args.to_vec();
        args.extend(["--", "sh", "-c", &script]);
        let child = self.envlock(&args).spawn().unwrap();
        until("the holder is inside", || inside.exists());
        let command = std::fs::read_to_string(&inside).unwrap().trim().parse().unwrap();
        Holder { child, command, go }
    }

    /// Starts envlock around a command and returns when it waits in the queue.
    fn queue(&self, name: &str, args: &[&str]) -> Child {
        let before = self.waiting(name);
        let child = self.envlock(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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
}

/// An envlock that holds a lock until its command is told to end.
struct Holder {
    child: Child,
    command: i32,
    go: PathBuf,
}

impl Holder {
    fn let_go(&mut self) -> i32 {
        std::fs::write(&self.go, "\n").unwrap();
        self.child.wait().unwrap().code().unwrap()
    }

    fn signal(&self, signal: &str) {
        send(signal, self.child.id());
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

fn send(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// Waits until a condition holds, and fails after 30 s.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "waited 30 s until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What became of the moment at which a scan does something to a run.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Met,
    /// The run had ended when the scan, on a busy machine, came to it.
    Missed,
    /// The run ended before.
    NotReached,
}

impl Moment {
    /// That of a run that was seen to have ended after so long, before anything was done to it.
    fn of_ended(lasted: Duration, moment: Duration) -> Self {
        if lasted < moment { Self::NotReached } else { Self::Missed }
    }
}

/// Repeats a run, with a moment 10 ms later each time, until one ends before its moment. `what` names the scan where it fails.
fn scan_moments(what: &str, mut run: impl FnMut(Duration) -> Moment) {
    let mut moment = Duration::ZERO;
    loop {
        match run(moment) {
            Moment::Met => moment += Duration::from_millis(10),
            Moment::Missed => {}
            Moment::NotReached => break,
        }
    }
    assert!(moment.as_millis() > 50, "{what}: the runs ended too soon");
}

fn is_running(pid: i32) -> bool {
    // A zombie has ended; its parent has not fetched its exit status yet.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

fn unique() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// How often a storm is repeated.
fn rounds(default: usize) -> usize {
    std::env::var("ENVLOCK_STORM").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(default)
}
