//! The error of a load.

use std::fmt;

use evenkeel_common::Error;

use crate::source::{Sources, Span, SpannedError};

/// Why a project cannot be loaded.
#[derive(Debug)]
pub struct LoadError {
    /// The error as the tool shows it.
    pub(crate) error: Error,
    /// The position of the mistake and the files read so far, where the mistake is in a file.
    pub(crate) located: Option<(SpannedError, Sources)>,
}

impl LoadError {
    /// The value that is wrong because a variable is not set.
    pub(super) fn unset(&self) -> Option<Span> {
        self.located.as_ref().map(|(error, _)| error).filter(|error| error.is_unset).map(|error| error.span)
    }
}

impl From<Error> for Box<LoadError> {
    fn from(error: Error) -> Self {
        Self::new(LoadError { error, located: None })
    }
}

impl From<Box<LoadError>> for Error {
    fn from(failure: Box<LoadError>) -> Self {
        failure.error
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
