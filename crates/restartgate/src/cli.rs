//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use evenkeel_common::docker::DockerArgs;
use evenkeel_common::manual::Manual;
use evenkeel_common::units::parse_duration;
use evenkeel_common::{Exit, Verbosity};

use crate::gate::Wish;
use crate::limits::{Flags, InForce, parse_count, parse_seconds};

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
        ("restartgate wait --project evenkeel-test --timeout 60s", "wait until a whole project is healthy"),
        ("restartgate check redis && make smoke", "ask what the gate would say, spending nothing"),
        ("restartgate status --json | jq .services", "where every service stands"),
        ("restartgate explain test-redis", "what the last decision went by"),
        ("restartgate stats --since 7d", "restarts, refusals and times to healthy, by day"),
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
             there before it is made. refusals.jsonl beside it holds the refusals, apart, so that a storm of them pushes \
             nothing out. Each service has a lock file, held from the decision to the end of the restart.",
        ),
        (
            "ENVIRONMENT",
            "DOCKER_HOST: the engine. NETRA_HOME: the state directory instead of ~/.netra. DOCKER_RESTART_COOLDOWN, \
             DOCKER_MAX_RESTART_ATTEMPTS, DOCKER_RESTART_WINDOW, DOCKER_RESTART_OPEN, DOCKER_RESTART_STABLE, \
             DOCKER_RESTARTS_PER_MINUTE: limits, durations as 90 or 90s; flags override them.",
        ),
        (
            "JSON",
            "restartgate.report/1 (restart, check): schema, tool_version, at, verdict (restarted, skipped, waited, \
             coalesced, allowed, refused, failed), service {host, project, name}, reason, retry_after_s, rule (forced, \
             healthy, starting, coalesced, breaker, probe, hopeless, cooldown, window, machine, free), attempts_used, \
             attempts_limit, window_s, breaker (closed, open, half_open, proving), cooldown_left_s, limits {cooldown_s, \
             attempts, window_s, open_s, stable_s, per_minute, and for each _from: flag, variable, default}, took_ms, \
             evidence {state, exit_code, oom_killed, memory_limit_bytes, last_check, log}.\n\n\
             restartgate.status/1: schema, tool_version, at, verdict, skipped_lines, services [service, attempts_used, \
             attempts_limit, cooldown_left_s, breaker, breaker_left_s, failures, last_action, last_at, last_reason], sorted \
             by host, project and name.\n\n\
             restartgate.wait/1: schema, tool_version, at, verdict (healthy, not_healthy), took_ms, services [name, verdict, \
             reason, evidence], sorted by name.\n\n\
             restartgate.history/1: schema, tool_version, at, verdict (ok), skipped_lines, records [at, service, action \
             (begin, end, refused, trip, reset), rule, healthy, took_ms, reason, forced, user, pid], oldest first.\n\n\
             restartgate.stats/1: schema, tool_version, at, verdict (ok), skipped_lines, rows [day, service, restarts, \
             healthy, failed, refused, success_pct, healthy_p50_ms, healthy_p95_ms], sorted by day and service.\n\n\
             restartgate.explain/1: schema, tool_version, at, verdict (allowed, refused), service, decided_at, reason, \
             ruling {rule, retry_after_s, attempts_used, attempts_limit, window_s, cooldown_s, cooldown_left_s, failures, \
             breaker, trips, machine_used, machine_limit}.",
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
    /// Show what happened, restarts and refusals
    History(HistoryArgs),
    /// Count restarts and refusals, and how long it took to get healthy, by day and service
    Stats(StatsArgs),
    /// Say what the last decision about a service went by
    Explain(ExplainArgs),
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

/// Limits of the gate. Variables are read by [`LimitArgs::in_force`], so that the report can say where a value came from.
#[derive(Clone, Debug, Args)]
pub struct LimitArgs {
    /// Shortest time between two restarts of a service; failures double it, up to ten times [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, help_heading = "Limits")]
    pub cooldown: Option<Duration>,
    /// Most restarts of a service within the window; one more trips the breaker [default: 3]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub max_attempts: Option<usize>,
    /// Time in which restarts are counted [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, help_heading = "Limits")]
    pub window: Option<Duration>,
    /// How long the breaker stays open; doubled with each trip in a row, up to six times this [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, help_heading = "Limits")]
    pub open: Option<Duration>,
    /// How long a service must stay up after a probe until the breaker closes [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, help_heading = "Limits")]
    pub stable: Option<Duration>,
    /// Most restarts of all services within a minute [default: 6]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub per_minute: Option<usize>,
}

impl LimitArgs {
    /// The limits that the gate decides by: flags override variables, which override defaults.
    pub fn in_force(&self) -> Result<InForce, evenkeel_common::Error> {
        let flags = Flags {
            cooldown: self.cooldown,
            attempts: self.max_attempts,
            window: self.window,
            open: self.open,
            stable: self.stable,
            machine: self.per_minute,
        };
        InForce::resolve(&flags, |name| std::env::var(name).ok())
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
    /// Time that each container has to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub stop_timeout: Duration,
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

impl RestartArgs {
    /// What the caller wishes.
    pub const fn wish(&self) -> Wish {
        match (self.force, self.even_if_healthy) {
            (true, _) => Wish::Forced,
            (false, true) => Wish::EvenIfHealthy,
            (false, false) => Wish::WhenSick,
        }
    }
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

/// `restartgate history`
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Show the last N
    #[arg(short = 'n', long, value_name = "N", default_value = "50", value_parser = parse_count)]
    pub last: usize,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `restartgate stats`
#[derive(Clone, Debug, Args)]
pub struct StatsArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `restartgate explain`
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// The service, as NAME or PROJECT/NAME [default: the one decided about last]
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
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
