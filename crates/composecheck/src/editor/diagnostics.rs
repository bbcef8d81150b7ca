//! Findings as an editor shows them.

use std::path::Path;

use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString};

use super::{text, uri};
use crate::finding::{Finding, Level, Related};
use crate::source::{FileId, Sources};

/// The diagnostics of one file.
pub(crate) fn of_file(sources: &Sources, file: FileId, findings: &[Finding]) -> Vec<Diagnostic> {
    let here = findings.iter().filter(|finding| finding.primary.file == file);
    here.map(|finding| diagnostic(sources, finding)).collect()
}

fn diagnostic(sources: &Sources, finding: &Finding) -> Diagnostic {
    let source = &sources.get(finding.primary.file).text;
    let severity = match finding.level {
        Level::Error => DiagnosticSeverity::ERROR,
        Level::Warning => DiagnosticSeverity::WARNING,
        Level::Info => DiagnosticSeverity::INFORMATION,
    };
    let related: Vec<_> = finding.related.iter().filter_map(|other| related(sources, other)).collect();
    Diagnostic {
        range: text::range(source, finding.primary.start, finding.primary.end),
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.code.to_owned())),
        source: Some("composecheck".to_owned()),
        message: format!("{}\n{}", finding.message, finding.fix),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

fn related(sources: &Sources, other: &Related) -> Option<DiagnosticRelatedInformation> {
    let source = sources.get(other.span.file);
    let location = Location {
        uri: uri::of_path(Path::new(&source.path))?,
        range: text::range(&source.text, other.span.start, other.span.end),
    };
    Some(DiagnosticRelatedInformation { location, message: other.text.clone() })
}
