//! CC005: an invalid suppression. It is found by `lint`, which parses the comments.

use super::rule::{Check, Rule};
use crate::finding::Level;

pub(crate) const RULE: Rule = Rule {
    code: "CC005",
    name: "suppression-unclear",
    level: Level::Warning,
    what: "A comment for composecheck names no known rule or gives no reason",
    why: "It has no effect; and without a reason nobody can tell later whether it is still needed",
    example: "
services:
  db:  # composecheck: ignore CC101
    image: postgres:15
",
    good: "
services:
  db:  # composecheck: ignore CC101 measured, 80 MiB at most
    image: postgres:15
",
    fix: "write it like this: # composecheck: ignore CC101 measured, 80 MiB at most",
    references: &[],
    check: Check::Suppressions,
};
