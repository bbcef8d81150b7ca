//! The command line and `evenkeel.toml`: written by `init`, read by every step.

use std::fs;

use super::strangers::Project;
use super::{Engine, engine, text};

fn project(engine: &Engine) -> Project<'_> {
    let compose = "services:\n  web: {image: BUSYBOX, command: [sleep, '600'], stop_signal: SIGKILL}\n";
    Project::new(engine, "plain", &[("compose.yaml", compose)])
}

#[test]
fn init_writes_the_options_that_it_is_given_and_a_run_reads_them() {
    let Some(engine) = engine() else { return };
    let project = project(engine);
    let said =
        project.done(&["init", "-j", "2", "--slots=4", "--no-boost", "-f", "compose.yaml", "-c", "e2e"]);
    assert!(said.contains("besides:\nnothing that could be seen\n"), "{said}");
    let file = project.dir.join("evenkeel.toml");
    let written = fs::read_to_string(&file).unwrap();
    for line in
        ["files = [\"compose.yaml\"]", "slots = 4", "jobs = 2", "no-boost = true", "category = \"e2e\""]
    {
        assert!(written.lines().any(|found| found == line), "{line}: {written}");
    }
    let said = project.done(&["--", "sh", "-c", "echo $COMPOSE_PROJECT_NAME"]);
    let environment = project.environment();
    for slot in [1, 2] {
        assert!(said.contains(&format!("[{slot}] {environment}-")), "{said}");
    }
    project.assert_nothing_left();
}

#[test]
fn every_spelling_of_jobs_runs_the_command_as_often() {
    let Some(engine) = engine() else { return };
    let project = project(engine);
    for spelling in [&["-j2"][..], &["-j", "2"], &["--jobs=2"]] {
        let said = project.done(&[spelling, &["--", "echo", "here"]].concat());
        assert_eq!(said.matches("here").count(), 2, "{spelling:?}: {said}");
    }
    project.assert_nothing_left();
}

#[test]
fn what_the_file_says_holds_for_every_step_or_is_refused_with_its_reason() {
    let Some(engine) = engine() else { return };
    let project = project(engine);
    let file = project.dir.join("evenkeel.toml");
    for line in ["jobs = 2\n", "dedicated = true\n"] {
        fs::write(&file, line).unwrap();
        for step in ["up", "down", "clean"] {
            let output = project.run(&[step]);
            let said = text(&output);
            assert_eq!(output.status.code(), Some(2), "{line} {step}: {said}");
            for words in ["evenkeel.toml asks for a dedicated environment", "add --slot N, or --shared"] {
                assert!(said.contains(words), "{line} {step}: {said}");
            }
        }
        // The command line says which one.
        project.done(&["up", "--slot", "2"]);
        project.done(&["down", "--slot", "2"]);
        assert!(!project.done(&["--shared", "--", "sh", "-c", "echo $EVENKEEL_ENV"]).contains("-2\n"));
    }
    project.assert_nothing_left();
}

#[test]
fn a_mistake_in_the_file_is_located_and_the_nearest_option_named() {
    let Some(engine) = engine() else { return };
    let project = project(engine);
    for (line, wanted) in [
        ("stric = true", "evenkeel.toml:2:1: there is no option 'stric'\nhint: did you mean strict?"),
        ("linger = \"soon\"", "evenkeel.toml:2:10: cannot use 'soon' for linger: it is not a duration"),
    ] {
        fs::write(project.dir.join("evenkeel.toml"), format!("# ours\n{line}\n")).unwrap();
        let output = project.run(&["--", "true"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(wanted), "{}", text(&output));
    }
    let missing = project.run(&["--config", "nowhere.toml", "--", "true"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        text(&missing).contains("nowhere.toml") && text(&missing).contains("hint: "),
        "{}",
        text(&missing)
    );
}
