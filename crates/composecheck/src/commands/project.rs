//! `project`: what a project is.

use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Exit, now, print, print_json};
use serde_json::Value;

use super::settings::named_request;
use crate::cli::{ProjectArgs, ProjectFormat};
use crate::compose::project_name;
use crate::identity::{content, id, parse_project};
use crate::isolate::{entries, text};
use crate::load::load;
use crate::output::project::{Described, to_env, to_json, to_text};
use crate::render::model;
use crate::summary::Summary;

/// Stands for the project's name while its content is hashed: the same content has the same hash under every name.
const NO_NAME: &str = "project";

/// Prints what the project is.
pub(crate) fn project(args: &ProjectArgs) -> Result<Exit, Error> {
    let described = describe(args)?;
    match args.format {
        _ if args.json => print_json(&to_json(&described, now()))?,
        ProjectFormat::Env => print(&to_env(&described))?,
        ProjectFormat::Human => print(&to_text(&described))?,
    }
    Ok(Exit::Done)
}

fn describe(args: &ProjectArgs) -> Result<Described, Error> {
    let project = load(&named_request(&args.inputs, args.project.as_deref()))?;
    let name = project_name(&project);
    parse_project(&name).map_err(|cause| {
        Error::failed(format!("use the project name '{name}'"), cause).hint("name the project with -p NAME")
    })?;
    let directory = real(&project.directory)?;
    let summary = Summary::of(&project, &model(&project)?);
    let nameless = load(&named_request(&args.inputs, Some(NO_NAME)))?;
    let nameless = model(&nameless)?;
    Ok(Described {
        id: id(&name, &directory),
        content: content(&nameless, mounted_files(&nameless)),
        files: project.files.iter().map(|file| absolute(file)).collect::<Result<_, _>>()?,
        env_files: args.inputs.env_files.iter().map(|file| absolute(file)).collect::<Result<_, _>>()?,
        name,
        directory,
        summary,
    })
}

/// The contents of the files that are mounted as configs and secrets. One that cannot be read counts as empty: Compose
/// will say so when it starts the services.
fn mounted_files(model: &Value) -> impl Iterator<Item = (&str, Vec<u8>)> {
    let sections = ["configs", "secrets"].into_iter().flat_map(|section| entries(model, section));
    let paths = sections.filter_map(|(_, resource)| text(resource, "file"));
    paths.map(|path| (path, std::fs::read(path).unwrap_or_default()))
}

/// A directory with links resolved. An empty path is the current directory.
fn real(directory: &Path) -> Result<PathBuf, Error> {
    let here = Path::new(".").join(directory);
    here.canonicalize().map_err(|e| Error::failed(format!("read the directory {}", here.display()), e))
}

/// A file's absolute path, with the links of its directory resolved.
fn absolute(file: &Path) -> Result<PathBuf, Error> {
    let directory = real(file.parent().unwrap_or(Path::new("")))?;
    Ok(file.file_name().map_or_else(|| directory.clone(), |name| directory.join(name)))
}
