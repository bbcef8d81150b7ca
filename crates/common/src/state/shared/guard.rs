//! The byte of a lock in the guard file.
#![expect(unsafe_code, reason = "locks of an open file's ranges have no safe interface")]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use crate::hash::fnv1a;
use crate::state::lock_mode::LockMode;

/// A byte of the guard file. Its lock belongs to the open file, as that of flock(2) does, so children inherit it.
#[derive(Debug)]
pub struct Guard {
    file: File,
    position: i64,
}

impl Guard {
    /// The byte of a lock file with this name.
    pub(super) fn new(file: File, name: &OsStr) -> Self {
        Self { file, position: position(name.as_bytes()) }
    }

    /// Takes the lock if it is free. Closing all copies of the guard, in all processes, ends it.
    pub fn try_lock(&self, mode: LockMode) -> io::Result<bool> {
        match self.set(libc::F_OFD_SETLK, lock_type(mode)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::WouldBlock || e.raw_os_error() == Some(libc::EACCES) => {
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }

    pub(crate) fn lock(&self, mode: LockMode) -> io::Result<()> {
        self.set(libc::F_OFD_SETLKW, lock_type(mode))
    }

    pub(crate) fn unlock(&self) {
        let _ = self.set(libc::F_OFD_SETLK, libc::F_UNLCK);
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()?, position: self.position })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    fn set(&self, command: libc::c_int, kind: libc::c_int) -> io::Result<()> {
        let short = |value: libc::c_int| libc::c_short::try_from(value).unwrap_or_default();
        // SAFETY: all fields are numbers.
        let mut range: libc::flock = unsafe { std::mem::zeroed() };
        range.l_type = short(kind);
        range.l_whence = short(libc::SEEK_SET);
        range.l_start = self.position;
        range.l_len = 1;
        // SAFETY: the descriptor is open and the range lives as long as the call.
        let done = unsafe { libc::fcntl(self.file.as_raw_fd(), command, &raw const range) };
        if done == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

const fn lock_type(mode: LockMode) -> libc::c_int {
    match mode {
        LockMode::Exclusive => libc::F_WRLCK,
        LockMode::Shared => libc::F_RDLCK,
    }
}

/// A hash of the name. Two names with the same byte, one pair among 2^62, would only wait for each other.
fn position(name: &[u8]) -> i64 {
    (fnv1a(name) >> 2).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_locked_per_open_file_and_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let open = |name: &str| {
            let mut options = File::options();
            let file = options.read(true).write(true).create(true).truncate(false).open(&path).unwrap();
            Guard::new(file, OsStr::new(name))
        };
        let (one, two, other) = (open("a.lock"), open("a.lock"), open("b.lock"));
        assert!(one.try_lock(LockMode::Shared).unwrap() && two.try_lock(LockMode::Shared).unwrap());
        assert!(!one.try_lock(LockMode::Exclusive).unwrap());
        assert!(other.try_lock(LockMode::Exclusive).unwrap());
        two.unlock();
        let copy = one.try_clone().unwrap();
        drop(one);
        assert!(copy.try_lock(LockMode::Exclusive).unwrap());
        assert!(!two.try_lock(LockMode::Shared).unwrap());
        drop(copy);
        assert!(two.try_lock(LockMode::Shared).unwrap());
    }
}
