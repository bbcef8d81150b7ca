//! One file a subcommand: measure, decide, act and report meet here and nowhere else.

mod check;
mod enforce;
mod follow;
mod history;
mod metrics;
mod predict;
mod record;
mod report;
mod snapshot;
mod top;

use std::io::Write as _;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, Timestamp, now};

use crate::cli::{Cli, Command};

/// In commands that show samples, the engine is asked this often even without events, so that one that hangs is
/// noticed.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let home = Home::from_env()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed("start the async runtime", e))?;
    let exit = runtime.block_on(async {
        match cli.command {
            None if cli.snapshot.follow => follow::run(&cli.snapshot, &home).await,
            None => snapshot::run(&cli.snapshot, &home).await,
            Some(Command::Check(args)) => check::run(&args, &home).await,
            Some(Command::Record(args)) => record::run(args, &home).await,
            Some(Command::History(args)) => history::run(&args, &home),
            Some(Command::Metrics(args)) => metrics::run(&args, &home).await,
            Some(Command::Predict(args)) => predict::run(&args, &home),
            Some(Command::Report(args)) => report::run(&args, &home),
            Some(Command::Top(args)) => top::run(&args, &home).await,
            Some(Command::Enforce(args)) => enforce::run(&args, &home).await,
        }
    });
    // Does not wait for threads that still read files.
    runtime.shutdown_background();
    exit
}

/// The moment from which on records are wanted.
fn since(age: Option<Duration>) -> Option<Timestamp> {
    age.and_then(|age| now().checked_sub(age).ok())
}

/// Writes a message to stderr. It is lost where stderr is closed.
fn report_message(text: &str) {
    let _ = writeln!(std::io::stderr(), "dockwatch: {text}");
}
