//! See the library.

use clap::Parser;
use drydock_common::main_with;
use drydock_dockprune::{cli::Cli, run};

fn main() -> std::process::ExitCode {
    main_with("dockprune", || run::run(&Cli::parse()))
}
