//! Starting and minding commands on Unix.
#![expect(unsafe_code, reason = "signal masks and the moment between fork and exec have no safe interface")]

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};
use rustix::io::FdFlags;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::{Ending, JobEvent, Received, Step, code_of, facts, not_started};

/// Signals that are passed on to the command, the one that tells of its end, and the one that tells the time.
const MINDED: [libc::c_int; 8] = [
    libc::SIGCHLD,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
];

/// Signals that say: stop what you are doing.
const CANCELLING: [libc::c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

/// What a step ignores from its first instruction on.
const fn ignored_in(step: Step) -> &'static [libc::c_int] {
    // In the background of its terminal it may write there, and is not stopped for reading: a read just fails.
    match step {
        Step::Setup => &[libc::SIGTTIN, libc::SIGTTOU],
        Step::Command => &[],
        Step::Teardown => {
            &[libc::SIGTTIN, libc::SIGTTOU, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP]
        }
    }
}

/// The minded signals, held back from their usual effect and fetched one by one. They are held until we end, so that
/// nothing cuts the way out short.
pub struct Minder {
    set: libc::sigset_t,
    before: libc::sigset_t,
    cancelled: Cell<Option<Received>>,
}

/// A running command.
#[derive(Debug)]
pub struct Job<'a> {
    child: Child,
    /// It leads a process group of its own, which keys do not reach.
    own_group: bool,
    by_terminal: Option<libc::c_int>,
    minder: &'a Minder,
}

impl<'a> Job<'a> {
    /// Starts a command. It gets a copy of each `lent` file, so that what these lock stays locked while anything
    /// of the command lives, even when we are killed; and it gets SIGTERM when that happens.
    ///
    /// Must be called from the main thread: the kernel takes the end of the calling thread for our end.
    pub fn start(
        minder: &'a Minder,
        mut command: Command,
        step: Step,
        lent: &[&File],
    ) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let own_group = step != Step::Command || File::open("/dev/tty").is_err();
        if own_group {
            command.process_group(0);
        }
        let (before, ignored) = (minder.before, ignored_in(step));
        let lent: Vec<RawFd> = lent.iter().map(|file| file.as_raw_fd()).collect();
        let parent = rustix::process::getpid();
        // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                die_with(parent)?;
                for signal in ignored {
                    libc::signal(*signal, libc::SIG_IGN);
                }
                for fd in &lent {
                    // The parent keeps these open until the child has been started.
                    rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*fd), FdFlags::empty())?;
                }
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
                Ok(())
            });
        }
        let child = command.spawn().map_err(|e| not_started(&program, &e))?;
        let mut job = Self { child, own_group, by_terminal: None, minder };
        if !own_group {
            job.pass_on_early_keys();
        }
        Ok(job)
    }

    /// A key that was pressed while the command was being started may have come too early to reach it.
    fn pass_on_early_keys(&mut self) {
        while let Some(received) = self.minder.take_pending() {
            self.note(received);
            self.pass_on(received);
        }
    }

    /// Waits for the end of the command, for a signal to us, or until `due`.
    pub fn next_event(&mut self, due: Option<Instant>) -> Result<JobEvent, Error> {
        let failed = |e: io::Error| Error::failed("wait for the command", e);
        loop {
            let received = self.minder.next(due);
            match received.signal {
                libc::SIGCHLD => {
                    if let Some(status) = self.child.try_wait().map_err(failed)? {
                        return Ok(JobEvent::Ended(self.ending(status)));
                    }
                }
                libc::SIGALRM if due.is_some_and(|due| due <= Instant::now()) => return Ok(JobEvent::Due),
                libc::SIGALRM => {}
                _ => {
                    self.note(received);
                    return Ok(JobEvent::Signal(received));
                }
            }
        }
    }

    fn note(&mut self, received: Received) {
        if received.from_terminal {
            self.by_terminal = Some(received.signal);
        }
    }

    fn ending(&self, status: ExitStatus) -> Ending {
        let died_of = status.signal();
        Ending {
            exit: code_of(status),
            by_terminal: self.by_terminal.filter(|signal| died_of == Some(*signal)),
        }
    }

    /// Passes signals on until the command has ended.
    pub fn wait(mut self) -> Result<Ending, Error> {
        loop {
            match self.next_event(None)? {
                JobEvent::Ended(ending) => return Ok(ending),
                // The command, in the foreground group of the terminal, has got it too.
                JobEvent::Signal(received) if received.from_terminal && !self.own_group => {}
                JobEvent::Signal(received) => self.pass_on(received),
                JobEvent::Due => {}
            }
        }
    }

    fn pass_on(&self, received: Received) {
        if let Some(signal) = Signal::from_named_raw(received.signal) {
            self.send(signal);
        }
    }

    fn send(&self, signal: Signal) {
        let Some(pid) = pid_of(self.child.id()) else { return };
        // It may have ended by itself in the meantime.
        let _ = if self.own_group {
            rustix::process::kill_process_group(pid, signal)
        } else {
            rustix::process::kill_process(pid, signal)
        };
    }

    /// Its pid, which is also the number of its process group where it has one of its own.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the command's process group and what was started in its step: SIGTERM, and SIGKILL for what is left after
    /// `grace`.
    pub fn end(&mut self, mark: &str, grace: Duration) {
        let until = Instant::now() + grace;
        self.send(Signal::TERM);
        facts::end_all(|| facts::processes_of_step(mark), grace);
        // Where processes cannot be found, the group is all we know.
        while Instant::now() < until && !self.has_ended() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // The end has not been fetched yet, so the pid still names this group and no other.
        self.send(Signal::KILL);
    }

    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = pid_of(self.child.id()).map(|pid| rustix::process::waitid(WaitId::Pid(pid), options));
        !matches!(status, Some(Ok(None)))
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
        Self { set, before, cancelled: Cell::new(None) }
    }

    /// The first signal so far that asked us to stop, whether it was fetched already or not.
    pub fn cancelled(&self) -> Option<Received> {
        while self.take_pending().is_some() {}
        self.cancelled.get()
    }

    /// Waits for a signal; at `due` comes SIGALRM.
    fn next(&self, due: Option<Instant>) -> Received {
        let timer = due.map(|due| Timer::at(due.saturating_duration_since(Instant::now())));
        let received = fetch(&self.set);
        drop(timer);
        self.remember(received);
        received
    }

    /// Fetches a cancelling signal that has come already.
    fn take_pending(&self) -> Option<Received> {
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

    fn remember(&self, received: Received) {
        if self.cancelled.get().is_none()
            && CANCELLING.contains(&received.signal)
            && !is_ignored(received.signal)
        {
            self.cancelled.set(Some(received));
        }
    }
}

