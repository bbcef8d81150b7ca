//! Settings of the commands, from the command line, the configuration, the environment and the project itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::cli::{ConfigFileArgs, InputArgs, PolicyArgs};
use crate::compose::Project;
use crate::finding::Level;
use crate::lint::config::{self, Config, LoadedConfig, Threshold};
use crate::load::{Missing, Request};
use crate::output::human::Style;
use crate::rules::policy::{
    DEFAULT_BUDGET, DEFAULT_LABEL, Environment, Policy, RuleSet, environment_from_labels,
};
use crate::source::{FileId, Source, Sources};

/// The configuration that is named, or that belongs to the first file.
pub(super) fn configuration(args: &ConfigFileArgs, inputs: &InputArgs) -> Result<LoadedConfig, Error> {
    config::load(args.config.as_deref(), inputs.files.first().map(PathBuf::as_path))
}

/// Adds the configuration to the sources if it has suppressions, since findings about these are shown in it.
pub(super) fn add_configuration(sources: &mut Sources, configured: &LoadedConfig) -> Option<FileId> {
    let path = configured.path.as_ref().filter(|_| !configured.config.ignore.is_empty())?;
    Some(sources.add(path.display().to_string(), configured.text.clone()))
}

/// The path of each source as the patterns of the configuration see it: relative to its directory, with slashes.
pub(super) fn config_relative_paths(sources: &Sources, configuration: Option<&Path>) -> Vec<String> {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let directory = configuration.and_then(|path| absolute(path)?.parent().map(Path::to_owned));
    let relative = |source: &Source| {
        let path = absolute(Path::new(&source.path))?;
        Some(path.strip_prefix(directory.as_ref()?).ok()?.display().to_string())
    };
    let name = |source: &Source| relative(source).unwrap_or_else(|| source.path.clone()).replace('\\', "/");
    sources.all().iter().map(name).collect()
}

/// The lowest level that makes a command fail.
pub(super) fn threshold(argument: Option<Threshold>, config: &Config) -> Level {
    argument.or(config.fail_on).unwrap_or(Threshold::Error).level()
}

/// What the rules expect. Of the command line, the configuration, the labels of the project and the defaults, the first
/// one that sets a value wins.
pub(super) fn policy(args: &PolicyArgs, config: &Config, project: &Project) -> Policy {
    let label = config.label.clone().unwrap_or_else(|| DEFAULT_LABEL.to_owned());
    let environment = args.environment.or(config.env).or_else(|| environment_from_labels(project, &label));
    let environment = environment.or_else(|| (config.set == RuleSet::Netra).then_some(Environment::Test));
    let ports = environment.and_then(|environment| config.ports.get(&environment));
    Policy {
        environment,
        label,
        budget: args.budget.or(config.budget.map(|size| size.0)),
        profile: args.profile.or(config.profile),
        ports: ports.map(|ranges| ranges.iter().map(|range| range.0).collect()),
        has_name: project.given_name.is_some(),
    }
}

/// The memory that a project may use, in bytes.
pub(super) fn budget_bytes(argument: Option<u64>, config: &Config) -> u64 {
    argument.or(config.budget.map(|size| size.0)).unwrap_or(DEFAULT_BUDGET)
}

/// What to load for the arguments.
pub(super) fn request(inputs: &InputArgs) -> Request {
    Request {
        files: inputs.files.clone(),
        env_files: inputs.env_files.clone(),
        environment: environment(),
        profiles: inputs.profiles.clone(),
        ..Request::default()
    }
}

/// What to load for the arguments where the project is only looked at: what is kept out of a repository may be missing.
pub(super) fn lenient_request(inputs: &InputArgs) -> Request {
    Request { missing: Missing::Noted, ..request(inputs) }
}

/// What to load for the arguments, under this name of the project if one is given.
pub(super) fn named_request(inputs: &InputArgs, project: Option<&str>) -> Request {
    let mut request = request(inputs);
    if let Some(name) = project {
        request.environment.insert("COMPOSE_PROJECT_NAME".into(), name.into());
    }
    request
}

/// The variables of the environment, except those that are not UTF-8.
pub(super) fn environment() -> HashMap<String, String> {
    let set = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let mut variables: HashMap<String, String> = set.collect();
    // As the newest Compose does, which needs no shell for it.
    if let Some(current) =
        std::env::current_dir().ok().and_then(|path| path.into_os_string().into_string().ok())
    {
        variables.entry("PWD".to_owned()).or_insert(current);
    }
    variables
}

/// Coloured if stdout is a terminal and the environment does not forbid it.
pub(super) fn style() -> Style {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}
