//! The state directory that the users of a machine share (Linux only).
//!
//! `locks/` and `restarts/` in it belong to root and have the sticky bit: everybody may create files, and only their owner
//! and root may remove or rename them. In both the file `.guard` belongs to root and stays: each lock is a byte of it.
//!
//! `locks/` has no directories below it, which their owner could replace by a link. Lock files may be written by all, other
//! files only by their owner. The owner of a lock file can remove it while others hold it; so the byte is locked too.
//!
//! `restarts/` has one directory a user, whose files all may read; nothing is looked up through its name, which its owner
//! can give to a link. Locks have no files there: only the byte counts.

#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod guard;
#[cfg(not(target_os = "linux"))]
mod nowhere;
#[cfg(target_os = "linux")]
mod user_directory;

#[cfg(target_os = "linux")]
pub use files::{create, create_unnamed, is_shared, open_foreign, open_guard, open_lock};
#[cfg(target_os = "linux")]
pub use guard::Guard;
#[cfg(not(target_os = "linux"))]
pub use nowhere::{
    Guard, create, create_unnamed, is_shared, open_foreign, open_guard, open_in_user_directory, open_lock,
    own_directory, user_directories,
};
#[cfg(target_os = "linux")]
pub use user_directory::{open_in_user_directory, own_directory, user_directories};

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

impl Sharing {
    /// For people: whose a directory is.
    pub const fn text(self) -> &'static str {
        match self {
            Self::OneUser => "of this user alone",
            Self::AllUsers => "shared by all users",
        }
    }
}

/// The user who runs this process, by number; 0 where there are none.
pub fn current_user() -> u32 {
    #[cfg(unix)]
    return rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    0
}

/// The name of a user: from /etc/passwd, else the number.
pub fn user_name(number: u32) -> String {
    let number = number.to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let named = users.find(|user| user.get(2) == Some(&number.as_str()));
    named.and_then(|user| user.first().map(ToString::to_string)).unwrap_or(number)
}
