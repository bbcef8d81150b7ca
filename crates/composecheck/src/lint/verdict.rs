//! Whether a project passes.

use evenkeel_common::Exit;

use crate::facts::budget::Budget;
use crate::finding::{Finding, Level};

/// Whether the files pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing that counts was found.
    Pass,
    /// Something was.
    Fail,
}

impl Verdict {
    /// As written in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    /// How the tool ends.
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Done,
            Self::Fail => Exit::No,
        }
    }
}

/// Whether what was found fails from this level on.
pub(crate) fn of_findings(findings: &[Finding], threshold: Level) -> Verdict {
    let fails = findings.iter().any(|finding| finding.level >= threshold);
    if fails { Verdict::Fail } else { Verdict::Pass }
}

/// Whether the project keeps to what it may take.
pub(crate) fn of_budget(budget: &Budget, allowed: u64) -> Verdict {
    if budget.is_open() || budget.total() > allowed { Verdict::Fail } else { Verdict::Pass }
}
