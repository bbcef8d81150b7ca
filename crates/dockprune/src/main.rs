//! `dockprune`: removes what a scope left behind.

use std::process::ExitCode;

use clap::Parser;
use evenkeel_common::main_with;
use evenkeel_dockprune::{cli::Cli, run};

fn main() -> ExitCode {
    main_with("dockprune", || run(&Cli::parse()))
}
