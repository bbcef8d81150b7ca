//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use drydock_common::manual::Manual;
use drydock_common::{Exit, Verbosity};

use crate::rules::Level;

/// Find in Compose files what makes environments crash
///
/// The files are read and merged as Docker Compose does it, without Docker. Each finding is shown at the line that
/// causes it, with what to do.
#[derive(Debug, Parser)]
#[command(name = "composecheck", version, about, after_long_help = MANUAL.after_help())]
pub struct Cli {
    /// Compose file; repeat to lay one over another [default: compose.yml and its override file]
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File with variables (repeatable) [default: .env beside the first file]
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// How to show the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Print the report as one JSON object: the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Level from which a finding makes the verdict no
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the tool's own help")]
    pub verbosity: Verbosity,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the line, underlined, and the fix
    Human,
    /// One JSON object
    Json,
}

/// Level from which findings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Any finding
    Warning,
    /// Errors only
    Error,
}

impl FailOn {
    /// The level meant.
    pub const fn level(self) -> Level {
        match self {
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}

/// What the manual says beyond the options.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "nothing found at or over --fail-on"),
        (Exit::No, "there are findings at or over --fail-on"),
        (Exit::Usage, "bad arguments"),
        (Exit::Failed, "a file cannot be read or loaded; the message names file, line and column"),
    ],
    examples: &[
        ("composecheck", "Check compose.yml and its override file in this directory"),
        ("composecheck -f base.yml -f test.yml", "Check what the two give together"),
        ("composecheck --fail-on warning --json | jq .findings", "Let any finding fail, for machines"),
    ],
    sections: &[
        (
            "FILES",
            "compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml: the first of these is checked when \
             no file is named, with compose.override.yml or its siblings laid over it.\n\n\
             .env: variables, beside the first file. The environment wins over it.",
        ),
        (
            "LIMITS",
            "Files that use 'extends' or 'include' are refused with exit status 3: what they bring in is not read \
             yet.",
        ),
        (
            "JSON",
            "schema \"composecheck.report/1\", tool_version, at, verdict (\"pass\" or \"fail\"), files (paths in the \
             order given), errors and warnings (counts), findings.\n\n\
             A finding has code, level (\"error\" or \"warning\"), subject (such as \"services.db\"), message, fix, \
             file, line, column, end_line, end_column (from 1, in characters), start_byte, end_byte, and related \
             (file, line, column, text). Findings are in the order of files and lines, then by code.",
        ),
    ],
};
