//! What keeps a resource in scope: locks, protection, patterns, plans that no longer fit.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;

use evenkeel_tests::{Home, Proxy, World, built, engine, tool};

use crate::kit::{created, dockprune, exists, exited, item, prune, prune_at, running, start};

const ALL: [&str; 3] = ["--older-than", "0s", "--volumes"];

fn lock_file(home: &Home, environment: &str) -> PathBuf {
    std::fs::create_dir_all(home.join("locks")).unwrap();
    home.join("locks").join(format!("{environment}.lock"))
}

fn hold(home: &Home, environment: &str) -> File {
    let file = File::create(lock_file(home, environment)).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn a_locked_environment_stays() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    let label = world.label();
    let own = format!("evenkeel.env={}", world.name("own"));
    exited(engine, &world.name("of-scope"), &["--label", &label]);
    exited(engine, &world.name("of-own"), &["--label", &label, "--label", &own]);
    let args = [&["--label", &label, "--json"][..], &ALL].concat();

    let held = [hold(&home, world.id()), hold(&home, &world.name("own"))];
    let report = prune_at(&engine.host, &home, &args, 0);
    assert_eq!(report["verdict"], "nothing");
    for name in ["of-scope", "of-own"] {
        assert_eq!(item(&report, "container", &world.name(name)), ("kept".into(), "env_locked".into()));
    }
    let [scope, _own] = held;
    drop(scope);
    let report = prune_at(&engine.host, &home, &args, 0);
    assert_eq!(item(&report, "container", &world.name("of-scope")), ("removed".into(), "old".into()));
    assert_eq!(item(&report, "container", &world.name("of-own")), ("kept".into(), "env_locked".into()));
    let report = prune_at(&engine.host, &home, &[&args[..], &["--ignore-locks"]].concat(), 0);
    assert_eq!(item(&report, "container", &world.name("of-own")), ("removed".into(), "old".into()));
}

/// The lock that tools take on an engine other than the machine's own.
#[test]
fn the_lock_of_the_engine_counts_beside_the_plain_one() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let label = world.label();
    exited(engine, &world.name("one"), &["--label", &label]);
    let lock_name = |host: &str| {
        let output = dockprune(host, &home, &["--lock-name", world.id()]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (own, other) = (lock_name(&engine.host), lock_name("tcp://127.0.0.1:1"));
    assert!(own.starts_with(world.id()) && own != world.id() && own != other, "{own} {other}");
    assert_eq!(lock_name("unix:///var/run/docker.sock"), world.id());

    let _other_engine = hold(&home, &other);
    let args = [&["--label", &label, "--json"][..], &ALL].concat();
    for held in [&own, world.id()] {
        let _held = hold(&home, held);
        let report = prune_at(&engine.host, &home, &args, 0);
        assert_eq!(item(&report, "container", &world.name("one")), ("kept".into(), "env_locked".into()));
        assert_eq!(report["environments"][0]["name"], world.id());
    }
    let report = prune_at(&engine.host, &home, &args, 0);
    assert_eq!(item(&report, "container", &world.name("one")), ("removed".into(), "old".into()));
}

#[test]
fn the_lock_is_held_while_the_environment_is_removed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    let path = lock_file(&home, world.id());
    created(engine, &world.name("one"), &["--label", &world.label()]);
    let proxy = Proxy::holding(&engine.host, "DELETE ");
    let args = ["--label", &world.label(), "--older-than", "0s", "--call-timeout", "500ms"];
    let mut run = start(&proxy.host, &home, &args);
    run.wait_for("trying again");
    let file = File::open(&path).unwrap();
    assert!(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)), "nobody held the lock");
    let _ = run.finish();
    file.try_lock_shared().unwrap();
}

