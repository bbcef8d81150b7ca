//! The parts of a rule, and what it checks.

use super::policy::Policy;
use crate::compose::Project;
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::Entry;

/// A rule. Its texts have no full stop: `explain` and the JSON listing show them.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `CC` and a number; never reused.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// The default level.
    pub(crate) level: Level,
    /// What it finds.
    pub(crate) what: &'static str,
    /// Why that is a problem.
    pub(crate) why: &'static str,
    /// A file with a finding, or two files with `---` between them for a rule that compares.
    pub(crate) example: &'static str,
    /// The same without the finding.
    pub(crate) good: &'static str,
    /// How to fix a finding.
    pub(crate) fix: &'static str,
    /// Addresses of pages that say more.
    pub(crate) references: &'static [&'static str],
    pub(crate) check: Check,
}

/// What a rule checks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// One project.
    Project(fn(&Context<'_>) -> Vec<Finding>),
    /// Two projects that are compared.
    Pair(fn(&Pair<'_>) -> Vec<Finding>),
    /// Suppressions, which are checked by `lint`.
    Suppressions,
    /// Whether the project can be loaded, which the command finds out.
    Load,
}

/// The input of a rule that checks one project.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) project: &'a Project,
    pub(crate) policy: &'a Policy,
}

impl Context<'_> {
    /// Whether the text of a span contains a variable.
    pub(crate) fn has_variable(&self, span: Span) -> bool {
        self.project.sources.get(span.file).slice(span).contains('$')
    }
}

/// The input of a rule that compares two projects, such as dev and test. They share their [`crate::source::Sources`].
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) first: &'a Project,
    /// Findings are shown in this one.
    pub(crate) second: &'a Project,
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

/// The subject of a finding about a service.
pub(super) fn service(entry: &Entry) -> String {
    format!("services.{}", entry.key)
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::findings_with;

    #[test]
    fn the_subject_of_a_finding_is_its_service() {
        let text = "services: {a: {image: redis}}";
        assert_eq!(findings_with(&Policy::default(), "CC701", text)[0].subject, "services.a");
    }
}
