//! What every evenkeel tool shares: exit codes, errors with a hint, JSON on stdout, sizes and durations, state on disk,
//! files that are replaced as a whole, text that is safe for a terminal.
//!
//! Feature `docker` adds a connection to the engine with a deadline on every call, and child processes and signals on
//! tokio; feature `table` adds tables. envlock uses neither and composecheck only the latter. It takes nothing that only one
//! tool uses.

mod boot_timestamp;
pub mod child;
pub mod clock;
#[cfg(feature = "docker")]
pub mod docker;
mod error;
mod exit;
pub mod files;
mod hash;
pub mod manual;
mod output;
#[cfg(feature = "docker")]
pub mod signals;
pub mod state;
mod stats;
#[cfg(feature = "table")]
pub mod table;
pub mod terminal;
pub mod units;

pub use boot_timestamp::BootTimestamp;
pub use clock::{now, to_milliseconds};
pub use error::Error;
pub use exit::Exit;
pub use hash::fnv1a;
pub use jiff::Timestamp;
pub use output::{Verbosity, main_with, print, print_json};
pub use stats::percentile;

/// musl's own allocator goes to the system for nearly every piece: it doubles the time of a short command.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Version of the whole family: goes into `tool_version` of every JSON object.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `--version` prints: the version, and the commit where the build says it (`scripts/dist`, `scripts/release`).
pub const BUILD: &str = match option_env!("EVENKEEL_BUILD") {
    Some(build) => build,
    None => VERSION,
};
