//! dockwatch measures what Docker uses, judges how much of a budget that is, and records it.
//!
//! Imports run one way: `run` → `commands` → `output`, `top`, `measure`, `collect`, `programs` → `api`, `history`,
//! `decide`, `cli` → `model`.

mod api;
pub mod cli;
mod collect;
mod commands;
mod decide;
#[cfg(fuzzing)]
pub mod fuzzing;
mod history;
mod manual;
mod measure;
mod model;
mod output;
mod programs;
mod run;
mod top;

pub use run::run;
