//! The steps of a run under a lock.

/// Name of the variable that says which step of which ticket a process belongs to.
pub(crate) const STEP_VAR: &str = "ENVLOCK_STEP";

/// What a process is started for. It decides how signals reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Has its own process group, so that no key reaches it directly: envlock passes every signal on, once.
    Setup,
    /// Gets keys from the terminal and other signals from envlock.
    Command,
    /// Has its own process group and ignores the signals that ask a process to stop.
    Teardown,
}

impl Step {
    /// The word for it in [`STEP_VAR`].
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Command => "command",
            Self::Teardown => "teardown",
        }
    }

    /// The word for it in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Setup => "set-up",
            Self::Command => "command",
            Self::Teardown => "take-down",
        }
    }
}
