//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evenkeel_common::Verbosity;
use evenkeel_common::units::parse_size;

use crate::lint::config::Threshold;
pub use crate::manual::MANUAL;
use crate::rules::policy::{Environment, Profile};

/// Find in Compose files what makes environments crash
///
/// The files are read and merged as Docker Compose does it, without Docker. Each finding is shown at the line that
/// causes it, with what to do.
#[derive(Debug, Parser)]
#[command(name = "composecheck", version, about, after_long_help = MANUAL.after_help(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of checking.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub check: CheckArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub verbosity: Verbosity,
}

/// What can be done beside checking.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the rules
    Rules(RulesArgs),
    /// Explain a rule: what, why, an example and the fix
    Explain(ExplainArgs),
    /// Show what each service may take of the machine's memory, and the sum against the budget
    ///
    /// The verdict is no when the sum is over the budget, or when something has no limit.
    Budget(BudgetArgs),
    /// Show what differs between two environments, and which of it should not
    ///
    /// Ports, labels, restarts, commands and values of variables may differ; images, limits, health checks and what
    /// only one of them has should not.
    Compare(CompareArgs),
    /// Print the merged project, and where each of its values was written
    Config(ConfigArgs),
}

/// The files to load.
#[derive(Clone, Debug, Args)]
pub struct Inputs {
    /// Compose file; repeat to lay one over another [default: compose.yml and its override file]
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File with variables (repeatable) [default: .env beside the first file]
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '*' is all
    #[arg(long = "compose-profile", value_name = "NAME")]
    pub profiles: Vec<String>,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct Configured {
    /// Configuration [default: composecheck.toml at or above the folder of the first Compose file]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What the project is measured against.
#[derive(Clone, Debug, Args)]
pub struct Expected {
    /// What the project is for [default: what its label says, else test]
    #[arg(long = "env", value_name = "ENV", value_enum)]
    pub environment: Option<Environment>,
    /// Memory that the project may take [default: 4GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub budget: Option<u64>,
    /// What its databases are tuned for [default: not checked in a test environment, else durable]
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
}

/// Options of a check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Compose files that are each a project, checked by itself
    #[arg(value_name = "PROJECT", conflicts_with = "files")]
    pub projects: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: Inputs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub expected: Expected,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub configured: Configured,
    /// How to show the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Print the report as one JSON object: the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Level from which a finding makes the verdict no [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Threshold>,
    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now to this file, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "json", "format"])]
    pub write_baseline: Option<PathBuf>,
    /// Rewrite what is safe to rewrite in the last file; comments, order and style stay
    #[arg(long, conflicts_with = "write_baseline")]
    pub fix: bool,
    /// With --fix: only show what would be rewritten, as a diff
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
    pub inputs: Inputs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub configured: Configured,
    /// Memory that the project may take [default: 4GiB]
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
    pub inputs: Inputs,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ConfigFormat::Origins)]
    pub format: ConfigFormat,
}

/// How the merged project is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// One value a line, as it was written, with its file, line and column
    Origins,
    /// One JSON object, as 'docker compose config --format json' prints it
    Json,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Compose file of the first environment, such as dev
    pub first: PathBuf,
    /// Compose file of the second, such as test
    pub second: PathBuf,
    /// Compose file that both are laid over (repeatable)
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File with variables (repeatable) [default: .env beside the first file]
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '*' is all
    #[arg(long = "compose-profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub configured: Configured,
    /// Level from which a finding makes the verdict no [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Threshold>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the line, underlined, and the fix
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}
