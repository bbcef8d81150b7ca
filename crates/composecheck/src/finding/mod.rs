//! Findings: what the rules report.

pub(crate) mod repair;

use crate::source::Span;
use repair::{Action, Repair};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// An improvement.
    Info,
    /// A likely cause of trouble.
    Warning,
    /// A cause of crashes.
    Error,
}

impl Level {
    /// As in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Another span that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Related {
    pub(crate) span: Span,
    /// What is there, in a few words.
    pub(crate) text: String,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code of the rule.
    pub code: &'static str,
    pub(crate) level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub(crate) message: String,
    /// Where it is written. A missing key is shown at the key of its mapping.
    pub(crate) primary: Span,
    pub(crate) related: Vec<Related>,
    /// What it is about, such as `services.db`.
    pub(crate) subject: String,
    /// How to fix it, for people.
    pub(crate) fix: String,
    /// How `--fix` fixes it; none if it cannot.
    pub(crate) repair: Option<Repair>,
}

impl Finding {
    /// Adds another span that explains it.
    #[must_use]
    pub(crate) fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Related { span, text: text.into() });
        self
    }

    /// Adds another span that explains it, unless it has as many as are shown.
    pub(crate) fn relate(&mut self, span: Span, text: &str, shown: usize) {
        if self.related.len() < shown {
            self.related.push(Related { span, text: text.to_owned() });
        }
    }

    /// Adds how `--fix` fixes it: the action, and the path of the value that the action may change.
    #[must_use]
    pub(crate) fn with_fix(mut self, path: &[&str], action: Action) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.repair = Some(Repair { path, action });
        self
    }

    /// Adds an offset to the file ids of its spans.
    pub(crate) fn offset_files(&mut self, offset: usize) {
        self.primary.file.0 += offset;
        self.related.iter_mut().for_each(|other| other.span.file.0 += offset);
    }
}

/// Sorts findings by file and position, then by code and subject.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (a.primary, a.code, &a.subject).cmp(&(b.primary, b.code, &b.subject)));
}

/// The number of findings with this level.
pub(crate) fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}
