//! The commands, one file each. Only here do loading, rules and output meet.

pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod config;
pub(crate) mod init;
pub(crate) mod isolate;
pub(crate) mod lsp;
pub(crate) mod options;
pub(crate) mod project;
mod settings;
