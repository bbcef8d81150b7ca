//! Findings as SARIF 2.1.0. The few structs that are needed are defined here: the crate for SARIF has 22 dependencies.

use evenkeel_common::VERSION;
use serde::Serialize;

use crate::finding::{Finding, Level, Related};
use crate::lint::{Outcome, Suppressed};
use crate::rules::ALL;
use crate::rules::rule::Rule;
use crate::source::{Sources, Span};

/// A SARIF log.
#[derive(Debug, Serialize)]
pub(crate) struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: &'static str,
    short_description: Text<'static>,
    full_description: Text<'static>,
    help: Text<'static>,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Debug, Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    justification: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// What identifies a finding when lines have changed.
#[derive(Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "composecheck/v1")]
    v1: String,
}

/// A log of the findings and of the suppressed findings.
pub(crate) fn log<'a>(sources: &'a Sources, outcome: &'a Outcome) -> Log<'a> {
    let results = outcome.findings.iter().map(|finding| result(sources, finding, None));
    let accepted = outcome.suppressed.iter().map(|one| result(sources, &one.finding, Some(one)));
    let driver = Driver {
        name: "composecheck",
        semantic_version: VERSION,
        rules: ALL.iter().map(|rule| descriptor(rule)).collect(),
    };
    let run = Run {
        tool: Tool { driver },
        column_kind: "unicodeCodePoints",
        results: results.chain(accepted).collect(),
    };
    Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    Descriptor {
        id: rule.code,
        name: rule.name,
        short_description: Text { text: rule.what },
        full_description: Text { text: rule.why },
        help: Text { text: rule.fix },
        default_configuration: Configuration { level: level(rule.level) },
    }
}

fn result<'a>(
    sources: &'a Sources,
    finding: &'a Finding,
    accepted: Option<&'a Suppressed>,
) -> SarifResult<'a> {
    let suppressions = accepted.map(|one| Suppression {
        kind: if one.in_source { "inSource" } else { "external" },
        justification: &one.reason,
    });
    let related = |other: &'a Related| Location {
        message: Some(Text { text: &other.text }),
        ..location(sources, other.span)
    };
    SarifResult {
        rule_id: finding.code,
        rule_index: ALL.iter().position(|rule| rule.code == finding.code).unwrap_or_default(),
        level: level(finding.level),
        message: Text { text: &finding.message },
        locations: [location(sources, finding.primary)],
        related_locations: finding.related.iter().map(related).collect(),
        partial_fingerprints: Fingerprints { v1: fingerprint(sources, finding) },
        suppressions: suppressions.into_iter().collect(),
    }
}

fn location<'a>(sources: &Sources, span: Span) -> Location<'a> {
    let region = Region {
        start_line: span.line,
        start_column: span.column,
        end_line: span.end_line,
        end_column: span.end_column,
    };
    let artifact_location = ArtifactLocation { uri: uri(&sources.get(span.file).path) };
    Location { physical_location: PhysicalLocation { artifact_location, region }, message: None }
}

/// Rule, file, subject and the text of the span: neither line numbers nor messages, which both change.
pub(super) fn fingerprint(sources: &Sources, finding: &Finding) -> String {
    let source = sources.get(finding.primary.file);
    format!("{}:{}:{}:{}", finding.code, source.path, finding.subject, source.slice(finding.primary))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

/// A relative URI for a path.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_become_uris() {
        assert_eq!(super::uri("./a b/é.yml"), "a%20b/%C3%A9.yml");
    }
}
