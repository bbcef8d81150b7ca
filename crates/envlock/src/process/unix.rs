//! Starting and minding commands on Unix.
#![expect(unsafe_code, reason = "signal masks and the moment between fork and exec have no safe interface")]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::ptr;
use std::time::Duration;

use evenkeel_common::{Error, Exit};
use rustix::io::FdFlags;
use rustix::process::{Pid, Signal};

use super::{Ending, code_of, not_started};

/// Signals that are passed on to the command, and the one that tells of its end.
const MINDED: [libc::c_int; 7] =
    [libc::SIGCHLD, libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// The minded signals, held back from their usual effect and fetched one by one. They are held until we end, so that
/// nothing cuts the way out short.
pub struct Minder {
    set: libc::sigset_t,
    before: libc::sigset_t,
}

/// A running command.
#[derive(Debug)]
pub struct Job<'a> {
    child: Child,
    /// The command leads a process group of its own: there is no terminal whose keys it would miss.
    own_group: bool,
    minder: &'a Minder,
}

impl<'a> Job<'a> {
    /// Starts a command. It gets a copy of each `lent` file, so that what these lock stays locked while anything
    /// of the command lives, even when we are killed; and it gets SIGTERM when that happens.
    ///
    /// Must be called from the main thread: the kernel takes the end of the calling thread for our end.
    pub fn start(minder: &'a Minder, mut command: Command, lent: &[&File]) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let own_group = File::open("/dev/tty").is_err();
        if own_group {
            command.process_group(0);
        }
        let before = minder.before;
        let lent: Vec<RawFd> = lent.iter().map(|file| file.as_raw_fd()).collect();
        let parent = rustix::process::getpid();
        // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                die_with(parent)?;
                for fd in &lent {
                    // The parent keeps these open until the child has been started.
                    rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*fd), FdFlags::empty())?;
                }
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
                Ok(())
            });
        }
        let child = command.spawn().map_err(|e| not_started(&program, &e))?;
        Ok(Self { child, own_group, minder })
    }

    /// Passes signals on until the command has ended.
    pub fn wait(mut self) -> Result<Ending, Error> {
        let failed = |e: io::Error| Error::failed("wait for the command", e);
        let mut by_terminal = None;
        loop {
            let event = self.minder.next();
            if event.signal == libc::SIGCHLD {
                if let Some(status) = self.child.try_wait().map_err(failed)? {
                    let died_of = std::os::unix::process::ExitStatusExt::signal(&status);
                    let by_terminal = by_terminal.filter(|signal| died_of == Some(*signal));
                    return Ok(Ending { exit: code_of(status), by_terminal });
                }
            } else if event.from_kernel && !self.own_group {
                // A key, or the line going dead: the command, in the same group, has got it too.
                by_terminal = Some(event.signal);
            } else {
                self.pass_on(event.signal);
            }
        }
    }

    fn pass_on(&self, signal: libc::c_int) {
        let (Some(pid), Some(signal)) = (pid_of(self.child.id()), Signal::from_named_raw(signal)) else {
            return;
        };
        // It may have ended by itself in the meantime.
        let _ = if self.own_group {
            rustix::process::kill_process_group(pid, signal)
        } else {
            rustix::process::kill_process(pid, signal)
        };
    }
}

/// Asks the kernel to end this process, the child, when its parent ends.
fn die_with(parent: Pid) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(io::Error::from(rustix::io::Errno::SRCH));
        }
    }
    let _ = parent;
    Ok(())
}

struct Event {
    signal: libc::c_int,
    from_kernel: bool,
}

impl std::fmt::Debug for Minder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Minder")
    }
}

