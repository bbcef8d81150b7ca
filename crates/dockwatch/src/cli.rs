//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use evenkeel_common::Verbosity;
use evenkeel_common::docker::{DockerArgs, TlsArgs, parse_call_timeout};
use evenkeel_common::state::parse_name;
use evenkeel_common::units::{parse_duration, parse_size};

use crate::decide::limits::EnforceAction;
pub use crate::manual::MANUAL;
use crate::model::level::{Budget, Level};
use crate::model::scope::{LabelFilter, Scope};

/// Shortest time between samples; the CPU use of shorter windows is noise.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Less than this would keep hardly a line of a log.
const MIN_LOG_LIMIT: usize = 1 << 10;

/// Measure, judge and record what Docker uses
#[derive(Debug, Parser)]
#[command(name = "dockwatch", version = evenkeel_common::BUILD, after_long_help = MANUAL.after_help())]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
    /// Used where no command is given.
    #[command(flatten)]
    pub(crate) snapshot: SnapshotArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check whether a run fits: engine healthy, enough memory, levels below --fail-on
    Check(CheckArgs),
    /// Save the logs, inspects, health checks and events of a project, and say what went wrong first
    ///
    /// The directory gets logs/SERVICE.log with the time of each line, inspect/SERVICE.json, health/SERVICE.txt,
    /// events.jsonl (what the engine still keeps: Docker the last 256 events) and summary.md, which lists the containers in
    /// the order in which they went wrong. A container is named by its own name where its service has several. Values of
    /// environment variables whose names contain PASSWORD, PASSWD, PASSPHRASE, SECRET, TOKEN, KEY, CREDENTIAL or _PWD, and
    /// passwords in URLs, are masked in inspect/; logs, commands and labels are saved as they are.
    Collect(CollectArgs),
    /// Sample while a command runs and record its peaks; without a command, record one sample
    Record(RecordArgs),
    /// Show recorded runs
    History(HistoryArgs),
    /// Print metrics for Prometheus
    Metrics(MetricsArgs),
    /// Predict what a run of a category needs
    Predict(PredictArgs),
    /// Show success figures with their targets, as a table, JSON or an HTML page with plots
    Report(ReportArgs),
    /// Show a live view with history, sorting and a filter
    Top(TopArgs),
    /// Stop or kill containers that exceed their limits, or run a command when a level is reached
    ///
    /// Without --stop or --kill it only says what it would do. It never touches containers outside the scope, nor any
    /// that are labelled evenkeel.protect=true. Containers at their own memory limit end first, the one furthest over
    /// its limit before the others; then, while the scope is over its budget of memory or containers, the largest one.
    Enforce(EnforceArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EngineArgs {
    /// Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default:
    /// $DOCKER_HOST, then the current context]
    #[arg(
        help_heading = "Engine",
        short = 'H',
        long = "host",
        value_name = "URL",
        conflicts_with = "contexts"
    )]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    hosts: Vec<String>,
    /// Docker context of an engine to talk to; may be repeated
    #[arg(help_heading = "Engine", long = "context", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    contexts: Vec<String>,
    #[command(flatten)]
    tls: TlsArgs,
    /// Longest wait for the answers of an engine
    #[arg(help_heading = "Engine", long, value_name = "DURATION", default_value = "3s", value_parser = parse_call_timeout)]
    call_timeout: Duration,
}

impl EngineArgs {
    pub(crate) const fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// How to reach each engine; the default engine where none is named.
    pub(crate) fn docker_args(&self) -> Vec<DockerArgs> {
        let one = |host: Option<&String>, context: Option<&String>| DockerArgs {
            host: host.cloned(),
            context: context.cloned(),
            tls: self.tls.clone(),
            call_timeout: self.call_timeout,
        };
        if self.hosts.is_empty() && self.contexts.is_empty() {
            return vec![one(None, None)];
        }
        let hosts = self.hosts.iter().map(|host| one(Some(host), None));
        hosts.chain(self.contexts.iter().map(|context| one(None, Some(context)))).collect()
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Only resources with this label; may be repeated, all must match
    #[arg(short, long = "label", value_name = "KEY[=VALUE]", value_parser = LabelFilter::parse)]
    labels: Vec<LabelFilter>,
    /// Only resources of this Compose project
    #[arg(short, long, value_name = "NAME")]
    project: Option<String>,
}

impl ScopeArgs {
    pub(crate) fn scope(&self) -> Scope {
        Scope::new(self.labels.clone(), self.project.as_deref())
    }
}

#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the flags are named after the fields")]
pub(crate) struct BudgetArgs {
    /// Memory budget of all containers together, such as 4GiB; a bare number is in GiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "DOCKER_MAX_MEMORY_GB",
        hide_env_values = true,
        default_value = "4"
    )]
    #[arg(value_parser = parse_budget, help_heading = "Budget")]
    max_memory: u64,
    /// Highest number of running containers
    #[arg(
        long,
        value_name = "N",
        env = "DOCKER_MAX_CONTAINERS",
        hide_env_values = true,
        default_value = "20"
    )]
    #[arg(help_heading = "Budget")]
    max_containers: u64,
    /// Highest number of networks, not counting the engine's own
    #[arg(long, value_name = "N", env = "DOCKER_MAX_NETWORKS", hide_env_values = true, default_value = "15")]
    #[arg(help_heading = "Budget")]
    max_networks: u64,
    /// Highest number of volumes
    #[arg(long, value_name = "N", env = "DOCKER_MAX_VOLUMES", hide_env_values = true, default_value = "10")]
    #[arg(help_heading = "Budget")]
    max_volumes: u64,
}

