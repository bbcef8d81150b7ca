//! CC004: a suppression that suppresses nothing. Found in [`crate::judge`], which knows what was suppressed.

use super::rule::{Check, Rule};
use crate::finding::Level;

pub(crate) const RULE: Rule = Rule {
    code: "CC004",
    name: "suppression-unused",
    level: Level::Warning,
    what: "A comment, or an ignore of composecheck.toml, suppresses nothing",
    why: "What it was for is mended or has moved: left there, it will hide the next mistake",
    example: "
services:
  db:
    mem_limit: 512m  # composecheck: ignore CC101 no limit needed
",
    fix: "remove it",
    check: Check::Judge,
};
