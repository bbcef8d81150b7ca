//! Findings as annotations of a GitHub workflow.

use evenkeel_common::terminal::one_line;

use crate::finding::{Finding, Level};
use crate::rules::by_code;
use crate::source::Sources;

/// One workflow command a line for each finding.
pub(crate) fn annotations(sources: &Sources, findings: &[Finding]) -> String {
    findings.iter().flat_map(|finding| [annotation(sources, finding), "\n".to_owned()]).collect()
}

fn annotation(sources: &Sources, finding: &Finding) -> String {
    let span = finding.primary;
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let name = by_code(finding.code).map_or("", |rule| rule.name);
    format!(
        "::{command} file={},line={},endLine={},col={},endColumn={},title={} {name}::{}",
        escape_property(&sources.get(span.file).path),
        span.line,
        span.end_line,
        span.column,
        span.end_column,
        finding.code,
        escape_message(&format!("{}\n{}", one_line(&finding.message), one_line(&finding.fix))),
    )
}

/// Escapes the message of a command.
fn escape_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the property of a command.
fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_ends_a_command_early() {
        assert_eq!(super::escape_property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(super::escape_message("a: 50%, b\n"), "a: 50%25, b%0A");
    }
}
