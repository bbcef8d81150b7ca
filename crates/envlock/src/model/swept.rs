//! What a sweep did with an environment.

use serde::Serialize;

/// What a sweep did with an environment, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) reason: String,
    /// Of the take-down that was run.
    pub(crate) exit_code: Option<u8>,
}

impl Swept {
    pub(crate) fn new(name: &str, action: Action, reason: &str) -> Self {
        Self { name: name.to_owned(), action, reason: reason.to_owned(), exit_code: None }
    }
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    TakenDown,
    /// In a dry run.
    WouldTakeDown,
    /// Its take-down failed.
    Failed,
    /// It is kept.
    Kept,
    /// Its lock is held, or waited for.
    InUse,
    /// It must not, or cannot be taken down.
    Skipped,
    NothingUp,
}

impl Action {
    /// The word for it in messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TakenDown => "taken down",
            Self::WouldTakeDown => "would be taken down",
            Self::Failed => "its take-down failed",
            Self::Kept => "kept",
            Self::InUse => "in use",
            Self::Skipped => "skipped",
            Self::NothingUp => "nothing is up",
        }
    }
}
