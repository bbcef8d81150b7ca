//! The story of the tool: which command does what the command line asks for.

use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::{Cli, Command};
use crate::commands;
use crate::output::rules;

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match &cli.command {
        None => commands::check::check(&cli.check),
        Some(Command::Rules(args)) if args.json => done(print_json(&rules::Listing::new(now()))),
        Some(Command::Rules(_)) => done(print(&rules::list())),
        Some(Command::Explain(args)) => done(print(&rules::explain(&args.rule)?)),
        Some(Command::Budget(args)) => commands::budget::budget(args),
        Some(Command::Compare(args)) => commands::compare::compare(args),
        Some(Command::Config(args)) => commands::config::config(args),
    }
}

fn done(outcome: Result<(), Error>) -> Result<Exit, Error> {
    outcome.map(|()| Exit::Done)
}
