//! Records of the history, what is known of containers, and limits.

pub(crate) mod container;
pub(crate) mod definition;
pub(crate) mod engine_kind;
pub(crate) mod limits;
pub(crate) mod record;
pub(crate) mod record_line;
pub(crate) mod scope;
