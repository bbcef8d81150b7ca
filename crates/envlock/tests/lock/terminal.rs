//! On a terminal: keys have the same effect as without envlock.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{Home, until};

/// A terminal and a program that runs on it.
pub(crate) struct Terminal {
    keys: File,
    screen: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    pub(crate) child: Child,
}

impl Terminal {
    /// Runs a program as the leader of a session with this as its controlling terminal.
    pub(crate) fn run(home: &Home, program: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let side = || Stdio::from(slave.try_clone().unwrap());
        let mut command = evenkeel_tests::tool("setsid", home.path());
        command.args(["--ctty", "--wait"]).args(program).env("USER", "alice").env("PS1", "$ ");
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        let keys = File::from(master);
        let screen = Arc::new(Mutex::new(String::new()));
        let (mut reader, seen) = (keys.try_clone().unwrap(), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                seen.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { keys, screen, reader: Some(reader), child }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn shows(&self, text: &str) {
        until(&format!("the screen shows {text:?}"), || self.screen().contains(text));
    }

    /// Waits until the program and all others on the terminal have ended, so that the screen is complete.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }
}

pub(crate) const ENVLOCK: &str = env!("CARGO_BIN_EXE_envlock");

#[test]
fn the_command_reads_the_terminal() {
    let home = Home::new();
    let mut terminal =
        Terminal::run(&home, &[ENVLOCK, "test", "--", "sh", "-c", "echo ready; read line; echo got $line"]);
    terminal.shows("ready");
    terminal.press("hello\n");
    terminal.shows("got hello");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn ctrl_c_ends_the_command_and_then_envlock_once() {
    let home = Home::new();
    let count = "trap 'echo one interrupt; exit 9' INT; echo ready; while :; do sleep 0.01; done";
    let mut terminal = Terminal::run(&home, &[ENVLOCK, "test", "--", "sh", "-c", count]);
    terminal.shows("ready");
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(9));
    assert_eq!(terminal.screen().matches("one interrupt").count(), 1);
}

#[test]
fn a_script_that_calls_envlock_ends_at_ctrl_c_too() {
    let home = Home::new();
    // Not sh, which can miss a Ctrl-C that comes while it starts a process.
    let script = format!("{ENVLOCK} test -- cat; echo went on");
    let mut terminal = Terminal::run(&home, &["bash", "-c", &script]);
    terminal.press("ready\n");
    terminal.shows("ready\r\nready");
    terminal.press("\x03");
    terminal.wait();
    assert!(!terminal.screen().contains("went on"));
    assert_eq!(home.status("test")["verdict"], "free");
}

#[test]
fn ctrl_z_stops_the_job_and_fg_goes_on() {
    let home = Home::new();
    let mut terminal = Terminal::run(&home, &["bash", "--norc", "-i"]);
    terminal.press(&format!("{ENVLOCK} test -- sh -c 'echo rea''dy; read line; echo got $line'\n"));
    terminal.shows("ready");
    terminal.press("\x1a");
    terminal.shows("Stopped");
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75, "a stopped job keeps its lock");
    terminal.press("fg\n");
    terminal.press("hello\n");
    terminal.shows("got hello");
    terminal.press("exit\n");
    terminal.wait();
}

#[test]
fn a_person_who_waits_is_told_for_what() {
    let home = Home::new();
    let mut holder = home.hold(&["--purpose", "nightly", "test"]);
    let mut terminal = Terminal::run(&home, &[ENVLOCK, "test", "--", "echo", "my turn"]);
    terminal.shows("envlock: waiting for test");
    terminal.shows("held by alice@");
    terminal.shows("(nightly)");
    terminal.shows("place in the queue: 1");
    holder.let_go();
    terminal.shows("my turn");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn ctrl_c_ends_a_waiter() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let mut terminal = Terminal::run(&home, &[ENVLOCK, "test", "--", "true"]);
    until("it waits", || home.waiting("test") == 1);
    terminal.press("\x03");
    terminal.wait();
    assert_eq!(home.waiting("test"), 0);
    holder.let_go();
}