/// Whether our caller had us ignore a signal, as nohup does: it comes nevertheless while it is held back.
fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the call only reads the present action, and fills `action` where it succeeds.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(target_os = "linux")]
fn fetch(set: &libc::sigset_t) -> Received {
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    loop {
        // SAFETY: the set is valid, and `info` is filled where a signal is returned.
        let signal = unsafe { libc::sigwaitinfo(set, info.as_mut_ptr()) };
        if signal > 0 {
            // SAFETY: filled, see above.
            let info = unsafe { info.assume_init() };
            return Received { signal, from_terminal: info.si_code == libc::SI_KERNEL };
        }
    }
}

/// Without the sender's name, what a key can send is taken to come from a key.
#[cfg(not(target_os = "linux"))]
fn fetch(set: &libc::sigset_t) -> Received {
    let mut signal = 0;
    // SAFETY: both are valid for the call, which fills the second one.
    while unsafe { libc::sigwait(set, &raw mut signal) } != 0 {}
    Received { signal, from_terminal: matches!(signal, libc::SIGINT | libc::SIGQUIT) }
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

/// Sends us SIGALRM after a while, and again soon after, in case the first time was just before the call that is to
/// be interrupted.
struct Timer;

impl Timer {
    fn at(time: Duration) -> Self {
        set_timer(time.max(Duration::from_millis(1)), Duration::from_millis(50));
        Self
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        set_timer(Duration::ZERO, Duration::ZERO);
    }
}

/// Makes what the main thread waits for come back with "interrupted" after a while. No other thread may take signals.
pub struct Alarm {
    action: libc::sigaction,
    mask: libc::sigset_t,
    timer: Option<Timer>,
}

impl Alarm {
    /// Rings after that time.
    pub fn after(time: Duration) -> Self {
        let set = set_of(&[libc::SIGALRM]);
        let (mut action, mut mask) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: all pointers are valid for the calls, which fill `action` and `mask`; the handler does nothing.
        let mut alarm = unsafe {
            let mut handler = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            handler.sa_sigaction = ring as *const () as libc::sighandler_t;
            libc::sigaction(libc::SIGALRM, &raw const handler, action.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, mask.as_mut_ptr());
            Self { action: action.assume_init(), mask: mask.assume_init(), timer: None }
        };
        alarm.timer = Some(Timer::at(time));
        alarm
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.timer = None;
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