impl BudgetArgs {
    pub(crate) const fn budget(&self) -> Budget {
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
pub(crate) struct SnapshotArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show stopped containers too
    #[arg(short, long, conflicts_with = "follow")]
    pub(crate) all: bool,
    /// Show the disk usage of images, containers, volumes and build cache; where the engine takes longer to add it up,
    /// raise --call-timeout
    #[arg(long, conflicts_with = "follow")]
    pub(crate) disk: bool,
    /// Print a sample every interval, and events in between; with --json one object a line
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_interval, requires = "follow")]
    pub(crate) interval: Duration,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// Memory the run needs, such as 2GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) need: Option<u64>,
    /// Take the needs from recorded runs of this category
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub(crate) category: Option<String>,
    /// Lowest level at which the answer is no
    #[arg(long, value_name = "LEVEL", default_value = "critical")]
    pub(crate) fail_on: Level,
    /// Wait up to this long until the run fits
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CollectArgs {
    /// Directory to write to; it is created where it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Longest time for everything together; each call to the engine has --call-timeout
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Longest log that is saved whole; of a longer one the first and the last half of this are saved
    #[arg(long, value_name = "SIZE", default_value = "2MiB", value_parser = parse_log_limit)]
    pub(crate) limit: usize,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

fn parse_log_limit(text: &str) -> Result<usize, String> {
    let limit = usize::try_from(parse_size(text)?).map_err(|_| "it is too large")?;
    if limit < MIN_LOG_LIMIT { Err("it must be 1KiB or more".into()) } else { Ok(limit) }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// Category of the run, for predictions: unit, integration, e2e, performance, or any other name
    #[arg(long, value_name = "NAME", value_parser = parse_name, default_value = "default")]
    pub(crate) category: String,
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = parse_interval)]
    pub(crate) interval: Duration,
    /// Only record how many containers, networks and volumes were left after a run of the category was taken down
    #[arg(long, value_name = "N", conflicts_with_all = ["command", "report", "interval"])]
    pub(crate) orphans: Option<u64>,
    /// Write the record of the run as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Command to run
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text)?;
    if interval < MIN_INTERVAL { Err("it must be 100ms or longer".into()) } else { Ok(interval) }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only runs that ended within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Only runs of this category
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub(crate) category: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print CSV with a header
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Write the metrics to this file, replacing it atomically: for the textfile collector of node_exporter
    #[arg(long, value_name = "PATH")]
    pub(crate) textfile: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PredictArgs {
    /// Category of the run: unit, integration, e2e, performance, or any other name
    #[arg(value_parser = parse_name)]
    pub(crate) category: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReportArgs {
    /// Only records from within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a self-contained HTML page with plots to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TopArgs {
    /// Time between samples
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_interval)]
    pub(crate) interval: Duration,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EnforceArgs {
    /// Stop the containers
    #[arg(long, conflicts_with = "kill")]
    stop: bool,
    /// Kill the containers
    #[arg(long)]
    kill: bool,
    /// With --stop: time from SIGTERM to SIGKILL
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    grace: Duration,
    /// Keep sampling, and run the command each time the level rises to this one or above
    #[arg(long, value_name = "LEVEL", requires = "command", conflicts_with_all = ["stop", "kill", "json"])]
    pub(crate) on_level: Option<Level>,
    /// With --on-level: time between samples
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_interval)]
    pub(crate) interval: Duration,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Command to run when the level is reached
    #[arg(last = true, value_name = "CMD", requires = "on_level")]
    pub(crate) command: Vec<OsString>,
}

impl EnforceArgs {
    pub(crate) const fn action(&self) -> EnforceAction {
        match (self.stop, self.kill) {
            (true, _) => EnforceAction::Stop(self.grace),
            (_, true) => EnforceAction::Kill,
            _ => EnforceAction::DryRun,
        }
    }
}
