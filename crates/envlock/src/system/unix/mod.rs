//! Unix.

mod alarm;
mod job;
mod process;
mod signals;
#[cfg(target_os = "linux")]
mod spawn;
mod timer;

pub(crate) use alarm::Alarm;
pub(crate) use evenkeel_common::state::shared::user_name;
pub(crate) use job::Job;
pub(crate) use process::{exec, host, kill, shell, stderr_for_child, terminate, user_from_system};
pub(crate) use signals::{SignalForwarder, block_all_signals, reraise};
