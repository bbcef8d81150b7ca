//! What envlock does for each form of its command line.

mod break_lock;
#[cfg(target_os = "linux")]
mod break_remote;
#[cfg(target_os = "linux")]
mod doctor;
mod down;
mod hold;
mod local_place;
mod place;
mod queries;
#[cfg(target_os = "linux")]
mod queries_remote;
#[cfg(target_os = "linux")]
mod remote_place;
mod sweep;
mod via;
mod waiting;

use evenkeel_common::{Error, Exit};

use crate::cli::{AccessArgs, Action, Cli};
use crate::model::via::Via;

/// Does what the command line asks for, and returns how envlock ends.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match cli.action {
        Some(Action::Status(args)) => match via::chosen(args.via.as_ref(), &args.access)? {
            Via::Local => queries::status(&args),
            Via::Store(url) => via::status(&args, &url),
        },
        Some(Action::History(args)) => match via::chosen(args.via.as_ref(), &args.access)? {
            Via::Local => queries::history(&args),
            Via::Store(url) => via::history(&args, &url),
        },
        Some(Action::Held(args)) => match via::chosen(None, &AccessArgs::default())? {
            Via::Local => queries::held(&args),
            Via::Store(url) => via::held(&args, &url),
        },
        Some(Action::Break(args)) => match via::chosen(args.via.as_ref(), &args.access)? {
            Via::Local => break_lock::break_lock(args),
            Via::Store(url) => via::break_lock(args, &url),
        },
        Some(Action::Doctor(args)) => match via::chosen(args.via.as_ref(), &args.access)? {
            Via::Local => Err(no_store()),
            Via::Store(url) => via::doctor(&args, &url),
        },
        Some(Action::Down(args)) => down::down(&args).map_err(as_wrapper_failure),
        Some(Action::Sweep(args)) => {
            via::refuse_store("sweep")?;
            sweep::sweep(&args)
        }
        None => hold::hold(&cli.hold, &cli.store),
    }
}

fn no_store() -> Error {
    Error::usage("examine a store", "none is named").hint("name it with --via or ENVLOCK_VIA")
}

/// Failures of envlock itself must not look like exit codes of what it runs.
fn as_wrapper_failure(error: Error) -> Error {
    if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error }
}
