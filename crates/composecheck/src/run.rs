//! Dispatches the command line to its command.

use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::{Cli, Command, RulesArgs};
use crate::commands;
use crate::output::rules;

/// Runs the command that the command line names.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match &cli.command {
        None => commands::check::check(&cli.check),
        Some(Command::Rules(args)) => list_rules(args),
        Some(Command::Explain(args)) => print(&rules::explain(&args.rule)?).map(|()| Exit::Done),
        Some(Command::Budget(args)) => commands::budget::budget(args),
        Some(Command::Compare(args)) => commands::compare::compare(args),
        Some(Command::Config(args)) => commands::config::config(args),
        Some(Command::Project(args)) => commands::project::project(args),
        Some(Command::Isolate(args)) => commands::isolate::isolate(args),
        Some(Command::Lsp(args)) => commands::lsp::lsp(args),
        Some(Command::Options(args)) => commands::options::options(args),
        Some(Command::Init(args)) => commands::init::init(args),
    }
}

fn list_rules(args: &RulesArgs) -> Result<Exit, Error> {
    if args.json {
        print_json(&rules::RulesJson::new(now()))?;
    } else {
        print(&rules::list())?;
    }
    Ok(Exit::Done)
}
