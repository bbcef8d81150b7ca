//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evenkeel_common::Verbosity;
use evenkeel_common::units::parse_size;

use crate::lint::config::Threshold;
pub use crate::manual::MANUAL;
use crate::rules::policy::{Environment, Profile};

/// Check Compose files for what makes environments crash
///
/// Reads and merges the files as Docker Compose does, without Docker. Each finding is shown at the line that causes it,
/// with how to fix it.
#[derive(Debug, Parser)]
#[command(name = "composecheck", version, about, after_long_help = MANUAL.after_help(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// The command; without one, the files are checked.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub check: CheckArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub verbosity: Verbosity,
}

/// The commands other than the check.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the rules
    Rules(RulesArgs),
    /// Explain a rule: what it finds, why, an example and how to fix it
    Explain(ExplainArgs),
    /// Show the memory that each service may use, and the sum against the budget
    ///
    /// Exits with 1 if the sum is over the budget or if something has no limit.
    Budget(BudgetArgs),
    /// Show the differences between two environments, and which of them are not expected
    ///
    /// Ports, labels, restart policies, commands and values of variables are expected to differ. Images, limits, health
    /// checks, and services that only one environment has, are not.
    Compare(CompareArgs),
    /// Print the merged project, and where each value was written
    Config(ConfigArgs),
}

/// Which files are loaded.
#[derive(Clone, Debug, Args)]
pub struct InputArgs {
    /// Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File of variables (repeatable) [default: .env beside the first file]
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '*' enables all
    #[arg(long = "compose-profile", value_name = "NAME")]
    pub profiles: Vec<String>,
}

/// Which configuration is read.
#[derive(Clone, Debug, Args)]
pub struct ConfigFileArgs {
    /// Configuration [default: composecheck.toml in the directory of the first Compose file or a parent]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What the rules expect of the project.
#[derive(Clone, Debug, Args)]
pub struct PolicyArgs {
    /// Purpose of the project [default: its label, else test]
    #[arg(long = "env", value_name = "ENV", value_enum)]
    pub environment: Option<Environment>,
    /// Memory that the project may use [default: 4GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub budget: Option<u64>,
    /// How databases should be tuned [default: durable; not checked in a test environment]
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
}

/// Options of a check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Compose files, each checked as a project of its own
    #[arg(value_name = "PROJECT", conflicts_with = "files")]
    pub projects: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub policy: PolicyArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub config: ConfigFileArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Print the report as one JSON object, the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Lowest level of a finding that makes the exit status 1 [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Threshold>,
    /// Ignore findings that are in this file
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the current findings to this file, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "json", "format"])]
    pub write_baseline: Option<PathBuf>,
    /// Fix in the last file what can be fixed safely; comments, order and style are kept
    #[arg(long, conflicts_with = "write_baseline")]
    pub fix: bool,
    /// With --fix: print the changes as a diff and write nothing
    #[arg(long, requires = "fix", conflicts_with_all = ["json", "format"])]
    pub dry_run: bool,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Code or name of the rule, such as CC101
    pub rule: String,
}

/// Options of `budget`.
#[derive(Debug, Args)]
pub struct BudgetArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub config: ConfigFileArgs,
    /// Memory that the project may use [default: 4GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub budget: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = ConfigFormat::Origins)]
    pub format: ConfigFormat,
}

/// Output formats of `config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// One value a line, with the file, line and column where it was written
    Origins,
    /// One JSON object, equal to that of 'docker compose config --format json'
    Json,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Compose file of the first environment, such as dev
    pub first: PathBuf,
    /// Compose file of the second environment, such as test
    pub second: PathBuf,
    /// Compose file that both override (repeatable)
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File of variables (repeatable) [default: .env beside the first file]
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '*' enables all
    #[arg(long = "compose-profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub config: ConfigFileArgs,
    /// Lowest level of a finding that makes the exit status 1 [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Threshold>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Output formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text: the source lines, underlined, and how to fix them
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations for a GitHub workflow
    Github,
}
