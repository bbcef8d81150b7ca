//! Signals that envlock receives while a command runs.
#![expect(unsafe_code, reason = "signal masks and signal information have no safe interface")]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Instant;

use super::timer::Timer;
use crate::system::job::ReceivedSignal;

/// Signals that are fetched instead of acted on: those to forward, the one at a command's end, and that of the timer.
const FETCHED: [libc::c_int; 8] = [
    libc::SIGCHLD,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
];

/// Signals that ask envlock to stop.
const CANCELLING: [libc::c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

/// Blocks the signals that are to be forwarded and fetches them one by one. They stay blocked until the process ends, so
/// that nothing interrupts the take-down or the release of the lock.
pub(crate) struct SignalForwarder {
    set: libc::sigset_t,
    /// The signal mask that commands start with.
    pub(super) original_mask: libc::sigset_t,
    cancelled: Cell<Option<ReceivedSignal>>,
}

impl std::fmt::Debug for SignalForwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignalForwarder")
    }
}

impl SignalForwarder {
    /// Blocks the signals from now on.
    pub(crate) fn start() -> Self {
        let set = set_of(&FETCHED);
        let mut original_mask = MaybeUninit::uninit();
        // SAFETY: both sets are valid for the call, which fills the second one.
        let original_mask = unsafe {
            // Where the parent ignores SIGCHLD, the kernel would not keep the exit code.
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, original_mask.as_mut_ptr());
            original_mask.assume_init()
        };
        Self { set, original_mask, cancelled: Cell::new(None) }
    }

    /// The first signal that asked envlock to stop, including those that are still pending.
    pub(crate) fn cancelled(&self) -> Option<ReceivedSignal> {
        while self.take_pending().is_some() {}
        self.cancelled.get()
    }

    /// Waits for a signal; at the deadline SIGALRM comes.
    pub(super) fn next(&self, deadline: Option<Instant>) -> ReceivedSignal {
        let timer = deadline.map(|deadline| Timer::start(deadline.saturating_duration_since(Instant::now())));
        let received = fetch(&self.set);
        drop(timer);
        self.remember(received);
        received
    }

    /// Fetches a cancelling signal that is pending.
    pub(super) fn take_pending(&self) -> Option<ReceivedSignal> {
        let mut pending = MaybeUninit::uninit();
        // SAFETY: the pointer is valid for the call, which fills the set where it succeeds.
        let pending = unsafe {
            if libc::sigpending(pending.as_mut_ptr()) != 0 {
                return None;
            }
            pending.assume_init()
        };
        // SAFETY: the set is valid.
        let is_pending =
            |signal: &&libc::c_int| unsafe { libc::sigismember(&raw const pending, **signal) == 1 };
        let received = fetch(&set_of(&[*CANCELLING.iter().find(is_pending)?]));
        self.remember(received);
        Some(received)
    }

    fn remember(&self, received: ReceivedSignal) {
        let cancels = CANCELLING.contains(&received.signal) && !is_ignored(received.signal);
        if cancels && self.cancelled.get().is_none() {
            self.cancelled.set(Some(received));
        }
    }
}

/// Whether envlock was started with this signal ignored, as by nohup. Such a signal is received all the same while it
/// is blocked.
fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the call only reads the current action, and fills `action` where it succeeds.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(target_os = "linux")]
fn fetch(set: &libc::sigset_t) -> ReceivedSignal {
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    loop {
        // SAFETY: the set is valid, and `info` is filled where a signal is returned.
        let signal = unsafe { libc::sigwaitinfo(set, info.as_mut_ptr()) };
        if signal > 0 {
            // SAFETY: filled, see above.
            let info = unsafe { info.assume_init() };
            return ReceivedSignal { signal, from_terminal: info.si_code == libc::SI_KERNEL };
        }
    }
}

/// The sender is not known: signals that a key can send are taken to come from the terminal.
#[cfg(not(target_os = "linux"))]
fn fetch(set: &libc::sigset_t) -> ReceivedSignal {
    let mut signal = 0;
    // SAFETY: both are valid for the call, which fills the second one.
    while unsafe { libc::sigwait(set, &raw mut signal) } != 0 {}
    ReceivedSignal { signal, from_terminal: matches!(signal, libc::SIGINT | libc::SIGQUIT) }
}

pub(super) fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset makes the set valid before anything is added.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), *signal);
        }
        set.assume_init()
    }
}

/// Blocks every signal for the calling thread.
pub(crate) fn block_all_signals() {
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset makes the set valid before it is used.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
    }
}

/// Ends this process by a signal, as the command was ended.
pub(crate) fn reraise(signal: i32) {
    // SAFETY: restoring the default action and raising a signal are always allowed.
    unsafe {
        let set = set_of(&[signal]);
        libc::signal(signal, libc::SIG_DFL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
        libc::raise(signal);
    }
}
