//! `restartgate`: lets a restart through, or refuses it and says why.

use std::process::ExitCode;

use clap::Parser;
use evenkeel_restartgate::{cli::Cli, run};

fn main() -> ExitCode {
    evenkeel_common::main_with("restartgate", || run::run(Cli::parse()))
}
