//! The exit codes of all tools.

use std::process::ExitCode;

/// How a tool ends. The numbers are a public contract; a test pins them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or the verdict is yes.
    Done,
    /// It worked and the verdict is no.
    No,
    /// The arguments are invalid.
    Usage,
    /// Could not decide or act: file, I/O, protocol, corrupt state.
    Failed,
    /// Docker is not reachable, or does not answer within the deadline.
    Unavailable,
    /// Some actions failed; the report lists each.
    Partial,
    /// The gate is open (circuit tripped): retrying is useless until it closes.
    Open,
    /// Busy: try again later.
    Busy,
    /// A wrapper's own failure.
    Wrapper,
    /// The command was found and cannot be run.
    NotRunnable,
    /// The command was not found.
    NotFound,
    /// The command, or the tool itself, died of this signal.
    Signal(u8),
    /// The wrapped command's own code, passed through.
    Command(u8),
}

impl Exit {
    /// Every code with a fixed number, in rising order: the table that man pages and help are made from.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::No,
        Self::Usage,
        Self::Failed,
        Self::Unavailable,
        Self::Partial,
        Self::Open,
        Self::Busy,
        Self::Wrapper,
        Self::NotRunnable,
        Self::NotFound,
    ];

    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Unavailable => 4,
            Self::Partial => 5,
            // EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h.
            Self::Open => 69,
            Self::Busy => 75,
            // As env(1), timeout(1) and the shell have them.
            Self::Wrapper => 125,
            Self::NotRunnable => 126,
            Self::NotFound => 127,
            Self::Signal(n) => 128_u8.saturating_add(n),
            Self::Command(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_pinned() {
        let numbers: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 69, 75, 125, 126, 127]);
        assert_eq!(Exit::Signal(15).code(), 143);
        assert_eq!(Exit::Command(7).code(), 7);
    }
}
