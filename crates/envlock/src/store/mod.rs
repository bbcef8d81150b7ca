//! Files: tickets, locks and the history of an environment.

pub(crate) mod env_files;
pub(crate) mod history;
pub(crate) mod ticket;
