//! The options of the entry point `evenkeel`: its command line and `evenkeel.toml`, read in one place and given to its
//! script as shell variables.

mod command_line;
mod file;
mod manual;
mod option;
mod settings;
mod table;

pub use command_line::command;
pub(crate) use file::find;
pub use manual::MANUAL;
pub(crate) use settings::Settings;
