//! What the two sides do differently: how a test is run, a service restarted, and what runs beside.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::docker::{docker, lines, script};
use crate::event::{Run, Sharing, Stack};
use crate::judge::Side;

/// The commands of one side.
pub(crate) struct Tools {
    side: Side,
    work: PathBuf,
}

/// What cron and systemd do of scripts/cron, in the week's shorter time.
const CRON: &str = "while sleep 5; do
  envlock sweep --quiet-if-nothing
  dockprune --label netra.env=test --older-than 30s --include-running --volumes --quiet-if-nothing
  dockwatch record --label netra.env=test
done";

impl Tools {
    pub(crate) fn new(side: Side, work: &Path) -> Self {
        Self { side, work: work.to_owned() }
    }

    /// The command of a test run.
    pub(crate) fn run(&self, run: &Run) -> Command {
        let seconds = run.work.as_secs().to_string();
        let words = [run.stack.name().to_owned(), run.id(), seconds, run.end.word().to_owned()];
        match self.side {
            Side::Before => {
                let mut command = self.command(&script("soak.d/week-plain"));
                command.args(words);
                command
            }
            Side::After => {
                let mut command = self.command(&script("evenkeel"));
                command.args(files(run.stack)).args(["-p", &run.stack.project(), "--category", run.category]);
                command.args(["--config", "none", "--wait", "20m", "--no-artifacts"]);
                if run.sharing == Sharing::Dedicated {
                    command.arg("--dedicated");
                }
                command.arg("--").arg(script("soak.d/week-test")).args(words);
                command
            }
        }
    }

    /// The command of somebody who suspects a service. None where it does not run.
    pub(crate) fn restart(&self, stack: Stack) -> Option<Command> {
        let (project, service) = (stack.project(), stack.suspect());
        if self.side == Side::After {
            let mut command = self.command(Path::new("restartgate"));
            command.args([service, "--project", &project, "--health-timeout", "20s"]);
            return Some(command);
        }
        let labels = [
            format!("label=com.docker.compose.project={project}"),
            format!("label=com.docker.compose.service={service}"),
        ];
        let found =
            lines(docker(&["ps", "-q", "--filter"]).args([&labels[0], "--filter", &labels[1]])).ok()?;
        found.first().map(|id| docker(&["restart", "-t", "1", id]))
    }

    /// What runs beside all the week.
    pub(crate) fn beside(&self) -> Vec<(&'static str, Command)> {
        if self.side == Side::Before {
            return Vec::new();
        }
        let mut cron = self.command(Path::new("sh"));
        cron.args(["-c", CRON]);
        let mut heal = self.command(Path::new("restartgate"));
        // A day, in which the engine dies once, takes minutes here: the window is as much shorter.
        heal.args(["heal", "--label", "netra.env=dev", "--window", "1m", "--json"]);
        vec![("cron.log", cron), ("heal.log", heal)]
    }

    /// A command with the state directory of this side.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(evenkeel_tests::root()).env("NETRA_HOME", self.home());
        command
    }

    /// The state directory of the tools.
    pub(crate) fn home(&self) -> PathBuf {
        self.work.join("home")
    }
}

/// The options that name a stack's files.
fn files(stack: Stack) -> Vec<String> {
    let option = |file: String| ["-f".to_owned(), file];
    match stack {
        Stack::Reference => {
            ["base", "test"].map(|name| option(format!("tests/stack/compose.{name}.yml"))).concat()
        }
        _ => option(format!("tests/stack/week/{}.yml", stack.name())).to_vec(),
    }
}
