//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use drydock_common::docker::DockerArgs;
use drydock_common::manual::Manual;
use drydock_common::units::parse_duration;
use drydock_common::{Exit, Verbosity};

use crate::gate::Limits;

/// What the man page says beyond the options.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "restarted and healthy, or no restart was needed; check: a restart would pass"),
        (Exit::No, "restarted, and not healthy in time; wait: not healthy in time, or never without help"),
        (Exit::Usage, "bad arguments, or the service is unknown or ambiguous"),
        (Exit::Failed, "the history could not be read or written: nothing was restarted"),
        (Exit::Unavailable, "Docker is not reachable, or does not answer in time"),
        (Exit::Open, "refused: the breaker is open; retrying is useless until it closes"),
        (Exit::Busy, "refused: cooling down, or the machine's budget is spent; try again later"),
        (Exit::NotRunnable, "with -- CMD: it was found and cannot be run"),
        (Exit::NotFound, "with -- CMD: it was not found"),
    ],
    examples: &[
        (
            "restartgate test-postgres",
            "restart the service if it is sick and the gate lets it, and wait until it is healthy",
        ),
        ("restartgate backend -- systemctl restart backend", "put the gate in front of any command"),
        ("restartgate wait --project drydock-test --timeout 60s", "wait until a whole project is healthy"),
        ("restartgate check redis && make smoke", "ask what the gate would say, spending nothing"),
        ("restartgate status --json | jq .services", "where every service stands"),
    ],
    sections: &[
        (
            "RULES",
            "In this order: a healthy service is left alone (unless --even-if-healthy); one that is starting, or that \
             Docker restarts, is waited for; one that somebody else restarted with success since the call began is done. \
             Then the breaker, the cooldown, the attempts within the window, and the machine's budget of restarts a minute \
             must let it pass. A failed restart doubles the cooldown. One attempt too many within the window trips the \
             breaker: it stays open for its time, doubled with each trip in a row, then lets one probe pass, and closes \
             when the service stayed up for the stable period.",
        ),
        (
            "FILES",
            "~/.netra/restarts/history.jsonl holds one JSON object a line, shared by all processes; a restart is written \
             there before it is made. Beside it stands a lock file for each service.",
        ),
        (
            "ENVIRONMENT",
            "DOCKER_HOST: the engine. NETRA_HOME: the state directory instead of ~/.netra. DOCKER_RESTART_COOLDOWN, \
             DOCKER_MAX_RESTART_ATTEMPTS: limits; flags override them.",
        ),
        (
            "JSON",
            "restartgate.report/1 (restart, check): schema, tool_version, at, verdict (restarted, skipped, waited, \
             coalesced, allowed, refused, failed), service {host, project, name}, reason, retry_after_s, attempts_used, \
             attempts_limit, window_s, breaker (closed, open, half_open, proving), cooldown_left_s, took_ms, evidence.\n\n\
             restartgate.status/1: schema, tool_version, at, verdict, skipped_lines, services [service, attempts_used, \
             attempts_limit, cooldown_left_s, breaker, breaker_left_s, failures, last_action, last_at, last_reason], sorted \
             by host, project and name.\n\n\
             restartgate.wait/1: schema, tool_version, at, verdict (healthy, not_healthy), took_ms, services [name, verdict, \
             reason], sorted by name.",
        ),
    ],
};

/// Let a restart through, or refuse it and say why
#[derive(Debug, Parser)]
#[command(name = "restartgate", version, about, after_long_help = MANUAL.after_help())]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What else to do.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// A restart.
    #[command(flatten)]
    pub restart: RestartArgs,
    /// Logs.
    #[command(flatten)]
    pub verbosity: Verbosity,
}

/// Everything but a restart.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Say what the gate would decide, spending nothing
    Check(CheckArgs),
    /// Wait until services are healthy
    Wait(WaitArgs),
    /// Show where every service stands
    Status(StatusArgs),
    /// Open the breaker of a service by hand
    Trip(VerdictArgs),
    /// Forget a service's failures and close its breaker
    Reset(VerdictArgs),
}

