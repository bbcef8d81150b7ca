//! `config`: the merged project.

use evenkeel_common::{Error, Exit, print, print_json};

use super::settings::request;
use crate::cli::{ConfigArgs, ConfigFormat};
use crate::load::load;
use crate::output::origins;
use crate::render::render;

/// Prints the merged project.
pub(crate) fn config(args: &ConfigArgs) -> Result<Exit, Error> {
    let project = load(&request(&args.inputs))?;
    match args.format {
        ConfigFormat::Origins => print(&origins::list(&project))?,
        ConfigFormat::Json => print_json(&render(&project)?)?,
    }
    Ok(Exit::Done)
}
