//! The command line of `evenkeel`, for clap.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use evenkeel_common::Error;

use super::manual::{DESCRIPTION, MANUAL, SUMMARY, USAGE};
use super::option::{Kind, Opt};
use super::table::{CONTRADICTIONS, GROUPS, INSTEAD_OF_EACH_OTHER, STEPS};

/// Identifiers of the arguments that are no options.
pub(super) const STEP: &str = "STEP";
pub(super) const DIRECTORY: &str = "DIR";
pub(super) const WORDS: &str = "CMD";

/// The command line as clap knows it.
pub fn command() -> Command {
    let steps = STEPS.map(|(name, help)| PossibleValue::new(name).help(help));
    let options = GROUPS.iter().flat_map(|(heading, group)| group.iter().map(|option| arg(option, heading)));
    Command::new("evenkeel")
        .version(evenkeel_common::VERSION)
        .about(SUMMARY)
        .long_about(format!("{SUMMARY}\n\n{DESCRIPTION}"))
        .override_usage(USAGE)
        .after_long_help(MANUAL.after_help())
        .arg(
            Arg::new(STEP)
                .value_parser(PossibleValuesParser::new(steps))
                .help("A single step, instead of a run"),
        )
        .arg(Arg::new(DIRECTORY).help("Directory of the wrapper, for shim"))
        .args(options)
        .arg(
            Arg::new(WORDS)
                .last(true)
                .num_args(1..)
                .value_parser(value_parser!(OsString))
                .help("Command to run while the environment is up"),
        )
}

fn arg(option: &Opt, heading: &'static str) -> Arg {
    let kind = option.kind;
    let action = match kind {
        Kind::Switch => ArgAction::SetTrue,
        kind if kind.is_list() => ArgAction::Append,
        _ => ArgAction::Set,
    };
    let arg = Arg::new(option.long).long(option.long).short(option.short).action(action).help(option.help);
    let arg = arg.help_heading(heading);
    let arg = if kind.is_list() { arg } else { arg.overrides_with(option.long) };
    let arg = match kind {
        Kind::Switch => arg,
        Kind::OneOf(values) => arg.value_name(option.value).value_parser(PossibleValuesParser::new(values)),
        _ => arg.value_name(option.value).value_parser(move |text: &str| kind.check(text)),
    };
    let others = |pairs: &[(&'static str, &'static str)]| -> Vec<&'static str> {
        let other = |&(one, two): &(_, _)| match option.long {
            long if long == one => Some(two),
            long if long == two => Some(one),
            _ => None,
        };
        pairs.iter().filter_map(other).collect()
    };
    arg.default_value(option.default)
        .overrides_with_all(others(&INSTEAD_OF_EACH_OTHER))
        .conflicts_with_all(others(&CONTRADICTIONS))
}

/// Parses arguments, without the program's name.
pub(super) fn parse(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let program = std::iter::once(OsString::from("evenkeel"));
    command().try_get_matches_from(program.chain(args.iter().cloned()))
}

/// What clap says about arguments, in one line.
pub(super) fn message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.split("\n\n").next().unwrap_or_default();
    text.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error for arguments of the command line.
pub(super) fn refused(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = match error.kind() {
        ErrorKind::InvalidValue if message(error).contains(STEP) => {
            "a command comes after --: evenkeel -- CMD"
        }
        _ => tip.unwrap_or("see: evenkeel --help"),
    };
    Error::usage("read the command line", message(error)).hint(hint)
}
