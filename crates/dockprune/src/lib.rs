//! dockprune removes what a scope left behind, and nothing else.
//!
//! Imports run one way: `commands` (gather, decide, act, report) → `output` → [`decide`] (pure: each resource in scope
//! gets a decision with a reason) → `edges` (engine, locks, plan file, deadline) → [`model`].

pub mod cli;
mod commands;
pub mod decide;
mod edges;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod model;
mod output;
#[cfg(test)]
mod testing;

pub use commands::run;
