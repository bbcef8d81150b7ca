//! Judges what `scripts/bench` has measured: medians, ratios, how sure they are, and whether each bar is met.
//!
//! `samples` reads the files of `scripts/bench.d`, `judge` decides, `growth` fits exponents, `table` shows both, `page` puts
//! them into the site.

mod growth;
mod judge;
#[cfg(test)]
mod judge_tests;
mod page;
mod samples;
mod table;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::judge::{Judged, judge};
use crate::samples::Measured;

/// Judge what the scripts of scripts/bench.d have measured, and print one table over all of them
///
/// A ratio is one of medians. Its interval holds 95 % of the ratios of 2,000 sets of turns that are drawn from those measured,
/// always the same ones. A bar is missed where the whole interval lies above it.
#[derive(Parser)]
#[command(
    name = "bench-judge",
    after_help = "Exit status: 0 no bar is missed; 1 one is; 2 bad arguments; 3 a file cannot be read or written"
)]
struct Args {
    /// What a tool's script has measured, one file each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the tables between the markers of this page too
    #[arg(long, value_name = "PAGE")]
    page: Option<PathBuf>,
}

fn main() -> ExitCode {
    run(&Args::parse()).unwrap_or_else(|error| {
        say(&format!("cannot judge: {error}"));
        ExitCode::from(3)
    })
}

fn run(args: &Args) -> io::Result<ExitCode> {
    let measured = args.files.iter().map(|file| read(file)).collect::<io::Result<Vec<Measured>>>()?;
    let judged = measured.iter().map(judge).collect::<io::Result<Vec<Judged>>>()?;
    let text = table::tables(&judged);
    io::stdout().write_all(text.as_bytes())?;
    if let Some(page) = &args.page {
        page::renew(page, &text)?;
    }
    let missed: Vec<String> = judged.iter().flat_map(Judged::missed).collect();
    for bar in &missed {
        say(&format!("MISSED: {bar}"));
    }
    Ok(ExitCode::from(u8::from(!missed.is_empty())))
}

fn read(file: &Path) -> io::Result<Measured> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    fs::read_to_string(file).and_then(|text| Measured::parse(&text)).map_err(named)
}

fn say(what: &str) {
    // Nobody may read it any more.
    let _ = writeln!(io::stderr(), "bench-judge: {what}");
}
