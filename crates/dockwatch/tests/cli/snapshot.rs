//! `dockwatch` and `dockwatch --json`.

use std::time::Instant;

use evenkeel_tests::{BUSYBOX, Home, Proxy, World, engine};

use crate::json::Snapshot;
use crate::{dockwatch, run, snapshot, with_an_old_list};

#[test]
fn says_what_a_container_uses() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let label = world.label();
    let name = world.name("db");
    let project = format!("com.docker.compose.project={}", world.id());
    engine.docker(&[
        "run",
        "-d",
        "--name",
        &name,
        "--label",
        &label,
        "--label",
        &project,
        "--label",
        "netra.env=test",
        "-m",
        "64m",
        "--tmpfs",
        "/ram:size=8m",
        BUSYBOX,
        "sh",
        "-c",
        "dd if=/dev/zero of=/ram/file bs=1M count=4; sleep 600",
    ]);
    engine.docker(&["run", "-d", "--name", &world.name("free"), "--label", &label, BUSYBOX, "sleep", "600"]);
    engine.docker(&["network", "create", "--label", &label, &world.name("net")]);
    engine.docker(&["volume", "create", "--label", &label, &world.name("vol")]);
    // Until dd is done.
    while engine.docker(&["exec", &name, "sh", "-c", "wc -c </ram/file"]) != "4194304" {}

    let found = snapshot(engine, &home, &label);
    assert_eq!((found.schema.as_str(), found.verdict.as_str()), ("dockwatch.snapshot/1", "safe"));
    assert_eq!(found.totals.containers_running, Some(2));
    assert_eq!((found.totals.networks, found.totals.volumes), (Some(1), Some(1)));
    assert_eq!((found.errors.len(), found.vanished), (0, 0));
    assert_eq!(found.projects.len(), 1);
    assert_eq!((found.environments[0].name.as_str(), found.environments[0].containers_running), ("test", 1));
    let db = found.containers.iter().find(|c| c.name == name).unwrap();
    assert_eq!(db.id, engine.docker(&["inspect", "-f", "{{.Id}}", &name]));
    assert_eq!(db.started_at, Some(engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name])));
    assert_eq!(db.memory_limit_bytes, Some(64 << 20));
    assert_eq!((db.tmpfs[0].used_bytes, db.tmpfs[0].size_bytes), (Some(4 << 20), Some(8 << 20)));
    assert!(db.memory_working_set_bytes.unwrap() >= 4 << 20);
    assert!(db.cpu_pct.is_some() && db.cpu_window_ms.unwrap() >= 100);
    assert_eq!((db.oom_killed, db.restarts), (Some(false), Some(0)));
    let free = found.containers.iter().find(|c| c.name == world.name("free")).unwrap();
    assert_eq!(free.memory_limit_bytes, None, "unlimited is null");
    let engine_found = &found.engines[0];
    assert!(engine_found.healthy && engine_found.version.is_some());
    let names: Vec<&str> = engine_found.endpoints.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["ping", "containers", "networks", "volumes", "info"]);

    // The second run measures CPU use since the first.
    let again = snapshot(engine, &home, &label);
    assert!(again.containers.iter().all(|c| c.cpu_pct.is_some()));
    assert_eq!(again.engines[0].endpoints.len(), 4, "who the engine is was stored");
}

#[test]
fn what_the_list_has_as_running_and_has_ended_is_shown_as_ended() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let (name, label) = (world.name("ends"), world.label());
    let script = "until [ -e /go ]; do sleep 0.1; done; exit 7";
    engine.docker(&["run", "-d", "--name", &name, "--label", &label, BUSYBOX, "sh", "-c", script]);
    let stdout = with_an_old_list(engine, &home, &["--json", "--all", "--label", &label], || {
        engine.docker(&["exec", &name, "touch", "/go"]);
        engine.docker(&["wait", &name]);
    });
    let found: Snapshot = serde_json::from_str(&stdout).expect(&stdout);
    assert_eq!((found.totals.containers_running, found.totals.containers_stopped), (Some(0), Some(1)));
    let ended = &found.containers[0];
    assert_eq!(
        (ended.name.as_str(), ended.state.as_str(), ended.exit_code),
        (name.as_str(), "exited", Some(7))
    );
    assert_eq!((ended.memory_working_set_bytes, ended.cpu_pct), (None, None));
    assert_eq!((found.vanished, found.errors.len()), (1, 0), "it ended during the measurement");
}

#[test]
fn a_container_started_anew_is_another_run() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = world.name("c");
    engine.docker(&["run", "-d", "--name", &name, "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let before = snapshot(engine, &home, &world.label());
    engine.docker(&["restart", "-t", "0", &name]);
    let after = snapshot(engine, &home, &world.label());
    assert_ne!(before.containers[0].started_at, after.containers[0].started_at);
    assert_eq!(
        after.containers[0].started_at,
        Some(engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]))
    );
}

