//! What the rules find.

pub(crate) mod repair;

use crate::source::Span;
use repair::{Action, Repair};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth mending.
    Warning,
    /// It crashes environments.
    Error,
}

impl Level {
    /// As written in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Another place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is written; a missing key is shown at the key it is missing under.
    pub primary: Span,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What it is about, such as `services.db`.
    pub subject: String,
    /// What to do.
    pub fix: String,
    /// What `--fix` would do.
    pub repair: Option<Repair>,
}

impl Finding {
    /// Points at another place that explains it.
    #[must_use]
    pub(crate) fn see(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Related { span, text: text.into() });
        self
    }

    /// Moves its places so many files on.
    pub(crate) fn shift(&mut self, by: usize) {
        self.primary.file.0 += by;
        self.related.iter_mut().for_each(|other| other.span.file.0 += by);
    }

    /// Says what would mend it, and which value of the model that changes.
    #[must_use]
    pub(crate) fn mended_by(mut self, path: &[&str], action: Action) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.repair = Some(Repair { path, action });
        self
    }
}

/// Puts findings in the order of files and lines.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (a.primary, a.code, &a.subject).cmp(&(b.primary, b.code, &b.subject)));
}

/// How many findings have this level.
pub(crate) fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}
