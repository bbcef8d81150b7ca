//! This machine: its ports, and the file in which projects reserve them.

pub(crate) mod lease;
pub(crate) mod ports;
