//! Files, variables and merge: from paths to a [`Project`].

mod consistency;
mod documents;
mod dotenv;
mod extends;
pub(crate) mod files;
mod include;
pub mod interpolate;
pub(crate) mod list_items;
pub(crate) mod merge;
pub(crate) mod normalize;
mod profiles;
pub(crate) mod references;
mod schema;

use std::path::Path;

use evenkeel_common::Error;

use crate::compose::Project;
use crate::source::{Fault, FileId, Sources, Span};
pub(crate) use documents::Refused;
use documents::{Loader, with_unset};
pub use files::Request;
use files::{default_files, variables_of};
use interpolate::Variables;

/// Reads, fills in and merges the files.
pub fn load(request: &Request) -> Result<Project, Error> {
    load_or_refuse(request).map_err(|refused| refused.error)
}

/// The same; what is refused can be shown in its file.
pub(crate) fn load_or_refuse(request: &Request) -> Result<Project, Box<Refused>> {
    let prepared = || -> Result<_, Error> {
        let files = if request.files.is_empty() { default_files(request)? } else { request.files.clone() };
        let variables = Variables::new(variables_of(request, &files)?);
        Ok((files, variables))
    };
    let (files, mut variables) = prepared().map_err(Refused::from)?;
    let mut loader = Loader { texts: &request.texts, sources: Sources::default(), chain: Vec::new() };
    let mut root = None;
    for path in &files {
        let text = loader.read(path).map_err(Refused::from)?;
        let laid = include::lay(&mut loader, path, text, &mut variables, &mut root);
        laid.map_err(|fault| loader.refuse(fault))?;
    }
    let mut root = root.unwrap_or_default();
    if root.entries().iter().all(|entry| entry.key == "version") {
        return Err(loader.refuse(Fault::new(Span::start_of(FileId(0)), "the file is empty")).into());
    }
    let on = profiles::on(&request.profiles, variables.get("COMPOSE_PROFILES"));
    let off = profiles::leave_out(&mut root, &on);
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
    let checked = references::check(&root, &off, &folder).and_then(|()| consistency::check(&root));
    checked.map_err(|fault| loader.refuse(with_unset(fault, &variables.unset)))?;
    let unset = std::mem::take(&mut variables.unset);
    Ok(Project { sources: loader.sources, root, unset, folder, variables: variables.into_values() })
}
