//! A state directory that several users share, for tests that run as root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{root, skip, tool};

/// A state directory set up for all users, a home for each, and tools where all can run them.
#[derive(Debug)]
pub struct SharedState(tempfile::TempDir);

impl SharedState {
    /// Sets it up with copies of these tools. `None`, and skipped, where the test does not run as root.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub fn new(tools: &[&Path]) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let facts = dir.path().metadata().expect("it is there");
        if facts.uid() != 0 {
            skip("only root can become several users");
            return None;
        }
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("it is this user's");
        for tool in tools {
            let copied = fs::copy(tool, dir.path().join(tool.file_name().unwrap_or_default()));
            copied.expect("a tool can be copied");
        }
        let shared = Self(dir);
        let set_up = Command::new(root().join("scripts/evenkeel-setup")).arg(shared.path()).status();
        assert!(set_up.is_ok_and(|status| status.success()));
        Some(shared)
    }

    /// The state directory.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// A directory that all may read and root may write, which goes with this.
    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    /// The copy of a tool.
    pub fn tool(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    /// The home of a user, by the user's number; it is made where it is missing.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn home(&self, user: u32) -> PathBuf {
        let home = self.0.path().join(format!("home-{user}"));
        if fs::create_dir(&home).is_ok() {
            std::os::unix::fs::chown(&home, Some(user), Some(user)).expect("root may give it away");
        }
        home
    }

    /// A command run by a user who is in these groups too, at home, with the shared state and a umask that keeps others
    /// out.
    pub fn command(&self, user: u32, groups: &str, words: &[&str]) -> Command {
        let home = self.home(user);
        let script = r#"umask 077; exec "$@""#;
        let groups =
            if groups.is_empty() { "--clear-groups".to_owned() } else { format!("--groups={groups}") };
        let mut command = tool("setpriv", &home);
        command.args([format!("--reuid={user}"), format!("--regid={user}"), groups]);
        command.args(["sh", "-c", script, "sh"]).args(words);
        command.env("NETRA_HOME", self.path()).current_dir(home).stdin(Stdio::null());
        command
    }
}
