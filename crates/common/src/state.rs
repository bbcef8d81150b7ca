//! Where state lives, and how it is opened: `$NETRA_HOME`, or `~/.netra`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The state directory of the user: holds `locks/`, `restarts/` and `history/`.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// Finds the state directory: `NETRA_HOME`, else `.netra` in the user's home. It is not created yet.
    pub fn from_env() -> Result<Self, Error> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(home) = set("NETRA_HOME") {
            return Ok(Self(PathBuf::from(home)));
        }
        let user = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        user.map(|home| Self(home.join(".netra"))).ok_or_else(|| {
            Error::failed("find the state directory", "neither NETRA_HOME nor HOME is set")
                .hint("set NETRA_HOME to a directory of your own")
        })
    }

    /// A state directory at a given place.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where `<home>/<name>` is, whether it exists or not.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes sure that `<home>/<name>/` exists with mode 0700, is a real directory and belongs to this user.
    pub fn dir(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        for dir in [self.0.as_path(), &path] {
            make_private(dir).and_then(|()| check_owned(dir)).map_err(|e| {
                Error::failed(format!("use the state directory {}", dir.display()), e)
                    .hint("set NETRA_HOME to a directory that you own")
            })?;
        }
        Ok(path)
    }
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

/// Opens a state file without following links, and only if it is a plain file of this user's.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options
            .mode(0o600)
            .custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC).bits().cast_signed());
    }
    let file = options.open(path).map_err(|e| explain_link(path, e))?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    check_owner(&facts)?;
    Ok(file)
}

/// Opening a link with `O_NOFOLLOW` says "too many levels of symbolic links", which explains nothing.
fn explain_link(path: &Path, error: io::Error) -> io::Error {
    match path.symlink_metadata() {
        Ok(facts) if facts.is_symlink() => {
            io::Error::other("it is a symbolic link, which is never followed here")
        }
        _ => error,
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    if dir.symlink_metadata().is_ok() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn check_owned(dir: &Path) -> io::Result<()> {
    let facts = dir.symlink_metadata()?;
    // A link to a directory is fine for the home itself (people move it to another disk): what counts is the target.
    let facts = if facts.is_symlink() { dir.metadata()? } else { facts };
    if !facts.is_dir() {
        return Err(io::Error::other("it is not a directory"));
    }
    check_owner(&facts)
}

#[cfg(unix)]
fn check_owner(facts: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    if facts.uid() == me {
        return Ok(());
    }
    Err(io::Error::other(format!("it belongs to user {}, not to you (user {me})", facts.uid())))
}

/// Elsewhere the profile directory's access list keeps other users out.
#[cfg(not(unix))]
fn check_owner(_: &std::fs::Metadata) -> io::Result<()> {
    Ok(())
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

    #[cfg(unix)]
    #[test]
    fn directories_are_private_and_links_are_not_followed() {
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().unwrap();
        let dir = Home::at(tmp.path().join("home")).dir("locks").unwrap();
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::write(tmp.path().join("victim"), "x").unwrap();
        let link = dir.join("test.lock");
        std::os::unix::fs::symlink(tmp.path().join("victim"), &link).unwrap();
        let error = open(&link, OpenOptions::new().write(true).create(true)).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
}
