//! `envlock` holds a named environment lock around a command.
//!
//! Who wants a lock takes a ticket and waits for those ahead of it; the kernel proves which tickets' owners are alive.
//! Then it locks the file that flock(1) users lock too.
//!
//! Imports run one way: `commands` → `session` → `output` → `lock` → `remote` → `hold` → `store` → `system` → `model`.

pub mod cli;
mod commands;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hold;
mod lock;
mod manual;
mod model;
mod output;
#[cfg(target_os = "linux")]
mod remote;
mod session;
mod store;
mod system;

pub use commands::run;
