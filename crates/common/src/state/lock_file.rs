//! Lock files: flock(2) on the file itself, so that flock(1) and other programs take part. In a directory that several
//! users share there is a guard beside it, because who owns a file there may remove it and make a new one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

pub use super::lock_mode::LockMode;
use super::private;
use super::shared::{self, Guard, Sharing};

/// An open lock file. Closing all copies of it, in all processes, ends its lock.
#[derive(Debug)]
pub struct LockFile {
    file: File,
    guard: Option<Guard>,
}

impl From<File> for LockFile {
    /// A file that nobody but its owner can replace.
    fn from(file: File) -> Self {
        Self { file, guard: None }
    }
}

impl LockFile {
    /// Opens a lock file, and creates it where it is missing.
    pub fn open(path: &Path, sharing: Sharing) -> io::Result<Self> {
        if sharing == Sharing::AllUsers {
            let (file, guard) = shared::open_lock(path)?;
            return Ok(Self { file, guard: Some(guard) });
        }
        // Writable, because network file systems give exclusive locks on writable files only.
        private::open(path, OpenOptions::new().read(true).write(true).create(true)).map(Self::from)
    }

    /// Takes the lock if it is free. Where this turns one mode into the other and fails, the lock is lost.
    pub fn try_lock(&self, mode: LockMode) -> io::Result<bool> {
        if let Some(guard) = &self.guard
            && !guard.try_lock(mode)?
        {
            return Ok(false);
        }
        let locked = try_flock(&self.file, mode);
        if !matches!(locked, Ok(true)) {
            self.unlock_guard();
        }
        locked
    }

    /// Waits for the lock. A signal that has a handler ends the wait with an error of the kind `Interrupted`.
    pub fn lock(&self, mode: LockMode) -> io::Result<()> {
        if let Some(guard) = &self.guard {
            guard.lock(mode)?;
        }
        let locked = match mode {
            LockMode::Exclusive => self.file.lock(),
            LockMode::Shared => self.file.lock_shared(),
        };
        if locked.is_err() {
            self.unlock_guard();
        }
        locked
    }

    /// Releases the lock, even where other processes have copies of the file.
    pub fn unlock(&self) {
        let _ = self.file.unlock();
        self.unlock_guard();
    }

    fn unlock_guard(&self) {
        if let Some(guard) = &self.guard {
            guard.unlock();
        }
    }

    /// Another handle of the same lock.
    pub fn try_clone(&self) -> io::Result<Self> {
        let guard = self.guard.as_ref().map(Guard::try_clone).transpose()?;
        Ok(Self { file: self.file.try_clone()?, guard })
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The file itself, to read and write it.
    pub fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// The file itself; another handle must keep the lock.
    pub fn into_file(self) -> File {
        self.file
    }

    /// What a child must inherit to have the lock too.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        std::iter::once(&self.file).chain(self.guard.as_ref().map(Guard::file))
    }
}

fn try_flock(file: &File, mode: LockMode) -> io::Result<bool> {
    loop {
        let locked = match mode {
            LockMode::Exclusive => file.try_lock(),
            LockMode::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(e)) => return Err(e),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// envlock relies on it: nobody may get in between where a lock changes its mode.
    #[test]
    fn a_lock_that_changes_its_mode_is_never_free() {
        let dir = tempfile::tempdir().unwrap();
        let open = || LockFile::open(&dir.path().join("lock"), Sharing::OneUser).unwrap();
        let (ours, theirs) = (open(), open());
        ours.lock(LockMode::Exclusive).unwrap();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let intruder = scope.spawn(|| {
                let tries = std::iter::repeat_with(|| theirs.try_lock(LockMode::Exclusive).unwrap());
                tries.take_while(|_| !is_done.load(Ordering::Relaxed)).any(|got_in| got_in)
            });
            for _ in 0..20_000 {
                ours.lock(LockMode::Shared).unwrap();
                assert!(ours.try_lock(LockMode::Exclusive).unwrap());
            }
            is_done.store(true, Ordering::Relaxed);
            assert!(!intruder.join().unwrap(), "another one has had the lock");
        });
    }
}
