//! The name of a project.

use std::path::Path;

use super::paths;
use super::project::Project;

/// The variable that names a project, and that has its name in values.
pub(crate) const VARIABLE: &str = "COMPOSE_PROJECT_NAME";

/// The name of a loaded project.
pub(crate) fn project_name(project: &Project) -> String {
    let given = project.given_name.as_deref();
    name_of(given, project.root.text_at(&["name"]).as_deref(), &project.directory)
}

/// The name that a variable gives, else `name` in the files, else the name of the directory.
pub(crate) fn name_of(given: Option<&str>, in_files: Option<&str>, directory: &Path) -> String {
    let from_directory = || {
        let directory = paths::absolute(directory, "");
        normalize(directory.rsplit(['/', '\\']).next().unwrap_or_default())
    };
    let mut named = [given, in_files].into_iter().flatten().map(normalize);
    named.find(|name| !name.is_empty()).unwrap_or_else(from_directory)
}

/// Whether Compose takes a name that a variable or an option gives; one in a file is made fit instead.
pub(crate) fn is_valid(name: &str) -> bool {
    !name.is_empty() && normalize(name) == name
}

/// In lower case, without the characters that a project name may not have.
fn normalize(name: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let name: String = name.to_lowercase().chars().filter(is_allowed).collect();
    name.trim_start_matches(['-', '_']).to_owned()
}
