//! Configuration, suppressions, baseline, and the check of several projects.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A file with one finding: a service without a memory limit.
const COMPOSE: &str = "name: x
services:
  db:
    image: postgres:15-alpine
    cpus: 1
    labels: {netra.env: test}
    logging: {driver: local}
    healthcheck: {test: [CMD, pg_isready], interval: 10s, timeout: 5s, retries: 5, start_period: 20s}
networks: {default: {labels: {netra.env: test}}}
";

struct Directory(TempDir);

impl Directory {
    fn with(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        Self(dir)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        command.env_clear().current_dir(self.path()).args(args).output().expect("composecheck starts")
    }

    /// The findings as code and level, the number of suppressed findings, and the number of known ones.
    fn found(&self, args: &[&str]) -> (Vec<String>, usize, u64) {
        let output = self.run(&[args, &["--json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let items = |key: &str| report[key].as_array().cloned().unwrap_or_default();
        let shown = items("findings")
            .into_iter()
            .map(|f| format!("{} {}", f["code"], f["level"]).replace('"', "").replace("\\\\", "/"));
        (shown.collect(), items("suppressed").len(), report["known"].as_u64().expect("a count"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

#[test]
fn comments_suppress_findings_and_unused_ones_are_reported() {
    let with =
        |from: &str, to: &str| Directory::with(&[("compose.yml", &COMPOSE.replace(from, to))]).found(&[]);
    let none: Vec<String> = Vec::new();
    assert_eq!(with("", ""), (vec!["CC101 error".into()], 0, 0));
    assert_eq!(with("db:", "db:  # composecheck: ignore CC101 small"), (none.clone(), 1, 0));
    assert_eq!(with("  db:", "  # composecheck: ignore CC101 small\n  db:"), (none, 1, 0));
    let unused = with("db:", "db:  # composecheck: ignore CC101,CC102 small");
    assert_eq!(unused, (vec!["CC004 warning".into()], 1, 0));
    let unclear = with("db:", "db:  # composecheck: ignore CC101");
    assert_eq!(unclear, (vec!["CC101 error".into(), "CC005 warning".into()], 0, 0));
}

#[test]
fn the_configuration_sets_levels_and_suppresses_findings() {
    let with = |toml: &str| Directory::with(&[("a/compose.yml", COMPOSE), ("composecheck.toml", toml)]);
    let found = |toml: &str| with(toml).found(&["-f", "a/compose.yml"]);
    assert_eq!(found("[levels]\nCC101 = 'warning'"), (vec!["CC101 warning".into()], 0, 0));
    assert_eq!(found("[levels]\nCC101 = 'off'"), (vec![], 0, 0));
    let ignore = "[[ignore]]\nrule = 'CC101'\npath = 'a/*.yml'\nsubject = 'services.db'\nreason = 'old'\n";
    assert_eq!(found(ignore), (vec![], 1, 0));
    let unused = found(&ignore.replace("CC101", "CC102"));
    assert_eq!(unused, (vec!["CC101 error".into(), "CC004 warning".into()], 0, 0));
    let elsewhere = found(&ignore.replace("a/", "b/").replace("CC101", "CC102"));
    assert_eq!(
        elsewhere,
        (vec!["CC101 error".into()], 0, 0),
        "an ignore for other files is not reported as unused"
    );
    assert_eq!(found("label = 'acme.env'\nenv = 'test'").0.len(), 3);
    let shown = with(&ignore.replace("CC101", "CC102")).run(&["-f", "a/compose.yml"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("composecheck.toml:1:1"), "{shown:?}");
}

#[test]
fn the_configuration_sets_what_the_rules_expect() {
    let limited = COMPOSE
        .replace("cpus: 1", "cpus: 1\n    mem_limit: 1g\n    mem_reservation: 1m\n    restart: always");
    let with = |toml: &str| {
        Directory::with(&[
            ("compose.yml", &limited.replace("netra.env: test", "netra.env: qa")),
            ("composecheck.toml", toml),
        ])
    };
    assert_eq!(with("").found(&[]).0, [""; 0], "nothing says what the project is for");
    assert_eq!(with("").found(&["--env", "test"]).0, ["CC501 warning"]);
    assert_eq!(with("set = 'netra'").found(&[]).0, ["CC501 warning"]);
    assert_eq!(with("[levels]\nCC301 = 'error'\n").found(&["--env", "test"]).0, ["CC501 warning"]);
    assert_eq!(with("env = 'dev'").found(&[]).0, [""; 0]);
    assert_eq!(with("env = 'dev'\nbudget = '1000MiB'").found(&[]).0, ["CC105 error"]);
    assert_eq!(with("env = 'dev'\nbudget = '1GiB'").found(&["--budget", "2GiB"]).0, [""; 0]);
    assert_eq!(with("profile = 'fast'").found(&["--env", "dev"]).0, ["CC804 warning", "CC804 warning"]);
    assert_eq!(with("").run(&[]).status.code(), Some(0));
    assert_eq!(with("env = 'test'\nfail-on = 'warning'").run(&[]).status.code(), Some(1));
    assert_eq!(with("fail-on = 'warning'").run(&["--fail-on", "error"]).status.code(), Some(0));
    assert_eq!(with("budget = '1000MiB'").run(&["budget"]).status.code(), Some(1));
}

#[test]
fn mistakes_in_the_configuration_have_a_position() {
    let dir =
        Directory::with(&[("compose.yml", COMPOSE), ("composecheck.toml", "env = 'test'\nbuget = '4GiB'\n")]);
    let output = dir.run(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("composecheck.toml:2:1: unknown field `buget`") && said.contains("hint: "),
        "{said}"
    );
    assert_eq!(dir.run(&["--config", "none.toml"]).status.code(), Some(3));
}

/// What the rules say about one project, as code and level.
fn said(compose: &str, env: &str, args: &[&str]) -> Vec<String> {
    Directory::with(&[("compose.yml", compose), (".env", env)]).found(args).0
}

#[test]
fn a_name_in_the_file_of_variables_names_the_project() {
    let args = ["--env", "test"];
    let has = |env: &str| said(COMPOSE, env, &args).contains(&"CC305 warning".to_owned());
    let nameless = COMPOSE.replace("name: x\n", "");
    let has_without = |env: &str| said(&nameless, env, &args).contains(&"CC305 warning".to_owned());
    assert_eq!([has(""), has_without(""), has_without("COMPOSE_PROJECT_NAME=shop\n")], [false, true, false]);
}

#[test]
fn one_cause_is_one_finding() {
    let unset = said("services: {a: {image: 'app:${TAG}', mem_limit: 1g}}", "", &[]);
    assert_eq!(unset.iter().filter(|one| one.starts_with("CC001") || one.starts_with("CC701")).count(), 1);
    assert!(unset.contains(&"CC001 warning".to_owned()), "{unset:?}");
    let unchecked = "services: {a: {image: 'x:1', depends_on: [db]}, db: {image: 'postgres:15'}}";
    let unchecked = said(unchecked, "", &["--env", "test"]);
    assert!(!unchecked.iter().any(|one| one.starts_with("CC204")), "{unchecked:?}");
}

#[test]
fn advice_fits_the_service() {
    let compose = "services: {a: {image: nginx, healthcheck: {test: x, interval: 1s}}}";
    let directory = Directory::with(&[("compose.yml", compose)]);
    let text = String::from_utf8(directory.run(&["--env", "test"]).stdout).expect("UTF-8");
    assert!(text.contains("help: use a tag with a version: nginx:VERSION"), "{text}");
    // Older engines refuse start_interval.
    assert!(text.contains("help: use interval: 10s; from engine 25 on, start_interval"), "{text}");
}

#[test]
fn a_baseline_hides_known_findings() {
    let dir = Directory::with(&[("compose.yml", COMPOSE)]);
    let written = dir.run(&["--write-baseline", "known.json"]);
    assert_eq!(String::from_utf8_lossy(&written.stdout), "wrote 1 finding to the baseline\n");
    assert_eq!(dir.found(&["--baseline", "known.json"]), (vec![], 0, 1));
    let more = COMPOSE
        .replace("services:", "services:\n  # moved\n  new: {image: redis:7-alpine, network_mode: none}");
    std::fs::write(dir.path().join("compose.yml"), more).expect("a file");
    let (new, _, known) = dir.found(&["--baseline", "known.json"]);
    assert_eq!((new.len(), known), (5, 1), "{new:?}");
    for (name, text) in
        [("bad.json", "{}"), ("old.json", r#"{"schema":"x/9","tool_version":"0","findings":[]}"#)]
    {
        std::fs::write(dir.path().join(name), text).expect("a file");
        assert_eq!(dir.run(&["--baseline", name]).status.code(), Some(3), "{name}");
    }
    let missing = dir.run(&["--baseline", "none.json"]);
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("hint: create it with --write-baseline"),
        "{missing:?}"
    );
}

/// Whoever has the old file open keeps its content.
#[cfg(unix)]
#[test]
fn the_baseline_is_replaced_as_a_whole() {
    let dir = Directory::with(&[("compose.yml", COMPOSE), ("known.json", "old")]);
    let old = std::fs::File::open(dir.path().join("known.json")).expect("a file");
    assert_eq!(dir.run(&["--write-baseline", "known.json"]).status.code(), Some(0));
    assert_eq!(std::io::read_to_string(old).expect("text"), "old");
    assert_eq!(dir.found(&["--baseline", "known.json"]), (vec![], 0, 1));
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 2, "nothing is left beside it");
}

#[test]
fn projects_are_checked_independently() {
    let clean = COMPOSE.replace("cpus: 1", "cpus: 1\n    mem_limit: 1g\n    mem_reservation: 1m");
    let strict = "fail-on = 'warning'\n[levels]\nCC101 = 'warning'\n[[ignore]]\nrule = 'CC102'\npath = '*'\nreason = 'x'\n";
    let dir = Directory::with(&[
        ("a/compose.yml", COMPOSE),
        ("b/compose.yml", &clean),
        ("c/compose.yml", COMPOSE),
        ("c/composecheck.toml", strict),
        ("d/compose.yml", "services: ["),
    ]);
    let output = dir.run(&["a/compose.yml", "b/compose.yml", "c/compose.yml", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["files"], serde_json::json!(["a/compose.yml", "b/compose.yml", "c/compose.yml"]));
    let found: Vec<String> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| format!("{} {} {}", f["file"], f["code"], f["level"]).replace('"', "").replace("\\\\", "/"))
        .collect();
    assert_eq!(
        found,
        [
            "a/compose.yml CC101 error",
            "c/compose.yml CC101 warning",
            &format!("{} CC004 warning", dir.path().join("c/composecheck.toml").display()).replace('\\', "/"),
        ]
    );
    assert_eq!(dir.run(&["b/compose.yml"]).status.code(), Some(0));
    assert_eq!(dir.run(&["c/compose.yml"]).status.code(), Some(1), "each project has its own configuration");

    let broken = dir.run(&["d/compose.yml", "a/compose.yml", "none.yml"]);
    let said = String::from_utf8_lossy(&broken.stderr);
    assert_eq!(broken.status.code(), Some(3), "{said}");
    assert!(said.contains("d/compose.yml:1:") && said.contains("none.yml"), "{said}");
    assert!(
        String::from_utf8_lossy(&broken.stdout).contains("error[CC101]"),
        "the other projects are checked"
    );
    assert_eq!(dir.run(&["-f", "a/compose.yml", "b/compose.yml"]).status.code(), Some(2));
}

#[test]
fn sarif_has_the_reason_of_a_suppression() {
    let text = COMPOSE.replace("db:", "db:  # composecheck: ignore CC101 measured, 80 MiB at most");
    let output = Directory::with(&[("compose.yml", &text)]).run(&["--format", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).expect("a log");
    let result = &log["runs"][0]["results"][0];
    assert_eq!((output.status.code(), result["ruleId"].as_str()), (Some(0), Some("CC101")));
    let suppressions = serde_json::json!([{"kind": "inSource", "justification": "measured, 80 MiB at most"}]);
    assert_eq!(result["suppressions"], suppressions);
}

#[cfg(unix)]
fn compose_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            compose_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
}

/// Projects of all kinds that say nothing about themselves: few have an error, and the warnings can be read.
#[test]
#[cfg(unix)]
fn ordinary_projects_are_seldom_refused() {
    let corpus = std::env::var_os("COMPOSE_CORPUS").map(|corpus| Path::new(&corpus).join("awesome-compose"));
    let Some(corpus) = corpus.filter(|corpus| corpus.is_dir()) else {
        return evenkeel_tests::skip("COMPOSE_CORPUS has no folder awesome-compose");
    };
    let mut files = Vec::new();
    compose_files(&corpus, &mut files);
    let (mut refused, mut warnings) = (0, Vec::new());
    let mut by_rule = std::collections::BTreeMap::<String, usize>::new();
    for file in &files {
        let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        let output = command.env_clear().arg("--json").arg(file).output().expect("composecheck starts");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        refused += usize::from(output.status.code() == Some(1));
        warnings.push(report["warnings"].as_u64().expect("a count"));
        for finding in report["findings"].as_array().expect("a list") {
            *by_rule.entry(format!("{} {}", finding["code"], finding["level"])).or_default() += 1;
        }
    }
    warnings.sort_unstable();
    let median = warnings[warnings.len() / 2];
    println!("{refused} of {} files refused, median of warnings {median}, {by_rule:?}", files.len());
    assert!(refused * 100 <= files.len() * 15 && median <= 3);
}
