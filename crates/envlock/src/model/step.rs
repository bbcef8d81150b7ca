//! The steps of a run under a lock.

/// Name of the variable that says which step of which ticket a process belongs to.
pub(crate) const STEP_VAR: &str = "ENVLOCK_STEP";

/// Name of the variable that tells an `--after` command how the command ended.
pub(crate) const EXIT_VAR: &str = "ENVLOCK_EXIT";

/// What a process is started for. It decides how signals reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Has its own process group, so that no key reaches it directly: envlock passes every signal on, once.
    Setup,
    /// Runs instead of a set-up, and like one.
    Reuse,
    /// Gets keys from the terminal and other signals from envlock.
    Command,
    /// Runs after the command, and like a take-down.
    After,
    /// Has its own process group and ignores the signals that ask a process to stop.
    Teardown,
}

impl Step {
    /// The word for it in [`STEP_VAR`].
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Reuse => "reuse",
            Self::Command => "command",
            Self::After => "after",
            Self::Teardown => "teardown",
        }
    }

    /// The word for it in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Setup => "set-up",
            Self::Reuse => "--reuse command",
            Self::Command => "command",
            Self::After => "--after command",
            Self::Teardown => "take-down",
        }
    }

    /// Whether no signal reaches it, and nothing but its limit ends it.
    pub(crate) const fn is_shielded(self) -> bool {
        matches!(self, Self::After | Self::Teardown)
    }
}
