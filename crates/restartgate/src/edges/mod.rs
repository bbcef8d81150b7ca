//! The outside world: the engine, and the history with its locks.

pub(crate) mod engine;
pub(crate) mod history;
pub(crate) mod ports;
