//! The command line.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand};
use evenkeel_common::manual::Manual;
use evenkeel_common::state::parse_name;
use evenkeel_common::units::parse_duration;
use evenkeel_common::{Exit, Verbosity};

use crate::queue::Mode;

/// What the manual says beyond the options.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "the command ended with 0; status, history, break: done; held: yes"),
        (Exit::No, "break: nobody holds the lock; held: no"),
        (Exit::Usage, "bad arguments"),
        (
            Exit::Failed,
            "the command runs under a lesser lock than it asks for; status, history, break: failed",
        ),
        (Exit::Busy, "the lock was not free in time (-E changes this code)"),
        (Exit::Wrapper, "envlock itself failed; the command was not run"),
        (Exit::NotRunnable, "the command could not be run"),
        (Exit::NotFound, "the command was not found"),
    ],
    examples: &[
        ("envlock test -- make test", "run the tests alone; wait up to a minute for others to finish"),
        ("envlock --no-wait --purpose nightly test -- ./nightly", "give up at once when somebody is inside"),
        (
            "envlock --shared --setup './stack up' --teardown './stack down' test -- make test",
            "share one environment: the first one in starts it, the last one out takes it down",
        ),
        (
            "envlock --slots 3 test -- sh -c 'PORT=$((5434 + ENVLOCK_SLOT)) ./suite'",
            "at most three at once, each with a port of its own",
        ),
        ("envlock --with dev test -- ./migrate", "keep users of dev out too"),
        ("flock ~/.netra/locks/test.lock ./old-script", "scripts that know nothing of envlock take part"),
        ("envlock status test", "who is inside, since when and why, and who waits"),
        ("envlock break test --reason 'hangs since noon'", "end the command that holds the lock"),
        (
            "envlock held test || exec envlock test -- \"$0\"",
            "in a script: take the lock unless it is held already",
        ),
    ],
    sections: &[
        (
            "SET-UP AND TAKE-DOWN",
            "Whoever shares an environment gives the same --setup and --teardown. Both run in a shell under the \
             lock, alone, with an empty stdin, with their stdout sent to stderr, and in a process group of their \
             own, so they cannot read from the terminal. A set-up that fails ends envlock with its code, after \
             the take-down. A take-down that fails ends envlock with its code, unless the command failed, and \
             leaves the environment dirty, as the death of a holder does: whoever comes in first then runs the \
             take-down before the set-up. The same holds where flock(1), or an envlock without --setup and \
             --teardown, still has the lock when the last user leaves. The first one in waits for such users \
             before it sets up.\n\n\
             A set-up gets each signal that envlock gets, once. Where a set-up, or a take-down that clears up \
             after a dead holder, goes on in spite of SIGINT, SIGQUIT, SIGTERM or SIGHUP, envlock waits for its \
             end, runs the take-down if there is something to take down, and ends with 128+n; the command is not \
             started.\n\n\
             A take-down gets no signal: SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTTIN and SIGTTOU are ignored in it, \
             and envlock waits for its end. --teardown-timeout limits how long it may take. Three signals to \
             envlock within a second end it too, but not before it has had 30 seconds. Its processes then get \
             SIGTERM, and SIGKILL five seconds later, and the environment is dirty.\n\n\
             What the command has left running is ended in the same way before the take-down, unless --inherit \
             is given, and so is what a set-up or a take-down that failed has left running (on Linux).",
        ),
        (
            "CRASHES",
            "A lock belongs to living processes, so a dead holder's lock is free at once. When envlock is killed, \
             its command gets SIGTERM, and the lock stays taken while anything of the command lives; the next one \
             in the queue ends what is left (SIGTERM, and SIGKILL five seconds later) before it enters. On Windows \
             the command and all its children are ended with envlock. On macOS what is left is waited for.",
        ),
        (
            "FILES",
            "~/.netra/locks/NAME.lock: the lock file; flock(1) and Python's filelock on it exclude envlock and \
             are excluded by it. It is never removed.\n\n\
             ~/.netra/locks/NAME.d/: tickets of those inside and waiting, and history.jsonl, the past holds.\n\n\
             Keep them on a local disk: over a network file locks may not exclude.",
        ),
        (
            "ENVIRONMENT",
            "NETRA_HOME: where the state is kept instead of ~/.netra.\n\n\
             ENVLOCK_HELD: set for the command: the locks it runs under, parted by commas, each \
             NAME:MODE:TICKET:OWNER with mode x, s or n. An envlock under it passes through where these cover \
             what it asks for; it believes them only while the ticket lives and belongs to an ancestor. \
             'envlock held NAME' asks in the same way.\n\n\
             ENVLOCK_SLOT: set for the command under --slots: its slot, from 0.\n\n\
             ENVLOCK_STEP: set under --setup or --teardown: the entry of ENVLOCK_HELD and the step (setup, \
             command or teardown) that a process belongs to. By it envlock finds what is left of a step.",
        ),
        (
            "JSON",
            "envlock.status/1 (status --json): schema, tool_version, at, verdict (free or held), locks (sorted by \
             name): name, verdict, dirty, holders and queue (sorted by ticket): ticket, mode (exclusive, shared, \
             slot), slot, phase (waiting, setup, running, teardown), user, host, pid, process_start (ticks since \
             boot), boot_id, command, purpose, queued_at, entered_at; outsiders (sorted by pid): pid, command.\n\n\
             envlock.history/1 (history --json): schema, tool_version, at, verdict (done), name, holds, skipped \
             (lines that could not be read), held_p50_ms, held_p95_ms, waited_p50_ms, waited_p95_ms, last (oldest \
             first): at, end (done, died, broken), ticket, mode, slot, user, host, pid, command, purpose, \
             waited_ms, held_ms, exit_code, broken_by, reason.\n\n\
             envlock.break/1 (break --json): schema, tool_version, at, verdict (broken or free), name, ticket, \
             killed (whether SIGKILL was needed).\n\n\
             envlock.run/1 (--report): schema, tool_version, at, verdict (done or busy), name, mode, slot, \
             ticket, waited_ms, held_ms, exit_code.",
        ),
    ],
};

