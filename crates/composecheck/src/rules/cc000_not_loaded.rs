//! CC000: a file that Compose would refuse. Found in [`crate::load`], which stops there.

use super::rule::{Check, Rule};
use crate::finding::{Finding, Level};
use crate::source::Fault;

pub(crate) const RULE: Rule = Rule {
    code: "CC000",
    name: "not-loaded",
    level: Level::Error,
    what: "A file that cannot be loaded: Compose would refuse it, too",
    why: "The environment does not start, and nothing else in the file was looked at",
    example: "
services:
  db:
    imge: postgres:15
",
    fix: "mend it first; what else is wrong shows after that",
    check: Check::Load,
};

/// The finding that a fault is.
pub(crate) fn finding(fault: &Fault) -> Finding {
    RULE.finding(String::new(), fault.span, fault.cause.clone())
}
