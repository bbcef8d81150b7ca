//! The docker command, and commands in general. An engine that hangs for ever must not keep the experiment for ever.

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

/// Every container, network and volume, with the Compose project that it belongs to.
pub(crate) fn objects() -> io::Result<Vec<Object>> {
    const PROJECT: &str = r#"{{.Label "com.docker.compose.project"}}"#;
    let list = |kind: &'static str, args: &[&str], name: &str| -> io::Result<Vec<Object>> {
        let format = format!("{{{{.{name}}}}} {PROJECT}");
        let found = lines(docker(args).args(["--format", &format]))?;
        Ok(found
            .iter()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, project)| Object { kind, name: name.to_owned(), project: project.to_owned() })
            .collect())
    };
    let mut all = list("container", &["ps", "-a"], "Names")?;
    all.extend(list("network", &["network", "ls", "--filter", "type=custom"], "Name")?);
    all.extend(list("volume", &["volume", "ls"], "Name")?);
    Ok(all)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Empty where it is of none.
    pub(crate) project: String,
}

/// Removes all of them.
pub(crate) fn remove_everything() -> io::Result<()> {
    for (kind, remove) in [("container", &["rm", "-fv"][..]), ("network", &["network", "rm"]), ("volume", &["volume", "rm", "-f"])]
    {
        let names: Vec<String> = objects()?.into_iter().filter(|one| one.kind == kind).map(|one| one.name).collect();
        if !names.is_empty() {
            lines(docker(remove).args(names))?;
        }
    }
    Ok(())
}
