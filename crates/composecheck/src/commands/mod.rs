//! The commands: each gathers, decides and reports.

pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod config;
mod settings;
