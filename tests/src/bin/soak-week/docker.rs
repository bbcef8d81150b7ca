//! The docker command, and commands in general. An engine that hangs for ever must not keep the experiment for ever.

use std::fmt::{self, Display};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::facts::Millis;

const LIMIT: &str = "90";

pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The docker command, ended where it takes longer than 90 s.
pub(crate) fn docker(args: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-k", "2", LIMIT, "docker"]).args(args).stdin(Stdio::null());
    command
}

/// The lines that a command prints. Fails with what it says on stderr.
pub(crate) fn lines(command: &mut Command) -> io::Result<Vec<String>> {
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("{command:?}: {}: {}", output.status, said.trim_end())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect())
}

/// Runs a command whose output goes to a file. The file may outlive it: so may processes that it starts.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> io::Result<bool> {
    let file = File::options().create(true).append(true).open(log)?;
    let status = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).status()?;
    Ok(status.success())
}

/// The same; fails where the command does.
pub(crate) fn must_run(command: &mut Command, log: &Path) -> io::Result<()> {
    if run_logged(command, log)? {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} failed: see {}", log.display())))
}

/// A file of the project's scripts.
pub(crate) fn script(name: &str) -> PathBuf {
    evenkeel_tests::root().join("scripts").join(name)
}

/// A container, a network or a volume.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    kind: &'static str,
    /// Names of networks need not be unique.
    id: String,
    name: String,
    /// The Compose project; empty where it is of none.
    pub(crate) project: String,
}

impl Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Everything that there is, without the engine's own networks.
pub(crate) fn objects() -> io::Result<Vec<Object>> {
    let mut all = list("container", &["ps", "-a", "--no-trunc"], "{{.ID}} {{.Names}}")?;
    all.extend(list(
        "network",
        &["network", "ls", "--no-trunc", "--filter", "type=custom"],
        "{{.ID}} {{.Name}}",
    )?);
    all.extend(list("volume", &["volume", "ls"], "{{.Name}} {{.Name}}")?);
    Ok(all)
}

fn list(kind: &'static str, args: &[&str], format: &str) -> io::Result<Vec<Object>> {
    let format = format!(r#"{format} {{{{.Label "com.docker.compose.project"}}}}"#);
    let found = lines(docker(args).args(["--format", &format]))?;
    let object = |line: &String| {
        let mut words = line.split(' ').map(ToOwned::to_owned);
        Some(Object { kind, id: words.next()?, name: words.next()?, project: words.next()? })
    };
    Ok(found.iter().filter_map(object).collect())
}

/// Removes all of them.
pub(crate) fn remove_everything() -> io::Result<()> {
    let all = objects()?;
    let commands = [
        ("container", &["rm", "-fv"][..]),
        ("network", &["network", "rm"]),
        ("volume", &["volume", "rm", "-f"]),
    ];
    for (kind, remove) in commands {
        let ids: Vec<&String> = all.iter().filter(|one| one.kind == kind).map(|one| &one.id).collect();
        if !ids.is_empty() {
            lines(docker(remove).args(ids))?;
        }
    }
    Ok(())
}
