//! `--fix`: what it changes, what it does not change, and that a second run changes nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenkeel_composecheck::compare::{differences, share_sources, show};
use evenkeel_composecheck::compose::Project;
use evenkeel_composecheck::fix::fix;
use evenkeel_composecheck::lint::config::Config;
use evenkeel_composecheck::lint::{LintSettings, Outcome, lint};
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::rules::policy::{Environment, Policy};
use proptest::prelude::*;

fn composecheck(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(dir).args(args).output().expect("composecheck starts")
}

fn stack() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack")
}

/// Lints as a test environment, where most can be fixed.
fn lint_as_test(project: &Project) -> Outcome {
    let (policy, config) = (Policy::from(Environment::Test), Config::default());
    let settings = LintSettings { policy: &policy, config: &config, config_file: None, names: &[] };
    lint(project, &project.sources, &settings, None)
}

/// A request for one file that is only in memory.
fn request(path: &str, text: &str) -> Request {
    let texts = HashMap::from([(PathBuf::from(path), text.to_owned())]);
    Request { files: vec![path.into()], texts, ..Request::default() }
}

/// Fixes a text and checks every guarantee. Returns the fixed text, if there was anything to fix.
fn fixed(text: &str) -> Option<String> {
    let path = "/nonexistent/compose.yml";
    let old = load(&request(path, text)).ok()?;
    let file = fix(&request(path, text), lint_as_test).expect("it can be loaded")?;
    let new = load(&request(path, &file.after)).expect("it can still be loaded");
    assert_eq!(
        fix(&request(path, &file.after), lint_as_test),
        Ok(None),
        "a second fix changes the text:\n{}",
        file.after
    );
    assert!(lint_as_test(&new).findings.len() < lint_as_test(&old).findings.len());
    assert_comments_stay(text, &file.after);
    let (old, new) = share_sources(old, new);
    for difference in differences(&old, &new) {
        // Compose reads a published port as text, whether it is written as text or as a number.
        if difference.first.map(|side| show(side.node)) == difference.second.map(|side| show(side.node)) {
            continue;
        }
        let key = difference.key.split('.').next().unwrap_or_default();
        let of_fix = ["labels", "logging", "restart", "healthcheck", "depends_on", ""].contains(&key);
        let is_added = !key.is_empty() || difference.subject == "networks.default";
        assert!(of_fix && is_added, "{difference:?}\n{text}\n{}", file.after);
    }
    Some(file.after)
}

fn assert_comments_stay(old: &str, new: &str) {
    for line in old.lines().filter(|line| line.trim_start().starts_with('#')) {
        assert!(new.contains(line), "{line} is missing:\n{new}");
    }
}

const CRASHING_LEFT: [&str; 15] = [
    "CC101", "CC102", "CC103", "CC105", "CC106", "CC201", "CC203", "CC204", "CC301", "CC302", "CC305",
    "CC402", "CC602", "CC913", "CC914",
];

#[test]
fn the_crashing_stack_is_fixed_as_far_as_it_is_safe() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("compose.yml");
    std::fs::copy(stack().join("compose.crashing.yml"), &file).unwrap();
    let before = std::fs::read_to_string(&file).unwrap();

    let dry = composecheck(dir.path(), &["--env", "test", "--fix", "--dry-run"]);
    let diff = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert_eq!(dry.status.code(), Some(1), "{dry:?}");
    assert!(diff.contains("-  interval: 2s\n+  interval: 10s\n"), "{diff}");
    assert!(diff.contains("+      - \"${POSTGRES_PORT:-5433}:5432\"\n"), "{diff}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before, "a dry run writes nothing");

    let output = composecheck(dir.path(), &["--env", "test", "--fix", "--json"]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("composecheck: fixed "), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        assert!(CRASHING_LEFT.contains(&finding["code"].as_str().unwrap()), "{finding}");
    }
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!(fixed(&before).as_ref(), Some(&after));

    let again = composecheck(dir.path(), &["--env", "test", "--fix", "--dry-run"]);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0), "{again:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside the file");
}