#[test]
fn protection_and_patterns_win() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    exited(engine, &world.name("protected"), &["--label", &label, "--label", "evenkeel.protect=true"]);
    exited(engine, &world.name("kept"), &["--label", &label]);
    exited(engine, &world.name("gone"), &["--label", &label, "--label", "evenkeel.protect=false"]);
    engine.docker(&[
        "volume",
        "create",
        "--label",
        &label,
        "--label",
        "evenkeel.protect=true",
        &world.name("v"),
    ]);
    let pattern = format!("{}-kep*", world.id());
    let extra = ["--ignore-locks", "--max-containers", "0", "--keep", &pattern];
    let report = prune(engine, &world, &[&ALL[..], &extra].concat(), 1);
    assert_eq!(item(&report, "container", &world.name("protected")), ("kept".into(), "protected".into()));
    assert_eq!(item(&report, "container", &world.name("kept")), ("kept".into(), "keep_pattern".into()));
    assert_eq!(item(&report, "container", &world.name("gone")), ("removed".into(), "old".into()));
    assert_eq!(item(&report, "volume", &world.name("v")), ("kept".into(), "protected".into()));
    assert_eq!(report["over_cap"], 2);
}

#[test]
fn volumes_with_driver_options_stay() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let options = ["--opt", "type=tmpfs", "--opt", "device=tmpfs"];
    let create = ["volume", "create", "--label", &world.label()];
    engine.docker(&[&create[..], &options, &[&world.name("v")]].concat());
    let report = prune(engine, &world, &ALL, 0);
    assert_eq!(item(&report, "volume", &world.name("v")), ("kept".into(), "driver_options".into()));
}

#[test]
fn the_cap_takes_stopped_ones_oldest_first_and_never_kills() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    for name in ["first", "second", "third"] {
        exited(engine, &world.name(name), &["--label", &label]);
    }
    running(engine, &world.name("running-1"), &["--label", &label]);
    running(engine, &world.name("running-2"), &["--label", &label]);
    let report = prune(engine, &world, &["--max-containers", "3"], 0);
    assert_eq!(item(&report, "container", &world.name("first")), ("removed".into(), "over_cap".into()));
    assert_eq!(item(&report, "container", &world.name("second")), ("removed".into(), "over_cap".into()));
    assert_eq!(item(&report, "container", &world.name("third")), ("kept".into(), "young".into()));
    let report = prune(engine, &world, &["--max-containers", "1"], 1);
    assert_eq!(report["verdict"], "over_cap");
    assert_eq!(report["over_cap"], 1);
    assert!(exists(engine, "container", &world.name("running-1")));
    assert!(exists(engine, "container", &world.name("running-2")));
}

#[test]
fn a_plan_is_carried_out_except_for_what_has_changed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let other = World::new(engine);
    let home = Home::new();
    let label = world.label();
    for name in ["goes", "runs-again", "ran-again"] {
        exited(engine, &world.name(name), &["--label", &label]);
    }
    created(engine, &world.name("started"), &["--label", &label]);
    exited(engine, &world.name("removed"), &["--label", &label]);
    for name in ["free", "attached", "remade"] {
        engine.docker(&["volume", "create", "--label", &label, &world.name(name)]);
    }
    engine.docker(&["network", "create", "--label", &label, &world.name("net")]);
    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    let plan = [&["--label", &label, "--json", "--plan", file][..], &ALL].concat();
    let report = prune_at(&engine.host, &home, &plan, 0);
    assert_eq!((&report["verdict"], &report["counts"]["planned"]), (&"would_remove".into(), &9.into()));

    let volume = format!("{}:/data", world.name("attached"));
    created(engine, &other.name("user"), &["--label", &other.label(), "-v", &volume]);
    engine.docker(&["start", &world.name("ran-again"), &world.name("started"), &world.name("runs-again")]);
    engine.docker(&["wait", &world.name("ran-again"), &world.name("started"), &world.name("runs-again")]);
    engine.docker(&["rm", &world.name("removed")]);
    exited(engine, &world.name("new"), &["--label", &label]);
    engine.docker(&["volume", "rm", &world.name("remade")]);
    engine.docker(&["volume", "create", &world.name("remade")]);

    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    for (kind, name, outcome, rule) in [
        ("container", "goes", "removed", "in_plan"),
        ("container", "ran-again", "kept", "changed"),
        ("container", "runs-again", "kept", "changed"),
        ("container", "started", "kept", "changed"),
        ("container", "removed", "gone", "in_plan"),
        ("network", "net", "removed", "in_plan"),
        ("volume", "free", "removed", "in_plan"),
        ("volume", "attached", "kept", "in_use"),
        ("volume", "remade", "kept", "changed"),
    ] {
        let found = item(&report, kind, &world.name(name));
        assert_eq!(found, (outcome.into(), rule.into()), "{kind} {name}: {report}");
        assert_eq!(exists(engine, kind, &world.name(name)), outcome == "kept", "{kind} {name}");
    }
    assert!(exists(engine, "container", &world.name("new")), "it was not in the plan");
    engine.docker(&["rm", &other.name("user")]);
    engine.docker(&["volume", "rm", &world.name("remade")]);
}

