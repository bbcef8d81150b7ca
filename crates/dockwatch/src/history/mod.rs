//! Recorded runs and samples.

pub mod predict;
pub mod scorecard;
pub mod store;
