//! Kernel file locks, taken at once or waited for until a deadline.
//!
//! A wait blocks in the kernel, which wakes the waiter as soon as the lock is free. File locks have no time-out: on Unix
//! a timer interrupts the wait. Elsewhere, and to wait for any one of several locks, threads block and the caller
//! watches the clock.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

pub(crate) use evenkeel_common::state::lock_file::{LockFile, LockMode};

use crate::system::platform;

/// After this long a person should be told what envlock waits for.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// Until when to wait, and what to do once when it takes long.
pub(crate) struct WaitDeadline<'a> {
    started: Instant,
    deadline: Option<Instant>,
    on_slow: Option<Box<dyn FnOnce() + 'a>>,
}

impl<'a> WaitDeadline<'a> {
    /// Waits this long from now, or without a limit.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        let started = Instant::now();
        // A limit beyond the range of the clock is no limit.
        Self { started, deadline: limit.and_then(|limit| started.checked_add(limit)), on_slow: None }
    }

    /// Calls `on_slow` once, when everything waited for so far has taken a second.
    pub(crate) fn on_slow(&mut self, on_slow: impl FnOnce() + 'a) {
        self.on_slow = Some(Box::new(on_slow));
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// None: without a limit.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// How long until [`Self::poll`] has something to do; none: never.
    pub(crate) fn next_wakeup(&self) -> Option<Duration> {
        let slow = self.on_slow.as_ref().map(|_| SLOW_AFTER.saturating_sub(self.elapsed()));
        [slow, self.remaining()].into_iter().flatten().min()
    }

    /// Does what is due, and returns whether there is time left.
    pub(crate) fn poll(&mut self) -> bool {
        if self.elapsed() >= SLOW_AFTER
            && let Some(on_slow) = self.on_slow.take()
        {
            on_slow();
        }
        self.remaining().is_none_or(|remaining| !remaining.is_zero())
    }

    /// Waits for an event; none at the deadline.
    fn receive<T>(&mut self, events: &mpsc::Receiver<T>) -> Option<T> {
        loop {
            let event = match self.next_wakeup() {
                Some(timeout) => events.recv_timeout(timeout),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if self.poll() => {}
                Err(_) => return None,
            }
        }
    }
}

/// Takes the lock, waiting for it until the deadline. Returns whether it was taken.
pub(crate) fn lock(file: &LockFile, mode: LockMode, deadline: &mut WaitDeadline<'_>) -> io::Result<bool> {
    if file.try_lock(mode)? {
        return Ok(true);
    }
    if !deadline.poll() {
        return Ok(false);
    }
    wait_for(file, mode, deadline)
}

#[cfg(unix)]
fn wait_for(file: &LockFile, mode: LockMode, deadline: &mut WaitDeadline<'_>) -> io::Result<bool> {
    loop {
        let alarm = deadline.next_wakeup().map(platform::Alarm::after);
        match file.lock(mode) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map(|()| true),
        }
        drop(alarm);
        if !deadline.poll() {
            return Ok(false);
        }
    }
}

#[cfg(not(unix))]
fn wait_for(file: &LockFile, mode: LockMode, deadline: &mut WaitDeadline<'_>) -> io::Result<bool> {
    wait_for_any(std::slice::from_ref(file), mode, deadline).map(|locked| locked.is_some())
}

/// Takes an exclusive lock on the first of several files that becomes free, and returns its index; none at the deadline.
pub(crate) fn lock_any(files: &[LockFile], deadline: &mut WaitDeadline<'_>) -> io::Result<Option<usize>> {
    for (index, file) in files.iter().enumerate() {
        if file.try_lock(LockMode::Exclusive)? {
            return Ok(Some(index));
        }
    }
    if deadline.poll() { wait_for_any(files, LockMode::Exclusive, deadline) } else { Ok(None) }
}

fn wait_for_any(
    files: &[LockFile],
    mode: LockMode,
    deadline: &mut WaitDeadline<'_>,
) -> io::Result<Option<usize>> {
    let (sender, events) = mpsc::sync_channel(0);
    for (index, file) in files.iter().enumerate() {
        let (sender, file) = (sender.clone(), file.try_clone()?);
        spawn_without_signals(move || {
            let result = block_uninterrupted(&file, mode).map(|()| index);
            // Without a buffer, sending succeeds only while the receiver waits: a second winner, or one that comes too
            // late, fails here and releases its lock.
            if sender.send(result).is_err() {
                file.unlock();
            }
        })?;
    }
    drop(sender);
    deadline.receive(&events).transpose()
}

fn block_uninterrupted(file: &LockFile, mode: LockMode) -> io::Result<()> {
    loop {
        match file.lock(mode) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Starts a thread that receives no signals: they are for the main thread, which forwards them.
fn spawn_without_signals(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        platform::block_all_signals();
        work();
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).map(drop)
}

#[cfg(test)]
mod tests {
    use evenkeel_common::state::shared::Sharing;

    use super::*;

    fn two_handles() -> (tempfile::TempDir, LockFile, LockFile) {
        let dir = tempfile::tempdir().unwrap();
        let open = || LockFile::open(&dir.path().join("lock"), Sharing::OneUser).unwrap();
        let (one, two) = (open(), open());
        (dir, one, two)
    }

    #[test]
    fn several_free_locks_are_taken_from_the_first_on() {
        let (_dir, first, other) = two_handles();
        let (_dir2, second, _) = two_handles();
        other.lock(LockMode::Exclusive).unwrap();
        let files = [first, second];
        assert_eq!(lock_any(&files, &mut WaitDeadline::new(None)).unwrap(), Some(1));
    }
}
