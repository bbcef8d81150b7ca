//! Kernel file locks, taken at once or waited for until a deadline.
//!
//! A wait blocks in the kernel, which wakes the waiter at hand-off. File locks know no time-out: on Unix an alarm
//! interrupts the wait, elsewhere, and where one of several locks will do, threads block and the caller watches the
//! clock.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::process;

/// How a file is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grip {
    /// By one alone.
    Exclusive,
    /// By any number.
    Shared,
}

/// Takes the lock if it is free.
pub fn try_lock(file: &File, grip: Grip) -> io::Result<bool> {
    loop {
        let taken = match grip {
            Grip::Exclusive => file.try_lock(),
            Grip::Shared => file.try_lock_shared(),
        };
        match taken {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(e)) => return Err(e),
        }
    }
}

/// When a person begins to wonder.
const WONDER_AFTER: Duration = Duration::from_secs(1);

/// Until when to wait, and what to do when it takes long enough that a person wonders.
pub struct Patience<'a> {
    until: Option<Instant>,
    since: Instant,
    wonder: Option<Box<dyn FnOnce() + 'a>>,
}

impl<'a> Patience<'a> {
    /// Waits that long, or for ever.
    pub fn new(limit: Option<Duration>) -> Self {
        let since = Instant::now();
        // A limit past the end of the clock is for ever.
        Self { until: limit.and_then(|limit| since.checked_add(limit)), since, wonder: None }
    }

    /// Calls `wonder` once, when everything waited for so far has taken a second.
    #[must_use]
    pub fn wondering(mut self, wonder: impl FnOnce() + 'a) -> Self {
        self.wonder = Some(Box::new(wonder));
        self
    }

    /// How long it has been going on.
    pub fn spent(&self) -> Duration {
        self.since.elapsed()
    }

    /// How much is left; none where there is no limit.
    pub fn left(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// How long until something is to be done: wondering, or giving up. None: never.
    fn quiet(&self) -> Option<Duration> {
        let wonder = self.wonder.as_ref().map(|_| WONDER_AFTER.saturating_sub(self.spent()));
        [wonder, self.left()].into_iter().flatten().min()
    }

    /// Does what is due. False: patience has run out.
    fn go_on(&mut self) -> bool {
        if self.spent() >= WONDER_AFTER
            && let Some(wonder) = self.wonder.take()
        {
            wonder();
        }
        self.left().is_none_or(|left| !left.is_zero())
    }

    /// Waits for an event; none where patience ran out.
    fn receive<T>(&mut self, events: &mpsc::Receiver<T>) -> Option<T> {
        loop {
            let event = match self.quiet() {
                Some(quiet) => events.recv_timeout(quiet),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if self.go_on() => {}
                Err(_) => return None,
            }
        }
    }
}

/// Takes the lock, waiting for it as long as patience lasts. False: it did not last.
pub fn lock(file: &File, grip: Grip, patience: &mut Patience<'_>) -> io::Result<bool> {
    if try_lock(file, grip)? {
        return Ok(true);
    }
    if !patience.go_on() {
        return Ok(false);
    }
    wait_for(file, grip, patience)
}

#[cfg(unix)]
fn wait_for(file: &File, grip: Grip, patience: &mut Patience<'_>) -> io::Result<bool> {
    loop {
        let alarm = patience.quiet().map(process::Alarm::after);
        match block(file, grip) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map(|()| true),
        }
        drop(alarm);
        if !patience.go_on() {
            return Ok(false);
        }
    }
}

#[cfg(not(unix))]
fn wait_for(file: &File, grip: Grip, patience: &mut Patience<'_>) -> io::Result<bool> {
    wait_for_any(std::slice::from_ref(file), grip, patience).map(|taken| taken.is_some())
}

/// Takes the first of several exclusive locks that comes free, and says which.
pub fn lock_any(files: &[File], patience: &mut Patience<'_>) -> io::Result<Option<usize>> {
    for (index, file) in files.iter().enumerate() {
        if try_lock(file, Grip::Exclusive)? {
            return Ok(Some(index));
        }
    }
    if patience.go_on() { wait_for_any(files, Grip::Exclusive, patience) } else { Ok(None) }
}

fn wait_for_any(files: &[File], grip: Grip, patience: &mut Patience<'_>) -> io::Result<Option<usize>> {
    let (sender, events) = mpsc::sync_channel(0);
    for (index, file) in files.iter().enumerate() {
        let (sender, file) = (sender.clone(), file.try_clone()?);
        helper(move || {
            let result = block_on(&file, grip).map(|()| index);
            // Without a buffer, sending succeeds only into the hands of the receiver: a second winner, or one that
            // comes too late, learns of it here and gives its lock back.
            if sender.send(result).is_err() {
                let _ = file.unlock();
            }
        })?;
    }
    drop(sender);
    patience.receive(&events).transpose()
}

fn block_on(file: &File, grip: Grip) -> io::Result<()> {
    loop {
        match block(file, grip) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn block(file: &File, grip: Grip) -> io::Result<()> {
    match grip {
        Grip::Exclusive => file.lock(),
        Grip::Shared => file.lock_shared(),
    }
}

/// Starts a thread that no signal wakes: signals are for the main thread, which minds the command.
fn helper(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        process::keep_signals_out();
        work();
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_handles() -> (tempfile::TempDir, File, File) {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            File::options().write(true).create(true).truncate(false).open(dir.path().join("lock")).unwrap()
        };
        let (one, two) = (open(), open());
        (dir, one, two)
    }

    #[test]
    fn several_free_locks_are_taken_from_the_first_on() {
        let (_dir, first, other) = two_handles();
        let (_dir2, second, _) = two_handles();
        other.lock().unwrap();
        let files = [first, second];
        assert_eq!(lock_any(&files, &mut Patience::new(None)).unwrap(), Some(1));
    }
}
