//! The name of a project.

use super::paths;
use super::project::Project;

/// `COMPOSE_PROJECT_NAME`, else `name` in the files, else the name of the directory.
pub(crate) fn project_name(project: &Project) -> String {
    let from_variable = project.variables.get("COMPOSE_PROJECT_NAME").cloned();
    let from_file = project.root.text_at(&["name"]);
    let from_directory = || {
        let directory = paths::absolute(&project.directory, "");
        normalize(directory.rsplit(['/', '\\']).next().unwrap_or_default())
    };
    let mut named = [from_variable, from_file].into_iter().flatten().map(|name| normalize(&name));
    named.find(|name| !name.is_empty()).unwrap_or_else(from_directory)
}

/// In lower case, without the characters that a project name may not have.
fn normalize(name: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let name: String = name.to_lowercase().chars().filter(is_allowed).collect();
    name.trim_start_matches(['-', '_']).to_owned()
}
