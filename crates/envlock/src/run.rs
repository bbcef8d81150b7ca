//! Where all of it meets.

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::{Action, BreakArgs, Cli, HeldArgs, HistoryArgs, HoldArgs, StatusArgs};
use crate::enter::{self, Hold};
use crate::files::{self, EnvFiles};
use crate::force;
use crate::held::{self, HELD};
use crate::history::{self, BreakNote, millis};
use crate::look::{Look, look};
use crate::process;
use crate::report::{self, Broken, History, Outcome, Status};
use crate::session::{self, Finished, Session, Want};
use crate::wait::Patience;
use crate::words;

/// Does what the command line asks for.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    match cli.action {
        Some(Action::Status(args)) => status(&args),
        Some(Action::History(args)) => show_history(&args),
        Some(Action::Break(args)) => break_lock(args),
        Some(Action::Held(args)) => is_held(&args),
        None => hold(&cli.hold),
    }
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

fn show_history(args: &HistoryArgs) -> Result<Exit, Error> {
    let files = EnvFiles::existing(&Home::from_env()?, &args.name)?;
    let past = files.as_ref().map(history::read).transpose()?;
    let (records, skipped) = past.map_or((Vec::new(), 0), |past| (past.records, past.skipped));
    let history = History::new(&args.name, records, skipped, args.last);
    if args.json {
        print_json(&history)?;
    } else {
        print(&words::history(&history))?;
    }
    Ok(Exit::Done)
}

fn break_lock(args: BreakArgs) -> Result<Exit, Error> {
    let Some(files) = EnvFiles::existing(&Home::from_env()?, &args.name)? else {
        return not_held(&args);
    };
    let look = look(&files)?;
    let Some(record) = force::choose(&look, args.ticket)? else { return not_held(&args) };
    force::check_reach(record)?;
    let note = BreakNote { by: process::user(), reason: args.reason };
    let killed = force::break_ticket(&files, record, &note, args.grace)?;
    if args.json {
        print_json(&Broken::new(&args.name, Some(record.ticket), killed))?;
    } else {
        let how = if killed { " (it had to be killed)" } else { "" };
        print(&format!("broke {}, held by {}{how}\n", args.name, words::holder_line(record)))?;
    }
    Ok(Exit::Done)
}

fn not_held(args: &BreakArgs) -> Result<Exit, Error> {
    if args.json {
        print_json(&Broken::new(&args.name, None, false))?;
    } else {
        print(&format!("nobody holds {}\n", args.name))?;
    }
    Ok(Exit::No)
}

fn is_held(args: &HeldArgs) -> Result<Exit, Error> {
    let held = held::parse(&std::env::var(HELD).unwrap_or_default());
    let yes = held::is_under(&held, &Home::from_env()?, &args.name)?;
    Ok(if yes { Exit::Done } else { Exit::No })
}

fn hold(args: &HoldArgs) -> Result<Exit, Error> {
    let home = Home::from_env().map_err(as_wrapper)?;
    let outer = std::env::var(HELD).unwrap_or_default();
    let held = held::parse(&outer);
    let mut wants = Vec::new();
    for want in session::wants(args)? {
        if !held::covers(&held, &home, &want.name, want.mode)? {
            wants.push(want);
        }
    }
    if wants.is_empty() {
        return pass_through(args);
    }
    hold_all(&home, &wants, &outer, args).map_err(as_wrapper)
}

/// A wrapper's own failures must not look like the command's.
fn as_wrapper(error: Error) -> Error {
    if error.exit() == Exit::Failed { error.with_exit(Exit::Wrapper) } else { error }
}

/// Becomes the command: an outer envlock holds all that is needed and minds everything.
fn pass_through(args: &HoldArgs) -> Result<Exit, Error> {
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    process::replace(command)
}

fn hold_all(home: &Home, wants: &[Want], outer: &str, args: &HoldArgs) -> Result<Exit, Error> {
    let words = args.command.iter().map(|word| word.to_string_lossy().into_owned());
    let about = enter::about(words.collect(), args.purpose.clone());
    let mut patience = patience(args);
    let mut holds: Vec<Hold> = Vec::new();
    for want in wants {
        let files = EnvFiles::open(home, &want.name)?;
        patience = wondering(patience, &files);
        match enter::enter(files.clone(), want.mode, want.door, &about, &mut patience) {
            Ok(Some(hold)) => holds.push(hold),
            other => {
                holds.into_iter().for_each(Hold::release);
                return other.and_then(|_| busy(&files, &patience, args));
            }
        }
    }
    let session = Session::new(args, holds, outer);
    let outcome = Outcome::before(&session, args);
    match session.run(&mut patience)? {
        Some(finished) => done(outcome, &finished, args),
        None => busy(&EnvFiles::open(home, &outcome.name)?, &patience, args),
    }
}

fn done(outcome: Outcome, finished: &Finished, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = finished.ending.exit;
    if let Some(path) = &args.report {
        let held_ms = Some(millis(finished.held));
        report::write_run(path, Outcome { verdict: "done", held_ms, exit_code: exit.code(), ..outcome })?;
    }
    if let Some(signal) = finished.ending.by_terminal {
        process::die_of(signal);
    }
    Ok(exit)
}

/// Says who is in the way, and ends with 75.
fn busy(files: &EnvFiles, patience: &Patience<'_>, args: &HoldArgs) -> Result<Exit, Error> {
    let exit = args.conflict_exit_code.map_or(Exit::Busy, Exit::Command);
    let waited = patience.spent();
    let after = if args.no_wait { String::new() } else { format!(" after {}", words::rounded(waited)) };
    let who = explain(files, None)?;
    let _ = write!(std::io::stderr(), "envlock: {} is busy, gave up{after}\n{who}", files.name);
    if let Some(path) = &args.report {
        let outcome = Outcome::busy(&files.name, session::mode(args), millis(waited), exit.code());
        report::write_run(path, outcome)?;
    }
    Ok(exit)
}

fn patience(args: &HoldArgs) -> Patience<'static> {
    Patience::new(if args.no_wait {
        Some(Duration::ZERO)
    } else if args.wait_forever {
        None
    } else {
        Some(args.timeout)
    })
}

/// On a terminal, tells a person who waits for long what for.
fn wondering(patience: Patience<'static>, files: &EnvFiles) -> Patience<'static> {
    if !std::io::stderr().is_terminal() {
        return patience;
    }
    let files = files.clone();
    patience.wondering(move || {
        // Only a courtesy: what goes wrong here will be told when it matters.
        if let Ok(who) = explain(&files, Some(std::process::id())) {
            let _ = write!(std::io::stderr(), "envlock: waiting for {}\n{who}", files.name);
        }
    })
}

fn explain(files: &EnvFiles, waiter: Option<u32>) -> Result<String, Error> {
    let look = look(files)?;
    // Without a history there is just no guess.
    let past = history::read(files).map(|past| past.records).unwrap_or_default();
    Ok(words::explain(&look, &past, waiter))
}
