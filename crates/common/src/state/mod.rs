//! State on disk: where it lives, files that are opened safely, journals and lock files.

mod home;
pub mod journal;
pub mod lock_file;
mod lock_mode;
mod private;
pub mod shared;

pub use home::{Home, StateDir, parse_name};
pub use private::open;
