//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use evenkeel_common::Verbosity;
use evenkeel_common::docker::{DockerArgs, parse_call_timeout};
use evenkeel_common::state::parse_name;
use evenkeel_common::units::{parse_duration, parse_size};

pub use crate::manual::MANUAL;
use crate::model::level::{Budget, Level};
use crate::model::scope::Scope;

/// Measure, judge and record what Docker uses
#[derive(Debug, Parser)]
#[command(name = "dockwatch", version, about, after_long_help = MANUAL.after_help())]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct Cli {
    /// Logging.
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// The snapshot, where no command is given.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of a snapshot.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say whether a run fits: engine healthy, memory at hand, level below the bar
    Check(CheckArgs),
    /// Sample while a command runs and record its peaks; without a command, record one sample
    Record(RecordArgs),
    /// Show recorded runs
    History(HistoryArgs),
    /// Print figures for Prometheus
    Metrics(MetricsArgs),
    /// Say what a run of a category will need
    Predict(PredictArgs),
    /// Show the success figures beside their targets, as a table or as a page with plots
    Report(ReportArgs),
    /// Show a live view: history lines, sorting, filter
    Top(TopArgs),
    /// End containers that are over their limits, or run a command when a level is reached
    ///
    /// Without --stop or --kill it says what it would do. It ends nothing outside the scope and nothing labelled
    /// evenkeel.protect=true: first the containers at their own limits, the largest overuse first, then, while the scope
    /// is over its budget of memory or containers, the largest.
    Enforce(EnforceArgs),
}

/// Which engines are asked.
#[derive(Clone, Debug, Args)]
pub struct EngineArgs {
    /// Engine to talk to, such as unix:///run/docker.sock; may be repeated [default: $DOCKER_HOST, then the current
    /// context]
    #[arg(short = 'H', long = "host", value_name = "URL")]
    pub hosts: Vec<String>,
    /// Longest wait for the answers of an engine
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = parse_call_timeout)]
    pub call_timeout: Duration,
}

impl EngineArgs {
    /// One connection for each engine.
    pub fn each(&self) -> Vec<DockerArgs> {
        let one = |host: Option<String>| DockerArgs { host, call_timeout: self.call_timeout };
        if self.hosts.is_empty() {
            return vec![one(None)];
        }
        self.hosts.iter().cloned().map(|host| one(Some(host))).collect()
    }
}

/// Which resources are meant.
#[derive(Clone, Debug, Args)]
pub struct ScopeArgs {
    /// Only what carries this label; may be repeated, all must match
    #[arg(short, long = "label", value_name = "KEY[=VALUE]", value_parser = parse_label)]
    pub labels: Vec<String>,
    /// Only this Compose project
    #[arg(short, long, value_name = "NAME")]
    pub project: Option<String>,
}

impl ScopeArgs {
    /// The condition.
    pub fn scope(&self) -> Scope {
        Scope::new(&self.labels, self.project.as_deref())
    }
}

fn parse_label(text: &str) -> Result<String, String> {
    let key = text.split('=').next().unwrap_or_default();
    if key.is_empty() { Err("a label is written as key or key=value".into()) } else { Ok(text.to_owned()) }
}

/// What may be used.
#[derive(Clone, Debug, Args)]
pub struct BudgetArgs {
    /// Memory budget of all containers, such as 4GiB; a bare number counts GiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "DOCKER_MAX_MEMORY_GB",
        hide_env_values = true,
        default_value = "4"
    )]
    #[arg(value_parser = parse_budget, help_heading = "Budget")]
    pub max_memory: u64,
    /// Most running containers
    #[arg(
        long,
        value_name = "N",
        env = "DOCKER_MAX_CONTAINERS",
        hide_env_values = true,
        default_value = "20"
    )]
    #[arg(help_heading = "Budget")]
    pub max_containers: u64,
    /// Most networks, the engine's own not counted
    #[arg(long, value_name = "N", env = "DOCKER_MAX_NETWORKS", hide_env_values = true, default_value = "15")]
    #[arg(help_heading = "Budget")]
    pub max_networks: u64,
    /// Most volumes
    #[arg(long, value_name = "N", env = "DOCKER_MAX_VOLUMES", hide_env_values = true, default_value = "10")]
    #[arg(help_heading = "Budget")]
    pub max_volumes: u64,
}

impl BudgetArgs {
    /// The budget.
    pub const fn budget(&self) -> Budget {
        Budget {
            memory_bytes: self.max_memory,
            containers: self.max_containers,
            networks: self.max_networks,
            volumes: self.max_volumes,
        }
    }
}

