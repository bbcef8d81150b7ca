//! `compare`: differences between two environments.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde::Deserialize;

fn composecheck(args: &[&str]) -> Output {
    let stack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(stack).arg("compare").args(args).output().expect("composecheck starts")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    first: String,
    second: String,
    differences: Vec<Difference>,
    findings: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    subject: String,
    key: String,
    first: Option<String>,
    second: Option<String>,
    expected: bool,
}

fn report(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn dev_and_test_differ_only_as_expected() {
    let output = composecheck(&["-f", "compose.base.yml", "compose.dev.yml", "compose.test.yml", "--json"]);
    let report = report(&output);
    assert_eq!((output.status.code(), report.verdict.as_str()), (Some(0), "pass"));
    assert_eq!((report.schema.as_str(), report.findings.len()), ("composecheck.compare/1", 0));
    assert!(report.differences.iter().all(|difference| difference.expected), "{:?}", report.differences);
    let restart =
        report.differences.iter().find(|d| d.subject == "services.redis" && d.key == "restart").unwrap();
    assert_eq!((restart.first.as_deref(), restart.second.as_deref()), (Some("unless-stopped"), Some("no")));
}

#[test]
fn the_crashing_test_environment_beside_the_dev_environment() {
    let dir = tempfile::tempdir().unwrap();
    let dev = dir.path().join("dev.yml");
    std::fs::write(
        &dev,
        "services: {postgres: {image: 'postgres:15', ports: ['5433:5432']}, redis: {image: 'redis:7', ports: ['6380:6379']}}\n",
    )
    .unwrap();
    let output = composecheck(&[dev.to_str().unwrap(), "compose.crashing.yml", "--json"]);
    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    let count = |code: &str| report.findings.iter().filter(|finding| finding["code"] == code).count();
    assert_eq!([count("CC404"), count("CC902")], [2, 1]);
    assert!(count("CC901") > 5);
    let found = |subject: &str| report.findings.iter().any(|finding| finding["subject"] == subject);
    assert!(found("services.postgres.image") && found("services.postgres.tmpfs") && found("services.auth"));
    for finding in &report.findings {
        assert_eq!(finding["file"], "compose.crashing.yml", "findings are shown in the second one");
    }
}
