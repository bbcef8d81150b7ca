//! The tools reach an engine wherever docker(1) does, and say what is wrong where they do not.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod plain;
mod ssh;
mod tls;

use std::process::{Command, Output};

use evenkeel_tests::{BUSYBOX, Engine, Home, World, built, tool};

/// The tools that need an engine, each with a command line that changes nothing there. `NAME` is a container's.
const TOOLS: [(&str, &[&str]); 3] = [
    ("dockwatch", &["--disk", "--label", "evenkeel.test"]),
    ("dockprune", &["--label", "evenkeel.test=NAME", "--older-than", "0s", "--include-running", "--dry-run"]),
    ("restartgate", &["check", "NAME"]),
];

/// How the tools are run.
#[derive(Clone, Copy, Default)]
struct How<'a> {
    variables: &'a [(&'a str, &'a str)],
    arguments: &'a [&'a str],
}

impl How<'_> {
    /// Each tool, about this container.
    fn tools(&self, home: &Home, container: &str) -> Vec<(&'static str, Command)> {
        let command = |(name, arguments): (&'static str, &[&str])| {
            let mut command = tool(built(name), home);
            command.args(arguments.iter().map(|argument| argument.replace("NAME", container)));
            command.args(self.arguments).envs(self.variables.iter().copied());
            (name, command)
        };
        TOOLS.into_iter().map(command).collect()
    }

    /// Each tool finds the container: it came to the right engine.
    fn reaches(&self, container: &str, through: impl Fn(&Command) -> Command) {
        let home = Home::new();
        for (name, command) in self.tools(&home, container) {
            let output = through(&command).output().unwrap();
            let words = words(&output);
            assert_eq!(output.status.code(), Some(0), "{name} {self:?}: {words}");
            assert!(words.contains(container), "{name} {self:?}: {words}");
        }
    }

    /// Each tool ends with exit code 4, one line with this cause, and a hint with these words.
    fn fails(&self, cause: &str, hint: &str, through: impl Fn(&Command) -> Command) {
        let home = Home::new();
        for (name, command) in self.tools(&home, "any") {
            let output = through(&command).output().unwrap();
            let words = words(&output);
            assert_eq!(output.status.code(), Some(4), "{name} {self:?}: {words}");
            assert!(output.stdout.is_empty(), "{name} {self:?}: {words}");
            let lines: Vec<&str> = words.lines().collect();
            let [line, last] = lines[..] else { panic!("{name} {self:?}: {words}") };
            assert!(line.starts_with(&format!("{name}: cannot ")), "{line}");
            assert!(line.contains(cause), "{name} {self:?}: {line}");
            assert!(last.starts_with("hint: ") && last.contains(hint), "{name} {self:?}: {last}");
        }
    }
}

impl std::fmt::Debug for How<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.variables, self.arguments)
    }
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// From where this test runs.
fn here(command: &Command) -> Command {
    let mut same = Command::new(command.get_program());
    same.args(command.get_args()).env_clear();
    same.envs(command.get_envs().map(|(name, value)| (name, value.unwrap_or_default())));
    same
}

/// Starts a container that is named as its world.
fn start(engine: &Engine, world: &World) {
    engine.docker(&["run", "-d", "--name", world.id(), "--label", &world.label(), BUSYBOX, "sleep", "600"]);
}

/// Runs docker(1) with a configuration of its own, such as to make a context.
fn docker(config: &Home, arguments: &[&str]) {
    let output = Command::new("docker")
        .args(arguments)
        .env("DOCKER_CONFIG", &**config)
        .env_remove("DOCKER_HOST")
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", words(&output));
}
