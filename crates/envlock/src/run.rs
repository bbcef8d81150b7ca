//! Where all of it meets.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use drydock_common::state::Home;
use drydock_common::{Error, Exit, print, print_json};

use crate::cli::{Action, Cli, HoldArgs, StatusArgs};
use crate::enter::{self, Hold};
use crate::files::{self, EnvFiles};
use crate::held::{self, HELD};
use crate::look::{Look, look};
use crate::process::{self, Ending, Job, Minder};
use crate::queue::Mode;
use crate::record::Phase;
use crate::report::{self, Outcome, Status};
use crate::wait::Patience;
use crate::words;

/// Does what the command line asks for.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match cli.action {
        Some(Action::Status(args)) => status(&args),
        None => hold(&cli.hold),
    }
}

/// A wrapper's own failures must not look like the command's.
fn as_wrapper(error: Error) -> Error {
    if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error }
}

fn status(args: &StatusArgs) -> Result<Exit, Error> {
    let home = Home::from_env()?;
    let names = match &args.name {
        Some(name) => vec![name.clone()],
        None => files::all_names(&home)?,
    };
    let looks: Vec<Look> = names.iter().map(|name| look_at(&home, name)).collect::<Result<_, _>>()?;
    if args.json {
        print_json(&Status::new(looks))?;
    } else if looks.is_empty() {
        print("no environment has been locked yet\n")?;
    } else {
        print(&looks.iter().map(words::status).collect::<String>())?;
    }
    Ok(Exit::Done)
}

fn look_at(home: &Home, name: &str) -> Result<Look, Error> {
    match EnvFiles::existing(home, name)? {
        Some(files) => look(&files),
        None => Ok(Look { name: name.to_owned(), ..Look::default() }),
    }
}

fn hold(args: &HoldArgs) -> Result<Exit, Error> {
    let home = Home::from_env().map_err(as_wrapper)?;
    // clap asks for a name and a command; without them there is nothing to do.
    let (Some(name), Some(command)) = (&args.name, command(&args.command)) else { return Ok(Exit::Usage) };
    let outer = std::env::var(HELD).unwrap_or_default();
    if held::covers(&held::parse(&outer), &home, name, mode(args))? {
        return Err(process::replace(command));
    }
    hold_here(&home, name, command, &outer, args).map_err(as_wrapper)
}

fn hold_here(home: &Home, name: &str, command: Command, outer: &str, args: &HoldArgs) -> Result<Exit, Error> {
    let files = EnvFiles::open(home, name)?;
    let about = enter::about(words_of(&args.command), args.purpose.clone());
    let mut patience = patience(args, files.clone());
    match enter::enter(files.clone(), mode(args), &about, &mut patience)? {
        Some(hold) => run_inside(hold, command, outer, args),
        None => busy(&files, &patience, args),
    }
}

fn run_inside(mut hold: Hold, mut command: Command, outer: &str, args: &HoldArgs) -> Result<Exit, Error> {
    let minder = Minder::hold_signals();
    let started = Instant::now();
    hold.report_phase(Phase::Running)?;
    let separator = if outer.is_empty() { "" } else { "," };
    command.env(HELD, format!("{outer}{separator}{}", hold.token()));
    if let Some(slot) = hold.record.slot {
        command.env("ENVLOCK_SLOT", slot.to_string());
    }
    let ending = Job::start(&minder, command, &hold.lent()).and_then(Job::wait);
    let outcome = Outcome {
        verdict: "done",
        mode: hold.record.mode.clone(),
        slot: hold.record.slot,
        ticket: Some(hold.record.ticket),
        waited_ms: millis(hold.waited),
        held_ms: Some(millis(started.elapsed())),
        exit_code: ending.as_ref().map_or_else(Error::exit, |ending| ending.exit).code(),
    };
    let name = hold.files.name.clone();
    if args.inherit {
        hold.bequeath();
    } else {
        hold.release();
    }
    if let Some(path) = &args.report {
        report::write_run(path, &name, outcome)?;
    }
    let Ending { exit, by_terminal } = ending?;
    if let Some(signal) = by_terminal {
        process::die_of(signal);
    }
    Ok(exit)
}

/// Says who is in the way, and ends with 75.
fn busy(files: &EnvFiles, patience: &Patience<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    let waited = patience.spent();
    let after = if args.no_wait { String::new() } else { format!(" after {}", words::rounded(waited)) };
    let who = words::explain(&look(files)?, None);
    let _ = write!(std::io::stderr(), "envlock: {} is busy, gave up{after}\n{who}", files.name);
    if let Some(path) = &args.report {
        let outcome = Outcome {
            verdict: "busy",
            mode: mode(args).to_string(),
            slot: None,
            ticket: None,
            waited_ms: millis(waited),
            held_ms: None,
            exit_code: exit.code(),
        };
        report::write_run(path, &files.name, outcome)?;
    }
    Ok(exit)
}

fn mode(args: &HoldArgs) -> Mode {
    match args.slots {
        Some(slots) => Mode::Slots(slots.get()),
        None if args.shared => Mode::Shared,
        None => Mode::Exclusive,
    }
}

fn patience(args: &HoldArgs, files: EnvFiles) -> Patience<'static> {
    let limit = if args.no_wait {
        Some(Duration::ZERO)
    } else if args.wait_forever {
        None
    } else {
        Some(args.timeout)
    };
    let patience = Patience::new(limit);
    if !std::io::stderr().is_terminal() {
        return patience;
    }
    let own = std::process::id();
    patience.wondering(move || {
        // Only a courtesy: what goes wrong here will be told when it matters.
        if let Ok(look) = look(&files) {
            let ticket =
                look.queue.iter().find(|record| record.process.pid == own).map(|record| record.ticket);
            let who = words::explain(&look, ticket);
            let _ = write!(std::io::stderr(), "envlock: waiting for {}\n{who}", files.name);
        }
    })
}

fn command(words: &[OsString]) -> Option<Command> {
    let (program, args) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(args);
    Some(command)
}

fn words_of(command: &[OsString]) -> Vec<String> {
    command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