/// The command line of envlock.
#[derive(Debug, Parser)]
#[command(
    name = "envlock",
    version,
    about = "Hold a named environment lock around a command",
    long_about = None,
    after_long_help = MANUAL.after_help(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    override_usage = "envlock [OPTIONS] NAME -- CMD...\n       envlock <SUBCOMMAND>"
)]
pub struct Cli {
    /// Hold a lock around a command.
    #[command(flatten)]
    pub hold: HoldArgs,
    /// Or something else.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Logging.
    #[command(flatten)]
    pub verbosity: Verbosity,
}

impl Cli {
    /// Reads the arguments of this process. Ends it with 2 where they are wrong, and says what is missing where a
    /// command is given as to flock(1), without `--`.
    pub fn parse_or_exit() -> Self {
        Self::try_parse().unwrap_or_else(|error| with_tip(error).exit())
    }
}

fn with_tip(mut error: clap::Error) -> clap::Error {
    if let Some(tip) = missing_separator(&error) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Where `--` before the first word that was not expected makes the command line right, says so.
fn missing_separator(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else { return None };
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let place = args.iter().position(|arg| arg == unexpected && !arg.starts_with('-'))?;
    let (before, command) = args.split_at(place);
    let separator = [String::from("--")];
    Cli::try_parse_from(before.iter().chain(&separator).chain(command)).ok()?;
    Some(format!("write -- before the command: envlock {} -- {unexpected} ...", before[1..].join(" ")))
}

/// What to hold, how, and for which command.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct HoldArgs {
    /// Environment to lock (status, history, break, held and help are taken)
    #[arg(value_name = "NAME", value_parser = parse_name, required = true)]
    pub name: Option<String>,
    /// Command to run while the lock is held
    #[arg(value_name = "CMD", last = true, required = true)]
    pub command: Vec<std::ffi::OsString>,
    /// Share the lock with others that share it
    #[arg(short, long, conflicts_with = "slots")]
    pub shared: bool,
    /// Let at most N in at once; each gets its number, from 0, in ENVLOCK_SLOT
    #[arg(long, value_name = "N", value_parser = parse_slots)]
    pub slots: Option<NonZeroU16>,
    /// Hold NAME too, alone or shared; locks are always taken in the order of their names
    #[arg(long, value_name = "NAME[:shared]", value_parser = parse_with)]
    pub with: Vec<With>,
    /// Run this in a shell when the first one comes in; nobody else enters meanwhile
    #[arg(long, value_name = "CMD")]
    pub setup: Option<String>,
    /// Run this in a shell when the last one leaves; nobody else enters meanwhile
    #[arg(long, value_name = "CMD")]
    pub teardown: Option<String>,
    /// End a take-down that takes longer than this [default: wait for it, whatever comes]
    #[arg(long, value_name = "DURATION", requires = "teardown", value_parser = parse_duration)]
    pub teardown_timeout: Option<Duration>,
    /// Give up with 75 when the lock is not free after this long
    #[arg(short = 'w', long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub timeout: Duration,
    /// Give up with 75 when the lock is not free now
    #[arg(short, long, conflicts_with_all = ["timeout", "wait_forever"])]
    pub no_wait: bool,
    /// Never give up
    #[arg(long, conflicts_with = "timeout")]
    pub wait_forever: bool,
    /// Say why, for those who wait and for the history
    #[arg(short, long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// End with N instead of 75 when the lock was not free in time
    #[arg(short = 'E', long, value_name = "N")]
    pub conflict_exit_code: Option<u8>,
    /// Let background children of the command keep the lock, as flock(1) does
    #[arg(long)]
    pub inherit: bool,
    /// Write what happened to FILE as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What else envlock does.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show who holds and who waits for an environment, or all of them
    Status(StatusArgs),
    /// Show the past holds of an environment
    History(HistoryArgs),
    /// End the command that holds an environment, so that the lock comes free
    Break(BreakArgs),
    /// Tell by the exit code whether this process runs under a lock: 0 if so, 1 if not
    Held(HeldArgs),
}

