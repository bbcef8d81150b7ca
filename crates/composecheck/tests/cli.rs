//! The command line end to end: exit codes, positions, JSON, the reference stacks.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde::Deserialize;

fn composecheck(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(stack()).args(args).output().expect("composecheck starts")
}

fn stack() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    files: Vec<String>,
    errors: usize,
    warnings: usize,
    infos: usize,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Finding {
    code: String,
    level: String,
    subject: String,
    message: String,
    fix: String,
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start_byte: usize,
    end_byte: usize,
    related: Vec<serde_json::Value>,
}

#[test]
fn the_reference_stack_is_clean() {
    for second in ["compose.test.yml", "compose.dev.yml"] {
        let output = composecheck(&["-f", "compose.base.yml", "-f", second, "--fail-on", "warning"]);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        assert_eq!(stdout(&output), "nothing found\n");
    }
}

#[test]
fn the_crashing_stack_is_found_line_by_line() {
    let output = composecheck(&["-f", "compose.crashing.yml", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report.schema.as_str(), report.verdict.as_str()), ("composecheck.report/1", "fail"));
    let text = std::fs::read_to_string(stack().join("compose.crashing.yml")).unwrap();
    let found: Vec<(&str, &str)> =
        report.findings.iter().map(|f| (f.code.as_str(), &text[f.start_byte..f.end_byte])).collect();
    for wanted in [
        ("CC103", "/var/lib/postgresql/data:size=3g,uid=70,gid=70,mode=0700"),
        ("CC103", "tmpfs"),
        ("CC101", "postgres"),
        ("CC101", "redis"),
        ("CC102", "postgres"),
        ("CC202", "2s"),
        ("CC301", "postgres"),
        ("CC301", "redis-data"),
        ("CC301", "services"),
        ("CC601", "redis"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    for finding in &report.findings {
        let line = text.lines().nth(finding.line - 1).unwrap();
        let word = &text[finding.start_byte..finding.end_byte];
        assert!(line[finding.column - 1..].starts_with(word), "{finding:?}");
    }
}

#[test]
fn people_see_the_line() {
    let shown = stdout(&composecheck(&["-f", "compose.crashing.yml"]));
    assert!(shown.contains("compose.crashing.yml:4:13"), "{shown}");
    assert!(shown.contains("interval: 2s") && shown.contains("^^"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colours in a pipe: {shown}");
}

#[test]
fn what_cannot_be_loaded_is_named_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    for (bytes, said) in [
        (&b"services:\n  a: [1\n"[..], "a.yml:"),
        (b"services:\n  a: 1\n", "a.yml:2:6: 'services.a' must be a mapping"),
        (b"services: {}\nservices: {}\n", "a.yml:2:1: the key 'services' is here twice"),
        (b"services:\n  a: {image: \"${}\"}\n", "a.yml:2:14: '${}' is not a variable"),
        (b"services:\n  a\0: {}\n", "a.yml:2:4: it holds a NUL byte"),
        (b"services:\n  \xff: {}\n", "a.yml:2:3: it is not UTF-8"),
        (b"servces: {}\n", "a.yml:1:1: unknown key 'servces'"),
        (b"# nothing\n", "a.yml:1:1: the file is empty"),
        (b"include: [b.yml]\n", "a.yml:1:1: 'include' is not supported yet"),
        (b"services:\n  a: {extends: {service: b}}\n", "a.yml:2:7: 'extends' is not supported yet"),
    ] {
        let path = dir.path().join("a.yml");
        std::fs::write(&path, bytes).unwrap();
        let output = composecheck(&["-f", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{said}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let output = composecheck(&["-f", dir.path().to_str().unwrap()]);
    assert!(output.status.code() == Some(3) && stderr(&output).contains("directory"), "{}", stderr(&output));
    assert_eq!(composecheck(&["-f", "/nonexistent.yml"]).status.code(), Some(3));
    assert_eq!(composecheck(&["--nonsense"]).status.code(), Some(2));
}

#[test]
fn variables_come_from_files_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yml");
    std::fs::write(&path, "services: {a: {mem_limit: \"${LIMIT}\"}}\n").unwrap();
    let run = || stdout(&composecheck(&["-f", path.to_str().unwrap()]));
    assert!(run().contains("CC001") && run().contains("CC101"));
    std::fs::write(dir.path().join(".env"), "LIMIT=512m\n").unwrap();
    assert!(!run().contains("CC001") && !run().contains("CC101"));
}
