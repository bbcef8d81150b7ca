//! Running a command: its process group, the signals it gets, and how it ends.
#![expect(unsafe_code, reason = "the moment between fork and exec has no safe interface")]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::ptr;
use std::time::{Duration, Instant};

use evenkeel_common::{Error, child};
use rustix::io::{Errno, FdFlags};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};

use super::process::pid_of;
use super::signals::SignalForwarder;
use crate::model::step::Step;
use crate::system::job::{Ending, JobEvent, ReceivedSignal};
use crate::system::processes;

/// The signals that a step ignores from its first instruction on.
const fn ignored_in(step: Step) -> &'static [libc::c_int] {
    match step {
        // In the background of its terminal it may write to it, and is not stopped when it reads: the read just fails.
        Step::Setup | Step::Reuse => &[libc::SIGTTIN, libc::SIGTTOU],
        Step::Command => &[],
        Step::After | Step::Teardown => {
            &[libc::SIGTTIN, libc::SIGTTOU, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP]
        }
    }
}

/// A running command.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pid: Pid,
    /// How it ended, once that was fetched: the pid may be another process's by then.
    ended: Option<ExitStatus>,
    /// It leads its own process group, so that the terminal's keys do not reach it.
    own_group: bool,
    by_terminal: Option<libc::c_int>,
    signals: &'a SignalForwarder,
}

impl<'a> Job<'a> {
    /// Starts a command. It inherits the files in `inherited`, so that their locks last as long as anything of the
    /// command, even when envlock is killed; and it gets SIGTERM when that happens.
    ///
    /// Must be called from the main thread: the kernel sends that SIGTERM when the calling thread ends.
    pub(crate) fn start(
        signals: &'a SignalForwarder,
        command: Command,
        step: Step,
        inherited: &[&File],
    ) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let own_group = step != Step::Command || File::open("/dev/tty").is_err();
        let inherited: Vec<RawFd> = inherited.iter().map(|file| file.as_raw_fd()).collect();
        let child = Prepared {
            mask: signals.original_mask,
            step,
            own_group,
            inherited,
            parent: rustix::process::getpid(),
        };
        let pid = child.start(command).map_err(|e| child::cannot_start(&program, &e))?;
        let mut job = Self { pid, ended: None, own_group, by_terminal: None, signals };
        if !own_group {
            job.forward_early_keys();
        }
        Ok(job)
    }

    /// A key pressed while the command was being started may have come before it was in the terminal's group.
    fn forward_early_keys(&mut self) {
        while let Some(received) = self.signals.take_pending() {
            self.note_key(received);
            self.forward(received);
        }
    }

    /// Waits for the command's end, for a signal to envlock, or until the deadline.
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> Result<JobEvent, Error> {
        let failed = |e: io::Error| Error::failed("wait for the command", e);
        loop {
            let received = self.signals.next(deadline);
            match received.signal {
                libc::SIGCHLD => {
                    if let Some(status) = self.try_wait().map_err(failed)? {
                        return Ok(JobEvent::Ended(self.ending(status)));
                    }
                }
                libc::SIGALRM if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return Ok(JobEvent::Timeout);
                }
                libc::SIGALRM => {}
                _ => {
                    self.note_key(received);
                    return Ok(JobEvent::Signal(received));
                }
            }
        }
    }

    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            let status = rustix::process::waitpid(Some(self.pid), WaitOptions::NOHANG)?;
            self.ended = status.map(|(_, status)| ExitStatus::from_raw(status.as_raw()));
        }
        Ok(self.ended)
    }

    fn note_key(&mut self, received: ReceivedSignal) {
        if received.from_terminal {
            self.by_terminal = Some(received.signal);
        }
    }

    fn ending(&self, status: ExitStatus) -> Ending {
        let by_terminal = self.by_terminal.filter(|signal| status.signal() == Some(*signal));
        Ending { exit: child::exit_of(status), by_terminal }
    }

    /// Forwards a signal, unless it comes from the terminal in whose foreground group the command is: then the command
    /// has received it too.
    pub(crate) fn pass_on(&self, received: ReceivedSignal) {
        if !received.from_terminal || self.own_group {
            self.forward(received);
        }
    }

    /// Its process group, where it has one of its own.
    pub(crate) fn group(&self) -> Option<u32> {
        self.own_group.then(|| self.pid())
    }

    fn forward(&self, received: ReceivedSignal) {
        if let Some(signal) = Signal::from_named_raw(received.signal) {
            self.send(signal);
        }
    }

    fn send(&self, signal: Signal) {
        // An error means that it has ended.
        let _ = if self.own_group {
            rustix::process::kill_process_group(self.pid, signal)
        } else {
            rustix::process::kill_process(self.pid, signal)
        };
    }

    /// Its pid, which is also its process group where it has its own.
    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Ends the command's process group and everything started in its step: SIGTERM, and SIGKILL for what is left after
    /// `grace`.
    pub(crate) fn terminate(&mut self, step_entry: &str, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.send(Signal::TERM);
        processes::terminate_all(|| processes::processes_of_step(step_entry), grace);
        // Where processes cannot be listed, only the group is known.
        while Instant::now() < deadline && !self.has_ended() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // Its exit status has not been fetched yet, so the pid still names this group.
        self.send(Signal::KILL);
    }

    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(rustix::process::waitid(WaitId::Pid(self.pid), options), Ok(None))
    }
}

/// What a child does before it becomes the command.
struct Prepared {
    mask: libc::sigset_t,
    step: Step,
    own_group: bool,
    /// The parent keeps these open until the child has been started.
    inherited: Vec<RawFd>,
    parent: Pid,
}

impl Prepared {
    /// The command of a session needs nothing else of what a [`Command`] may say, so its process need not be copied.
    #[cfg(target_os = "linux")]
    fn start(self, command: Command) -> io::Result<Pid> {
        if self.step != Step::Command {
            return self.start_as_copy(command);
        }
        // SAFETY: `prepare` makes nothing but system calls.
        unsafe { super::spawn::spawn(&command, || self.prepare()) }
    }

    #[cfg(not(target_os = "linux"))]
    fn start(self, command: Command) -> io::Result<Pid> {
        self.start_as_copy(command)
    }

    fn start_as_copy(self, mut command: Command) -> io::Result<Pid> {
        // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || self.prepare().map_err(io::Error::from));
        }
        let child = command.spawn()?;
        pid_of(child.id()).ok_or_else(|| io::Error::from(Errno::SRCH))
    }

    /// Makes nothing but system calls.
    fn prepare(&self) -> Result<(), Errno> {
        terminate_with(self.parent)?;
        if self.own_group {
            rustix::process::setpgid(None, None)?;
        }
        // SAFETY: these change what the kernel notes of this process alone; the descriptors are open.
        unsafe {
            // Rust ignores it in its own programs.
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            for signal in ignored_in(self.step) {
                libc::signal(*signal, libc::SIG_IGN);
            }
            for fd in &self.inherited {
                rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*fd), FdFlags::empty())?;
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut());
        }
        Ok(())
    }
}

/// Asks the kernel to send SIGTERM to this process, the child, when its parent ends.
fn terminate_with(parent: Pid) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(Errno::SRCH);
        }
    }
    let _ = parent;
    Ok(())
}