/// A further lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct With {
    /// The environment.
    pub name: String,
    /// How to hold it.
    pub mode: Mode,
}

fn parse_slots(text: &str) -> Result<NonZeroU16, String> {
    text.parse().map_err(|_| format!("a number from 1 to {}", u16::MAX))
}

fn parse_with(text: &str) -> Result<With, String> {
    let (name, mode) = match text.split_once(':') {
        None => (text, Mode::Exclusive),
        Some((name, "shared")) => (name, Mode::Shared),
        Some((_, other)) => return Err(format!("unknown mode '{other}' (write NAME or NAME:shared)")),
    };
    Ok(With { name: parse_name(name)?, mode })
}

/// What to show.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Environment to show [default: all]
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What to show.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Environment to show
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub name: String,
    /// Show the last N holds; the percentiles are of all
    #[arg(short = 'n', long, value_name = "N", default_value = "20")]
    pub last: usize,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What to ask for.
#[derive(Debug, Args)]
pub struct HeldArgs {
    /// Environment whose lock an envlock above this process may hold
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub name: String,
}

/// What to break.
#[derive(Debug, Args)]
pub struct BreakArgs {
    /// Environment to free
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub name: String,
    /// Ticket to break; needed where there are several holders
    #[arg(long, value_name = "ID")]
    pub ticket: Option<u64>,
    /// Why, for its owner and for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Time for the command to end after SIGTERM, and again for the take-down, before SIGKILL
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub grace: Duration,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
