//! The command line.

use std::ffi::OsString;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgGroup, Args, Parser, Subcommand};
use evenkeel_common::Verbosity;
use evenkeel_common::state::parse_name;
use evenkeel_common::units::parse_duration;

pub use crate::manual::MANUAL;

use crate::model::environment::{Keep, Replace, SweepRule};
use crate::model::queue::Mode;
use crate::model::setup_key::SetupKey;
use crate::model::via::Via;

/// The command line of envlock.
#[derive(Debug, Parser)]
#[command(
    name = "envlock",
    version = evenkeel_common::BUILD,
    about = "Hold a named environment lock around a command",
    long_about = None,
    after_long_help = MANUAL.after_help(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    override_usage = "envlock [OPTIONS] NAME -- CMD...\n       envlock <SUBCOMMAND>"
)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) hold: HoldArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// What to lock, how, and for which command.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("shielded").args(["teardown", "after"]).multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct HoldArgs {
    /// Environment to lock (status, history, break, held, doctor, down, sweep and help are reserved)
    #[arg(value_name = "NAME", value_parser = parse_name, required = true)]
    pub(crate) name: Option<String>,
    /// Command to run while the lock is held
    #[arg(value_name = "CMD", last = true, required = true)]
    pub(crate) command: Vec<OsString>,
    /// Share the lock with others that share it
    #[arg(short, long, conflicts_with = "slots")]
    pub(crate) shared: bool,
    /// Allow N holders at once; each gets a slot number, from 0, in ENVLOCK_SLOT
    #[arg(long, value_name = "N", value_parser = parse_slots)]
    pub(crate) slots: Option<NonZeroU16>,
    /// Also lock NAME, exclusively or shared; locks are always taken in the order of their names
    #[arg(long, value_name = "NAME[:shared]", value_parser = parse_with)]
    pub(crate) with: Vec<With>,
    /// Shell command that the first user runs to set the environment up, before anybody else enters
    #[arg(long, value_name = "CMD")]
    pub(crate) setup: Option<String>,
    /// Shell command that the last user runs to take the environment down, before anybody else enters
    #[arg(long, value_name = "CMD")]
    pub(crate) teardown: Option<String>,
    /// End a take-down, or an --after command, that takes longer than this [default: no limit]
    #[arg(long, value_name = "DURATION", requires = "shielded", value_parser = parse_duration)]
    pub(crate) teardown_timeout: Option<Duration>,
    /// What the set-up starts from, as blank-separated NAME=VALUE; an environment started from something else is not
    /// entered
    #[arg(long, value_name = "WORDS", requires = "setup", value_parser = SetupKey::parse)]
    pub(crate) setup_key: Option<SetupKey>,
    /// As the last user, leave the environment up until it is taken down with 'envlock down' or --replace
    #[arg(long, requires = "setup", conflicts_with = "keep_for")]
    pub(crate) keep: bool,
    /// As the last user, leave the environment up for this long
    #[arg(long, value_name = "DURATION", requires = "setup", value_parser = parse_duration)]
    pub(crate) keep_for: Option<Duration>,
    /// Take down an environment that was kept, and set it up anew
    #[arg(long, value_name = "WHICH", requires = "setup", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "always")]
    pub(crate) replace: Option<Replace>,
    /// Shell command that the first user of an environment that was kept runs instead of the set-up
    #[arg(long, value_name = "CMD", requires = "setup")]
    pub(crate) reuse: Option<String>,
    /// Shell command to run after the command, still under the lock, with its exit code in ENVLOCK_EXIT
    #[arg(long, value_name = "CMD")]
    pub(crate) after: Option<String>,
    /// Give up with 75 when the lock is not free after this long
    #[arg(short = 'w', long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Give up with 75 when the lock is not free now
    #[arg(short, long, conflicts_with_all = ["timeout", "wait_forever"])]
    pub(crate) no_wait: bool,
    /// Wait without a limit
    #[arg(long, conflicts_with = "timeout")]
    pub(crate) wait_forever: bool,
    /// Purpose to show to those that wait and in the history
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    /// Where the locks are those of all users, record neither the purpose nor the command: others could read them
    #[arg(long)]
    pub(crate) private: bool,
    /// End with N instead of 75 when the lock was not free in time
    #[arg(short = 'E', long, value_name = "N")]
    pub(crate) conflict_exit_code: Option<u8>,
    /// Let background processes of the command keep the lock, as flock(1) does
    #[arg(long)]
    pub(crate) inherit: bool,
    /// Write a record of the run to FILE as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// Which store the lock of a run is kept in. Apart from [`HoldArgs`], so that most starts need not define it.
