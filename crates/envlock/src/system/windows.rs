//! Windows.
#![expect(unsafe_code, reason = "job objects and console events have no safe interface")]

use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit, child};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, GetCurrentProcess, OpenProcess, PROCESS_TERMINATE, TerminateProcess,
};

use crate::model::step::Step;
use crate::system::job::{Ending, JobEvent, ReceivedSignal};

/// Whether Ctrl-C, Ctrl-Break or the end of the session was received.
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Keeps Ctrl-C from ending envlock before the command, which receives it too.
#[derive(Debug)]
pub(crate) struct SignalForwarder;

impl SignalForwarder {
    pub(crate) fn start() -> Self {
        // SAFETY: the handler is a function of this program and only sets a flag.
        unsafe { SetConsoleCtrlHandler(Some(note_cancellation), 1) };
        Self
    }

    /// Whether envlock was asked to stop, as by SIGINT on Unix.
    #[expect(clippy::unused_self, reason = "the interface is that of Unix")]
    pub(crate) fn cancelled(&self) -> Option<ReceivedSignal> {
        let cancelled = CANCELLED.load(Ordering::Relaxed);
        cancelled.then_some(ReceivedSignal { signal: 2, from_terminal: true })
    }
}

unsafe extern "system" fn note_cancellation(_: u32) -> i32 {
    CANCELLED.store(true, Ordering::Relaxed);
    1
}

/// A running command.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    child: Child,
    _object: JobObject,
    _signals: &'a SignalForwarder,
}

impl<'a> Job<'a> {
    /// Starts a command that ends, with all it started, when envlock is killed. `inherited` need not be passed on.
    pub(crate) fn start(
        signals: &'a SignalForwarder,
        mut command: Command,
        step: Step,
        _inherited: &[&File],
    ) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let object = JobObject::new().map_err(|e| Error::failed("create a job object", e))?;
        if step.is_shielded() {
            // Ctrl-C does not reach a new process group.
            command.creation_flags(CREATE_NEW_PROCESS_GROUP);
        }
        let child = command.spawn().map_err(|e| child::cannot_start(&program, &e))?;
        Ok(Self { child, _object: object, _signals: signals })
    }

    /// Waits for the command's end or until the deadline.
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> Result<JobEvent, Error> {
        let failed = |e| Error::failed("wait for the command", e);
        let ended = |status| JobEvent::Ended(Ending { exit: child::exit_of(status), by_terminal: None });
        let Some(deadline) = deadline else { return self.child.wait().map(ended).map_err(failed) };
        loop {
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                return Ok(ended(status));
            }
            if deadline <= Instant::now() {
                return Ok(JobEvent::Timeout);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Windows has no signals.
    #[expect(clippy::unused_self, reason = "as on other systems")]
    pub(crate) fn pass_on(&self, _: ReceivedSignal) {}

    /// Windows has no process groups.
    #[expect(clippy::unused_self, reason = "as on other systems")]
    pub(crate) fn group(&self) -> Option<u32> {
        None
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the command; processes that it has started may go on.
    pub(crate) fn terminate(&mut self, _step_entry: &str, _grace: Duration) {
        let _ = self.child.kill();
    }
}

/// A job object that contains envlock and all it starts, and ends them when its last handle is closed: that is when
/// envlock is killed.
#[derive(Debug)]
struct JobObject(OwnedHandle);

impl JobObject {
    fn new() -> io::Result<Self> {
        // SAFETY: both arguments may be null.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is new and has no other owner.
        let object = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        set_limits(&object.0, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        // SAFETY: both handles are valid.
        check(unsafe { AssignProcessToJobObject(object.0.as_raw_handle(), GetCurrentProcess()) })?;
        Ok(object)
    }
}

impl Drop for JobObject {
    /// At an orderly end nothing is to be ended with the handle: neither background processes nor envlock.
    fn drop(&mut self) {
        let _ = set_limits(&self.0, 0);
    }
}

fn set_limits(object: &OwnedHandle, flags: u32) -> io::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = flags;
    let size = u32::try_from(size_of_val(&limits)).map_err(io::Error::other)?;
    // SAFETY: the pointer and the size describe `limits`, which has the type that this class asks for.
    check(unsafe {
        SetInformationJobObject(
            object.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size,
        )
    })
}

fn check(done: i32) -> io::Result<()> {
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Windows has no signals that could wake a thread.
pub(crate) fn block_all_signals() {}

/// Runs the command in place of this process.
pub(crate) fn exec(mut command: Command) -> Result<Exit, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.status().map(child::exit_of).map_err(|e| child::cannot_start(&program, &e))
}

/// On Windows a process cannot die of a signal.
pub(crate) fn reraise(_: i32) {}

/// A command line for the shell.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("cmd");
    command.raw_arg("/C").raw_arg(script);
    command
}

/// Our stderr, for a child to write to.
pub(crate) fn stderr_for_child() -> Result<Stdio, Error> {
    let copy = io::stderr().as_handle().try_clone_to_owned();
    copy.map(Stdio::from).map_err(|e| Error::failed("copy stderr", e))
}

/// Windows has no signal that asks a process to end: ends it, and with it its job object.
pub(crate) fn terminate(pid: u32) {
    kill(pid);
}

/// Ends a process.
pub(crate) fn kill(pid: u32) {
    // SAFETY: the handle is checked before it is used and closed when dropped.
    unsafe {
        let process = OpenProcess(PROCESS_TERMINATE, 0, pid);
        if !process.is_null() {
            let process = OwnedHandle::from_raw_handle(process);
            TerminateProcess(process.as_raw_handle(), 137);
        }
    }
}

/// The machine's name.
pub(crate) fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// Users have no numbers here.
pub(crate) fn user_name(_: u32) -> String {
    user_from_system()
}

/// The user, where no variable names one.
pub(crate) fn user_from_system() -> String {
    "unknown".to_owned()
}
