//! Findings as a JUnit report, which CI systems show beside the results of tests: one suite for each file.

use std::fmt::Write as _;

use evenkeel_common::terminal::one_line;

use crate::finding::{Finding, Level};
use crate::lint::{Outcome, Suppressed};
use crate::rules::by_code;
use crate::source::Sources;

/// The report. Errors and warnings are failures, infos pass with their text, suppressed findings are skipped. `files` are the
/// checked files: one without a finding is a test that passes.
pub(crate) fn report(sources: &Sources, files: &[String], outcome: &Outcome) -> String {
    let mut paths: Vec<&str> = files.iter().map(String::as_str).collect();
    let path_of = |finding: &Finding| sources.get(finding.primary.file).path.as_str();
    // An unused suppression is shown in the configuration, which is not one of the files.
    paths.extend(outcome.findings.iter().map(path_of));
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(*path));
    let suites = paths.iter().map(|path| {
        let findings = outcome.findings.iter().filter(|finding| path_of(finding) == *path);
        let suppressed = outcome.suppressed.iter().filter(|one| path_of(&one.finding) == *path);
        suite(path, &findings.collect::<Vec<_>>(), &suppressed.collect::<Vec<_>>())
    });
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = outcome.findings.iter().filter(|finding| fails(finding)).count();
    // Writing to a string does not fail.
    let _ = writeln!(text, "<testsuites name=\"composecheck\" failures=\"{failures}\">");
    text.extend(suites);
    text + "</testsuites>\n"
}

fn fails(finding: &Finding) -> bool {
    finding.level >= Level::Warning
}

fn suite(path: &str, findings: &[&Finding], suppressed: &[&Suppressed]) -> String {
    let count = (findings.len() + suppressed.len()).max(1);
    let failures = findings.iter().filter(|finding| fails(finding)).count();
    let mut text = format!(
        "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\">\n",
        escape(path),
        suppressed.len()
    );
    for finding in findings {
        let body = format!("{}:{}:{}\n{}", path, finding.primary.line, finding.primary.column, finding.fix);
        let inside = if fails(finding) {
            let (message, level) = (escape(&finding.message), finding.level.name());
            format!("<failure message=\"{message}\" type=\"{level}\">{}</failure>", escape_lines(&body))
        } else {
            format!("<system-out>{}</system-out>", escape_lines(&format!("{}\n{body}", finding.message)))
        };
        text += &case(path, finding, &inside);
    }
    for one in suppressed {
        text += &case(path, &one.finding, &format!("<skipped message=\"{}\"/>", escape(&one.reason)));
    }
    if findings.is_empty() && suppressed.is_empty() {
        let _ = writeln!(
            text,
            "    <testcase name=\"no findings\" classname=\"composecheck\" file=\"{}\"/>",
            escape(path)
        );
    }
    text + "  </testsuite>\n"
}

fn case(path: &str, finding: &Finding, inside: &str) -> String {
    let rule = by_code(finding.code).map_or("", |rule| rule.name);
    format!(
        "    <testcase name=\"{} {}\" classname=\"{rule}\" file=\"{}\" line=\"{}\">{inside}</testcase>\n",
        finding.code,
        escape(&finding.subject),
        escape(path),
        finding.primary.line
    )
}

/// Several lines of text, each without characters that XML forbids.
fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// One line of text for XML, which forbids control characters.
fn escape(text: &str) -> String {
    let text: String = one_line(text).chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_ends_an_element_early() {
        assert_eq!(super::escape("a<b>&\"c\u{1b}[2J\n\u{ffff}"), "a&lt;b&gt;&amp;&quot;c [2J ");
        assert_eq!(super::escape_lines("a\n<"), "a\n&lt;");
    }
}
