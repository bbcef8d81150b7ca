//! What a running command reports, on every system.

use evenkeel_common::Exit;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The exit code that stands for it.
    pub(crate) exit: Exit,
    /// The signal from the terminal that ended it. envlock dies of it as well, so that a calling shell script stops.
    pub(crate) by_terminal: Option<i32>,
}

impl Ending {
    /// The ending of a command that a signal kept from being started.
    pub(crate) fn cancelled(by: ReceivedSignal) -> Self {
        let exit = Exit::Signal(u8::try_from(by.signal).unwrap_or(0));
        Self { exit, by_terminal: by.from_terminal.then_some(by.signal) }
    }

    /// Whether it ended with 0.
    pub(crate) fn succeeded(self) -> bool {
        self.exit == Exit::Command(0)
    }
}

/// What a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobEvent {
    /// The command has ended.
    Ended(Ending),
    /// envlock received a signal.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has no signals"))]
    Signal(ReceivedSignal),
    /// The deadline has passed.
    Timeout,
}

/// A signal that envlock received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedSignal {
    pub(crate) signal: i32,
    /// Whether the terminal sent it: then every process of its foreground group has received it.
    pub(crate) from_terminal: bool,
}

/// A process that holds a lock file without a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outsider {
    pub(crate) pid: u32,
    /// Its command line; empty where it cannot be read.
    pub(crate) command: Vec<String>,
}
