//! The outside world: the engine, lock files, the plan file, time and signals.

pub(crate) mod build_cache;
pub(crate) mod deadline;
pub(crate) mod engine;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod image_uses;
pub(crate) mod locks;
pub(crate) mod plan_file;
pub(crate) mod remove;
mod store_lock;
