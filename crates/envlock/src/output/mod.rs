//! What people and machines read.

#[cfg(target_os = "linux")]
pub(crate) mod doctor;
pub(crate) mod json;
pub(crate) mod text;
