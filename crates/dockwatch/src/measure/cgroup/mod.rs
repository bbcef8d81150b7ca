//! cgroups.

pub mod reader;
