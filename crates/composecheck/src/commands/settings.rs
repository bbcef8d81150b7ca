//! What a command works with: the files, the configuration, what is expected of the project.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::cli::{Configured, Expected, Inputs};
use crate::compose::Project;
use crate::finding::Level;
use crate::lint::config::{self, Config, Threshold};
use crate::load::Request;
use crate::output::human::Paint;
use crate::rules::policy::{DEFAULT_BUDGET, DEFAULT_LABEL, Policy, environment_of};
use crate::source::{FileId, Source, Sources};

pub(super) fn threshold(asked: Option<Threshold>, config: &Config) -> Level {
    asked.or(config.fail_on).unwrap_or(Threshold::Error).level()
}

pub(super) fn configuration(configured: &Configured, inputs: &Inputs) -> Result<config::Loaded, Error> {
    config::load(configured.config.as_deref(), inputs.files.first().map(PathBuf::as_path))
}

/// The configuration's ignores are shown where they are written, so its file becomes one of the project's.
pub(super) fn add_configuration(sources: &mut Sources, configured: &config::Loaded) -> Option<FileId> {
    let path = configured.path.as_ref().filter(|_| !configured.config.ignore.is_empty())?;
    Some(sources.add(path.display().to_string(), configured.text.clone()))
}

/// The files as the configuration's patterns see them: from its folder, with slashes.
pub(super) fn names(sources: &Sources, configuration: Option<&Path>) -> Vec<String> {
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
pub(super) fn policy(expected: &Expected, config: &Config, project: &Project) -> Policy {
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

pub(super) fn allowed(asked: Option<u64>, config: &Config) -> u64 {
    asked.or(config.budget.map(|size| size.0)).unwrap_or(DEFAULT_BUDGET)
}

pub(super) fn request(inputs: &Inputs) -> Request {
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
pub(super) fn paint() -> Paint {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => Paint::Plain,
        _ => Paint::Coloured,
    }
}
