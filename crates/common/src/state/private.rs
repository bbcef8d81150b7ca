//! Files and directories of one user, which nobody else can have put there.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a state file without following links or waiting for the other end of a pipe, and only if it is a plain file of
/// this user's.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
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
pub(super) fn explain_link(path: &Path, error: io::Error) -> io::Error {
    match path.symlink_metadata() {
        Ok(facts) if facts.is_symlink() => {
            io::Error::other("it is a symbolic link, which is never followed here")
        }
        _ => error,
    }
}

/// Makes a directory that only this user can enter, or checks one that is there.
pub(super) fn make_private(dir: &Path) -> io::Result<()> {
    let facts =
        dir.symlink_metadata().or_else(|_| create_private(dir).and_then(|()| dir.symlink_metadata()))?;
    // A link to a directory is fine for the home itself (people move it to another disk): what counts is the target.
    let facts = if facts.is_symlink() { dir.metadata()? } else { facts };
    if !facts.is_dir() {
        return Err(io::Error::other("it is not a directory"));
    }
    check_owner(&facts)
}

fn create_private(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::state::Home;

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
