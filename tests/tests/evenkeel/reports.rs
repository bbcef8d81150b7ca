//! What continuous integration is told of a run that was refused.

use std::fs;

use super::strangers::Project;
use super::{BUSYBOX, Stack, engine, root, text};

/// Runs it as GitLab does, and gives the code and the JUnit file.
fn junit(stack: &Stack<'_>, args: &[&str]) -> (i32, String) {
    let output = stack.evenkeel(args).env("GITLAB_CI", "true").output().unwrap();
    let file = stack.home.join(".evenkeel/junit.xml");
    let junit = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {}", text(&output)));
    fs::remove_file(file).unwrap();
    assert_eq!(stack.left(), "");
    (output.status.code().unwrap(), junit)
}

#[test]
fn findings_that_refuse_a_run_are_in_the_junit_file() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    fs::copy(root().join("tests/stack/compose.crashing.yml"), stack.file()).unwrap();
    for args in [&["--strict", "--", "true"][..], &["--strict", "-j2", "--", "true"]] {
        let (code, junit) = junit(&stack, args);
        assert_eq!(code, 1, "{junit}");
        for words in ["name=\"check\"", "<failure message=\"exit 1\">", "error[CC", "failures=\"1\""] {
            assert!(junit.contains(words), "{words}: {junit}");
        }
    }
}

#[test]
fn a_port_that_is_taken_is_in_the_junit_file() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let (port, name, own) = (stack.publish(), stack.world.name("stranger"), stack.world.label());
    let publish = format!("{port}:80");
    engine.docker(&["run", "-d", "--name", &name, "--label", &own, "-p", &publish, BUSYBOX, "sleep", "600"]);
    let (code, junit) = junit(&stack, &["--fixed-ports", "--", "true"]);
    assert_eq!(code, 3, "{junit}");
    assert!(junit.contains("failures=\"1\"") && junit.contains(&port.to_string()), "{junit}");
}

#[test]
fn no_room_is_in_the_junit_file() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let (name, kind) = (stack.world.name("hungry"), format!("netra.env={}", stack.world.id()));
    let own = stack.world.label();
    engine
        .docker(&["run", "-d", "--name", &name, "--label", &own, "--label", &kind, BUSYBOX, "sleep", "600"]);
    let output = stack
        .evenkeel(&["--no-check", "--budget", "1KiB", "-w", "1s", "--", "true"])
        .env("GITLAB_CI", "true")
        .output()
        .unwrap();
    let junit = fs::read_to_string(stack.home.join(".evenkeel/junit.xml")).unwrap();
    assert_ne!(output.status.code(), Some(0), "{}", text(&output));
    assert!(junit.contains("name=\"room\"") && junit.contains("failures=\"1\""), "{junit}");
    assert_eq!(stack.left().lines().count(), 1, "only what was there: {}", text(&output));
}

/// What cannot be built: no step is recorded but the reason.
#[test]
fn a_run_that_ends_before_its_first_step_has_a_junit_file_too() {
    let Some(engine) = engine() else { return };
    let project = Project::new(
        engine,
        "early",
        &[("compose.yaml", "services: {web: {image: 'absent:1', build: .}}\n")],
    );
    let mut run = project.evenkeel(&["--no-check", "--", "true"]);
    let output = run.env("GITLAB_CI", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let junit = fs::read_to_string(project.dir.join(".evenkeel/junit.xml")).unwrap();
    for words in ["name=\"refused\"", "cannot build the images", "failures=\"1\""] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
    assert_eq!(project.left(), "");
}
