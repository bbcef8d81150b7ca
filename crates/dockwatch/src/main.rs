//! The `dockwatch` command.

use clap::Parser;
use evenkeel_dockwatch::{cli::Cli, run};

fn main() -> std::process::ExitCode {
    evenkeel_common::main_with("dockwatch", || run::run(Cli::parse()))
}
