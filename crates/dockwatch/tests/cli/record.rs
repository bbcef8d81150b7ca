//! `dockwatch record` and `dockwatch history`.

use std::os::unix::fs::PermissionsExt;

use evenkeel_tests::{BUSYBOX, Home, World, engine};

use crate::json::{History, Run};
use crate::{dockwatch, run};

#[test]
fn records_the_peak_of_a_run() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let report = home.join("run.json");
    let script = format!(
        "echo mine; docker run --rm --label {} -m 64m --tmpfs /ram {BUSYBOX} \
         sh -c 'dd if=/dev/zero of=/ram/f bs=1M count=20 2>/dev/null; sleep 1.5'; exit 7",
        world.label()
    );
    let args = [
        "record",
        "--category",
        "e2e",
        "--label",
        &world.label(),
        "--report",
        report.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        &script,
    ];
    let (stdout, stderr) = run(&mut dockwatch(&engine.host, &home), &args, 7);
    assert_eq!(stdout, "mine\n", "stdout belongs to the command");
    assert!(stderr.contains("dockwatch: e2e run took "), "{stderr}");
    let found: Run = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(
        (found.schema.as_deref(), found.verdict.as_deref()),
        (Some("dockwatch.run/1"), Some("failed"))
    );
    assert!((20 << 20..30 << 20).contains(&found.memory_peak_bytes.unwrap()), "{found:?}");
    assert_eq!((found.exit_code, found.containers_peak), (7, Some(1)));
    assert_eq!((found.left_behind, found.engine_outages), (Some(0), 0));

    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["history", "--json", "--since", "1h"], 0);
    let history: History = serde_json::from_str(&stdout).unwrap();
    assert_eq!((history.schema.as_str(), history.runs.len()), ("dockwatch.history/1", 1));
    assert_eq!(history.runs[0].memory_peak_bytes, found.memory_peak_bytes);
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["history", "--csv"], 0);
    assert!(stdout.starts_with("at,started_at,category,duration_s,exit_code,"), "{stdout}");
    assert_eq!(stdout.lines().count(), 2);
}

/// The containers of a Compose project need no label of ours.
#[test]
fn records_a_project_by_its_name() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let report = home.join("run.json");
    let script = format!(
        "docker run --rm --label com.docker.compose.project={} --tmpfs /ram {BUSYBOX} \
         sh -c 'dd if=/dev/zero of=/ram/f bs=1M count=20 2>/dev/null; sleep 1.5'",
        world.id()
    );
    let args = ["record", "--project", world.id(), "--report", report.to_str().unwrap()];
    run(&mut dockwatch(&engine.host, &home), &[&args[..], &["--", "sh", "-c", &script]].concat(), 0);
    let found: Run = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert!(found.memory_peak_bytes.unwrap() >= 20 << 20, "{found:?}");
    assert_eq!((found.containers_peak, found.left_behind), (Some(1), Some(0)));
    assert_eq!(found.scope, format!("com.docker.compose.project={}", world.id()));
}

#[test]
fn runs_the_command_without_an_engine_too() {
    let home = Home::new();
    let host = format!("unix://{}/no.sock", home.display());
    let (_, stderr) = run(&mut dockwatch(&host, &home), &["record", "--", "sh", "-c", "exit 3"], 3);
    assert!(stderr.contains("peak memory unknown"), "{stderr}");
    run(&mut dockwatch(&host, &home), &["record", "--", "no-such-command"], 127);
    run(&mut dockwatch(&host, &home), &["record", "--", "/"], 126);
    run(&mut dockwatch(&host, &home), &["record", "--", "sh", "-c", "kill -9 $$"], 137);
    run(&mut dockwatch(&host, &home), &["record"], 4);
}

/// The kernel refuses a text file without a shebang line (ENOEXEC), and env(1) has 126 for that.
#[test]
fn a_file_that_cannot_be_executed_is_126() {
    let home = Home::new();
    let host = format!("unix://{}/no.sock", home.display());
    let script = home.join("no-shebang");
    std::fs::write(&script, "exit 0\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (_, stderr) = run(&mut dockwatch(&host, &home), &["record", "--", script.to_str().unwrap()], 126);
    assert!(stderr.contains("Exec format error"), "{stderr}");
}

#[test]
fn says_when_something_is_left_behind() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let report = home.join("run.json");
    let script = format!("docker volume create --label {} {} >/dev/null", world.label(), world.name("left"));
    let report_path = report.to_str().unwrap();
    let args = ["record", "--label", &world.label(), "--report", report_path, "--", "sh", "-c", &script];
    run(&mut dockwatch(&engine.host, &home), &args, 0);
    let found: Run = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(found.left_behind, Some(1));
}
