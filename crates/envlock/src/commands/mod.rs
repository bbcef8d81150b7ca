//! What envlock does for each form of its command line.

mod break_lock;
mod down;
mod hold;
#[cfg(target_os = "linux")]
mod hold_remote;
mod queries;
mod sweep;
mod via;
mod waiting;

use evenkeel_common::{Error, Exit};

use crate::cli::{Action, Cli};
use crate::model::via::Via;

/// Does what the command line asks for, and returns how envlock ends.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match cli.action {
        Some(Action::Status(args)) => queries::status(&args),
        Some(Action::History(args)) => queries::history(&args),
        Some(Action::Held(args)) => queries::held(&args),
        Some(Action::Break(args)) => break_lock::break_lock(args),
        Some(Action::Down(args)) => down::down(&args).map_err(as_wrapper_failure),
        Some(Action::Sweep(args)) => sweep::sweep(&args),
        None => match via::of_hold(&cli.hold)? {
            Via::Local => hold::hold(&cli.hold),
            Via::Store(url) => via::hold(&cli.hold, &url),
        },
    }
}

/// Failures of envlock itself must not look like exit codes of what it runs.
fn as_wrapper_failure(error: Error) -> Error {
    if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error }
}