#[test]
fn words_for_people() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    engine.docker(&[
        "run",
        "-d",
        "--name",
        &world.name("c"),
        "--label",
        &world.label(),
        BUSYBOX,
        "sleep",
        "600",
    ]);
    let args = ["--label", &world.label(), "--max-containers", "1"];
    let (stdout, stderr) = run(&mut dockwatch(&engine.host, &home), &args, 0);
    assert!(stdout.starts_with("EMERGENCY  memory: "), "{stdout}");
    assert!(stdout.contains("containers: 1 of 1 (100 %)") && stdout.contains(&world.name("c")), "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "colour in a pipe");
    assert_eq!(stderr, "");
}

#[test]
fn budgets_from_the_environment() {
    let Some(engine) = engine() else { return };
    let home = Home::new();
    let mut command = dockwatch(&engine.host, &home);
    command.env("DOCKER_MAX_MEMORY_GB", "2").env("DOCKER_MAX_VOLUMES", "3").env("DOCKER_MIN_DISK_GB", "0");
    let (stdout, _) = run(&mut command, &["--json", "--label", "none=such"], 0);
    let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
    let budgets: Vec<u64> = found.levels.iter().map(|level| level.budget).collect();
    assert_eq!(budgets[..4], [2 << 30, 20, 15, 3]);
    assert_eq!(found.engines[0].disk_total_bytes, budgets.get(4).copied(), "all of the disk may be used");
}

#[test]
fn of_everything_only_numbers_that_are_given_are_judged() {
    let Some(engine) = engine() else { return };
    let home = Home::new();
    let judged = |args: &[&str]| {
        let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &[&["--json"], args].concat(), 0);
        let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
        found.levels.into_iter().map(|level| (level.resource, level.budget)).collect::<Vec<_>>()
    };
    let has =
        |found: &[(String, u64)], name| found.iter().find(|(found, _)| found == name).map(|found| found.1);
    let all = judged(&[]);
    assert_eq!((has(&all, "networks"), has(&all, "volumes")), (None, None), "{all:?}");
    if !engine.is_podman() {
        assert_eq!(has(&all, "subnets"), Some(31), "{all:?}");
    }
    let given = judged(&["--max-networks", "200", "--max-volumes", "300"]);
    assert_eq!((has(&given, "networks"), has(&given, "volumes")), (Some(200), Some(300)), "{given:?}");
    let project = judged(&["--project", "none"]);
    assert_eq!((has(&project, "networks"), has(&project, "volumes")), (Some(15), Some(10)), "{project:?}");
}

#[test]
fn no_engine_is_exit_4() {
    let home = Home::new();
    let host = format!("unix://{}/no.sock", home.display());
    let (stdout, stderr) = run(&mut dockwatch(&host, &home), &[], 4);
    assert_eq!(stdout, "");
    assert!(stderr.contains("there is no socket") && stderr.contains("hint: "), "{stderr}");
    let (stdout, _) = run(&mut dockwatch(&host, &home), &["--json"], 4);
    let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
    assert_eq!((found.verdict.as_str(), found.totals.containers_running), ("unavailable", None));
    assert!(!found.engines[0].reachable);
}

#[test]
fn an_endpoint_that_hangs_is_named_in_time() {
    let Some(engine) = engine() else { return };
    for (held, name) in [("/networks", "networks"), ("/containers/json", "containers"), ("/", "ping")] {
        let (proxy, home) = (Proxy::holding(&engine.host, held), Home::new());
        let start = Instant::now();
        let args = ["--json", "--call-timeout", "1s"];
        let (stdout, _) = run(&mut dockwatch(&proxy.host, &home), &args, 4);
        let took = start.elapsed();
        assert!(took.as_millis() < 2500, "{held}: {took:?}");
        let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
        let hung: Vec<&str> = found.engines[0]
            .endpoints
            .iter()
            .filter(|e| e.state == "hung")
            .map(|e| e.name.as_str())
            .collect();
        assert!(hung.contains(&name), "{held}: {hung:?}");
        assert_eq!(found.verdict, "unavailable");
        assert!(found.reasons.iter().any(|reason| reason.contains(&format!("{name} hangs"))));
    }
}

#[test]
fn what_is_on_disk_is_added_up_when_asked_for() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    assert!(snapshot(engine, &home, &world.label()).engines[0].disk.is_none());
    let volume = world.name("data");
    engine.docker(&["volume", "create", "--label", &world.label(), &volume]);
    let mount = format!("{volume}:/data");
    let fill = "dd if=/dev/zero of=/data/f bs=1M count=3; dd if=/dev/zero of=/own bs=1M count=2";
    engine.docker(&["run", "--label", &world.label(), "-v", &mount, BUSYBOX, "sh", "-c", fill]);
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["--disk", "--json"], 0);
    let found: crate::json::Snapshot = serde_json::from_str(&stdout).unwrap();
    let disk = found.engines[0].disk.as_ref().unwrap();
    assert!(disk.volumes_bytes.unwrap() >= 3 << 20, "{disk:?}");
    assert!(disk.containers_bytes.unwrap() >= 2 << 20, "{disk:?}");
    // Podman does not say what its images take.
    assert!(disk.images_bytes.map_or(engine.is_podman(), |bytes| bytes > 1 << 20), "{disk:?}");
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &["--disk"], 0);
    assert!(stdout.contains("\non disk: "), "{stdout}");
}
