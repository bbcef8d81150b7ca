//! What a rule is, and what it looks at.

use super::policy::Policy;
use crate::compose::Project;
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::Entry;

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Permanent code.
    pub(crate) code: &'static str,
    /// Readable name.
    pub(crate) name: &'static str,
    /// Level.
    pub(crate) level: Level,
    /// What it finds.
    pub(crate) what: &'static str,
    /// Why that is bad.
    pub(crate) why: &'static str,
    /// A file that it finds something in.
    pub(crate) example: &'static str,
    /// What to do.
    pub(crate) fix: &'static str,
    /// Finds it.
    pub(crate) check: Check,
}

/// Where a rule looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// At one project.
    Project(fn(&Context<'_>) -> Vec<Finding>),
    /// At two that are compared.
    Pair(fn(&Pair<'_>) -> Vec<Finding>),
    /// At what was suppressed: see [`crate::judge`].
    Judge,
    /// At whether it loads: see [`crate::load`].
    Load,
}

/// What a rule looks at.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The merged files.
    pub(crate) project: &'a Project,
    /// What is expected of them.
    pub(crate) policy: &'a Policy,
}

/// Two projects, such as dev and test; their places are in the same files.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// The first.
    pub(crate) first: &'a Project,
    /// The second, which findings are shown in.
    pub(crate) second: &'a Project,
}

impl Context<'_> {
    /// Whether what is written in a place is moved by a variable.
    pub(crate) fn has_variable(&self, span: Span) -> bool {
        self.project.sources.get(span.file).written(span).contains('$')
    }
}

impl Rule {
    /// A finding of this rule.
    pub(crate) fn finding(&self, subject: String, primary: Span, message: String) -> Finding {
        Finding {
            code: self.code,
            level: self.level,
            message,
            primary,
            related: Vec::new(),
            subject,
            fix: self.fix.to_owned(),
            repair: None,
        }
    }
}

/// How a service is named in findings.
pub(super) fn service(entry: &Entry) -> String {
    format!("services.{}", entry.key)
}
