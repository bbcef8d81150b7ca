//! `scripts/evenkeel`: whatever happens to the command, the environment is taken down and its code comes through.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod bounds;
mod doctor;
mod environments;
mod hosts;
mod leftovers;
mod options;
mod reports;
mod scan;
mod strangers;
mod survive;
#[cfg(target_os = "linux")]
mod users;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use evenkeel_tests::{BUSYBOX, Engine, Home, Terminal, World, built, engine, root};

/// A Compose project with one busybox container, and a home of its own.
struct Stack<'a> {
    engine: &'a Engine,
    world: World<'a>,
    home: Home,
}

impl<'a> Stack<'a> {
    /// One that is healthy at its first check, and stops at once.
    fn new(engine: &'a Engine) -> Self {
        let stack = Self { engine, world: World::new(engine), home: Home::new() };
        let text = format!(
            r#"
x-labels: &labels {{ netra.env: "${{NETRA_ENV:-test}}", evenkeel.env: "${{EVENKEEL_ENV:-test}}" }}
services:
  web:
    image: {BUSYBOX}
    command: ["sleep", "600"]
    stop_signal: SIGKILL
    mem_limit: 32m
    mem_reservation: 16m
    cpus: 0.25
    restart: "no"
    labels: *labels
    logging: {{ driver: json-file, options: {{ max-size: 10m, max-file: "3" }} }}
    healthcheck: {{ test: ["CMD", "true"], interval: 1s, timeout: 1m, retries: 1 }} # composecheck: ignore CC202 quick tests
    volumes: ["data:/data"]
networks: {{ default: {{ labels: *labels }} }}
volumes: {{ data: {{ labels: *labels }} }}
"#
        );
        std::fs::write(stack.file(), text).unwrap();
        stack
    }

    fn file(&self) -> PathBuf {
        self.home.join("compose.yml")
    }

    /// Replaces text in the Compose file.
    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file()).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.file(), text.replace(from, to)).unwrap();
    }

    /// Publishes a port that no other test uses, and the one five above it, under the variables `WEB_PORT` and
    /// `ADMIN_PORT`.
    fn publish(&self) -> u16 {
        static COUNT: AtomicU16 = AtomicU16::new(0);
        let process = u16::try_from(std::process::id() % 100).unwrap();
        let port = 20_000 + process * 100 + COUNT.fetch_add(1, Ordering::Relaxed) * 10;
        let both = format!("\"${{WEB_PORT:-{port}}}:80\", \"${{ADMIN_PORT:-{}}}:81\"", port + 5);
        self.edit("    volumes:", &format!("    ports: [{both}]\n    volumes:"));
        port
    }

    fn evenkeel(&self, args: &[&str]) -> Command {
        let mut evenkeel = Command::new(root().join("scripts/evenkeel"));
        self.environment(&mut evenkeel).args(self.scope()).args(args);
        evenkeel
    }

    fn environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("DOCKER_HOST", &self.engine.host)
            .env("NETRA_HOME", self.home.as_os_str())
            .env("EVENKEEL_BIN", built("envlock").parent().unwrap())
    }

    fn scope(&self) -> [String; 6] {
        let id = self.world.id();
        ["-e", id, "-p", id, "-f", self.file().to_str().unwrap()].map(str::to_owned)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.evenkeel(args).output().unwrap()
    }

    /// A tool that finds the state and the engine of this environment.
    fn tool(&self, name: &str) -> Command {
        let mut tool = Command::new(built(name));
        self.environment(&mut tool);
        tool
    }

    /// The name of the environment and of its lock, on this engine.
    fn lock(&self) -> String {
        let named = self.tool("dockprune").args(["--lock-name", self.world.id()]).output().unwrap();
        String::from_utf8(named.stdout).unwrap().trim().to_owned()
    }

    /// What of this environment is on the engine now.
    fn left(&self) -> String {
        let filter = format!("label=netra.env={}", self.world.id());
        [["ps", "-a"], ["network", "ls"], ["volume", "ls"]]
            .map(|list| self.engine.docker(&[&list[..], &["-q", "--filter", &filter]].concat()))
            .concat()
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        // Cleans up after a test that failed.
        if std::thread::panicking() {
            let _ = self.evenkeel(&["clean"]).output();
        }
    }
}

/// Writes a script that stands in for a program, into a directory that is to be first in PATH.
fn stand_in(dir: &Path, name: &str, script: &str) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o755).open(dir.join(name)).unwrap();
    write!(file, "#!/bin/bash\n{script}\n").unwrap();
}

/// A port that nothing listens on, here.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs a command on a terminal, from when on keys reach it.
fn on_terminal(stack: &Stack<'_>, command: &Command) -> Terminal {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"echo ready; exec "$0" "$@""#]).arg(command.get_program()).args(command.get_args());
    for name in ["PATH", "HOME"] {
        shell.env(name, std::env::var_os(name).unwrap());
    }
    let terminal = Terminal::run(stack.environment(&mut shell));
    terminal.wait_for("ready");
    terminal
}

/// Starts it, and waits until its command says that the environment is up.
fn start_until_up(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    // A closed pipe would make writers fail.
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    child
}

fn signal(child: &Child, name: &str) {
    // It may have ended.
    Command::new("kill").args(["-s", name, &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
}

/// Handles Ctrl-C before it prints anything: a shell without a trap can miss one while it starts a program.
const UNTIL_ENDED: [&str; 4] =
    ["--", "sh", "-c", "trap \"exit 130\" INT; echo up; while :; do sleep 0.1; done"];

#[test]
fn the_commands_code_comes_through_and_nothing_is_left() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    for code in [0, 7] {
        let script =
            format!("docker ps -q --filter label=netra.env={} | grep -q . && exit {code}", stack.world.id());
        let output = stack.run(&["--", "sh", "-c", &script]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert_eq!(stack.left(), "");
    }
}

#[test]
fn a_signal_takes_the_environment_down() {
    let Some(engine) = engine() else { return };
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let stack = Stack::new(engine);
        let child = start_until_up(&mut stack.evenkeel(&UNTIL_ENDED));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {}", text(&output));
        assert_eq!(stack.left(), "");
    }
}
