//! Runs the command that the command line names.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};

use crate::cli::{Cli, Command};
use crate::commands::{
    check, collect, enforce, follow, history, metrics, predict, record, report, serve, snapshot, top,
};

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
            Some(Command::Collect(args)) => collect::run(&args).await,
            Some(Command::Record(args)) => record::run(args, &home).await,
            Some(Command::History(args)) => history::run(&args, &home),
            Some(Command::Metrics(args)) => metrics::run(&args, &home).await,
            Some(Command::Predict(args)) => predict::run(&args, &home),
            Some(Command::Report(args)) => report::run(&args, &home),
            Some(Command::Serve(args)) => serve::run(&args, &home).await,
            Some(Command::Top(args)) => top::run(&args, &home).await,
            Some(Command::Enforce(args)) => enforce::run(&args, &home).await,
        }
    });
    // Does not wait for threads that still read files.
    runtime.shutdown_background();
    exit
}
