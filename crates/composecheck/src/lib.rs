//! `composecheck`: find in Compose files what makes environments crash.
//!
//! From top to bottom; each module imports only what is below it:
//!
//! - [`run`]: which command does what the command line asks for, and `commands`: one file a command
//! - [`fix`]: rewrites a file until nothing safe is left to repair
//! - [`output`]: findings, tables and listings for people and in machine formats
//! - [`cli`]: the command line and the manual
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
mod facts;
mod finding;
pub mod fix;
pub mod lint;
pub mod load;
mod manual;
pub mod output;
pub mod render;
pub mod rules;
pub mod run;
pub mod source;
pub mod yaml;