/// Which service.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// Compose service or container name; never a container ID
    #[arg(value_name = "SERVICE", required_unless_present = "label")]
    pub service: Option<String>,
    /// Only a service whose container carries this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub label: Vec<(String, String)>,
    /// Only a service of this Compose project
    #[arg(short, long, value_name = "NAME")]
    pub project: Option<String>,
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is KEY=VALUE, neither of them empty".into()),
    }
}

/// A number of seconds, or a duration with its unit.
fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).or_else(|_| parse_duration(text))
}

fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("it must be a whole number of at least 1".into()),
    }
}

/// Limits of the gate.
#[derive(Clone, Debug, Args)]
pub struct LimitArgs {
    /// Shortest time between two restarts of a service; failures double it, up to 5 min
    #[arg(long, value_name = "DURATION", env = "DOCKER_RESTART_COOLDOWN", default_value = "30s", value_parser = parse_seconds)]
    pub cooldown: Duration,
    /// Most restarts of a service within the window; one more trips the breaker
    #[arg(long, value_name = "N", env = "DOCKER_MAX_RESTART_ATTEMPTS", default_value = "3", value_parser = parse_count)]
    pub max_attempts: usize,
    /// Time in which restarts are counted
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub window: Duration,
    /// How long the breaker stays open; doubled with each trip in a row, up to six times this
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub open: Duration,
    /// How long a service must stay up after a probe until the breaker closes
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = parse_duration)]
    pub stable: Duration,
    /// Most restarts of all services within a minute
    #[arg(long, value_name = "N", default_value = "6", value_parser = parse_count)]
    pub per_minute: usize,
}

impl LimitArgs {
    /// The limits that the gate decides by.
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            cooldown: self.cooldown,
            cooldown_max: default.cooldown_max.max(self.cooldown),
            attempts: self.max_attempts,
            window: self.window,
            open: self.open,
            open_max: self.open.saturating_mul(6),
            stable: self.stable,
            machine_per_minute: self.per_minute,
        }
    }
}

/// A restart.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct RestartArgs {
    /// Which service.
    #[command(flatten)]
    pub target: Target,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Restart also when it is healthy
    #[arg(long)]
    pub even_if_healthy: bool,
    /// Pass the gate whatever it says; recorded, and counted against the limits
    #[arg(long, requires = "reason")]
    pub force: bool,
    /// Why it is forced
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Longest time until the service must be healthy
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub health_timeout: Duration,
    /// Wait while the gate is closed, instead of failing with 75
    #[arg(short, long)]
    pub wait: bool,
    /// Print one JSON object; not with a command, whose stdout is its own
    #[arg(long, conflicts_with = "command")]
    pub json: bool,
    /// Engine.
    #[command(flatten)]
    pub docker: DockerArgs,
    /// Run this command instead of restarting a container
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
}

/// `restartgate check`
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Which service.
    #[command(flatten)]
    pub target: Target,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Decide as if it were sick
    #[arg(long)]
    pub even_if_healthy: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Engine.
    #[command(flatten)]
    pub docker: DockerArgs,
}

/// `restartgate wait`
#[derive(Clone, Debug, Args)]
pub struct WaitArgs {
    /// Compose services or container names
    #[arg(value_name = "SERVICE", required_unless_present_any = ["project", "label"])]
    pub services: Vec<String>,
    /// Services of this Compose project: all of them where none is named
    #[arg(short, long, value_name = "NAME")]
    pub project: Option<String>,
    /// Only services whose containers carry this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub label: Vec<(String, String)>,
    /// Longest wait
    #[arg(short, long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub timeout: Duration,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Engine.
    #[command(flatten)]
    pub docker: DockerArgs,
}

/// `restartgate status`
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `restartgate trip` and `restartgate reset`
#[derive(Clone, Debug, Args)]
pub struct VerdictArgs {
    /// Which service.
    #[command(flatten)]
    pub target: Target,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Engine.
    #[command(flatten)]
    pub docker: DockerArgs,
}
