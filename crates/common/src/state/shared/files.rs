//! Opening files in a directory where others may have put anything: links, pipes, files of theirs under our names.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use super::{GUARD, Guard, current_user};

/// Whether a directory for state is shared: it has the sticky bit. Fails where it is, and others could replace what is in it.
pub fn is_shared(directory: &Path) -> io::Result<bool> {
    let facts = match directory.symlink_metadata() {
        Ok(facts) => facts,
        // Locks of one's own, beside those that a group shares, would not exclude it.
        Err(e) if e.kind() == ErrorKind::PermissionDenied => return Err(e),
        Err(_) => return Ok(false),
    };
    if !facts.is_dir() || facts.mode() & 0o1000 == 0 {
        return Ok(false);
    }
    check_safe(directory, &facts)?;
    // What is above it may be renamed with all that is in it.
    let above = directory.parent().unwrap_or(directory);
    check_safe(above, &above.metadata()?)?;
    Ok(true)
}

/// Checks that nobody but root, and this user, may remove what others put into a directory.
fn check_safe(directory: &Path, facts: &std::fs::Metadata) -> io::Result<()> {
    let cause = if !is_trusted(facts.uid()) {
        format!("belongs to user {}, not to root", facts.uid())
    } else if facts.mode() & 0o022 != 0 && facts.mode() & 0o1000 == 0 {
        "may be written by others and has no sticky bit".to_owned()
    } else {
        return Ok(());
    };
    Err(io::Error::other(format!("{} {cause}", directory.display())))
}

fn is_trusted(owner: u32) -> bool {
    owner == 0 || owner == current_user()
}

/// Opens a lock file that everybody may open, whoever created it, and its guard.
pub fn open_lock(path: &Path) -> io::Result<(File, Guard)> {
    let guard = open_guard(path.parent().unwrap_or(path), path.file_name().unwrap_or_default())?;
    loop {
        match open_existing(path, OpenOptions::new().read(true).write(true)) {
            Err(e) if e.kind() == ErrorKind::NotFound => create_lock(path)?,
            other => return other.map(|file| (file, guard)),
        }
    }
}

/// Opens the guard alone: a lock without a file of its own, whose name nobody can take.
pub fn open_guard(directory: &Path, name: &OsStr) -> io::Result<Guard> {
    let guard = directory.join(GUARD);
    let explain = |cause: io::Error| {
        let cause = match cause.kind() {
            ErrorKind::NotFound => "it is missing: run evenkeel-setup as root".to_owned(),
            _ => cause.to_string(),
        };
        io::Error::other(format!("{}: {cause}", guard.display()))
    };
    let file = open_existing(&guard, OpenOptions::new().read(true).write(true)).map_err(explain)?;
    let owner = file.metadata()?.uid();
    if !is_trusted(owner) {
        return Err(explain(io::Error::other(format!("it belongs to user {owner}, not to root"))));
    }
    Ok(Guard::new(file, name))
}

/// Creates a lock file that all may write, whatever the umask. It gets its name only when it has its permissions: others
/// could not open it in between.
fn create_lock(path: &Path) -> io::Result<()> {
    let new = tempfile::Builder::new().prefix(".new-").tempfile_in(path.parent().unwrap_or(path))?;
    new.as_file().set_permissions(Permissions::from_mode(0o666))?;
    match new.persist_noclobber(path) {
        Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists => Err(failed.error),
        // Somebody else may have been first.
        _ => Ok(()),
    }
}

/// Creates a file that all may read and only this user may write, whatever the umask.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o644).open(path)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    Ok(file)
}

/// Creates a file for [`tempfile::NamedTempFile::persist`] that all may read and only this user may write.
pub fn create_unnamed(directory: &Path) -> io::Result<NamedTempFile> {
    let new = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    new.as_file().set_permissions(Permissions::from_mode(0o644))?;
    Ok(new)
}

/// Opens a file that may be somebody else's, to read it, and says whose it is.
pub fn open_foreign(path: &Path) -> io::Result<(File, u32)> {
    let file = open_existing(path, OpenOptions::new().read(true))?;
    let owner = file.metadata()?.uid();
    Ok((file, owner))
}

/// Opens a plain file without following links, without waiting for the other end of a pipe, and without creating it:
/// the kernel may refuse to open a file of somebody else for creation (sysctl `fs.protected_regular`).
fn open_existing(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = options.custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|e| crate::state::private::explain_link(path, e))?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    match facts.nlink() {
        1 => Ok(file),
        // It was removed just now.
        0 => Err(ErrorKind::NotFound.into()),
        // The other name could be that of any file that whoever made this one may not write.
        _ => Err(io::Error::other("it has several names")),
    }
}
