//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evenkeel_common::Verbosity;
use evenkeel_common::units::parse_size;

use crate::compose::units;
use crate::identity::parse_project;
use crate::isolate::changes::RestartMode;
use crate::isolate::ports::PortMode;
use crate::lint::config::Threshold;
pub use crate::manual::MANUAL;
use crate::rules::policy::{Environment, Profile};

/// Check Compose files for what makes environments crash
///
/// Reads and merges the files as Docker Compose does, without Docker. Each finding is shown at the line that causes it,
/// with how to fix it.
#[derive(Debug, Parser)]
#[command(name = "composecheck", version = evenkeel_common::BUILD, about, after_long_help = MANUAL.after_help(), args_conflicts_with_subcommands = true)]
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
    /// Show what a project is: its files, its name, a hash of its content, its services
    Project(ProjectArgs),
    /// Print an override file that makes a run of the project its own
    ///
    /// The project's files are not changed. Merged last, the override labels what the run creates, moves its host ports,
    /// and removes names that can exist once. External resources are left alone.
    Isolate(IsolateArgs),
    /// Write a composecheck.toml that fits the project
    ///
    /// It is written beside the first Compose file, with the JSON Schema that its first line names, and explains its keys.
    /// A file that exists is not changed.
    Init(InitArgs),
    /// Serve an editor: findings while typing, fixes, explanations, definitions
    ///
    /// Speaks the Language Server Protocol on stdin and stdout.
    Lsp(LspArgs),
    /// Read the command line and evenkeel.toml of evenkeel, for its script
    #[command(hide = true)]
    Options(OptionsArgs),
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
    /// Purpose of the project [default: its label, else unknown]
    #[arg(long = "env", value_name = "ENV", value_enum)]
    pub environment: Option<Environment>,
    /// Memory that the project may use [default: 4GiB; not checked where the purpose is unknown]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub budget: Option<u64>,
    /// How databases should be tuned [default: durable in dev and prod, else not checked]
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

/// Options of `project`.
#[derive(Debug, Args)]
pub struct ProjectArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    /// Name of the project [default: as Compose derives it]
    #[arg(short, long = "project-name", value_name = "NAME", value_parser = parse_project)]
    pub project: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = ProjectFormat::Human)]
    pub format: ProjectFormat,
    /// Print one JSON object
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// Output formats of `project`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProjectFormat {
    /// Text
    Human,
    /// NAME=VALUE lines for a shell, with quotes where needed
    Env,
}

/// Options of `options`.
#[derive(Debug, Args)]
pub struct OptionsArgs {
    /// Print the text of an evenkeel.toml in this directory instead of variables
    #[arg(long, value_name = "DIR")]
    pub toml: Option<PathBuf>,
    /// The arguments of evenkeel
    #[arg(last = true, value_name = "ARG")]
    pub words: Vec<OsString>,
}

/// Options of `isolate`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of a command line")]
pub struct IsolateArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    /// Name of the project that the run gets [default: as Compose derives it]
    #[arg(short, long = "project-name", value_name = "NAME", value_parser = parse_project)]
    pub project: Option<String>,
    /// Label for every service, volume, network and built image (repeatable)
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parse_label)]
    pub labels: Vec<(String, String)>,
    /// How host ports are chosen
    #[arg(long, value_enum, default_value_t = PortMode::Free)]
    pub ports: PortMode,
    /// With --ports given: add this number to the ports that are kept
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u16,
    /// File in which projects reserve host ports; ports of others are avoided, own ones kept
    #[arg(long, value_name = "FILE")]
    pub lease: Option<PathBuf>,
    /// Give back the reserved ports of the project and do nothing else
    #[arg(long, requires_all = ["lease", "project"])]
    pub release: bool,
    /// Raise lower CPU limits to this number of CPUs
    #[arg(long, value_name = "CPUS", value_parser = parse_cpus)]
    pub boost: Option<f64>,
    /// Check health this often during the start period, where there is one (engine 25 or newer)
    #[arg(long, value_name = "DURATION", value_parser = parse_interval)]
    pub start_interval: Option<String>,
    /// Whether the engine may restart services
    #[arg(long, value_enum, default_value_t = RestartMode::Keep)]
    pub restart: RestartMode,
    /// Write the override to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the new ports to this file, as SERVICE_CONTAINERPORT=HOSTPORT and VARIABLE=HOSTPORT lines
    #[arg(long, value_name = "FILE")]
    pub ports_file: Option<PathBuf>,
    /// Write the CPU limits that --boost raised to this file, as SERVICE=CPUS lines with the limits of the project
    #[arg(long, value_name = "FILE", requires = "boost")]
    pub boosted_file: Option<PathBuf>,
    /// Print one JSON object instead of the override
    #[arg(long)]
    pub json: bool,
    /// Tell on stderr what changes, and what stays shared
    #[arg(long)]
    pub explain: bool,
    /// Exit with 1 if something is left that only one run at a time may use
    #[arg(long)]
    pub strict: bool,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub inputs: InputArgs,
    /// Purpose of the project [default: that of its labels]
    #[arg(long = "env", value_name = "ENV", value_enum)]
    pub environment: Option<Environment>,
    /// Print the configuration and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the JSON Schema of composecheck.toml and do nothing else
    #[arg(long, exclusive = true)]
    pub schema: bool,
}

/// Options of `lsp`.
#[derive(Debug, Args)]
pub struct LspArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub policy: PolicyArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub config: ConfigFileArgs,
    /// Use stdin and stdout, as always; some editors add this option
    #[arg(long)]
    pub stdio: bool,
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is KEY=VALUE".into()),
    }
}

fn parse_cpus(text: &str) -> Result<f64, String> {
    let cpus = text.parse::<f64>().ok().filter(|cpus| cpus.is_finite() && *cpus > 0.0);
    cpus.ok_or_else(|| "it must be a number above 0, such as 1.5".into())
}

/// Compose takes the text as it is, so it must be in Compose's notation.
fn parse_interval(text: &str) -> Result<String, String> {
    match units::duration(text) {
        Some(interval) if !interval.is_zero() => Ok(text.to_owned()),
        _ => Err("it must be a duration above 0 such as 500ms or 2s".into()),
    }
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
    /// Code Quality report for GitLab
    Gitlab,
    /// JUnit XML, for CI systems that show test results
    Junit,
}
