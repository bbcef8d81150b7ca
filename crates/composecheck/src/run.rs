//! Load, check, report.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::{
    BudgetArgs, Cli, Command, CompareArgs, ConfigArgs, ConfigFormat, Configured, Expected, Inputs,
};
use crate::config::{Config, Threshold};
use crate::facts::budget::Budget;
use crate::judge::{Law, judge_pair};
use crate::load::{Request, load};
use crate::model::Project;
use crate::policy::{DEFAULT_BUDGET, DEFAULT_LABEL, Policy, environment_of};
use crate::report::verdict;
use crate::rules::{Level, Pair};
use crate::source::{FileId, Source, Sources};
use crate::words::{Paint, words};
use crate::{budget_table, catalogue, check, compare, compare_table, config, origins, rendered};

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match &cli.command {
        None => check::check(&cli.check),
        Some(Command::Rules(args)) if args.json => done(print_json(&catalogue::Listing::new(now()))),
        Some(Command::Rules(_)) => done(print(&catalogue::list())),
        Some(Command::Budget(args)) => show_budget(args),
        Some(Command::Compare(args)) => compare(args),
        Some(Command::Config(args)) => done(show_project(args)),
        Some(Command::Explain(args)) => done(print(&catalogue::explain(&args.rule)?)),
    }
}

fn done(outcome: Result<(), Error>) -> Result<Exit, Error> {
    outcome.map(|()| Exit::Done)
}

/// Prints the merged project.
fn show_project(args: &ConfigArgs) -> Result<(), Error> {
    let project = load(&request(&args.inputs))?;
    match args.format {
        ConfigFormat::Origins => print(&origins::list(&project)),
        ConfigFormat::Json => print_json(&rendered::render(&project)?),
    }
}

/// Shows what differs between two environments.
fn compare(args: &CompareArgs) -> Result<Exit, Error> {
    let side = |file: &Path| {
        let files = args.files.iter().cloned().chain([file.to_owned()]).collect();
        Inputs { files, env_files: args.env_files.clone(), profiles: args.profiles.clone() }
    };
    let (first, second) = (side(&args.first), side(&args.second));
    let configured = configuration(&args.configured, &second)?;
    let (first, second) = compare::join(load(&request(&first))?, load(&request(&second))?);
    let pair = Pair { first: &first, second: &second };
    let names = names(&second.sources, configured.path.as_deref());
    let policy = Policy::default();
    let law = Law { policy: &policy, config: &configured.config, config_file: None, names: &names };
    let outcome = judge_pair(&pair, &law);
    let verdict = verdict(&outcome.findings, threshold(args.fail_on, &configured.config));
    let differences = compare::differences(&first, &second);
    let (one, two) = (args.first.display().to_string(), args.second.display().to_string());
    if args.json {
        let report =
            compare_table::Report::new([&one, &two], &second.sources, &differences, &outcome, verdict, now());
        print_json(&report)?;
    } else {
        let table = compare_table::words([&one, &two], &differences);
        print(&(table + &words(&second.sources, &outcome, paint())))?;
    }
    Ok(verdict.exit())
}

pub(crate) fn threshold(asked: Option<Threshold>, config: &Config) -> Level {
    asked.or(config.fail_on).unwrap_or(Threshold::Error).level()
}

pub(crate) fn configuration(configured: &Configured, inputs: &Inputs) -> Result<config::Loaded, Error> {
    config::load(configured.config.as_deref(), inputs.files.first().map(PathBuf::as_path))
}

/// The configuration's ignores are shown where they are written, so its file becomes one of the project's.
pub(crate) fn add_configuration(sources: &mut Sources, configured: &config::Loaded) -> Option<FileId> {
    let path = configured.path.as_ref().filter(|_| !configured.config.ignore.is_empty())?;
    Some(sources.add(path.display().to_string(), configured.text.clone()))
}

/// The files as the configuration's patterns see them: from its folder, with slashes.
pub(crate) fn names(sources: &Sources, configuration: Option<&Path>) -> Vec<String> {
    let folder = configuration.and_then(|path| std::path::absolute(path).ok()?.parent().map(Path::to_owned));
    let name = |source: &Source| {
        let path = std::path::absolute(&source.path).ok();
        let below =
            path.as_ref().zip(folder.as_ref()).and_then(|(path, folder)| path.strip_prefix(folder).ok());
        below.map_or_else(|| source.path.clone(), |path| path.display().to_string()).replace('\\', "/")
    };
    sources.all().iter().map(name).collect()
}

/// What the project is measured against: the command line, the configuration, its own labels, the defaults.
pub(crate) fn policy(expected: &Expected, config: &Config, project: &Project) -> Policy {
    let label = config.label.clone().unwrap_or_else(|| DEFAULT_LABEL.to_owned());
    let environment = expected.environment.or(config.env).or_else(|| environment_of(project, &label));
    let environment = environment.unwrap_or_default();
    let ports = config.ports.get(&environment);
    Policy {
        environment,
        label,
        budget: allowed(expected.budget, config),
        profile: expected.profile.or(config.profile),
        ports: ports.map(|ranges| ranges.iter().map(|range| range.0).collect()),
        named: std::env::var_os("COMPOSE_PROJECT_NAME").is_some_and(|name| !name.is_empty()),
    }
}

fn allowed(asked: Option<u64>, config: &Config) -> u64 {
    asked.or(config.budget.map(|size| size.0)).unwrap_or(DEFAULT_BUDGET)
}

/// Shows what the project may take of the machine's memory.
fn show_budget(args: &BudgetArgs) -> Result<Exit, Error> {
    let configured = configuration(&args.configured, &args.inputs)?;
    let project = load(&request(&args.inputs))?;
    let allowed = allowed(args.budget, &configured.config);
    let budget = Budget::of(&project);
    if args.json {
        print_json(&budget_table::Report::new(&budget, allowed, now()))?;
    } else {
        print(&budget_table::words(&budget, allowed))?;
    }
    Ok(budget_table::verdict(&budget, allowed).exit())
}

pub(crate) fn request(inputs: &Inputs) -> Request {
    Request {
        files: inputs.files.clone(),
        env_files: inputs.env_files.clone(),
        environment: environment(),
        profiles: inputs.profiles.clone(),
        ..Request::default()
    }
}

/// Variables that are not text cannot stand in a Compose file.
fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Colours for a stdout that is a terminal and wants them.
pub(crate) fn paint() -> Paint {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => Paint::Plain,
        _ => Paint::Coloured,
    }
}
