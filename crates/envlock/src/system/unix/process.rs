//! Processes on Unix: sending signals to them, becoming one, preparing one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use evenkeel_common::state::shared::user_name;
use evenkeel_common::{Error, Exit, child};
use rustix::process::{Pid, Signal};

/// Replaces this process by the command; returns only if that fails.
pub(crate) fn exec(mut command: Command) -> Result<Exit, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    Err(child::cannot_start(&program, &command.exec()))
}

/// A command line for the shell.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// Our stderr, for a child to write to.
pub(crate) fn stderr_for_child() -> Result<Stdio, Error> {
    let copy = io::stderr().as_fd().try_clone_to_owned();
    copy.map(Stdio::from).map_err(|e| Error::failed("copy stderr", e))
}

/// Sends SIGTERM, and SIGCONT so that a stopped process receives it.
pub(crate) fn terminate(pid: u32) {
    send(pid, Signal::TERM);
    send(pid, Signal::CONT);
}

/// Sends SIGKILL.
pub(crate) fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = pid_of(pid) {
        // An error means that it has ended.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

pub(super) fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The machine's name.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The user, where no variable names one.
pub(crate) fn user_from_system() -> String {
    user_name(rustix::process::geteuid().as_raw())
}
