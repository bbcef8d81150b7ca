//! The `dockwatch` command.

use clap::Parser;
use evenkeel_dockwatch::cli::Cli;

fn main() -> std::process::ExitCode {
    evenkeel_common::main_with("dockwatch", || evenkeel_dockwatch::run(Cli::parse()))
}
