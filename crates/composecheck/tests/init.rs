//! `init`: a configuration that fits the project, and its JSON Schema.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const COMPOSE: &str = "\
services:
  web:
    image: nginx:1.27
    mem_limit: 100m
    ports: ['8080:80']
    labels: {acme.env: test}
  db:
    image: postgres:15
    labels: [acme.env=test]
    mem_limit: 1g
";

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(folder).args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn codes(folder: &Path, args: &[&str]) -> Vec<String> {
    let output = run(folder, &[args, &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_file_says_what_the_project_says() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("compose.yml"), COMPOSE).unwrap();
    let dry = run(dir.path(), &["init", "--dry-run"]);
    assert_eq!((dry.status.code(), std::fs::read_dir(dir.path()).unwrap().count()), (Some(0), 1));
    let output = run(dir.path(), &["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let written = std::fs::read_to_string(dir.path().join("composecheck.toml")).unwrap();
    assert_eq!(written, String::from_utf8(dry.stdout).unwrap());
    for line in [
        "#:schema ./composecheck.schema.json",
        "env = \"test\"",
        "label = \"acme.env\"",
        "budget = \"2GiB\"",
        "# profile = \"durable\"",
        "test = [\"8080\"]",
        "# CC102 = \"off\"  # cpu-limit-missing, 2 times",
    ] {
        assert!(written.lines().any(|known| known == line), "{line}\n{written}");
    }
    let schema = std::fs::read(dir.path().join("composecheck.schema.json")).unwrap();
    assert_eq!(schema, run(dir.path(), &["init", "--schema"]).stdout);
    assert_eq!(serde_json::from_slice::<Value>(&schema).unwrap()["title"], "composecheck.toml");
}

#[test]
fn a_file_that_exists_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("compose.yml"), COMPOSE).unwrap();
    std::fs::write(dir.path().join("composecheck.toml"), "env = \"prod\"\n").unwrap();
    let output = run(dir.path(), &["init"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("composecheck: cannot write composecheck.toml: "), "{}", text(&output));
    assert!(text(&output).contains("\nhint: "), "{}", text(&output));
    assert_eq!(std::fs::read_to_string(dir.path().join("composecheck.toml")).unwrap(), "env = \"prod\"\n");
    assert!(!dir.path().join("composecheck.schema.json").exists());
}

#[test]
fn it_is_written_beside_the_first_file_for_the_asked_purpose() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("app")).unwrap();
    std::fs::write(dir.path().join("app/base.yml"), COMPOSE.replace("    mem_limit: 1g\n", "")).unwrap();
    let output = run(dir.path(), &["init", "-f", "app/base.yml", "--env", "prod"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let written = std::fs::read_to_string(dir.path().join("app/composecheck.toml")).unwrap();
    for line in ["env = \"prod\"", "# db.", "# budget = \"4GiB\"", "prod = [\"8080\"]"] {
        assert!(written.lines().any(|known| known == line), "{line}\n{written}");
    }
}

/// The file is read, and is no cause of a finding: without `env` nothing changes, with it as much as `--env` does.
#[test]
fn the_configuration_adds_no_finding() {
    let corpus = std::env::var_os("COMPOSE_CORPUS").map(|path| PathBuf::from(path).join("awesome-compose"));
    let mut texts = vec![COMPOSE.to_owned(), COMPOSE.replace("    mem_limit: 1g\n", "")];
    for entry in corpus.into_iter().flat_map(std::fs::read_dir).flatten().flatten() {
        texts.extend(std::fs::read_to_string(entry.path().join("compose.yaml")));
    }
    for text in &texts {
        for env in [None, Some("test"), Some("prod")] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("compose.yml"), text).unwrap();
            // Files that services name need not exist in the copy.
            if run(dir.path(), &["config"]).status.code() != Some(0) {
                continue;
            }
            let own = if text.contains("acme.env") { Some("test") } else { None };
            let asked: Vec<&str> = env.into_iter().flat_map(|env| ["--env", env]).collect();
            let policy: Vec<&str> = env.or(own).into_iter().flat_map(|env| ["--env", env]).collect();
            let before = codes(dir.path(), &policy);
            let output = run(dir.path(), &[&["init"], asked.as_slice()].concat());
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let mut before = before.into_iter();
            for code in codes(dir.path(), &[]) {
                assert!(before.any(|known| known == code), "{code} is new\n{text}");
            }
        }
    }
}
