//! What was found, as annotations of a GitHub workflow.

use crate::finding::{Finding, Level};
use crate::rules::by_code;
use crate::source::Sources;

/// One workflow command for each finding.
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
        property(&sources.get(span.file).path),
        span.line,
        span.end_line,
        span.column,
        span.end_column,
        finding.code,
        data(&format!("{}\n{}", finding.message, finding.fix)),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(super::property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(super::data("a: 50%, b\n"), "a: 50%25, b%0A");
    }
}