#[derive(Debug, Default, Args)]
pub(crate) struct StoreArgs {
    /// Keep the lock in etcd, for users on several hosts [default: ENVLOCK_VIA, else files of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// With --via: how long the store keeps the lock of a host that vanished, from 5s to 5m [default: 15s]
    #[arg(long, value_name = "DURATION", value_parser = parse_ttl)]
    pub(crate) ttl: Option<Duration>,
}

/// The files for a store that is reached over TLS.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AccessArgs {
    /// With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]
    #[arg(long = "via-ca", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]
    #[arg(long = "via-cert", value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]
    #[arg(long = "via-key", value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}

impl AccessArgs {
    /// Whether there is any of them.
    pub(crate) fn is_given(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.key.is_some()
    }
}

impl HoldArgs {
    /// How the main lock is wanted.
    pub(crate) fn mode(&self) -> Mode {
        match self.slots {
            Some(slots) => Mode::Slots(slots.get()),
            None if self.shared => Mode::Shared,
            None => Mode::Exclusive,
        }
    }

    /// Whether there is an environment to set up or take down.
    pub(crate) fn has_environment(&self) -> bool {
        self.setup.is_some() || self.teardown.is_some()
    }

    /// How the environment is kept when this user is the last one.
    pub(crate) fn keep_rule(&self) -> Keep {
        match self.keep_for {
            Some(time) => Keep::lasting(time),
            None if self.keep => Keep::UntilTold,
            None => Keep::No,
        }
    }

    /// The command, to be shown.
    pub(crate) fn words(&self) -> Vec<String> {
        self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// Whether this is the name of the main lock.
    pub(crate) fn is_main(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// What envlock does beside holding a lock.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Show who holds and who waits for an environment, or all of them
    Status(StatusArgs),
    /// Show the past holds of an environment
    History(HistoryArgs),
    /// End the command that holds an environment, so that the lock is released
    Break(BreakArgs),
    /// Test whether this process runs under the lock of an environment: exit code 0 or 1
    Held(HeldArgs),
    /// See whether the locks in a store can be used: its members, versions, the rights of the user, a lock and unlock
    Doctor(DoctorArgs),
    /// Take down an environment that was kept, or that its users left behind
    Down(DownArgs),
    /// Take down the environments that nobody uses and whose time is over, or whose users died
    Sweep(SweepArgs),
}

/// A further lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct With {
    pub(crate) name: String,
    pub(crate) mode: Mode,
}

/// Arguments of `envlock status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Environment to show [default: all]
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) name: Option<String>,
    /// Look in etcd [default: ENVLOCK_VIA, else files of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `envlock history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Environment to show
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) name: String,
    /// Show the last N holds; the percentiles are of all
    #[arg(short = 'n', long, value_name = "N", default_value = "20")]
    pub(crate) last: usize,
    /// Look in etcd [default: ENVLOCK_VIA, else files of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `envlock break`.
#[derive(Debug, Args)]
pub(crate) struct BreakArgs {
    /// Environment whose lock to break
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) name: String,
    /// Ticket to break; needed where there are several holders
    #[arg(long, value_name = "ID")]
    pub(crate) ticket: Option<u64>,
    /// Reason to show to the holder and in the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Time for the command to end after SIGTERM, and again for the take-down, before SIGKILL
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) grace: Duration,
    /// Look in etcd [default: ENVLOCK_VIA, else files of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `envlock held`.
#[derive(Debug, Args)]
pub(crate) struct HeldArgs {
    /// Environment whose lock an envlock further up may hold
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) name: String,
}

