//! Directories of single users in one that they share: what each may write alone, and all may read.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::current_user;

const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// The directories of users, by the users' numbers: of each the first by name. Who owns a directory counts, and not its
/// name, which anybody may have taken.
pub fn user_directories(shared: &Path) -> io::Result<BTreeMap<u32, PathBuf>> {
    let mut found = BTreeMap::new();
    for entry in shared.read_dir()? {
        let entry = entry?;
        // It may be gone by now. Links are not followed.
        let Ok(facts) = entry.metadata() else { continue };
        if !facts.is_dir() {
            continue;
        }
        match found.entry(facts.uid()) {
            Entry::Vacant(vacant) => drop(vacant.insert(entry.path())),
            Entry::Occupied(mut first) if entry.path() < *first.get() => drop(first.insert(entry.path())),
            Entry::Occupied(_) => {}
        }
    }
    Ok(found)
}

/// The directory of this user, which is made where it is missing.
pub fn own_directory(shared: &Path) -> io::Result<PathBuf> {
    let me = current_user();
    if let Some(own) = user_directories(shared)?.remove(&me) {
        return Ok(own);
    }
    let own = shared.join(me.to_string());
    let own = match std::fs::create_dir(&own) {
        Ok(()) => own,
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            // Another process of this user's was first, or somebody else has taken the name.
            match own.symlink_metadata() {
                Ok(facts) if facts.is_dir() && facts.uid() == me => own,
                _ => tempfile::Builder::new().prefix(&format!("{me}-")).tempdir_in(shared)?.keep(),
            }
        }
        Err(e) => return Err(e),
    };
    // Whatever the umask.
    std::fs::set_permissions(&own, Permissions::from_mode(0o755))?;
    Ok(own)
}

/// Opens a file in the directory of a user, to read it: a plain one that belongs to that user and has no other name.
pub fn open_in_user_directory(directory: &Path, owner: u32, name: &str) -> io::Result<File> {
    // The owner may put a link in its place at any time, so the file is looked up in what was opened here.
    let directory = rustix::fs::open(directory, READ | OFlags::DIRECTORY, Mode::empty())?;
    let file = File::from(rustix::fs::openat(&directory, name, READ, Mode::empty())?);
    let facts = file.metadata()?;
    if !facts.is_file() || facts.uid() != owner || facts.nlink() != 1 {
        return Err(io::Error::other(format!("{name} is not a plain file of user {owner}")));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_does_not_matter() {
        let shared = tempfile::tempdir().unwrap();
        let me = current_user();
        std::fs::write(shared.path().join(me.to_string()), "").unwrap();
        let own = own_directory(shared.path()).unwrap();
        assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o755);
        assert_eq!(own_directory(shared.path()).unwrap(), own);
        assert_eq!(user_directories(shared.path()).unwrap(), BTreeMap::from([(me, own)]));
    }

    #[test]
    fn nothing_but_a_plain_file_of_the_owner_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (path, me) = (dir.path(), current_user());
        std::fs::write(path.join("plain"), "").unwrap();
        std::fs::write(path.join("linked"), "").unwrap();
        std::fs::hard_link(path.join("linked"), path.join("twin")).unwrap();
        std::os::unix::fs::symlink("plain", path.join("link")).unwrap();
        std::os::unix::fs::symlink(path, path.join("directory")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path.join("pipe"), Mode::RWXU).unwrap();
        let opens = |directory: &Path, owner, name| open_in_user_directory(directory, owner, name).is_ok();
        assert!(opens(path, me, "plain"));
        assert!(!opens(path, me + 1, "plain"));
        assert!(!opens(&path.join("directory"), me, "plain"));
        for name in ["linked", "link", "directory", "pipe", "missing"] {
            assert!(!opens(path, me, name), "{name}");
        }
    }
}
