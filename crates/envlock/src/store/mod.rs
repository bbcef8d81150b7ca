//! Files: tickets, locks, the record and the history of an environment.

pub(crate) mod env_files;
mod environment;
pub(crate) mod history;
mod mark;
pub(crate) mod ticket;
