//! How many files may stay open: an engine with hundreds of containers has thousands.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files of one container, at most.
const OF_ONE: u64 = 10;
/// For everything else: connections, the terminal, the history.
const OTHERS: u64 = 100;
/// Where nothing limits them.
const PLENTY: u64 = 1 << 20;

/// Containers whose files may stay open under the limit of this process.
pub fn room() -> usize {
    usize::try_from(limit().saturating_sub(OTHERS) / OF_ONE).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(PLENTY)
}

#[cfg(not(unix))]
fn limit() -> u64 {
    PLENTY
}

/// Raises the limit as far as it goes: for a process that starts no other, which would inherit it.
#[cfg(unix)]
pub fn raise() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum.map(|maximum| maximum.min(PLENTY)).or(Some(PLENTY));
    // Where it may not be raised, fewer files stay open.
    let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
}

/// Elsewhere nothing is read from files.
#[cfg(not(unix))]
pub fn raise() {}
