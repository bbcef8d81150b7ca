//! The operating system: file locks, processes, signals. Code that differs between systems is here and nowhere else.

mod identity;
mod job;
pub(crate) mod kernel_lock;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
#[cfg(not(target_os = "linux"))]
pub(crate) mod no_proc_fs;
#[cfg(target_os = "linux")]
pub(crate) mod proc_fs;
#[cfg(unix)]
pub(crate) mod unix;
#[cfg(windows)]
pub(crate) mod windows;

pub(crate) use identity::{current_process, user};
pub(crate) use job::{Ending, JobEvent, Outsider};
#[cfg(not(target_os = "linux"))]
pub(crate) use no_proc_fs as processes;
#[cfg(target_os = "linux")]
pub(crate) use proc_fs as processes;
#[cfg(unix)]
pub(crate) use unix as platform;
#[cfg(windows)]
pub(crate) use windows as platform;
