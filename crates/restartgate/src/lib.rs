//! restartgate decides about every restart of a service, with one history that all processes of the machine share.
//!
//! Imports run one way: `commands` (look, ask the gate, restart, report) → `output` → `decide` (pure: the state of a
//! service from its history, the gate, health) → `edges` (engine, history file and locks) → `model`.

pub mod cli;
mod commands;
mod decide;
mod edges;
#[cfg(fuzzing)]
pub mod fuzzing;
mod manual;
mod model;
mod output;

pub use commands::run;
// For tests that fill a history quickly.
pub use edges::history::History;
pub use model::record::{Action, Record, Service};
