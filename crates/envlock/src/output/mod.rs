//! What people and machines read.

pub(crate) mod json;
pub(crate) mod text;
