//! What every evenkeel tool shares: exit codes, errors with a hint, JSON on stdout, sizes and durations,
//! state on disk, and (feature `docker`) a connection to the engine with a deadline on every call.
//!
//! It takes nothing that only one tool uses.

#[cfg(feature = "docker")]
pub mod docker;
mod error;
mod exit;
pub mod journal;
pub mod manual;
mod output;
pub mod state;
pub mod units;

pub use error::Error;
pub use exit::Exit;
pub use jiff::Timestamp;
pub use output::{Verbosity, main_with, print, print_json};

/// musl's own allocator goes to the system for nearly every piece: it doubles the time of a short command.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Version of the whole family: goes into `tool_version` of every JSON object.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Reads the wall clock, cut to milliseconds, as every record and JSON object carries it.
///
/// Wall time is for display and for ages; deadlines use [`std::time::Instant`].
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
