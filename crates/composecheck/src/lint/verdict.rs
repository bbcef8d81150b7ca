//! The verdict: whether a project passes.

use evenkeel_common::Exit;

use crate::facts::budget::Budget;
use crate::finding::{Finding, Level};

/// The verdict of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    #[default]
    Pass,
    Fail,
}

impl Verdict {
    /// As in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Done,
            Self::Fail => Exit::No,
        }
    }
}

/// Fails if there is a finding with this level or a higher one.
pub(crate) fn of_findings(findings: &[Finding], threshold: Level) -> Verdict {
    let fails = findings.iter().any(|finding| finding.level >= threshold);
    if fails { Verdict::Fail } else { Verdict::Pass }
}

/// Fails if the project uses more than the budget in bytes, or if its use is unlimited.
pub(crate) fn of_budget(budget: &Budget, allowed: u64) -> Verdict {
    if budget.is_unlimited() || budget.total() > allowed { Verdict::Fail } else { Verdict::Pass }
}
