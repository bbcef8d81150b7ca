//! `envlock`: parse, run, exit.

use std::process::ExitCode;

use evenkeel_common::main_with;
use evenkeel_envlock::cli::Cli;

fn main() -> ExitCode {
    main_with("envlock", || evenkeel_envlock::run(Cli::parse_or_exit()))
}
