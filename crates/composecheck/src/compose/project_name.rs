//! What a project is called.

use super::paths;
use super::project::Project;
use crate::yaml::Node;

/// `COMPOSE_PROJECT_NAME`, else what the files say, else the folder.
pub(crate) fn of(project: &Project) -> String {
    let named = project.variables.get("COMPOSE_PROJECT_NAME").cloned();
    let said = project.root.at(&["name"]).and_then(Node::text);
    let folder = || {
        let folder = paths::absolute(&project.folder, "");
        normal(folder.rsplit(['/', '\\']).next().unwrap_or_default())
    };
    let mut given = [named, said].into_iter().flatten().map(|name| normal(&name));
    given.find(|name| !name.is_empty()).unwrap_or_else(folder)
}

/// A folder's name in the letters that a project may have.
fn normal(name: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let name: String = name.to_lowercase().chars().filter(allowed).collect();
    name.trim_start_matches(['-', '_']).to_owned()
}
