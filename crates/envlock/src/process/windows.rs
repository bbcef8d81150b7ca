//! Starting and minding commands on Windows.
#![expect(unsafe_code, reason = "job objects and console events have no safe interface")]

use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, GetCurrentProcess, OpenProcess, PROCESS_TERMINATE, TerminateProcess,
};

use super::{Ending, JobEvent, Received, Step, code_of, not_started};

/// Whether Ctrl-C, Ctrl-Break or the end of the session has come.
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Keeps Ctrl-C from ending us before the command, which gets it too.
#[derive(Debug)]
pub struct Minder;

impl Minder {
    /// From now on.
    pub fn hold_signals() -> Self {
        // SAFETY: the handler is a function of this program and only sets a flag.
        unsafe { SetConsoleCtrlHandler(Some(leave_it_to_the_command), 1) };
        Self
    }

    /// Whether we were asked to stop, as SIGINT would elsewhere.
    pub fn cancelled(&self) -> Option<Received> {
        let cancelled = CANCELLED.load(Ordering::Relaxed);
        cancelled.then_some(Received { signal: 2, from_terminal: true })
    }
}

unsafe extern "system" fn leave_it_to_the_command(_: u32) -> i32 {
    CANCELLED.store(true, Ordering::Relaxed);
    1
}

/// A running command.
#[derive(Debug)]
pub struct Job<'a> {
    child: Child,
    _leash: Leash,
    _minder: &'a Minder,
}

impl<'a> Job<'a> {
    /// Starts a command that ends, with all it started, when we are killed. The `lent` files need not be passed on.
    pub fn start(
        minder: &'a Minder,
        mut command: Command,
        step: Step,
        _lent: &[&File],
    ) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let leash = Leash::new().map_err(|e| Error::failed("make a job object", e))?;
        if step == Step::Teardown {
            // Ctrl-C does not reach it there.
            command.creation_flags(CREATE_NEW_PROCESS_GROUP);
        }
        let child = command.spawn().map_err(|e| not_started(&program, &e))?;
        Ok(Self { child, _leash: leash, _minder: minder })
    }

    /// Waits until the command has ended, or until `due`.
    pub fn next_event(&mut self, due: Option<Instant>) -> Result<JobEvent, Error> {
        let failed = |e| Error::failed("wait for the command", e);
        let ended = |status| JobEvent::Ended(Ending { exit: code_of(status), by_terminal: None });
        let Some(due) = due else { return self.child.wait().map(ended).map_err(failed) };
        loop {
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                return Ok(ended(status));
            }
            if due <= Instant::now() {
                return Ok(JobEvent::Due);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the command has ended. What it left running may go on.
    pub fn wait(mut self) -> Result<Ending, Error> {
        loop {
            if let JobEvent::Ended(ending) = self.next_event(None)? {
                return Ok(ending);
            }
        }
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the command; what it has started may go on.
    pub fn end(&mut self, _: &str, _: Duration) {
        let _ = self.child.kill();
    }
}

/// A job that ends with its last handle, which is ours; we are in it, and so is whatever we start.
#[derive(Debug)]
struct Leash(OwnedHandle);

impl Leash {
    fn new() -> io::Result<Self> {
        // SAFETY: both arguments may be null.
        let object = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if object.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is fresh and nobody else's.
        let leash = Self(unsafe { OwnedHandle::from_raw_handle(object) });
        limit(&leash.0, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        // SAFETY: both handles are valid.
        check(unsafe { AssignProcessToJobObject(leash.0.as_raw_handle(), GetCurrentProcess()) })?;
        Ok(leash)
    }
}

impl Drop for Leash {
    /// Only a crash leaves the job to end with its handle: what runs at an orderly end may go on, and so may we.
    fn drop(&mut self) {
        let _ = limit(&self.0, 0);
    }
}

fn limit(object: &OwnedHandle, flags: u32) -> io::Result<()> {
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

/// Signals do not wake threads here.
pub fn keep_signals_out() {}

/// Runs the command in our place.
pub fn replace(mut command: Command) -> Result<Exit, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.status().map(code_of).map_err(|e| not_started(&program, &e))
}

/// Nobody looks at how a process died here.
pub fn die_of(_: i32) {}

/// A command line for the shell.
pub fn shell(script: &str) -> Command {
    let mut command = Command::new("cmd");
    command.raw_arg("/C").raw_arg(script);
    command
}

/// Our stderr, for a child to write to.
pub fn stderr_copy() -> Result<Stdio, Error> {
    let copy = io::stderr().as_handle().try_clone_to_owned();
    copy.map(Stdio::from).map_err(|e| Error::failed("copy stderr", e))
}

/// There is no way to ask: ends the process, and with it its job.
pub fn terminate(pid: u32) {
    kill(pid);
}

/// Ends a process without asking.
pub fn kill(pid: u32) {
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
pub(super) fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// The user, where the environment does not name one.
pub(super) fn user_id() -> String {
    "unknown".to_owned()
}
