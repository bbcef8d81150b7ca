//! Where state lives.
//!
//! Locks and restarts are those of the machine in `/var/lib/evenkeel`, where that has been set up for all users; everything
//! else, and without that directory all of it, is the user's own in `~/.netra`. `NETRA_HOME` names either kind of directory.

use std::io;
use std::path::{Path, PathBuf};

use super::private::make_private;
use super::shared::{self, Sharing};
use crate::error::Error;

/// The state directory of the user: holds `locks/`, `restarts/` and `history/`.
#[derive(Clone, Debug)]
pub struct Home {
    /// None where neither `NETRA_HOME` nor `HOME` says where it is.
    own: Option<PathBuf>,
    /// Where the locks are kept, and what else is the machine's, where that is not the user's own directory.
    shared: Option<PathBuf>,
}

/// A directory in a state directory.
#[derive(Clone, Debug)]
pub struct StateDir {
    /// Where it is.
    pub path: PathBuf,
    /// Who uses it.
    pub sharing: Sharing,
}

impl StateDir {
    /// The state directory that it is in.
    pub fn home(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }
}

impl Home {
    /// Finds the state directory: `NETRA_HOME`, else that of the machine for the locks and `.netra` in the user's home for
    /// everything else. It is not created yet.
    pub fn from_env() -> Result<Self, Error> {
        let named = std::env::var_os("NETRA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
        let candidate = named.clone().unwrap_or_else(|| shared::DIRECTORY.into());
        let is_shared = is_shared(&candidate, "locks")?;
        if is_shared {
            return Ok(Self { own: user_directory(), shared: Some(candidate) });
        }
        let Some(own) = named.or_else(user_directory) else { return Err(no_directory()) };
        Ok(Self { own: Some(own), shared: None })
    }

    /// A state directory at a given place, of one user.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { own: Some(path.into()), shared: None }
    }

    /// The state directory in which the locks are.
    pub fn lock_home(&self) -> &Path {
        self.shared.as_deref().or(self.own.as_deref()).unwrap_or(Path::new(""))
    }

    /// Who uses the locks.
    pub fn sharing(&self) -> Sharing {
        if self.shared.is_some() { Sharing::AllUsers } else { Sharing::OneUser }
    }

    /// Where the locks are, whether that exists or not.
    pub fn lock_path(&self) -> PathBuf {
        self.lock_home().join("locks")
    }

    /// The directory of the locks; the user's own is created where it is missing.
    pub fn locks(&self) -> Result<StateDir, Error> {
        let sharing = self.sharing();
        let path = if sharing == Sharing::AllUsers { self.lock_path() } else { self.dir("locks")? };
        Ok(StateDir { path, sharing })
    }

    /// The directory of restarts: the machine's where it has been set up, else the user's own, which is created where it
    /// is missing.
    pub fn restarts(&self) -> Result<StateDir, Error> {
        const NAME: &str = "restarts";
        // A state directory that was set up by an earlier version has locks only.
        match &self.shared {
            Some(shared) if is_shared(shared, NAME)? => {
                Ok(StateDir { path: shared.join(NAME), sharing: Sharing::AllUsers })
            }
            _ => Ok(StateDir { path: self.dir(NAME)?, sharing: Sharing::OneUser }),
        }
    }

    /// Where the user's own state is, whether that exists or not.
    pub fn own_path(&self) -> Option<&Path> {
        self.own.as_deref()
    }

    /// Makes sure that `<home>/<name>/` exists with mode 0700, is a real directory and belongs to this user.
    pub fn dir(&self, name: &str) -> Result<PathBuf, Error> {
        let home = self.own.as_deref().ok_or_else(no_directory)?;
        let path = home.join(name);
        for dir in [home, &path] {
            make_private(dir).map_err(|e| {
                Error::failed(format!("use the state directory {}", dir.display()), e)
                    .hint("set NETRA_HOME to a directory that you own")
            })?;
        }
        Ok(path)
    }
}

/// Whether a directory in a state directory has been set up for all users.
fn is_shared(home: &Path, name: &str) -> Result<bool, Error> {
    shared::is_shared(&home.join(name)).map_err(|cause| {
        let hint = match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                "become a member of its group, or set NETRA_HOME to a directory of your own"
            }
            _ => "run evenkeel-setup as root, or set NETRA_HOME to a directory of your own",
        };
        Error::failed(format!("use the state directory {}", home.display()), cause).hint(hint)
    })
}

fn user_directory() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".netra"))
}

fn no_directory() -> Error {
    Error::failed("find the state directory", "neither NETRA_HOME nor HOME is set")
        .hint("set NETRA_HOME to a directory of your own")
}

/// Checks the name of an environment or service that becomes a file name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
///
/// Refuses what Windows reserves as well, so that state can move between machines. For clap: a value parser.
pub fn parse_name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > 64 {
        return Err("a name has 1 to 64 characters".into());
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(legal) {
        return Err(
            "a name starts with a letter or digit and holds only letters, digits, '.', '_' and '-'".into()
        );
    }
    let stem = text.split('.').next().unwrap_or(text).to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1 && n.starts_with(|c: char| c.is_ascii_digit()))
    };
    if ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT") {
        return Err("Windows reserves this name".into());
    }
    if text.ends_with('.') || text.contains("..") {
        return Err("a name has no '..' and no '.' at its end".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["test", "a", "0", "Test-1.db_2", &"x".repeat(64)] {
            assert_eq!(parse_name(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "../a",
            ".a",
            "-a",
            "a b",
            "é",
            "a..b",
            "a.",
            "con",
            "COM1.log",
            &"x".repeat(65),
        ] {
            assert!(parse_name(bad).is_err(), "{bad} was accepted");
        }
    }
}
