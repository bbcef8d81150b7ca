//! `restartgate heal`

use std::time::Duration;

use clap::{Args, ValueEnum};
use evenkeel_common::docker::{DockerArgs, parse_label};
use evenkeel_common::units::parse_duration;

use super::LimitArgs;

/// `restartgate heal`
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("scope").args(["label", "project"]).multiple(true).required(true))]
pub(crate) struct HealArgs {
    /// Only containers that carry this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Only containers of this Compose project
    #[arg(short, long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) project: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Look once, restart what is unhealthy or dead now, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Say what would be restarted, and change and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run CMD after such a decision, with the report as one JSON object on its stdin; several are separated by commas.
    /// There is one CMD: for several, let it be a script
    #[arg(
        long,
        value_name = "DECISION",
        value_enum,
        value_delimiter = ',',
        requires = "command",
        conflicts_with = "dry_run"
    )]
    pub(crate) on: Vec<Occasion>,
    /// Time that each container has to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) stop_timeout: Duration,
    /// Longest time until a restarted service must be healthy
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) health_timeout: Duration,
    /// Print a line of JSON for each decision; with --once one object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    /// Command for --on; it is killed after 30 s, and its failure is told and changes nothing
    #[arg(last = true, value_name = "CMD", requires = "on")]
    pub(crate) command: Vec<String>,
}

/// A decision after which `heal` runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Occasion {
    /// A service was restarted, whether it is healthy then or not
    Restart,
    /// The gate refused a restart
    Refused,
    /// A refused restart has opened the breaker
    Tripped,
}
