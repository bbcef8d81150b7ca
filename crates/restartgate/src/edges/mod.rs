//! The outside world: the engine, and the history with its locks.

pub(crate) mod engine;
pub(crate) mod history;
mod locks;
pub(crate) mod notice;
mod podman;
pub(crate) mod ports;
mod records_of_users;
pub(crate) mod scope;
