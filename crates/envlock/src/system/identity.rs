//! Who this process is.

use evenkeel_common::clock;

use crate::model::record::Process;
use crate::system::{platform, processes};

/// Describes this process.
pub(crate) fn current_process() -> Process {
    Process {
        pid: std::process::id(),
        start: processes::start_time(std::process::id()).unwrap_or(0),
        boot_id: clock::boot_id().unwrap_or_default(),
        pid_namespace: processes::pid_namespace(),
        host: platform::host(),
    }
}

/// The user's name.
pub(crate) fn user() -> String {
    let variable = |key| std::env::var(key).ok().filter(|name| !name.is_empty());
    variable("USER")
        .or_else(|| variable("LOGNAME"))
        .or_else(|| variable("USERNAME"))
        .unwrap_or_else(platform::user_from_system)
}
