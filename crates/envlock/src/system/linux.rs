//! What only Linux has, for locks in a store: a second process of envlock, and the clock that counts suspension.
#![expect(unsafe_code, reason = "fork and shared memory have no safe interface")]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::time::{ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};

/// Time since boot, suspension included. Nobody can set it.
pub(crate) fn boot_clock() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}

/// Numbers, all 0, in memory that stays shared with processes forked later. It lasts as long as the processes.
pub(crate) fn shared_numbers<const N: usize>() -> io::Result<&'static [AtomicU64; N]> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping is asked for, which is never unmapped; it is aligned to a page, and zeros are valid atomics.
    unsafe {
        let memory = libc::mmap(ptr::null_mut(), size_of::<[AtomicU64; N]>(), protection, flags, -1, 0);
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(&*memory.cast())
    }
}

/// Runs `work` in a child process in a session of its own, to which no key and no signal but SIGKILL and SIGSTOP comes,
/// and which has no files open but `kept`. `work` does not return into the rest of the program.
///
/// Must be called while this process has one thread.
pub(crate) fn fork_detached(kept: &OwnedFd, work: impl FnOnce()) -> io::Result<()> {
    // SAFETY: there is one thread, so no lock is held by another one in the child.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            detach(kept);
            let code = i32::from(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
            // SAFETY: ends the process without running what the parent registered.
            unsafe { libc::_exit(code) }
        }
        _ => Ok(()),
    }
}

fn detach(kept: &OwnedFd) {
    super::platform::block_all_signals();
    let _ = rustix::process::setsid();
    // Whoever waits for the end of envlock's output must not wait for this process.
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<i32> = open.filter_map(|fd| fd.file_name().to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2 && *fd != kept.as_raw_fd()) {
        // SAFETY: nothing in this process uses these descriptors any more; `kept` is left alone.
        unsafe { libc::close(fd) };
    }
    // SAFETY: the name is a string that ends with 0.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"envlock-keeper".as_ptr()) };
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something to read.
    Readable,
    /// The other end was closed.
    Closed,
    /// The time came.
    Due,
}

/// A pipe's end and a timer on [`boot_clock`], to be waited for together.
#[derive(Debug)]
pub(crate) struct Waiter {
    pipe: OwnedFd,
    timer: OwnedFd,
}

impl Waiter {
    pub(crate) fn new(pipe: OwnedFd) -> io::Result<Self> {
        let timer = rustix::time::timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
        Ok(Self { pipe, timer })
    }

    /// Waits for the pipe, or until `at` on the boot clock.
    pub(crate) fn wait(&self, at: Option<Duration>) -> io::Result<Woken> {
        // Zero would switch the timer off.
        let at = at.map_or(Duration::ZERO, |at| at.max(Duration::from_nanos(1)));
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        let at = Timespec::try_from(at).unwrap_or(none);
        let timer = Itimerspec { it_interval: none, it_value: at };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &timer)?;
        let mut watched = [PollFd::new(&self.pipe, PollFlags::IN), PollFd::new(&self.timer, PollFlags::IN)];
        rustix::event::poll(&mut watched, None)?;
        let pipe = watched[0].revents();
        if pipe.contains(PollFlags::IN) {
            rustix::io::read(&self.pipe, &mut [0; 16])?;
            return Ok(Woken::Readable);
        }
        Ok(if pipe.is_empty() { Woken::Due } else { Woken::Closed })
    }
}
