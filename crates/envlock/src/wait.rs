//! Kernel file locks, taken at once or waited for until a deadline.
//!
//! A wait blocks in the kernel, which wakes the waiter at hand-off. File locks know no time-out, so a thread blocks
//! and the caller watches the clock.

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

    /// Waits for an event, false when patience ran out.
    fn receive<T>(&mut self, events: &mpsc::Receiver<T>) -> Option<T> {
        const WONDER_AFTER: Duration = Duration::from_secs(1);
        if self.wonder.is_some() {
            let quiet = WONDER_AFTER.saturating_sub(self.spent());
            let quiet = self.left().map_or(quiet, |left| left.min(quiet));
            match events.recv_timeout(quiet) {
                Err(RecvTimeoutError::Timeout) if self.spent() >= WONDER_AFTER => {
                    if let Some(wonder) = self.wonder.take() {
                        wonder();
                    }
                }
                other => return other.ok().or_else(|| events.try_recv().ok()),
            }
        }
        match self.left() {
            Some(left) => events.recv_timeout(left).ok().or_else(|| events.try_recv().ok()),
            None => events.recv().ok(),
        }
    }
}

/// Takes the lock, waiting for it as long as patience lasts. False: it did not last.
///
/// After false the file must not be used: its lock may still come, and is given back when the process ends.
pub fn lock(file: &File, grip: Grip, patience: &mut Patience<'_>) -> io::Result<bool> {
    if try_lock(file, grip)? {
        return Ok(true);
    }
    if patience.left().is_some_and(|left| left.is_zero()) {
        return Ok(false);
    }
    let (sender, events) = mpsc::sync_channel(1);
    let file = file.try_clone()?;
    helper(move || {
        // Nobody listens any more after a time-out.
        let _ = sender.send(lock_blocking(&file, grip));
    })?;
    patience.receive(&events).map_or(Ok(false), |result| result.map(|()| true))
}

/// Takes the first of several exclusive locks that comes free, and says which.
pub fn lock_any(files: &[File], patience: &mut Patience<'_>) -> io::Result<Option<usize>> {
    for (index, file) in files.iter().enumerate() {
        if try_lock(file, Grip::Exclusive)? {
            return Ok(Some(index));
        }
    }
    if patience.left().is_some_and(|left| left.is_zero()) {
        return Ok(None);
    }
    let (sender, events) = mpsc::sync_channel(0);
    for (index, file) in files.iter().enumerate() {
        let (sender, file) = (sender.clone(), file.try_clone()?);
        helper(move || {
            let result = lock_blocking(&file, Grip::Exclusive).map(|()| index);
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

fn lock_blocking(file: &File, grip: Grip) -> io::Result<()> {
    loop {
        let taken = match grip {
            Grip::Exclusive => file.lock(),
            Grip::Shared => file.lock_shared(),
        };
        match taken {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
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
