//! The disk as a level: the file system that holds the engine's data, as the engine sees it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, Relay, World, engine};

use crate::json::{Check, Report, Snapshot};
use crate::{dockwatch, run, snapshot};

/// A dockerd that keeps its data in a small file system, which only it sees.
const SMALL_DISK: &str = r#"#!/bin/sh
for word; do
  [ "$before" != --data-root ] || data=$word
  before=$word
done
mkdir -p "$data" && mount -t tmpfs -o size=64m none "$data" && exec dockerd "$@"
"#;

#[test]
fn an_engine_whose_disk_is_full_is_no_place_for_a_run() {
    let home = Home::new();
    let dockerd = home.join("dockerd");
    std::fs::write(&dockerd, SMALL_DISK).unwrap();
    std::fs::set_permissions(&dockerd, std::fs::Permissions::from_mode(0o755)).unwrap();
    let Some(engine) = OwnEngine::start_with(&[("DOCKERD", &dockerd)]) else { return };
    if !engine.is_docker_or_skip("it has no dockerd that could be given a disk") {
        return;
    }
    let check =
        |args: &[&str], code| run(&mut dockwatch(&engine.host, &home), &[&["check"], args].concat(), code).0;

    let found: Snapshot =
        serde_json::from_str(&run(&mut dockwatch(&engine.host, &home), &["--json"], 0).0).unwrap();
    assert_eq!(found.engines[0].disk_total_bytes, Some(64 << 20), "the engine's own view of the path");
    assert_eq!((found.verdict.as_str(), &*found.levels.last().unwrap().resource), ("emergency", "disk"));
    assert!(check(&[], 1).starts_with("no: disk: "));
    check(&["--min-disk", "20MiB"], 0);
    let needs = check(&["--min-disk", "20MiB", "--need-disk", "60MiB"], 1);
    assert!(needs.starts_with("no: disk: the run needs 60.0 MiB, "), "{needs}");
    check(&["--min-disk", "20MiB", "--need-disk", "1MiB"], 0);

    engine.docker(&["run", "--name", "fill", BUSYBOX, "dd", "if=/dev/zero", "of=/file", "bs=1M", "count=45"]);
    let (stdout, _) =
        run(&mut dockwatch(&engine.host, &home), &["check", "--min-disk", "20MiB", "--json"], 1);
    let full: Check = serde_json::from_str(&stdout).unwrap();
    assert!(full.disk_free_bytes.unwrap() < 20 << 20, "{stdout}");
    assert_eq!(full.budget_disk_free_bytes, 20 << 20);
    let (metrics, _) = run(&mut dockwatch(&engine.host, &home), &["metrics"], 0);
    assert!(
        metrics.contains("dockwatch_disk_size_bytes{engine=") && metrics.contains("} 67108864\n"),
        "{metrics}"
    );

    run(&mut dockwatch(&engine.host, &home), &["record"], 0);
    engine.docker(&["rm", "fill"]);
    check(&["--min-disk", "20MiB"], 0);
    run(&mut dockwatch(&engine.host, &home), &["record"], 0);
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["report", "--json"], 0);
    let report: Report = serde_json::from_str(&stdout).unwrap();
    assert!(report.disk_free_min_bytes.unwrap() < 20 << 20, "the least of both samples: {stdout}");
}

#[test]
fn the_disk_is_the_one_that_df_shows_and_unknown_elsewhere() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let found = snapshot(engine, &home, &world.label());
    let df = Command::new("df")
        .args(["-B1", "--output=size"])
        .arg(engine.host.trim_start_matches("unix://"))
        .output();
    let df = String::from_utf8(df.unwrap().stdout).unwrap();
    let size = df.lines().last().and_then(|size| size.trim().parse().ok());
    assert_eq!(found.engines[0].disk_total_bytes, size);
    assert!(found.engines[0].disk_free_bytes <= size && found.engines[0].data_root.is_some());

    let relay = format!("tcp://127.0.0.1:{}", Relay::to(engine).port);
    let elsewhere = ["--json", "--label", &world.label()];
    let (stdout, _) = run(&mut dockwatch(&relay, &home), &elsewhere, 0);
    let found: Snapshot = serde_json::from_str(&stdout).unwrap();
    assert_eq!((found.engines[0].disk_free_bytes, found.levels.len()), (None, 4));
    let args = ["check", "--label", &world.label(), "--need-disk", "1MiB"];
    let (stdout, _) = run(&mut dockwatch(&relay, &home), &args, 3);
    assert!(stdout.starts_with("unknown: disk: "), "{stdout}");
}