#[test]
fn fixable_is_what_a_fix_would_fix() {
    let dir = tempfile::tempdir().unwrap();
    let base = "services:\n  a: {image: x, restart: always}\n";
    // One anchor for two keys: the repair of one would change the other.
    let text = "x-all: &all always\nservices:\n  b:\n    image: x\n    restart: *all\n  c: {image: x, restart: always}\n\
                volumes: {v: {labels: {x: *all}}}\n";
    std::fs::write(dir.path().join("base.yml"), base).unwrap();
    std::fs::write(dir.path().join("test.yml"), text).unwrap();
    let check = |more: &[&str]| {
        let args = [&["-f", "base.yml", "-f", "test.yml", "--env", "test", "--json"], more].concat();
        let report: serde_json::Value =
            serde_json::from_slice(&composecheck(dir.path(), &args).stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .into_iter()
            .map(|f| (format!("{} {}", f["code"], f["subject"]), f["fixable"] == true))
            .collect()
    };
    let before: Vec<(String, bool)> = check(&[]);
    let after: Vec<(String, bool)> = check(&["--fix"]);
    assert!(before.iter().any(|(_, fixable)| *fixable) && before.iter().any(|(_, fixable)| !fixable));
    for (finding, fixable) in &before {
        let is_left = after.iter().any(|(left, _)| left == finding);
        assert_eq!(*fixable, !is_left, "{finding}");
    }
    assert!(after.iter().all(|(_, fixable)| !fixable), "{after:?}");
}

#[test]
fn nothing_is_assumed_about_a_project_that_does_not_say_what_it_is_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("compose.yml");
    let text = "services:\n  a:\n    image: x:1\n    restart: always\n    ports: ['80:80']\n";
    std::fs::write(&file, text).unwrap();
    let output = composecheck(dir.path(), &["--fix", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let codes: Vec<&str> = findings.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["CC101", "CC102", "CC201", "CC914"]);
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(after.contains("restart: always") && after.contains("['80:80']"), "{after}");
    assert!(!after.contains("netra.env"), "{after}");
}

/// A label would change the hash of a volume's configuration, and Compose offers to create such a volume anew, without its data.
#[test]
fn a_named_volume_gets_no_label() {
    let text = "services:\n  a:\n    image: x:1\n    volumes: ['v:/d']\nvolumes:\n  v:\n    driver: local\n";
    let after = fixed(text).unwrap();
    assert!(after.contains("netra.env: test") && after.ends_with("volumes:\n  v:\n    driver: local\n\nnetworks:\n  default:\n    labels:\n      netra.env: test\n"), "{after}");
}

#[test]
fn only_the_last_file_is_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let service = "services:\n  a:\n    image: x:1\n    restart: always\n";
    std::fs::write(dir.path().join("base.yml"), service).unwrap();
    std::fs::write(dir.path().join("test.yml"), service.replace("a:", "b:")).unwrap();
    composecheck(dir.path(), &["-f", "base.yml", "-f", "test.yml", "--env", "test", "--fix"]);
    assert_eq!(std::fs::read_to_string(dir.path().join("base.yml")).unwrap(), service);
    let test = std::fs::read_to_string(dir.path().join("test.yml")).unwrap();
    assert!(test.contains("restart: \"no\"") && test.contains("netra.env: test"), "{test}");
}

#[test]
fn a_dry_run_shows_the_diffs_of_all_projects_that_can_be_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let service = "services:\n  a:\n    image: x:1\n    restart: always\n";
    for (name, text) in [("a.yml", service), ("broken.yml", "services: ["), ("c.yml", service)] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let output =
        composecheck(dir.path(), &["--fix", "--dry-run", "a.yml", "broken.yml", "none.yml", "c.yml"]);
    let (diffs, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(diffs.contains("+++ b/a.yml\n") && diffs.contains("+++ b/c.yml\n"), "{diffs}");
    assert!(errors.contains("broken.yml:1:") && errors.contains("none.yml"), "{errors}");
}

