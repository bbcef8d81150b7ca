//! `dockwatch check`.

use evenkeel_tests::{BUSYBOX, Home, Proxy, World, engine};

use crate::json::Check;
use crate::{dockwatch, run};

#[test]
fn a_run_fits_or_not() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let scope = ["check", "--label", &world.label()];
    let check =
        |args: &[&str], code| run(&mut dockwatch(&engine.host, &home), &[&scope, args].concat(), code);
    assert_eq!(check(&["--need", "1GiB"], 0).0, "yes: the run fits, the level is safe\n");
    let (stdout, _) = check(&["--need", "5GiB"], 1);
    assert!(stdout.starts_with("no: memory: the run needs 5.0 GiB, the budget leaves "), "{stdout}");
    assert!(check(&["--max-containers", "1"], 1).0.contains("containers: 1 of 1 (100 %) is emergency"));
    check(&["--max-containers", "2"], 0);
    check(&["--max-containers", "2", "--fail-on", "warning"], 1);
    let (stdout, _) = check(&["--category", "e2e", "--json"], 0);
    let found: Check = serde_json::from_str(&stdout).unwrap();
    assert_eq!((found.need_memory_bytes, found.need_basis.as_deref()), (Some(3 << 30), Some("base")));
    assert_eq!(found.used_containers, Some(1));
}

#[test]
fn waits_until_it_fits() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let id = engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let args = ["check", "--label", &world.label(), "--max-containers", "1", "--json", "--wait"];
    let mut waiting = dockwatch(&engine.host, &home);
    let waiting = waiting.args([&args[..], &["60s"]].concat()).stdout(std::process::Stdio::piped());
    let waiting = waiting.spawn().unwrap();
    engine.docker(&["rm", "-f", &id]);
    let ended = waiting.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let id = engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let (stdout, _) = run(&mut dockwatch(&engine.host, &home), &[&args[..], &["1s"]].concat(), 1);
    let found: Check = serde_json::from_str(&stdout).unwrap();
    assert!(found.waited_s >= 1.0 && found.verdict == "no");
    engine.docker(&["rm", "-f", &id]);
}

#[test]
fn an_engine_that_hangs_is_exit_4() {
    let Some(engine) = engine() else { return };
    let (proxy, home) = (Proxy::holding(&engine.host, "/networks"), Home::new());
    let (stdout, stderr) = run(&mut dockwatch(&proxy.host, &home), &["check", "--call-timeout", "1s"], 4);
    assert!(stdout.is_empty() && stderr.contains("networks hangs"), "{stdout}{stderr}");
}

#[test]
fn bad_arguments_are_exit_2() {
    let home = Home::new();
    for args in [
        &["check", "--need", "much"][..],
        &["check", "--category", "../x"],
        &["check", "--wait", "soon"],
        &["--max-memory", "-1"],
        &["--label", "=x"],
        &["--host", "nonsense"],
        &["record", "--interval", "1ms", "--", "true"],
    ] {
        run(&mut dockwatch("unix:///nowhere", &home), args, 2);
    }
}
