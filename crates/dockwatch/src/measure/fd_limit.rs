//! How many counter files may stay open: an engine with hundreds of containers has thousands.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files of one container, at most.
const FILES_PER_CONTAINER: u64 = 10;
/// Descriptors for everything else: connections, the terminal, the history.
const RESERVED: u64 = 100;
/// Assumed where there is no limit.
const UNLIMITED: u64 = 1 << 20;

/// Number of containers whose files may stay open under this process's limit of open files.
pub(super) fn max_open_containers() -> usize {
    usize::try_from(limit().saturating_sub(RESERVED) / FILES_PER_CONTAINER).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED)
}

#[cfg(not(unix))]
fn limit() -> u64 {
    UNLIMITED
}

/// Raises the soft limit of open files to the hard limit. Not for commands that start others, which would inherit it.
#[cfg(unix)]
pub(crate) fn raise() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum.map(|maximum| maximum.min(UNLIMITED)).or(Some(UNLIMITED));
    // If this fails, fewer files stay open.
    let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
}

/// Elsewhere no files are read.
#[cfg(not(unix))]
pub(crate) fn raise() {}
