//! See the library.

use clap::Parser;
use evenkeel_common::main_with;
use evenkeel_dockprune::{cli::Cli, run};

fn main() -> std::process::ExitCode {
    main_with("dockprune", || run::run(&Cli::parse()))
}
