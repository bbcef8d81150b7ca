//! The least that a wrapper does: it starts a command and waits for it. `make bench` shows what that takes beside envlock.

use std::env;
use std::process::{Command, ExitCode};

/// Runs its arguments, and ends with their exit code; 127 where they cannot be run.
fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let status = words.next().and_then(|program| Command::new(program).args(words).status().ok());
    ExitCode::from(
        status.map_or(127, |status| status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
    )
}
