//! Load, check, report.

use std::collections::HashMap;
use std::io::Write;

use drydock_common::{Error, Exit, now, print, print_json};

use crate::catalogue;
use crate::cli::{CheckArgs, Cli, Command, Format, Inputs};
use crate::load::{Request, load};
use crate::report::{Report, Verdict, words};
use crate::rules;

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match &cli.command {
        None => check(&cli.check),
        Some(Command::Rules(args)) if args.json => done(print_json(&catalogue::Listing::new(now()))),
        Some(Command::Rules(_)) => done(print(&catalogue::list())),
        Some(Command::Explain(args)) => done(print(&catalogue::explain(&args.rule)?)),
    }
}

fn done(outcome: Result<(), Error>) -> Result<Exit, Error> {
    outcome.map(|()| Exit::Done)
}

/// Checks the files that the command line names.
fn check(args: &CheckArgs) -> Result<Exit, Error> {
    let project = load(&request(&args.inputs))?;
    let findings = rules::check(&project);
    let fails = findings.iter().any(|finding| finding.level >= args.fail_on.level());
    let (verdict, exit) = if fails { (Verdict::Fail, Exit::No) } else { (Verdict::Pass, Exit::Done) };
    if args.json || args.format == Format::Json {
        print_json(&Report::new(&project.sources, &findings, verdict, now()))?;
    } else {
        print(&for_stdout(&words(&project.sources, &findings)))?;
    }
    Ok(exit)
}

fn request(inputs: &Inputs) -> Request {
    Request { files: inputs.files.clone(), env_files: inputs.env_files.clone(), environment: environment() }
}

/// Variables that are not text cannot stand in a Compose file.
fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Strips colours where stdout is no terminal or does not want them.
fn for_stdout(text: &str) -> String {
    let mut out = anstream::AutoStream::new(Vec::new(), anstream::AutoStream::choice(&std::io::stdout()));
    // Writing to memory does not fail.
    let _ = out.write_all(text.as_bytes());
    String::from_utf8_lossy(&out.into_inner()).into_owned()
}
