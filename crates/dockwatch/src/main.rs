//! The `dockwatch` command.

use clap::Parser;
use evenkeel_dockwatch::{cli::Cli, commands};

fn main() -> std::process::ExitCode {
    evenkeel_common::main_with("dockwatch", || commands::run(Cli::parse()))
}
