//! The frame of every `main`, stdout and logs.

use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::Error;
use crate::exit::Exit;

/// Runs a tool's work and turns its outcome into an exit code, with errors as `tool: cannot …` on stderr.
pub fn main_with(tool: &str, work: impl FnOnce() -> Result<Exit, Error>) -> ExitCode {
    match without_panic(work) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Where stderr is closed, only the exit code is left to report it.
            let _ = writeln!(std::io::stderr(), "{tool}: {error}");
            error.exit().into()
        }
    }
}

/// Turns a panic into an error that says where it happened.
fn without_panic(work: impl FnOnce() -> Result<Exit, Error>) -> Result<Exit, Error> {
    static PLACE: Mutex<Option<String>> = Mutex::new(None);
    let place = || PLACE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| *place() = panic.location().map(ToString::to_string)));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    outcome.unwrap_or_else(|panic| Err(bug(panic.as_ref(), place().as_deref())))
}

fn bug(panic: &(dyn std::any::Any + Send), place: Option<&str>) -> Error {
    let cause = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    let place = place.unwrap_or("an unknown place");
    Error::failed("go on", format!("internal error at {place}: {cause}"))
        .hint("this is a bug in evenkeel: please report this message")
}

/// Writes a result to stdout. A closed pipe is no error: the reader had enough.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::failed("write to stdout", e)),
        _ => Ok(()),
    }
}

/// Writes one JSON object and a newline to stdout.
pub fn print_json(value: &impl Serialize) -> Result<(), Error> {
    let mut line = serde_json::to_string(value).map_err(|e| Error::failed("write JSON", e))?;
    line.push('\n');
    print(&line)
}

/// `-v`: logs to stderr, off unless asked for.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Verbosity {
    /// Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

impl Verbosity {
    /// Starts logging to stderr. Does nothing, at no cost, unless `-v` or `RUST_LOG` asks for it.
    pub fn start_logging(self) {
        let level = match self.verbose {
            0 => LevelFilter::OFF,
            1 => LevelFilter::INFO,
            2 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        };
        let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
        if wanted.is_none() && level == LevelFilter::OFF {
            return;
        }
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        // Fails only if logging was started before, and then that goes on.
        let _ = tracing_subscriber::registry()
            .with(layer)
            .with(wanted.unwrap_or_else(|| Targets::new().with_default(level)))
            .try_init();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_with_its_place() {
        let line = line!() + 1;
        let error = without_panic(|| panic!("out of {}", "cheese")).unwrap_err();
        let text = error.to_string().replace('\\', "/");
        let place = format!("src/output.rs:{line}:");
        assert!(text.starts_with("cannot go on: internal error at "), "{text}");
        assert!(text.contains(&place) && text.contains(": out of cheese\nhint: "), "{text}");
        assert_eq!(error.exit(), Exit::Failed);
    }
}