/// Arguments of `envlock doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Store to examine [default: ENVLOCK_VIA]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `envlock down`.
#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// Environment to take down
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) name: String,
    /// Shell command to run instead of the take-down that is recorded; needed in etcd, from which no command is taken
    #[arg(long, value_name = "CMD")]
    pub(crate) teardown: Option<String>,
    /// Give up with 75 when others use the environment for longer than this
    #[arg(short = 'w', long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Look in etcd [default: ENVLOCK_VIA, else files of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) via: Option<Via>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

/// Arguments of `envlock sweep`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct SweepArgs {
    /// Environments to look at [default: all]
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub(crate) names: Vec<String>,
    /// Also take down those whose time is not over yet, but never those kept with --keep
    #[arg(long)]
    pub(crate) idle: bool,
    /// Show what would be taken down, and take nothing down
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print nothing when nothing was to be taken down
    #[arg(long, conflicts_with = "json")]
    pub(crate) quiet_if_nothing: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl SweepArgs {
    pub(crate) fn rule(&self) -> SweepRule {
        if self.idle { SweepRule::AllIdle } else { SweepRule::WhatIsOver }
    }
}

/// The command line without subcommands and the options of a store. Most starts have none, and defining them all takes
/// longer than the rest of reading the command line.
#[derive(Debug, Parser)]
#[command(name = "envlock", version = evenkeel_common::BUILD)]
struct WithoutSubcommand {
    #[command(flatten)]
    hold: HoldArgs,
    #[command(flatten)]
    verbosity: Verbosity,
}

impl Cli {
    /// Reads the arguments of this process, and ends it with 2 where they are wrong.
    pub fn parse_or_exit() -> Self {
        let args: Vec<OsString> = std::env::args_os().collect();
        Self::without_subcommand(&args).unwrap_or_else(|| {
            Self::try_parse_from(&args).unwrap_or_else(|mut error| {
                if let Some(tip) = missing_separator(&error) {
                    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
                }
                error.exit()
            })
        })
    }

    /// None where a word before the command may be a subcommand, and where the arguments are wrong or ask for help:
    /// then the whole definition has to be known.
    fn without_subcommand(args: &[OsString]) -> Option<Self> {
        let mut before_command = args.iter().skip(1).take_while(|word| *word != "--");
        let may_be_subcommand = |word: &OsString| {
            word.to_str().is_some_and(|word| word == "help" || Action::has_subcommand(word))
        };
        if before_command.any(may_be_subcommand) {
            return None;
        }
        let WithoutSubcommand { hold, verbosity } = WithoutSubcommand::try_parse_from(args).ok()?;
        Some(Self { hold, store: StoreArgs::default(), action: None, verbosity })
    }
}

/// A tip for users of flock(1), where the arguments would be right with `--` before the first unexpected word.
fn missing_separator(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else { return None };
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let index = args.iter().position(|arg| arg == unexpected && !arg.starts_with('-'))?;
    let (before, command) = args.split_at(index);
    let separator = [String::from("--")];
    Cli::try_parse_from(before.iter().chain(&separator).chain(command)).ok()?;
    Some(format!("write -- before the command: envlock {} -- {unexpected} ...", before[1..].join(" ")))
}

fn parse_ttl(text: &str) -> Result<Duration, String> {
    let ttl = parse_duration(text)?;
    // Whole seconds, as the store counts.
    let ttl = Duration::from_secs(ttl.as_secs());
    if (Duration::from_secs(5)..=Duration::from_mins(5)).contains(&ttl) {
        Ok(ttl)
    } else {
        Err("not from 5s to 5m".to_owned())
    }
}

fn parse_slots(text: &str) -> Result<NonZeroU16, String> {
    text.parse().map_err(|_| format!("not a number from 1 to {}", u16::MAX))
}

fn parse_with(text: &str) -> Result<With, String> {
    let (name, mode) = match text.split_once(':') {
        None => (text, Mode::Exclusive),
        Some((name, "shared")) => (name, Mode::Shared),
        Some((_, other)) => return Err(format!("unknown mode '{other}' (write NAME or NAME:shared)")),
    };
    Ok(With { name: parse_name(name)?, mode })
}
