//! `composecheck`: parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use drydock_common::main_with;
use drydock_composecheck::cli::Cli;
use drydock_composecheck::run;

fn main() -> ExitCode {
    main_with("composecheck", || run::run(&Cli::parse()))
}
