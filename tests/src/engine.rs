//! Engines for tests, started by `scripts/engine`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::{root, skip, world};

/// A Docker engine that tests may fill.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Where it listens, as `DOCKER_HOST` has it.
    pub host: String,
}

impl Engine {
    /// Runs the docker command against this engine and gives its output, without the last newline.
    ///
    /// # Panics
    /// When the command fails, with all it said.
    pub fn docker(&self, args: &[&str]) -> String {
        let output = self.try_docker(args);
        assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs the docker command against this engine.
    ///
    /// # Panics
    /// When there is no docker command.
    pub fn try_docker(&self, args: &[&str]) -> Output {
        Command::new("docker")
            .args(args)
            .env("DOCKER_HOST", &self.host)
            .output()
            .expect("docker is installed")
    }

    /// Whether it is Podman, which answers as Docker does, except for some things.
    pub fn is_podman(&self) -> bool {
        let version = self.docker(&["version", "-f", "{{range .Server.Components}}{{.Name}} {{end}}"]);
        version.contains("Podman")
    }

    /// For tests of what Podman does otherwise: whether the test can go on. Where not, it is counted as skipped.
    pub fn is_docker_or_skip(&self, why: &str) -> bool {
        let podman = self.is_podman();
        if podman {
            skip(&format!("not on Podman: {why}"));
        }
        !podman
    }
}

/// The engine that the tests of a run share: it is started when nobody did so yet. `None` where none can be had; the
/// test is then counted as skipped.
pub fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| start(&mut script("engine", &["up"])));
    engine.as_ref().inspect_err(|why| skip(why)).ok()
}

/// An engine of the test's own, to kill, wedge or fill. It ends with this value.
#[derive(Debug)]
pub struct OwnEngine {
    /// The engine itself.
    pub engine: Engine,
    dir: PathBuf,
}

impl OwnEngine {
    /// Starts one. `None` where none can be had (no root); the test is then counted as skipped.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts one with variables for `scripts/engine`, such as `DOCKERD`.
    pub fn start_with(variables: &[(&str, &Path)]) -> Option<Self> {
        let dir = PathBuf::from(format!("/var/tmp/evenkeel-{}", world::unique()));
        let own = Self { engine: Engine { host: format!("unix://{}/docker.sock", dir.display()) }, dir };
        match start(own.script(&["up"]).envs(variables.iter().copied())) {
            Ok(engine) if engine.host == own.engine.host => Some(own),
            Ok(_) => {
                skip("it needs a private engine, so Linux and root");
                None
            }
            Err(why) => {
                skip(&why);
                None
            }
        }
    }

    /// Kills its dockerd as a crash would; containers live on.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill9(&self) {
        run(&mut self.script(&["kill9"])).expect("its dockerd can be killed");
    }

    /// Sends its dockerd a signal, such as `STOP`.
    ///
    /// # Panics
    /// When it is not running.
    pub fn signal(&self, name: &str) {
        run(&mut self.script(&["signal", name])).expect("its dockerd can be signalled");
    }

    /// Starts its dockerd again on the same data, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn restart(&self) {
        run(&mut self.script(&["restart"])).expect("its dockerd starts again");
    }

    /// The same command inside the engine's network, with its own environment and nothing of this one.
    pub fn inside(&self, command: &Command) -> Command {
        let mut inside = self.script(&["run", "--", "env", "-i"]);
        for (name, value) in command.get_envs() {
            inside.arg(format!("{}={}", name.display(), value.unwrap_or_default().display()));
        }
        inside.arg(command.get_program()).args(command.get_args());
        inside
    }

    fn script(&self, args: &[&str]) -> Command {
        let mut command = script("engine", &["-d"]);
        command.arg(&self.dir).args(args).env_remove("DOCKER_HOST");
        command
    }
}

impl std::ops::Deref for OwnEngine {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.engine
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        if let Err(why) = run(&mut self.script(&["down"])) {
            skip(&format!("an engine was left behind: {why}"));
        }
    }
}

fn start(up: &mut Command) -> Result<Engine, String> {
    let said = run(up)?;
    let host = said.trim().strip_prefix("DOCKER_HOST=").ok_or("scripts/engine named no host")?.to_owned();
    run(script("images", &["busybox"]).env("DOCKER_HOST", &host))?;
    Ok(Engine { host })
}

pub(crate) fn script(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(root().join("scripts").join(name));
    command.args(args);
    command
}

pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    // A file, not a pipe: the engine inherits it, and a pipe would stay open as long as the engine runs.
    let mut stdout = tempfile::tempfile().map_err(|e| e.to_string())?;
    let mut stderr = tempfile::tempfile().map_err(|e| e.to_string())?;
    let status = command
        .stdin(std::process::Stdio::null())
        .stdout(stdout.try_clone().map_err(|e| e.to_string())?)
        .stderr(stderr.try_clone().map_err(|e| e.to_string())?)
        .status()
        .map_err(|e| e.to_string())?;
    let text = |file: &mut std::fs::File| -> Result<String, String> {
        use std::io::{Read, Seek};
        let mut text = String::new();
        file.rewind().and_then(|()| file.read_to_string(&mut text)).map_err(|e| e.to_string())?;
        Ok(text)
    };
    if status.success() { text(&mut stdout) } else { Err(text(&mut stderr)?) }
}
