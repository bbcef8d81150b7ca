//! CC000: a file that cannot be loaded. The load stops at the first mistake.

use super::rule::{Check, Rule};
use crate::finding::{Finding, Level};
use crate::source::SpannedError;

pub(crate) const RULE: Rule = Rule {
    code: "CC000",
    name: "not-loaded",
    level: Level::Error,
    what: "A file cannot be loaded; Compose would reject it too",
    why: "The environment cannot start, and the rest of the file was not checked",
    example: "
services:
  db:
    imge: postgres:15
",
    good: "
services:
  db:
    image: postgres:15
",
    fix: "fix this first; further findings show up after that",
    references: &["https://docs.docker.com/reference/compose-file/"],
    check: Check::Load,
};

/// The finding for the error of a load.
pub(crate) fn finding(error: &SpannedError) -> Finding {
    RULE.finding(String::new(), error.span, error.cause.clone())
}
