//! `composecheck`: parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use evenkeel_common::main_with;
use evenkeel_composecheck::cli::Cli;
use evenkeel_composecheck::run;

fn main() -> ExitCode {
    main_with("composecheck", || run::run(&Cli::parse()))
}
