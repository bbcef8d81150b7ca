//! Processes: starting the command so that it cannot outlive its lock unseen, minding it, and telling processes
//! apart. What differs between systems is here and nowhere else.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as facts;
#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
use other as facts;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

use std::io;
use std::process::ExitStatus;

use evenkeel_common::{Error, Exit};

use crate::record::Process;

pub use facts::{end_all, is_ancestor, outsiders, processes_of, processes_of_step};
pub use system::{Job, Minder, die_of, keep_signals_out, kill, replace, shell, stderr_copy, terminate};
#[cfg(unix)]
pub use unix::Alarm;

/// Name of the variable that tells which step of which ticket a process belongs to.
pub const STEP: &str = "ENVLOCK_STEP";

/// What a process is started for. It decides how signals reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Gets every signal that envlock gets, once: it has a process group of its own, which no key reaches directly.
    Setup,
    /// Gets keys from the terminal, and everything else from envlock.
    Command,
    /// Gets no signal: it has a process group of its own, and ignores what people and supervisors send.
    Teardown,
}

impl Step {
    /// The word for it in [`STEP`].
    pub const fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Command => "command",
            Self::Teardown => "teardown",
        }
    }
}

/// What [`Job::next_event`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The process has ended.
    Ended(Ending),
    /// A signal was sent to envlock.
    Signal(Received),
    /// The time to wait is over.
    Due,
}

/// A signal that was sent to envlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub signal: i32,
    /// Whether it comes from a key, or from a terminal that went away: then the terminal's whole foreground group has
    /// it.
    pub from_terminal: bool,
}

/// A process that holds a lock file and is none of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outsider {
    /// Its pid.
    pub pid: u32,
    /// Its command line, where it can be read.
    pub command: Vec<String>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The code that stands for it.
    pub exit: Exit,
    /// The signal from the terminal that ended it: the caller's shell wants to see us die of it too.
    pub by_terminal: Option<i32>,
}

impl Ending {
    /// Whether it ended with 0.
    pub fn succeeded(self) -> bool {
        self.exit == Exit::Command(0)
    }

    /// What was ended by this signal before it began.
    pub fn cancelled(by: Received) -> Self {
        let exit = Exit::Signal(u8::try_from(by.signal).unwrap_or(0));
        Self { exit, by_terminal: by.from_terminal.then_some(by.signal) }
    }
}

/// Describes this process.
pub fn me() -> Process {
    Process {
        pid: std::process::id(),
        start: facts::start_of(std::process::id()).unwrap_or(0),
        boot_id: facts::boot_id(),
        pid_namespace: facts::pid_namespace(),
        host: system::host(),
    }
}

/// The user's name, as people know it.
pub fn user() -> String {
    let named = |key| std::env::var(key).ok().filter(|name| !name.is_empty());
    named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or_else(system::user_id)
}

/// Why a command could not be started, with the code that shells use for it.
fn not_started(program: &str, error: &io::Error) -> Error {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::NotFound,
        io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock => Exit::Wrapper,
        _ => Exit::NotRunnable,
    };
    Error::new(exit, format!("run {program}"), error)
}

fn code_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(u8::try_from(signal).unwrap_or(0));
    }
    // Windows has codes beyond a byte; what is not 0 must not become 0.
    Exit::Command(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}
