//! `composecheck`: find in Compose files what makes environments crash.
//!
//! From top to bottom; each module imports only what is below it:
//!
//! - [`run`]: which command does what the command line asks for, and `commands`: one file a command
//! - [`editor`]: what an editor shows about an open file, for the language server of `lsp`
//! - [`fix`]: rewrites a file until nothing safe is left to repair
//! - [`entry_point`]: the command line of `evenkeel` and `evenkeel.toml`, for its script
//! - [`output`]: findings, tables and listings for people and in machine formats
//! - [`cli`]: the command line and the manual
//! - `host`: this machine: its ports, and the file in which projects reserve them
//! - [`isolate`]: what a run needs to have a project for itself: new ports, changed values, what stays shared
//! - `summary`: what a project is: services, ports, memory, external resources
//! - `identity`: identifier and content hash of a project
//! - [`lint`]: findings after levels, suppressions and the baseline
//! - [`render`]: the merged model as `docker compose config --format json` prints it
//! - [`rules`]: one file a rule
//! - [`load`]: from paths to the merged project: variables, `include`, `extends`, merge, schema, references
//! - `facts`: what services say, in one form whatever the spelling
//! - [`compare`]: what differs between two projects
//! - [`compose`]: Compose's own notation: short spellings, sizes, commands, paths, names
//! - [`yaml`]: values that keep where they were written
//! - `finding`: what rules find, and the repairs that findings carry
//! - [`source`]: files and places in them

pub mod cli;
mod commands;
pub mod compare;
pub mod compose;
pub mod editor;
pub mod entry_point;
mod facts;
mod finding;
pub mod fix;
mod host;
mod identity;
pub mod isolate;
pub mod lint;
pub mod load;
mod manual;
pub mod output;
pub mod render;
pub mod rules;
pub mod run;
pub mod source;
mod summary;
pub mod yaml;
