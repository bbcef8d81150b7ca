//! What envlock does for each form of its command line.

mod break_lock;
mod hold;
mod queries;

use evenkeel_common::{Error, Exit};

use crate::cli::{Action, Cli};

/// Does what the command line asks for, and returns how envlock ends.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match cli.action {
        Some(Action::Status(args)) => queries::status(&args),
        Some(Action::History(args)) => queries::history(&args),
        Some(Action::Held(args)) => queries::held(&args),
        Some(Action::Break(args)) => break_lock::break_lock(args),
        None => hold::hold(&cli.hold),
    }
}
