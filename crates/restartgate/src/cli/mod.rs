//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use evenkeel_common::Verbosity;
use evenkeel_common::docker::{DockerArgs, parse_call_timeout, parse_label};
use evenkeel_common::units::parse_duration;

use crate::decide::gate::RestartMode;
pub use crate::manual::MANUAL;
use crate::model::limits::{EffectiveLimits, Flags, parse_count};

mod heal;

pub(crate) use heal::{HealArgs, Occasion};

/// Restart a service unless a limit forbids it, and wait until it is healthy
#[derive(Debug, Parser)]
#[command(name = "restartgate", version = evenkeel_common::BUILD, after_long_help = MANUAL.after_help())]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of a restart.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) restart: RestartArgs,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// Everything but a restart.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what the gate would decide, and record nothing
    Check(CheckArgs),
    /// Wait until services are ready, and start them with --start
    Wait(WaitArgs),
    /// Restart what becomes unhealthy or dies in a scope, through the gate
    Heal(HealArgs),
    /// Show the state of every service
    Status(StatusArgs),
    /// Show restarts and refusals
    History(HistoryArgs),
    /// Count restarts and refusals, and how long it took to get healthy, by day and service
    Stats(StatsArgs),
    /// Show what the last decision about a service was based on
    Explain(ExplainArgs),
    /// Open the breaker of a service
    Trip(OverrideArgs),
    /// Close the breaker of a service, and count nothing that was before
    Reset(OverrideArgs),
}

/// The service that is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// Compose service or container name; never a container ID
    #[arg(value_name = "SERVICE", required_unless_present = "label")]
    pub(crate) service: Option<String>,
    /// Only a service whose container carries this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Only a service of this Compose project
    #[arg(short, long, value_name = "NAME")]
    pub(crate) project: Option<String>,
}

/// Whose restarts are counted.
#[derive(Clone, Debug, Args)]
pub(crate) struct SharingArgs {
    /// Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine
    #[arg(long)]
    pub(crate) per_host: bool,
}

/// Limits of the gate. Variables are read by [`LimitArgs::effective`], so that the report can say where a value comes
/// from.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) cooldown: Option<Duration>,
    /// Most restarts of a service within the window; one more trips the breaker [default: 3]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub(crate) max_attempts: Option<usize>,
    /// Time in which restarts are counted [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) window: Option<Duration>,
    /// How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) open: Option<Duration>,
    /// How long a service must stay up after a probe before the breaker closes [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) stable: Option<Duration>,
    /// Most restarts of all services within a minute [default: 6]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub(crate) per_minute: Option<usize>,
}

impl LimitArgs {
    /// The limits that the gate decides by: flags override variables, which override defaults.
    pub(crate) fn effective(&self) -> Result<EffectiveLimits, evenkeel_common::Error> {
        let flags = Flags {
            cooldown: self.cooldown,
            attempts: self.max_attempts,
            window: self.window,
            open: self.open,
            stable: self.stable,
            machine: self.per_minute,
        };
        EffectiveLimits::resolve(&flags, |name| std::env::var(name).ok())
    }
}

/// Arguments of a restart, which has no subcommand.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Restart also when it is healthy
    #[arg(long)]
    pub(crate) even_if_healthy: bool,
    /// Restart it whatever the gate decides; it is recorded, and counts for the limits
    #[arg(long, requires = "reason")]
    pub(crate) force: bool,
    /// Why it is restarted, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Time that each container has to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) stop_timeout: Duration,
    /// Longest time until the service must be healthy
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) health_timeout: Duration,
    /// Wait until the gate allows it, instead of failing with 75
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Print one JSON object; not with a command, whose stdout is its own
    #[arg(long, conflicts_with = "command")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    /// Run this command instead of restarting a container
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

impl RestartArgs {
    /// Which services are to be restarted.
    pub(crate) const fn mode(&self) -> RestartMode {
        match (self.force, self.even_if_healthy) {
            (true, _) => RestartMode::Forced,
            (false, true) => RestartMode::EvenIfHealthy,
            (false, false) => RestartMode::IfUnhealthy,
        }
    }
}

/// `restartgate check`
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Decide as for a restart with --even-if-healthy
    #[arg(long)]
    pub(crate) even_if_healthy: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

/// `restartgate wait`
#[derive(Clone, Debug, Args)]
pub(crate) struct WaitArgs {
    /// Compose services or container names
    #[arg(value_name = "SERVICE", required_unless_present_any = ["project", "label"])]
    pub(crate) services: Vec<String>,
    /// Services of this Compose project: all of them where none is named
    #[arg(short, long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Only services whose containers carry this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Longest time to wait
    #[arg(short, long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Start what the project has created and not started, in the order of its depends_on
    #[arg(long, requires = "project", conflicts_with = "services")]
    pub(crate) start: bool,
    /// Time between two runs of a service's own health check
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_call_timeout)]
    pub(crate) poll: Duration,
    /// Count only what the engine says of health checks, and run none here: unhealthy has failed at once
    #[arg(long)]
    pub(crate) engine_verdict: bool,
    /// CPU limit of a service once all are ready, 0 for none; may be repeated
    #[arg(long, value_name = "SERVICE=CPUS", value_parser = CpuLimit::parse)]
    pub(crate) cpus_after: Vec<CpuLimit>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

/// A CPU limit of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CpuLimit {
    pub(crate) service: String,
    /// Billionths of a CPU; 0 for no limit.
    pub(crate) nano_cpus: i64,
}

impl CpuLimit {
    /// Parses `SERVICE=CPUS`; for clap: a value parser.
    fn parse(text: &str) -> Result<Self, String> {
        let form = "it must be SERVICE=CPUS, such as db=0.25, with at most 9 decimals";
        let (service, cpus) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(form)?;
        let nano_cpus = parse_nano_cpus(cpus).ok_or(form)?;
        Ok(Self { service: service.to_owned(), nano_cpus })
    }
}

/// A decimal number of CPUs in billionths, exactly.
fn parse_nano_cpus(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_decimal = !whole.is_empty() && part.len() <= 9;
    let digits = format!("{whole}{part:0<9}");
    (is_decimal && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// `restartgate status`
#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate history`
#[derive(Clone, Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Show only the last N
    #[arg(short = 'n', long, value_name = "N", default_value = "50", value_parser = parse_count)]
    pub(crate) last: usize,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate stats`
#[derive(Clone, Debug, Args)]
pub(crate) struct StatsArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate explain`
#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The service, as NAME or PROJECT/NAME [default: the one decided about last]
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate trip` and `restartgate reset`
#[derive(Clone, Debug, Args)]
pub(crate) struct OverrideArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Why it is done, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_exact_and_bad_ones_are_refused() {
        let nano = |text| CpuLimit::parse(text).map(|limit| limit.nano_cpus).ok();
        assert_eq!(nano("db=0.25"), Some(250_000_000));
        assert_eq!(
            (nano("db=2"), nano("db=0"), nano("db=1.")),
            (Some(2_000_000_000), Some(0), Some(1_000_000_000))
        );
        assert_eq!(nano("db=0.000000001"), Some(1));
        for bad in ["db", "=1", "db=", "db=-1", "db=1.0000000001", "db=x", "db=.5", "db=99999999999999"] {
            assert_eq!(nano(bad), None, "{bad}");
        }
    }
}
