//! From paths to a [`Project`]: reading, interpolation, `include`, `extends`, merge and every check that Compose makes.

mod consistency;
mod documents;
mod dotenv;
mod error;
mod extends;
pub(crate) mod files;
mod include;
pub mod interpolate;
pub(crate) mod list_items;
mod merge;
pub(crate) mod normalize;
mod profiles;
pub(crate) mod references;
mod schema;

use std::path::Path;

use crate::compose::Project;
use crate::source::{FileId, Span, SpannedError};
use documents::{Loader, with_unset_variable};
use files::{compose_files, variables};
use interpolate::Variables;

pub use error::LoadError;
pub use files::Request;

/// Reads, interpolates and merges the files, and checks the result as Compose does.
pub fn load(request: &Request) -> Result<Project, Box<LoadError>> {
    let files = compose_files(request)?;
    let mut variables = Variables::new(variables(request, &files)?);
    let mut loader = Loader::new(&request.texts);
    let mut root = None;
    for path in &files {
        let text = loader.read(path)?;
        let merged = include::merge_file(&mut loader, path, text, &mut variables, &mut root);
        merged.map_err(|error| loader.failure(error))?;
    }
    let mut root = root.unwrap_or_default();
    if root.entries().iter().all(|entry| entry.key == "version") {
        return Err(loader.failure(SpannedError::new(Span::start_of(FileId(0)), "the file is empty")));
    }
    let enabled = profiles::enabled(&request.profiles, variables.get("COMPOSE_PROFILES"));
    let disabled = profiles::remove_disabled(&mut root, &enabled);
    let directory = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
    let checked = references::check(&root, &disabled, &directory).and_then(|()| consistency::check(&root));
    checked.map_err(|error| loader.failure(with_unset_variable(error, &variables.unset)))?;
    let unset = std::mem::take(&mut variables.unset);
    Ok(Project { sources: loader.sources, root, unset, files, directory, variables: variables.into_values() })
}
