//! What a collection has saved, and what it could not.

/// What was saved of one container. Names are relative to the collection's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedFiles {
    pub(crate) log: Option<SavedLog>,
    pub(crate) inspect: Option<String>,
    /// `None` without a health check, too.
    pub(crate) health: Option<String>,
}

/// A saved log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedLog {
    pub(crate) name: String,
    /// Whether its middle is missing.
    pub(crate) is_cut: bool,
    pub(crate) last_lines: String,
}

/// Something that could not be collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Such as `logs of db`.
    pub(crate) what: String,
    pub(crate) cause: String,
}
