//! Why a call failed.

use std::fmt;
use std::time::Duration;

use crate::error::Error;

use super::unreachable::Unreachable;

/// Why a call to the engine failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The engine answered with an HTTP error.
    Status {
        /// Status code of the HTTP response.
        code: u16,
        /// The engine's own message.
        message: String,
    },
    /// No answer within this time.
    TimedOut(Duration),
    /// No connection, or one that broke.
    Unreachable(Unreachable),
    /// The answer could not be understood.
    Protocol(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code, message } => write!(f, "{message} (HTTP {code})"),
            Self::TimedOut(limit) => write!(f, "no answer within {}", humantime::format_duration(*limit)),
            Self::Unreachable(why) => why.fmt(f),
            Self::Protocol(cause) => f.write_str(cause),
        }
    }
}

impl CallError {
    /// The HTTP status, where the engine gave one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// What a person should do, where the engine is gone or hangs.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::TimedOut(_) => Some(
                "the engine hangs: try 'docker ps' and 'docker network ls', then restart it; where it is far away, raise --call-timeout",
            ),
            Self::Unreachable(why) => Some(&why.hint),
            Self::Status { .. } | Self::Protocol(_) => None,
        }
    }

    /// Turns it into the tool's error: 4 where the engine is gone or hangs, 3 otherwise.
    pub fn into_error(self, action: impl Into<String>) -> Error {
        match self.hint() {
            Some(hint) => Error::unavailable(action, &self).hint(hint),
            None => Error::failed(action, self),
        }
    }
}
