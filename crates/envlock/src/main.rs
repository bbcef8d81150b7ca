//! `envlock`: parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use drydock_common::main_with;
use drydock_envlock::cli::Cli;
use drydock_envlock::run;

fn main() -> ExitCode {
    main_with("envlock", || run::run(Cli::parse()))
}
