//! Load, check, report.

use std::collections::HashMap;
use std::io::Write;

use drydock_common::{Error, Exit, now, print, print_json};

use crate::cli::{BudgetArgs, CheckArgs, Cli, Command, Expected, Format, Inputs};
use crate::facts::budget::Budget;
use crate::load::{Request, load};
use crate::model::Project;
use crate::policy::{DEFAULT_BUDGET, Policy, environment_of};
use crate::report::{Report, Verdict};
use crate::rules::{self, Finding};
use crate::source::Sources;
use crate::words::words;
use crate::{budget_table, catalogue, github, sarif};

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match &cli.command {
        None => check(&cli.check),
        Some(Command::Rules(args)) if args.json => done(print_json(&catalogue::Listing::new(now()))),
        Some(Command::Rules(_)) => done(print(&catalogue::list())),
        Some(Command::Budget(args)) => show_budget(args),
        Some(Command::Explain(args)) => done(print(&catalogue::explain(&args.rule)?)),
    }
}

fn done(outcome: Result<(), Error>) -> Result<Exit, Error> {
    outcome.map(|()| Exit::Done)
}

/// Checks the files that the command line names.
fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let project = load(&request(&args.inputs))?;
    let policy = policy(&args.expected, &project);
    let findings = rules::check(&project, &policy);
    let fails = findings.iter().any(|finding| finding.level >= args.fail_on.level());
    let verdict = if fails { Verdict::Fail } else { Verdict::Pass };
    let format = if args.json { Format::Json } else { args.format };
    show(format, &project.sources, &findings, verdict)?;
    Ok(verdict.exit())
}

fn show(format: Format, sources: &Sources, findings: &[Finding], verdict: Verdict) -> Result<(), Error> {
    match format {
        Format::Human => print(&for_stdout(&words(sources, findings))),
        Format::Json => print_json(&Report::new(sources, findings, verdict, now())),
        Format::Sarif => print_json(&sarif::log(sources, findings)),
        Format::Github => print(&github::annotations(sources, findings)),
    }
}

/// What the project is measured against: the command line, the project's own labels, the defaults.
fn policy(expected: &Expected, project: &Project) -> Policy {
    let defaults = Policy::default();
    let environment = expected.environment.or_else(|| environment_of(project, &defaults.label));
    Policy {
        environment: environment.unwrap_or_default(),
        budget: expected.budget.unwrap_or(defaults.budget),
        profile: expected.profile,
        named: std::env::var_os("COMPOSE_PROJECT_NAME").is_some_and(|name| !name.is_empty()),
        ..defaults
    }
}

/// Shows what the project may take of the machine's memory.
fn show_budget(args: &BudgetArgs) -> Result<Exit, Error> {
    let project = load(&request(&args.inputs))?;
    let allowed = args.budget.unwrap_or(DEFAULT_BUDGET);
    let budget = Budget::of(&project);
    if args.json {
        print_json(&budget_table::Report::new(&budget, allowed, now()))?;
    } else {
        print(&budget_table::words(&budget, allowed))?;
    }
    Ok(budget_table::verdict(&budget, allowed).exit())
}

fn request(inputs: &Inputs) -> Request {
    Request { files: inputs.files.clone(), env_files: inputs.env_files.clone(), environment: environment() }
}

/// Variables that are not text cannot stand in a Compose file.
fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Strips colours where stdout is no terminal or does not want them.
fn for_stdout(text: &str) -> String {
    let mut out = anstream::AutoStream::new(Vec::new(), anstream::AutoStream::choice(&std::io::stdout()));
    // Writing to memory does not fail.
    let _ = out.write_all(text.as_bytes());
    String::from_utf8_lossy(&out.into_inner()).into_owned()
}
