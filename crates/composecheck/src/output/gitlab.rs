//! Findings as a Code Quality report of GitLab, which merge requests show.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::sarif::fingerprint;
use crate::finding::{Finding, Level};
use crate::identity::hex;
use crate::source::Sources;

/// One finding.
#[derive(Debug, Serialize)]
pub(crate) struct Issue<'a> {
    description: String,
    check_name: &'static str,
    /// Hexadecimal; different for each issue of a report, and the same in the next one.
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Debug, Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The issues of a report, in the order of the findings.
pub(crate) fn issues<'a>(sources: &'a Sources, findings: &'a [Finding]) -> Vec<Issue<'a>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let issue = |finding: &'a Finding| {
        let identity = fingerprint(sources, finding);
        let count = seen.entry(identity.clone()).or_default();
        *count += 1;
        let hash = Sha256::digest(format!("{identity}:{count}"));
        let path = &sources.get(finding.primary.file).path;
        Issue {
            description: format!("{}: {}. Fix: {}", finding.code, finding.message, finding.fix),
            check_name: finding.code,
            fingerprint: hex(&hash),
            severity: severity(finding.level),
            location: Location {
                path: path.strip_prefix("./").unwrap_or(path),
                lines: Lines { begin: finding.primary.line, end: finding.primary.end_line },
            },
        }
    };
    findings.iter().map(issue).collect()
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "critical",
        Level::Warning => "minor",
        Level::Info => "info",
    }
}
