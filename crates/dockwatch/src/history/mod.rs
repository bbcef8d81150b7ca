//! Recorded runs and samples, and what can be concluded from them.

pub(crate) mod activity;
pub(crate) mod image_uses;
pub(crate) mod predict;
pub(crate) mod records;
pub(crate) mod run_stats;
pub(crate) mod scorecard;
pub(crate) mod store;