fn parse_budget(text: &str) -> Result<u64, String> {
    let is_bare = text.trim().ends_with(|c: char| c.is_ascii_digit());
    if is_bare { parse_size(&format!("{text}GiB")) } else { parse_size(text) }
}

/// `dockwatch` without a command.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct SnapshotArgs {
    /// Print JSON: one object
    #[arg(long)]
    pub json: bool,
    /// Show stopped containers too
    #[arg(short, long, conflicts_with = "follow")]
    pub all: bool,
    /// Ask what images, containers, volumes and build cache take on disk; the engine adds it up, which takes a while
    #[arg(long, conflicts_with = "follow")]
    pub disk: bool,
    /// Go on: a sample every interval, and between them what happens; with --json one object a line
    #[arg(short, long)]
    pub follow: bool,
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_interval, requires = "follow")]
    pub interval: Duration,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
}

/// `dockwatch check`
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Memory the run needs, such as 2GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub need: Option<u64>,
    /// Kind of run: needs what recorded runs of this category used
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub category: Option<String>,
    /// Level from which the answer is no
    #[arg(long, value_name = "LEVEL", default_value = "critical")]
    pub fail_on: Level,
    /// Wait this long until it fits
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub wait: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
}

/// `dockwatch record`
#[derive(Clone, Debug, Args)]
pub struct RecordArgs {
    /// Kind of run, for predictions: unit, integration, e2e, performance, or a name of your own
    #[arg(long, value_name = "NAME", value_parser = parse_name, default_value = "default")]
    pub category: String,
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = parse_interval)]
    pub interval: Duration,
    /// Record only that this many containers, networks and volumes were left after a run of the category was taken
    /// down: for the report
    #[arg(long, value_name = "N", conflicts_with_all = ["command", "report", "interval"])]
    pub orphans: Option<u64>,
    /// Write the record of the run as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// Command to run
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text)?;
    if interval < Duration::from_millis(100) {
        Err("it must be 100ms or longer".into())
    } else {
        Ok(interval)
    }
}

/// `dockwatch history`
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// Only runs that ended within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Only this category
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub category: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print CSV with a header
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// `dockwatch metrics`
#[derive(Clone, Debug, Args)]
pub struct MetricsArgs {
    /// Write them to this file, which is never seen half-written: for node_exporter
    #[arg(long, value_name = "PATH")]
    pub textfile: Option<PathBuf>,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
}

/// `dockwatch predict`
#[derive(Clone, Debug, Args)]
pub struct PredictArgs {
    /// Kind of run: unit, integration, e2e, performance, or a name of your own
    #[arg(value_parser = parse_name)]
    pub category: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `dockwatch report`
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Only what was recorded within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write a page with plots to this file; it needs no network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
}

/// `dockwatch top`
#[derive(Clone, Debug, Args)]
pub struct TopArgs {
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_interval)]
    pub interval: Duration,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
}

/// `dockwatch enforce`
#[derive(Clone, Debug, Args)]
pub struct EnforceArgs {
    /// Stop them
    #[arg(long, conflicts_with = "kill")]
    pub stop: bool,
    /// Kill them at once
    #[arg(long)]
    pub kill: bool,
    /// With --stop: time from SIGTERM to SIGKILL
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub grace: Duration,
    /// Go on, and run the command each time this level is reached from below
    #[arg(long, value_name = "LEVEL", requires = "command", conflicts_with_all = ["stop", "kill", "json"])]
    pub on_level: Option<Level>,
    /// With --on-level: time between samples
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_interval)]
    pub interval: Duration,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Engines.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Budget.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// Command to run when the level is reached
    #[arg(last = true, value_name = "CMD", requires = "on_level")]
    pub command: Vec<OsString>,
}

/// What is done with containers that are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nothing: it is only said.
    None,
    /// Stopped, with this time from SIGTERM to SIGKILL.
    Stop(Duration),
    /// Killed.
    Kill,
}

impl Deed {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "dry_run",
            Self::Stop(_) => "stop",
            Self::Kill => "kill",
        }
    }
}

impl EnforceArgs {
    /// What is to be done.
    pub const fn deed(&self) -> Deed {
        match (self.stop, self.kill) {
            (true, _) => Deed::Stop(self.grace),
            (_, true) => Deed::Kill,
            _ => Deed::None,
        }
    }
}
