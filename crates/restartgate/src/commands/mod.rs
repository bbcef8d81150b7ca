//! The commands, each from its arguments to an exit code.

mod admission;
mod check;
mod find;
mod gated_command;
mod heal;
mod override_breaker;
mod queries;
mod readiness_watch;
mod restart;
mod sharing;
mod wait;
mod watch;

use evenkeel_common::{Error, Exit};

use crate::cli::{Cli, Command};
use crate::model::record::Action;

/// Runs restartgate with these arguments, to its exit code.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::failed("start", e))?;
    runtime.block_on(async {
        match cli.command {
            None if cli.restart.command.is_empty() => restart::restart(&cli.restart).await,
            None => gated_command::gated_command(&cli.restart).await,
            Some(Command::Check(args)) => check::check(&args).await,
            Some(Command::Wait(args)) => wait::wait(&args).await,
            Some(Command::Heal(args)) => heal::heal(&args).await,
            Some(Command::Status(args)) => queries::status(&args),
            Some(Command::History(args)) => queries::history(&args),
            Some(Command::Stats(args)) => queries::stats(&args),
            Some(Command::Explain(args)) => queries::explain(&args),
            Some(Command::Trip(args)) => override_breaker::override_breaker(&args, Action::Trip).await,
            Some(Command::Reset(args)) => override_breaker::override_breaker(&args, Action::Reset).await,
        }
    })
}
