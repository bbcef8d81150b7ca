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

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::compose::project_name::{VARIABLE, is_valid, name_of};
use crate::compose::{Absent, Project};
use crate::source::{FileId, Span, SpannedError};
use crate::yaml;
use documents::{Loader, with_unset_variable};
use files::{compose_files, variables};
use interpolate::Variables;

pub use error::LoadError;
pub use files::Request;
pub use interpolate::Missing;

/// Maximum number of values that are left out of one load: each one takes another try.
const MAX_LEFT_OUT: usize = 20;

/// Reads, interpolates and merges the files, and checks the result as Compose does. Where what is missing is only noted, a
/// value that is wrong because a variable is not set is left out.
pub fn load(request: &Request) -> Result<Project, Box<LoadError>> {
    let mut left_out = Vec::new();
    loop {
        let failure = match load_without(request, &left_out) {
            Err(failure) if request.missing == Missing::Noted && left_out.len() < MAX_LEFT_OUT => failure,
            result => return result,
        };
        match failure.unset().filter(|span| !left_out.contains(span)) {
            Some(span) => left_out.push(span),
            None => return Err(failure),
        }
    }
}

fn load_without(request: &Request, left_out: &[Span]) -> Result<Project, Box<LoadError>> {
    let files = compose_files(request)?;
    let mut loader = Loader::new(&request.texts, left_out);
    let (mut values, directory) = (variables(request, &files)?, directory_of(&files));
    let given_name = values.get(VARIABLE).filter(|name| !name.is_empty()).cloned();
    if given_name.is_none() {
        let name = name_of(None, name_in_files(&loader, &files, &values).as_deref(), &directory);
        values.insert(VARIABLE.to_owned(), name);
    } else if let Some(name) = given_name.as_ref().filter(|name| !is_valid(name)) {
        return Err(invalid_name(name).into());
    }
    let mut variables = Variables::new(values).where_missing(request.missing);
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
    let mut absent = references::absent_files(&root, &directory);
    let checked = references::check(&root, &disabled)
        .and_then(|()| refuse(request.missing, &absent))
        .and_then(|()| consistency::check(&root));
    checked.map_err(|error| loader.failure(with_unset_variable(error, &variables)))?;
    absent.append(&mut variables.required);
    let unset = std::mem::take(&mut variables.unset);
    let variables = variables.into_values();
    let Loader { sources, service_variables, .. } = loader;
    Ok(Project { sources, root, unset, absent, files, directory, given_name, variables, service_variables })
}

/// Fails at the first file that is absent, unless that is only noted.
fn refuse(missing: Missing, absent: &[Absent]) -> Result<(), SpannedError> {
    match (missing, absent.first()) {
        (Missing::Refused, Some(file)) => Err(SpannedError::new(file.span, file.message.clone())),
        _ => Ok(()),
    }
}

fn directory_of(files: &[PathBuf]) -> PathBuf {
    files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned()
}

/// The `name` that the last file with one gives. What cannot be read or parsed is an error later, with its position.
fn name_in_files(loader: &Loader<'_>, files: &[PathBuf], values: &HashMap<String, String>) -> Option<String> {
    let name = |file: &PathBuf| {
        let text = loader.read(file).ok()?;
        // Most files have no name, and are not parsed twice.
        if !may_have_name(&text) {
            return None;
        }
        let documents = yaml::parse(FileId(0), &text).ok()?;
        let name = documents.iter().rev().find_map(|document| document.text_at(&["name"]))?;
        interpolate::expand_text(&name, values).ok().filter(|name| !name.is_empty())
    };
    files.iter().rev().find_map(name)
}

/// Whether a file may have the key `name`: one that begins like it, as far to the left as the first key of the file. The
/// documents after the first one may begin elsewhere.
fn may_have_name(text: &str) -> bool {
    let is_content =
        |line: &&str| !line.trim_start().is_empty() && !line.trim_start().starts_with(['#', '-', '%']);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = text.lines().find(is_content).map(indent) else { return false };
    let begins = |line: &str| line.trim_start().starts_with(['n', '"', '\'', '{', '?', '&', '!']);
    text.contains("\n---") || text.lines().any(|line| indent(line) <= first && begins(line))
}

fn invalid_name(name: &str) -> Error {
    let cause = "it may have lower-case letters, digits, '-' and '_', and begins with a letter or a digit";
    Error::failed(format!("use the project name '{name}'"), cause).hint(format!("change {VARIABLE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_have_a_name() {
        for (text, wanted) in [
            ("services:\n  name:\n    image: x\n", false),
            ("# name: x\n\nservices: {}\n", false),
            ("services: {}\nname: x\n", true),
            ("---\n  services: {}\n  name: x\n", true),
            ("services: {}\n---\n name: x\n", true),
            ("{services: {}, name: x}", true),
            ("services: {}\n\"na\\x6de\": x\n", true),
            ("", false),
        ] {
            assert_eq!(may_have_name(text), wanted, "{text}");
        }
    }
}
