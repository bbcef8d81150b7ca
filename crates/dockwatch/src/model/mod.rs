//! Facts.

pub mod container;
pub mod level;
pub mod scope;
