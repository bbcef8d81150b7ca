//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
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

/// Networks and volumes that one team's environments need at most.
const MAX_NETWORKS: u64 = 15;
const MAX_VOLUMES: u64 = 10;

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
    ///
    /// The page shows memory with its budget, and on the same axis of time the runs, the waits and holds of locks that envlock
    /// recorded, the restarts and refusals that restartgate recorded, and outages of the engine; below that the other values,
    /// the runs by category, and a table of runs that can be sorted. It is one file that loads nothing, follows the theme of
    /// the reader, and can be printed. Times are UTC.
    Report(ReportArgs),
    /// Serve metrics for Prometheus on /metrics and the report on /
    ///
    /// The page is the one of report --html; in a browser it renews itself every 15 seconds, unless that is switched off there,
    /// and keeps what was sorted and chosen. Each scrape measures anew, at most once a second. An engine that is down or hangs has dockwatch_up 0. Nothing that is
    /// served changes anything; there is no access control, so listen on another address than the loopback one only where
    /// everybody who reaches it may see the names and figures of all containers.
    Serve(ServeArgs),
    /// Show a live view: levels, memory over time, containers; open, restart or stop one
    ///
    /// ? shows the keys. Enter opens a container: its state, health checks, last log lines, limits, ports and mounts. R
    /// restarts the selected container through restartgate, with the cooldown, breaker and history of restartgate itself;
    /// S stops it. Both ask first, and neither is done with --read-only or where restartgate is not installed. A protected
    /// container is left alone, and so is one to be stopped whose environment is locked or kept.
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
    /// Highest number of networks, not counting the engine's own [default: 15 of a label or project; of everything, no
    /// number: what counts is how many of the engine's subnets are free]
    #[arg(long, value_name = "N", env = "DOCKER_MAX_NETWORKS", hide_env_values = true)]
    #[arg(help_heading = "Budget")]
    max_networks: Option<u64>,
    /// Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free
    /// disk space]
    #[arg(long, value_name = "N", env = "DOCKER_MAX_VOLUMES", hide_env_values = true)]
    #[arg(help_heading = "Budget")]
    max_volumes: Option<u64>,
    /// Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "DOCKER_MIN_DISK_GB",
        hide_env_values = true,
        default_value = "1"
    )]
    #[arg(value_parser = parse_budget, help_heading = "Budget")]
    min_disk: u64,
}

impl BudgetArgs {
    /// The budget of a scope. What one team uses at most says nothing about a machine that many share.
    pub(crate) fn budget(&self, scope: &Scope) -> Budget {
        let of_scope = |most| (!scope.is_everything()).then_some(most);
        Budget {
            memory_bytes: self.max_memory,
            containers: self.max_containers,
            networks: self.max_networks.or_else(|| of_scope(MAX_NETWORKS)),
            volumes: self.max_volumes.or_else(|| of_scope(MAX_VOLUMES)),
            disk_free_bytes: self.min_disk,
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
    /// Space the run needs where the engine keeps its data, such as 5GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) need_disk: Option<u64>,
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
    #[arg(value_parser = parse_name, required_unless_present = "score")]
    pub(crate) category: Option<String>,
    /// Replay the recorded runs, of all categories unless one is given, and show how many stayed within the prediction
    #[arg(long)]
    pub(crate) score: bool,
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
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one, which is printed
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9117")]
    pub(crate) listen: SocketAddr,
    /// Show only records from within this time in the report, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    #[command(flatten)]
    pub(crate) engines: EngineArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TopArgs {
    /// Restart and stop nothing
    #[arg(long)]
    pub(crate) read_only: bool,
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
