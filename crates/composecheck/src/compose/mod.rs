//! The notation of Compose files: short spellings, sizes, commands, paths and names.

pub(crate) mod paths;
mod project;
pub(crate) mod project_name;
pub(crate) mod shell_words;
pub(crate) mod shorthand;
pub(crate) mod units;

pub(crate) use project::Absent;
pub use project::Project;
pub(crate) use project_name::project_name;
