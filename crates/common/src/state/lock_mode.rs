//! The two ways to lock a file.

/// How a file is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// By one alone.
    Exclusive,
    /// By any number.
    Shared,
}
