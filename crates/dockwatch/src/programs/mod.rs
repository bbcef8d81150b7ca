//! Other tools of the suite, which are run as programs.

pub(crate) mod envlock;
pub(crate) mod restartgate;

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

/// Path of a tool: the one beside this program, else one in PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().map(|path| path.with_file_name(format!("{name}{EXE_SUFFIX}")));
    beside.filter(|path| path.is_file()).or_else(|| which::which(name).ok())
}
