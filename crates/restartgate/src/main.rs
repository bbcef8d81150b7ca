//! `restartgate`: lets a restart through, or refuses it and says why.

use std::process::ExitCode;

use clap::Parser;
use evenkeel_common::main_with;
use evenkeel_restartgate::{cli::Cli, run};

fn main() -> ExitCode {
    main_with("restartgate", || run(Cli::parse()))
}
