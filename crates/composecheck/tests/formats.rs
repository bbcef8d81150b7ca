//! The output formats for other programs.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use evenkeel_composecheck::source::FileId;
use evenkeel_composecheck::yaml;
use evenkeel_composecheck::yaml::Node;
use serde::Deserialize;

fn crashing(format: &str) -> String {
    let stack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(stack).args(["-f", "compose.crashing.yml", "--format", format]);
    let output = command.output().expect("composecheck starts");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The part of the SARIF 2.1.0 schema that is used. Required properties have no `Option`; other properties are errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    #[serde(rename = "$schema")]
    schema: String,
    version: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: String,
    results: Vec<Finding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Driver {
    name: String,
    semantic_version: String,
    rules: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Descriptor {
    id: String,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    level: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Finding {
    rule_id: String,
    rule_index: usize,
    level: String,
    message: Message,
    locations: Vec<Location>,
    #[serde(default)]
    related_locations: Vec<Location>,
    partial_fingerprints: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    suppressions: Vec<Suppression>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    kind: String,
    justification: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

impl Location {
    fn check(&self) {
        let region = &self.physical_location.region;
        assert!(region.start_line >= 1 && region.start_column >= 1, "lines and columns begin at 1");
        assert!((region.start_line, region.start_column) <= (region.end_line, region.end_column));
        let uri = &self.physical_location.artifact_location.uri;
        assert!(!uri.is_empty() && !uri.contains([' ', '\\']), "{uri}");
        assert!(self.message.as_ref().is_none_or(|message| !message.text.is_empty()));
    }
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let log: Log = serde_json::from_str(&crashing("sarif")).unwrap();
    assert_eq!((log.version.as_str(), log.runs.len()), ("2.1.0", 1));
    assert!(log.schema.starts_with("https://"));
    let run = &log.runs[0];
    let levels = ["none", "note", "warning", "error"];
    assert!(["utf16CodeUnits", "unicodeCodePoints"].contains(&run.column_kind.as_str()));
    let driver = &run.tool.driver;
    assert!(driver.name == "composecheck" && !driver.semantic_version.is_empty());
    for rule in &driver.rules {
        assert!(!rule.id.is_empty() && !rule.name.is_empty());
        for text in [&rule.short_description, &rule.full_description, &rule.help] {
            assert!(!text.text.is_empty());
        }
        assert!(levels.contains(&rule.default_configuration.level.as_str()));
    }
    assert!(!run.results.is_empty());
    for result in &run.results {
        assert_eq!(driver.rules[result.rule_index].id, result.rule_id);
        assert!(levels.contains(&result.level.as_str()) && !result.message.text.is_empty());
        assert_eq!(result.locations.len(), 1);
        result.locations.iter().chain(&result.related_locations).for_each(Location::check);
        assert!(result.partial_fingerprints.contains_key("composecheck/v1"));
        for suppression in &result.suppressions {
            assert!(["inSource", "external"].contains(&suppression.kind.as_str()));
            assert!(!suppression.justification.is_empty());
        }
    }
}

#[test]
fn the_pre_commit_hook_has_what_pre_commit_requires() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let hooks = yaml::parse(FileId(0), &text).unwrap().remove(0);
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (hook, wanted) in hooks.items().iter().zip([
        ["composecheck", "composecheck-hook", "rust"],
        ["composecheck-system", "composecheck", "system"],
    ]) {
        let say = |key: &str| hook.at(&[key]).and_then(Node::text).unwrap_or_default();
        assert_eq!([say("id"), say("entry"), say("language")], wanted);
        // Changed files on their own may be overrides: the hook checks the files that its args name.
        assert!(!say("name").is_empty() && say("pass_filenames") == "false");
        // What pre-commit builds must be a program of the package at the root.
        assert!(say("language") != "rust" || manifest.contains(&format!("name = \"{}\"", say("entry"))));
    }
    assert_eq!(hooks.items().len(), 2);
}

#[test]
fn github_gets_one_command_for_each_finding() {
    let text = crashing("github");
    assert_eq!(
        text.lines().count(),
        serde_json::from_str::<Log>(&crashing("sarif")).unwrap().runs[0].results.len()
    );
    for line in text.lines() {
        let kind = ["::error ", "::warning ", "::notice "].iter().find(|kind| line.starts_with(**kind));
        assert!(kind.is_some() && line.contains("file=compose.crashing.yml,line="), "{line}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: String,
    location: IssueLocation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssueLocation {
    path: String,
    lines: Lines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    begin: usize,
    end: usize,
}

#[test]
fn gitlab_gets_one_issue_for_each_finding() {
    let issues: Vec<Issue> = serde_json::from_str(&crashing("gitlab")).unwrap();
    let again: Vec<Issue> = serde_json::from_str(&crashing("gitlab")).unwrap();
    assert_eq!(issues.len(), crashing("github").lines().count());
    let fingerprints: HashSet<&str> = issues.iter().map(|issue| issue.fingerprint.as_str()).collect();
    assert_eq!(fingerprints.len(), issues.len(), "GitLab drops issues with the same fingerprint");
    for (issue, same) in issues.iter().zip(&again) {
        assert!(["info", "minor", "critical"].contains(&issue.severity.as_str()));
        assert!(issue.description.starts_with(&issue.check_name) && issue.fingerprint == same.fingerprint);
        assert_eq!(issue.location.path, "compose.crashing.yml");
        assert!(1 <= issue.location.lines.begin && issue.location.lines.begin <= issue.location.lines.end);
    }
}

#[test]
fn junit_has_a_failure_for_each_error_and_warning() {
    let text = crashing("junit");
    let (all, infos) = (crashing("github"), |line: &&str| line.starts_with("::notice "));
    let infos = all.lines().filter(infos).count();
    let failures = all.lines().count() - infos;
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "));
    assert!(text.contains(&format!("<testsuites name=\"composecheck\" failures=\"{failures}\">")), "{text}");
    assert_eq!([text.matches("<failure ").count(), text.matches("<system-out>").count()], [failures, infos]);
    for element in ["testsuites", "testsuite", "testcase", "failure", "system-out"] {
        let opened =
            text.matches(&format!("<{element} ")).count() + text.matches(&format!("<{element}>")).count();
        assert_eq!(opened, text.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn junit_shows_files_without_findings_and_what_is_suppressed() {
    let dir = tempfile::tempdir().expect("a directory");
    let compose = "services:\n  db: {image: 'x:1', mem_limit: 1m, pid: host} # composecheck: ignore CC916 \"a\" & <b>\n";
    std::fs::write(dir.path().join("compose.yml"), compose).expect("written");
    std::fs::write(
        dir.path().join("composecheck.toml"),
        "[levels]\nCC102 = 'off'\nCC201 = 'off'\nCC601 = 'off'\n",
    )
    .expect("written");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        let output = command.env_clear().current_dir(dir.path()).args(["--format", "junit"]).output();
        String::from_utf8(output.expect("composecheck starts").stdout).expect("UTF-8")
    };
    let text = run();
    assert!(text.contains("<skipped message=\"&quot;a&quot; &amp; &lt;b&gt;\"/>"), "{text}");
    assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{text}");
    std::fs::write(dir.path().join("compose.yml"), "services: {db: {image: 'x:1', mem_limit: 1m}}")
        .expect("written");
    assert!(run().contains("<testcase name=\"no findings\""), "{}", run());
}

/// The report has the error, and the exit status is that of an error.
#[test]
fn load_errors_are_in_every_format() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("compose.yml"), "services:\n  db: {imge: x}\n").expect("written");
    for (format, part) in [
        ("json", "\"code\":\"CC000\",\"level\":\"error\""),
        ("sarif", "\"ruleId\":\"CC000\""),
        ("gitlab", "\"check_name\":\"CC000\""),
        ("junit", "<testcase name=\"CC000 "),
        ("github", "::error file=compose.yml,line=2,endLine=2,col=8,"),
        ("human", " --> compose.yml:2:8\n"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        let output = command.env_clear().current_dir(dir.path()).args(["--format", format]).output();
        let output = output.expect("composecheck starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3));
        assert!(text.contains(part), "{format}: {text}");
        assert!(text.contains("did you mean 'image'?"), "{format}: {text}");
    }
}