#[test]
#[cfg(unix)]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real.yml");
    std::fs::write(&real, "services:\n  a:\n    image: x\n    restart: always\n").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.yml", dir.path().join("compose.yml")).unwrap();
    composecheck(dir.path(), &["--env", "test", "--fix"]);
    assert!(dir.path().join("compose.yml").is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().contains("restart: \"no\""));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn many_shapes() {
    for (text, part) in [
        (
            "services:\n  a:\n    image: x\n    ports:\n    - 80:80\n    - '81:81'\n",
            "- \"${A_PORT_80:-80}:80\"\n    - \"${A_PORT_81:-81}:81\"\n",
        ),
        (
            "services: {a: {image: x, ports: [\"127.0.0.1:80:80/udp\"]}}\n",
            "[\"127.0.0.1:${A_PORT:-80}:80/udp\"]",
        ),
        (
            "services:\n  a:\n    image: x\n    ports:\n      - target: 80\n        published: 8080\n",
            "published: \"${A_PORT:-8080}\"\n",
        ),
        (
            "services:\n  a:\n    image: x\n    labels:\n      - x=y\n",
            "labels:\n      - netra.env=test\n      - x=y\n",
        ),
        ("services:\n  a:\n    image: x\n    labels: [x=y]\n", "labels: [netra.env=test, x=y]\n"),
        (
            "services:\n  a:\n    image: x\n    labels:\n      x: y # why\n",
            "labels:\n      netra.env: test\n      x: y # why\n",
        ),
        ("services:\n  a: {image: x}\nnetworks:\n  n:\n", "  n:\n    labels:\n      netra.env: test\n"),
        // A new label would make Compose offer to create the volume anew.
        ("services:\n  a: {image: x}\nvolumes:\n  v:\n", "volumes:\n  v:\n\nnetworks:"),
        ("services:\n  a: {image: x}\nnetworks: {}\n", "networks: {default: {labels: {netra.env: test}}}\n"),
        (
            "services:\n  a:\n    image: x\n    logging:\n      options:\n        max-size: 1m\n",
            "        max-file: \"3\"\n        max-size: 1m\n",
        ),
        ("version: '3'\nservices:\n  a: {image: x}\n", "services:\n  a: {"),
        ("services:\n  a:\n    image: x\n    restart: on-failure\n", "restart: on-failure:3\n"),
    ] {
        let new = fixed(text).unwrap_or_else(|| panic!("{text} is not fixed"));
        assert!(new.contains(part), "{text}\n{new}");
    }
}

#[cfg(unix)]
#[test]
fn every_file_of_the_corpus_keeps_its_meaning() {
    let Some(corpus) = std::env::var_os("COMPOSE_CORPUS") else {
        evenkeel_tests::skip("COMPOSE_CORPUS is not set");
        return;
    };
    let (mut seen, mut changed) = (0, 0);
    for path in compose_files(Path::new(&corpus)) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        seen += 1;
        changed += usize::from(fixed(&text).is_some());
    }
    assert!(seen > 50 && changed > 30, "{changed} of {seen} files fixed");
}

#[cfg(unix)]
fn compose_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(compose_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
    found
}

/// One line of a service, in several styles.
fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "    image: postgres:15\n",
        "    restart: always # for now\n",
        "    restart: 'unless-stopped'\n",
        "    # a comment\n",
        "\n",
        "    ports: [\"80:80\", '81:81']\n",
        "    ports:\n    - 80:80\n    # why\n    - target: 1\n      published: 2\n",
        "    labels: {x: y}\n",
        "    labels:\n      - x=y\n",
        "    labels:\n    - x=y\n",
        "    logging: {driver: json-file}\n",
        "    logging:\n      options: {max-size: 1m}\n",
        "    healthcheck: {test: [CMD, x], interval: 1s}\n",
        "    healthcheck: *h\n",
        "    <<: *s\n",
        "    depends_on: [a, b]\n",
        "    depends_on:\n      - a  # first\n      - b\n",
        "    depends_on: {a: {condition: service_started}}\n",
    ])
}

fn file() -> impl Strategy<Value = String> {
    let service = prop::collection::vec(line(), 0..6);
    let tail = prop::sample::select(vec![
        "",
        "volumes: {v: }\n",
        "volumes:\n  v:\n  w: {}\n",
        "networks:\n  default:\n",
    ]);
    (prop::collection::vec(service, 1..4), tail, any::<bool>()).prop_map(|(services, tail, crlf)| {
        let mut text =
            "x-h: &h {test: [CMD, x], interval: 2s}\nx-s: &s\n  restart: always\nservices:\n".to_owned();
        for (name, lines) in ["a", "b", "c"].iter().zip(services) {
            text += &format!("  {name}:\n    build: .\n{}", lines.concat());
        }
        text += tail;
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

proptest! {
    #[test]
    fn any_file_is_fixed_once_and_keeps_its_meaning(text in file()) {
        let _ = fixed(&text);
    }
}