impl Minder {
    /// Holds the signals back from now on.
    pub fn hold_signals() -> Self {
        let set = set_of(&MINDED);
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid for the call, which fills the second one.
        let before = unsafe {
            // Where a careless parent ignores SIGCHLD, the kernel would throw the exit code away.
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr());
            before.assume_init()
        };
        Self { set, before }
    }

    #[cfg(target_os = "linux")]
    fn next(&self) -> Event {
        let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
        loop {
            // SAFETY: the set is valid, and `info` is filled where a signal is returned.
            let signal = unsafe { libc::sigwaitinfo(&raw const self.set, info.as_mut_ptr()) };
            if signal > 0 {
                // SAFETY: filled, see above.
                let info = unsafe { info.assume_init() };
                return Event { signal, from_kernel: info.si_code == libc::SI_KERNEL };
            }
        }
    }

    /// Without the sender's name, what a key can send is taken to come from a key.
    #[cfg(not(target_os = "linux"))]
    fn next(&self) -> Event {
        let mut signal = 0;
        // SAFETY: both are valid for the call, which fills the second one.
        while unsafe { libc::sigwait(&raw const self.set, &raw mut signal) } != 0 {}
        Event { signal, from_kernel: matches!(signal, libc::SIGINT | libc::SIGQUIT) }
    }
}

fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
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

/// Makes what the main thread waits for come back with "interrupted" after a while. No other thread may take signals.
pub struct Alarm {
    action: libc::sigaction,
    mask: libc::sigset_t,
}

impl Alarm {
    /// Rings after that time.
    pub fn after(time: Duration) -> Self {
        let set = set_of(&[libc::SIGALRM]);
        let (mut action, mut mask) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: all pointers are valid for the calls, which fill `action` and `mask`; the handler does nothing.
        let before = unsafe {
            let mut handler = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            handler.sa_sigaction = ring as *const () as libc::sighandler_t;
            libc::sigaction(libc::SIGALRM, &raw const handler, action.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, mask.as_mut_ptr());
            Self { action: action.assume_init(), mask: mask.assume_init() }
        };
        // It rings again soon after, in case the first time was just before the call that is to be interrupted.
        set_timer(time.max(Duration::from_millis(1)), Duration::from_millis(50));
        before
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        set_timer(Duration::ZERO, Duration::ZERO);
        // SAFETY: both were filled by the kernel.
        unsafe {
            libc::sigaction(libc::SIGALRM, &raw const self.action, ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut());
        }
    }
}

extern "C" fn ring(_: libc::c_int) {}

fn set_timer(first: Duration, then: Duration) {
    let time = |duration: Duration| libc::timeval {
        tv_sec: duration.as_secs().try_into().unwrap_or(i32::MAX.into()),
        tv_usec: duration.subsec_micros().cast_signed().into(),
    };
    let timer = libc::itimerval { it_value: time(first), it_interval: time(then) };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
}

/// Blocks every signal for the calling thread.
pub fn keep_signals_out() {
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset makes the set valid before it is used.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
    }
}

/// Becomes the command: returns only if that fails.
pub fn replace(mut command: Command) -> Result<Exit, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    Err(not_started(&program, &command.exec()))
}

/// Dies of a signal, as the command did.
pub fn die_of(signal: i32) {
    // SAFETY: restoring the default action and raising are always allowed.
    unsafe {
        let set = set_of(&[signal]);
        libc::signal(signal, libc::SIG_DFL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
        libc::raise(signal);
    }
}

fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The user, where the environment does not name one.
pub(super) fn user_id() -> String {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let named = users.find(|user| user.get(2) == Some(&uid.as_str()));
    named.and_then(|user| user.first().map(ToString::to_string)).unwrap_or(uid)
}

/// A command line for the shell.
pub fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// Our stderr, for a child to write to.
pub fn stderr_copy() -> Result<Stdio, Error> {
    let copy = io::stderr().as_fd().try_clone_to_owned();
    copy.map(Stdio::from).map_err(|e| Error::failed("copy stderr", e))
}

/// Asks a process to end; one that was stopped, too.
pub fn terminate(pid: u32) {
    send(pid, Signal::TERM);
    send(pid, Signal::CONT);
}

/// Ends a process without asking.
pub fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = pid_of(pid) {
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