#[test]
fn an_environment_locked_after_the_plan_stays() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    exited(engine, &world.name("one"), &["--label", &world.label()]);
    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    prune_at(
        &engine.host,
        &home,
        &["--label", &world.label(), "--older-than", "0s", "--json", "--plan", file],
        0,
    );
    let held = hold(&home, world.id());
    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(item(&report, "container", &world.name("one")), ("kept".into(), "env_locked".into()));
    drop(held);
    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(item(&report, "container", &world.name("one")), ("removed".into(), "in_plan".into()));
}

#[test]
fn a_volume_remade_within_the_second_is_not_taken_for_the_old_one() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    engine.docker(&["volume", "create", "--label", &world.label(), &world.name("v")]);
    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    let label = world.label();
    let plan = [&["--label", &label, "--json", "--plan", file][..], &ALL].concat();
    prune_at(&engine.host, &home, &plan, 0);
    engine.docker(&["volume", "rm", &world.name("v")]);
    // Another owner's: within one second of the first its time of creation is the same.
    engine.docker(&["volume", "create", "--label", "somebody=else", &world.name("v")]);
    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(item(&report, "volume", &world.name("v")), ("kept".into(), "changed".into()));
    engine.docker(&["volume", "rm", &world.name("v")]);
}

#[test]
fn an_environment_that_another_host_has_locked_stays() {
    let (Some(engine), Some(etcd)) = (engine(), evenkeel_tests::Etcd::start(1)) else { return };
    let world = World::new(engine);
    let (here, there) = (Home::new(), Home::new());
    let via = etcd.url("engine");
    exited(engine, &world.name("one"), &["--label", &world.label()]);
    let mut holder = tool(built("envlock"), &there)
        .args([world.id(), "--", "sh", "-c", "echo; read line"])
        .env("ENVLOCK_VIA", &via)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    holder.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    let prune = |via: &str| {
        let args = ["--label", &world.label(), "--older-than", "0s", "--json"];
        let mut prune = tool(env!("CARGO_BIN_EXE_dockprune"), &here);
        let output =
            prune.args(args).env("DOCKER_HOST", &engine.host).env("ENVLOCK_VIA", via).output().unwrap();
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
    };
    let (code, report) = prune(&via);
    assert_eq!(code, Some(0));
    assert_eq!(item(&report, "container", &world.name("one")), ("kept".into(), "env_locked".into()));
    // Without the store nothing is removed.
    assert_eq!(prune("etcd://127.0.0.1:1/engine").0, Some(3));
    assert!(exists(engine, "container", &world.name("one")));
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let (code, report) = prune(&via);
    assert_eq!(
        (code, item(&report, "container", &world.name("one"))),
        (Some(0), ("removed".into(), "old".into()))
    );
}
