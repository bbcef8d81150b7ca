//! Load, check, report.

use std::collections::HashMap;
use std::io::Write;

use drydock_common::{Error, Exit, now, print, print_json};

use crate::cli::{Cli, Format};
use crate::load::{Request, load};
use crate::report::{Report, Verdict, words};
use crate::rules;

/// Checks the files that the command line names.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let request =
        Request { files: cli.files.clone(), env_files: cli.env_files.clone(), environment: environment() };
    let project = load(&request)?;
    let findings = rules::check(&project);
    let fails = findings.iter().any(|finding| finding.level >= cli.fail_on.level());
    let (verdict, exit) = if fails { (Verdict::Fail, Exit::No) } else { (Verdict::Pass, Exit::Done) };
    if cli.json || cli.format == Format::Json {
        print_json(&Report::new(&project.sources, &findings, verdict, now()))?;
    } else {
        print(&for_stdout(&words(&project.sources, &findings)))?;
    }
    Ok(exit)
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
