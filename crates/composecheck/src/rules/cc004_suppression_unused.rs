//! CC004: a suppression without effect. It is found by `lint`, which knows what was suppressed.

use super::rule::{Check, Rule};
use crate::finding::Level;

pub(crate) const RULE: Rule = Rule {
    code: "CC004",
    name: "suppression-unused",
    level: Level::Warning,
    what: "A comment or an [[ignore]] of composecheck.toml suppresses nothing",
    why: "The finding is fixed or has moved; the suppression would hide the next one",
    example: "
services:
  db:
    mem_limit: 512m  # composecheck: ignore CC101 no limit needed
",
    good: "
services:
  db:
    mem_limit: 512m
",
    fix: "remove it",
    references: &[],
    check: Check::Suppressions,
};
