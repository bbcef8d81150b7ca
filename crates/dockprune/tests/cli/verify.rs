//! `--verify`: what is left of a scope, without a deed.

use evenkeel_tests::{Engine, Home, Proxy, World, engine};
use serde_json::Value;

use crate::kit::{created, dockprune, exists, prune, prune_at, running, stderr, text};

fn verify(engine: &Engine, world: &World<'_>, code: i32) -> Value {
    prune(engine, world, &["--verify"], code)
}

fn names(report: &Value) -> Vec<(&str, &str)> {
    let items = report["items"].as_array().unwrap().iter();
    items.map(|item| (item["kind"].as_str().unwrap(), item["name"].as_str().unwrap())).collect()
}

/// The line that says which state directory is in use.
fn place(home: &Home) -> String {
    format!("locks in {}/locks, of this user alone\n", home.display())
}

#[test]
fn everything_in_scope_is_listed_and_nothing_is_removed() {
    let Some(engine) = engine() else { return };
    let (world, other) = (World::new(engine), World::new(engine));
    let label = world.label();
    let clean = verify(engine, &world, 0);
    assert_eq!(
        (clean["verdict"].as_str(), clean["schema"].as_str()),
        (Some("clean"), Some("dockprune.verify/1"))
    );
    let [live, net, vol, ours] = ["live", "net", "vol", "with-volume"].map(|what| world.name(what));
    running(engine, &live, &["--label", &label]);
    created(engine, &ours, &["--label", &label, "-v", "/data"]);
    created(engine, &other.name("foreign"), &["--label", &other.label(), "-v", "/data"]);
    engine.docker(&["network", "create", "--label", &label, &net]);
    engine.docker(&["volume", "create", "--label", &label, "--label", "evenkeel.protect=true", &vol]);
    let anonymous = engine.docker(&["inspect", "-f", "{{(index .Mounts 0).Name}}", &ours]);

    let report = verify(engine, &world, 1);
    assert_eq!(report["verdict"], "left");
    let mut volumes = [("volume", anonymous.as_str()), ("volume", vol.as_str())];
    volumes.sort_unstable();
    let expected =
        [&[("container", live.as_str()), ("container", &ours), ("network", &net)], &volumes[..]].concat();
    assert_eq!(names(&report), expected, "{report}");
    for (kind, name) in expected {
        assert!(exists(engine, kind, name), "{kind} {name} was removed");
    }
    let home = Home::new();
    let output = dockprune(&engine.host, &home, &["--label", &label, "--verify"]).output().unwrap();
    let said = text(&output.stdout);
    assert!(
        said.contains(&format!("anonymous volume of container {ours}"))
            && said.ends_with(&format!("5 left\n{}", place(&home))),
        "{said}"
    );
}

#[test]
fn after_a_removal_a_project_is_clean() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let project = format!("com.docker.compose.project={}", world.id());
    running(engine, &world.name("web"), &["--label", &world.label(), "--label", &project, "-v", "/data"]);
    let verify = ["--project", world.id(), "--verify", "--json"];
    assert_eq!(prune_at(&engine.host, &home, &verify, 1)["items"].as_array().unwrap().len(), 2);
    let remove = [
        "--project",
        world.id(),
        "--older-than",
        "0s",
        "--include-running",
        "--volumes",
        "--grace",
        "0s",
        "--json",
    ];
    prune_at(&engine.host, &home, &remove, 0);
    assert_eq!(prune_at(&engine.host, &home, &verify, 0)["verdict"], "clean");
    let quiet = dockprune(&engine.host, &home, &["--project", world.id(), "--verify"]).output().unwrap();
    assert_eq!(
        (quiet.status.code(), text(&quiet.stdout)),
        (Some(0), format!("nothing is left\n{}", place(&home)))
    );
}

#[test]
fn a_list_that_fails_never_reads_as_clean() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = world.label();
    for (held, what) in
        [("/containers/json", "containers"), ("/networks", "networks"), ("/volumes", "volumes")]
    {
        let proxy = Proxy::holding(&engine.host, held);
        let args = ["--label", &label, "--verify", "--json", "--call-timeout", "1s"];
        let output = dockprune(&proxy.host, &Home::new(), &args).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(4), String::new()), "{held}");
        assert!(stderr(&output).contains(&format!("cannot list the {what}")), "{}", stderr(&output));
    }
}

#[test]
fn it_goes_with_no_flag_that_removes() {
    let home = Home::new();
    let flags: [&[&str]; 10] = [
        &["--volumes"],
        &["--images"],
        &["--include-running"],
        &["--older-than", "1h"],
        &["--max-containers", "3"],
        &["--ignore-locks"],
        &["--dry-run"],
        &["--plan", "plan.json"],
        &["--apply", "plan.json"],
        &["--orphans"],
    ];
    for flag in flags {
        let args = [&["--label", "a=b", "--verify"], flag].concat();
        let output = dockprune("unix:///nonexistent", &home, &args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{flag:?}: {}", stderr(&output));
    }
    let unlimited = dockprune("unix:///nonexistent", &home, &["--verify"]).output().unwrap();
    assert_eq!(unlimited.status.code(), Some(2), "a scope is needed: {}", stderr(&unlimited));
}
