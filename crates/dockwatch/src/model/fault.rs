//! What can go wrong with a container, in words.

use evenkeel_common::terminal::{clip, one_line};
use evenkeel_common::units::show_size;

/// Characters of foreign text, such as the output of a health check, that a reason quotes.
const MAX_QUOTE: usize = 300;

/// What went wrong with a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The OOM killer ended it, or a process in it.
    OutOfMemory {
        /// Bytes; `None` is unlimited or unknown.
        limit: Option<u64>,
        /// `None` where the container goes on.
        exit_code: Option<i64>,
    },
    /// It could not be started, because somebody else listens on a host port.
    PortTaken {
        port: Option<String>,
        error: String,
    },
    /// The engine could not start it.
    CannotStart {
        error: String,
    },
    /// It ended by itself, with a code other than 0.
    Exited {
        exit_code: Option<i64>,
        restarts: u64,
        /// Bytes; `None` is unlimited or unknown.
        limit: Option<u64>,
    },
    /// Somebody stopped or killed it.
    Stopped {
        exit_code: i64,
    },
    /// Its health check fails.
    Unhealthy {
        /// How often in a row, and what the last check printed, where that is known.
        failed: Option<(u64, String)>,
    },
    /// Its health check has not passed yet.
    NeverReady {
        output: Option<String>,
    },
    Paused,
    /// It was created, but nobody started it.
    NotStarted,
}

impl Fault {
    /// The name in JSON.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::PortTaken { .. } => "port_taken",
            Self::CannotStart { .. } => "cannot_start",
            Self::Exited { .. } => "exited",
            Self::Stopped { .. } => "stopped",
            Self::Unhealthy { .. } => "unhealthy",
            Self::NeverReady { .. } => "never_ready",
            Self::Paused => "paused",
            Self::NotStarted => "not_started",
        }
    }

    /// One line that reads after the container's name.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::OutOfMemory { limit, exit_code } => out_of_memory(*limit, *exit_code),
            Self::PortTaken { port: Some(port), error } => {
                format!("could not be started: port {port} is taken ({})", quote(error))
            }
            Self::PortTaken { port: None, error } => {
                format!("could not be started: a port is taken ({})", quote(error))
            }
            Self::CannotStart { error } => format!("could not be started: {}", quote(error)),
            Self::Exited { exit_code, restarts, limit } => {
                exited(*exit_code, *restarts) + &perhaps_out_of_memory(*exit_code, *limit)
            }
            Self::Stopped { exit_code } => format!("was stopped on request, {}", code(*exit_code)),
            Self::Unhealthy { failed: Some((times, output)) } => {
                format!("is unhealthy: its check failed {times} times in a row{}", said(output))
            }
            Self::Unhealthy { failed: None } => "is unhealthy".into(),
            Self::NeverReady { output } => {
                let output = output.as_deref().map(said).unwrap_or_default();
                format!("was never ready: its health check has not passed since it was started{output}")
            }
            Self::Paused => "is paused".into(),
            Self::NotStarted => "was never started".into(),
        }
    }
}

fn out_of_memory(limit: Option<u64>, exit_code: Option<i64>) -> String {
    let limit = limit.map_or_else(
        || "it has no memory limit of its own".to_owned(),
        |limit| format!("its memory limit is {}", show_size(limit)),
    );
    match exit_code {
        Some(exit_code) => format!("ran out of memory and was killed, {}: {limit}", code(exit_code)),
        None => format!("ran out of memory and lost a process, but goes on: {limit}"),
    }
}

fn exited(exit_code: Option<i64>, restarts: u64) -> String {
    let ended = exit_code.map_or_else(|| "ended".to_owned(), |found| format!("ended with {}", code(found)));
    match restarts {
        0 => ended,
        1 => format!("{ended} and was restarted once"),
        more => format!("{ended} and was restarted {more} times"),
    }
}

/// Engines do not notice every kill by the OOM killer, and Podman 4 none.
fn perhaps_out_of_memory(exit_code: Option<i64>, limit: Option<u64>) -> String {
    match limit {
        Some(limit) if exit_code == Some(137) => {
            format!("; perhaps it ran out of memory: its memory limit is {}", show_size(limit))
        }
        _ => String::new(),
    }
}

/// The exit code, with the signal that the usual ones stand for.
fn code(exit_code: i64) -> String {
    let meaning = match exit_code {
        126 => " (not executable)",
        127 => " (command not found)",
        134 => " (SIGABRT)",
        137 => " (SIGKILL)",
        139 => " (SIGSEGV)",
        143 => " (SIGTERM)",
        _ => "",
    };
    format!("exit code {exit_code}{meaning}")
}

fn said(output: &str) -> String {
    let output = quote(output);
    if output.is_empty() { ", without any output".into() } else { format!(", at last with: {output}") }
}

fn quote(text: &str) -> String {
    clip(&one_line(text), MAX_QUOTE)
}
