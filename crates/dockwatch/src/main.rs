//! The `dockwatch` command.

use clap::Parser;
use drydock_dockwatch::{cli::Cli, run};

fn main() -> std::process::ExitCode {
    drydock_common::main_with("dockwatch", || run::run(Cli::parse()))
}
