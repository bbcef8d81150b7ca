//! `restartgate`: lets a restart through, or refuses it and says why.

use std::process::ExitCode;

use clap::Parser;
use drydock_restartgate::{cli::Cli, run};

fn main() -> ExitCode {
    drydock_common::main_with("restartgate", || run::run(Cli::parse()))
}
