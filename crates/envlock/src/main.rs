//! `envlock`: parse, run, exit.

use std::process::ExitCode;

use evenkeel_common::main_with;
use evenkeel_envlock::cli::Cli;
use evenkeel_envlock::run;

fn main() -> ExitCode {
    main_with("envlock", || run::run(Cli::parse_or_exit()))
}
