//! One error type: what could not be done, why, what to do about it, and how the tool ends.

use std::fmt;

use crate::exit::Exit;
use crate::terminal::one_line;

/// An error a person can act on. Shown as `tool: cannot …: cause` and, on a second line, `hint: …`.
///
/// Its parts may quote names and messages of others: what would break the line or the terminal is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    exit: Exit,
    action: String,
    cause: String,
    hint: Option<String>,
}

impl Error {
    /// `action` reads after "cannot": `Error::new(Exit::Failed, "read compose.yml", "no such file")`.
    pub fn new(exit: Exit, action: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { exit, action: one_line(&action.into()), cause: one_line(&cause.to_string()), hint: None }
    }

    /// File, I/O, protocol, corrupt state: exit 3.
    pub fn failed(action: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::new(Exit::Failed, action, cause)
    }

    /// Bad arguments that clap cannot see: exit 2.
    pub fn usage(action: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, action, cause)
    }

    /// Docker not reachable or not answering: exit 4.
    pub fn unavailable(action: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::new(Exit::Unavailable, action, cause)
    }

    /// Adds what the person should do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(one_line(&hint.into()));
        self
    }

    /// Ends the tool with another code: a wrapper turns its own failures into 125.
    #[must_use]
    pub fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// How the tool ends.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// The cause alone, for reports that list failures.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The hint alone.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.action, self.cause)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_one_line_and_a_hint() {
        let error = Error::failed("read a.yml", "line 1\n  line\x1b[2J 2").hint("check the path");
        assert_eq!(error.to_string(), "cannot read a.yml: line 1 line [2J 2\nhint: check the path");
        assert_eq!(error.exit(), Exit::Failed);
    }
}
