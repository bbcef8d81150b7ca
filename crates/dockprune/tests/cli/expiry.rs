//! `--expired`: what has outlived its label `evenkeel.ttl` goes, with and without another scope.

use evenkeel_tests::{Engine, Home, OwnEngine, World, engine};

use crate::kit::{created, dockprune, exists, exited, image, item, prune, prune_at, running};

/// An hour has not passed and nothing has to wait.
const PASSED: &str = "evenkeel.ttl=1ms";
const NOT_YET: &str = "evenkeel.ttl=1h";

#[test]
fn what_has_expired_within_a_scope_goes_by_plan_and_apply_and_the_rest_stays() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    for (name, ttl) in [("gone", PASSED), ("young", NOT_YET), ("odd", "evenkeel.ttl=soon"), ("none", "x=y")] {
        exited(engine, &world.name(name), &["--label", &label, "--label", ttl]);
    }
    let protect = ["--label", &label, "--label", PASSED, "--label", "evenkeel.protect=true"];
    exited(engine, &world.name("safe"), &protect);
    let elsewhere = format!("{label}-other");
    exited(engine, &world.name("elsewhere"), &["--label", &elsewhere, "--label", PASSED]);

    let plan = Home::new();
    let file = plan.join("plan.json");
    let file = file.to_str().unwrap();
    let planned = prune(engine, &world, &["--expired", "--plan", file], 0);
    let of = |report, name: &str| item(report, "container", &world.name(name));
    assert_eq!(of(&planned, "gone"), ("planned".into(), "expired".into()));
    assert_eq!(of(&planned, "young"), ("kept".into(), "young".into()));
    assert_eq!(of(&planned, "odd"), ("kept".into(), "invalid_ttl".into()));
    assert_eq!(of(&planned, "safe"), ("kept".into(), "protected".into()));
    assert_eq!(planned["counts"]["in_scope"], 4, "{planned}");
    assert_eq!(planned["older_than_s"], serde_json::Value::Null);
    assert!(exists(engine, "container", &world.name("gone")));
    prune_at(&engine.host, &Home::new(), &["--apply", file, "--json"], 0);
    for (name, there) in
        [("gone", false), ("young", true), ("odd", true), ("none", true), ("safe", true), ("elsewhere", true)]
    {
        assert_eq!(exists(engine, "container", &world.name(name)), there, "{name}");
    }
    engine.docker(&["rm", &world.name("elsewhere")]);
}

#[test]
fn without_another_scope_all_kinds_that_have_expired_go_running_or_not() {
    let Some(engine) = OwnEngine::start() else { return };
    fill(&engine);
    let home = Home::new();
    // An anonymous volume has no label: it goes with its container.
    let anonymous = engine.docker(&["volume", "ls", "-q", "--filter", "name=^[0-9a-f]{64}$"]);
    assert_eq!(anonymous.lines().count(), 1, "{anonymous}");
    // Podman puts the name of a registry in front.
    let used = engine.docker(&["image", "inspect", "-f", "{{index .RepoTags 0}}", "used:1"]);
    let report = prune_at(&engine.host, &home, &["--expired", "--json", "--grace", "1s"], 0);
    for (kind, name, there) in [
        ("container", "running", false),
        ("container", "created", false),
        ("container", "unlabelled", true),
        ("container", "of-image", true),
        ("network", "net", false),
        ("network", "net-young", true),
        ("network", "net-used", true),
        ("volume", "vol", false),
        ("volume", "vol-unlabelled", true),
        ("image", "passing:1", false),
        ("image", "used:1", true),
        ("volume", &anonymous, false),
    ] {
        assert_eq!(exists(&engine, kind, name), there, "{kind} {name}: {report}");
    }
    assert_eq!(item(&report, "container", "of-image"), ("kept".into(), "live".into()));
    assert_eq!(item(&report, "network", "net-used"), ("kept".into(), "in_use".into()));
    assert_eq!(item(&report, "image", &used), ("kept".into(), "in_use".into()));
    assert_eq!(item(&report, "volume", &anonymous), ("removed".into(), "with_container".into()));
}

fn fill(engine: &Engine) {
    for (name, ttl) in [("net", PASSED), ("net-young", NOT_YET), ("net-used", PASSED)] {
        engine.docker(&["network", "create", "--label", ttl, name]);
    }
    engine.docker(&["volume", "create", "--label", PASSED, "vol"]);
    engine.docker(&["volume", "create", "vol-unlabelled"]);
    for name in ["passing:1", "used:1"] {
        image(engine, name, &[&format!("LABEL {PASSED}"), &format!("LABEL of={name}")]);
    }
    let passed = ["--label", PASSED];
    running(engine, "running", &[&passed[..], &["--network", "net", "-v", "/data"]].concat());
    created(engine, "created", &[&passed[..], &["-v", "vol:/data", "--network", "net"]].concat());
    exited(engine, "unlabelled", &["-v", "vol-unlabelled:/data", "--network", "net-used"]);
    engine.docker(&["run", "-d", "--name", "of-image", "used:1", "sleep", "600"]);
}

#[test]
fn an_age_limit_and_a_cap_contradict_it() {
    for args in [["--older-than", "1h"], ["--max-containers", "1"]] {
        let command = &mut dockprune("unix:///nowhere", &Home::new(), &["--expired"]);
        assert_eq!(command.args(args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
}
