//! The state directory that the users of a machine share (Linux only).
//!
//! `locks/` in it belongs to root and has the sticky bit: everybody may create files, and only their owner and root may
//! remove or rename them. There are no directories below it, which their owner could replace by a link. Lock files may be
//! written by all, other files only by their owner. The owner of a lock file can remove it while others hold it; so every
//! lock has a byte in the file `.guard` too, which belongs to root and stays.

#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod guard;
#[cfg(not(target_os = "linux"))]
mod nowhere;

#[cfg(target_os = "linux")]
pub use files::{create, create_unnamed, is_shared, open_foreign, open_lock};
#[cfg(target_os = "linux")]
pub use guard::Guard;
#[cfg(not(target_os = "linux"))]
pub use nowhere::{Guard, create, create_unnamed, is_shared, open_foreign, open_lock};

/// The shared state directory of a machine, where it has been set up.
pub const DIRECTORY: &str = "/var/lib/evenkeel";

/// Name of the file with a byte for each lock.
#[cfg(target_os = "linux")]
const GUARD: &str = ".guard";

/// Who uses a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One user; nobody else may enter it.
    OneUser,
    /// Users who need not trust each other.
    AllUsers,
}

/// The user who runs this process, by number; 0 where there are none.
pub fn current_user() -> u32 {
    #[cfg(unix)]
    return rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    0
}
