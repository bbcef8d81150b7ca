//! The main job: what is in scope and old enough goes, everything else stays.

use evenkeel_tests::{Home, World, engine};

use crate::kit::{created, dockprune, exists, exited, image, item, prune, prune_at, running, stderr, text};

#[test]
fn the_scope_goes_and_bystanders_stay() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let other = World::new(engine);
    for (world, label) in [(&world, world.label()), (&other, other.label())] {
        engine.docker(&["network", "create", "--label", &label, &world.name("net")]);
        engine.docker(&["volume", "create", "--label", &label, &world.name("vol")]);
        let volume = format!("{}:/data", world.name("vol"));
        let args = ["--label", &label, "--network", &world.name("net"), "-v", &volume];
        exited(engine, &world.name("exited"), &args);
        created(engine, &world.name("created"), &args);
    }
    running(engine, &world.name("running"), &["--label", &world.label()]);

    let planned = prune(engine, &world, &["--older-than", "0s", "--volumes", "--dry-run"], 0);
    assert_eq!(planned["verdict"], "would_remove");
    assert!(exists(engine, "container", &world.name("exited")));

    let report = prune(engine, &world, &["--older-than", "0s", "--volumes"], 0);
    assert_eq!(report["verdict"], "removed", "{report}");
    for (kind, name) in
        [("container", "exited"), ("container", "created"), ("network", "net"), ("volume", "vol")]
    {
        assert_eq!(item(&planned, kind, &world.name(name)), ("planned".into(), "old".into()));
        assert_eq!(item(&report, kind, &world.name(name)), ("removed".into(), "old".into()));
        assert!(!exists(engine, kind, &world.name(name)), "{kind} {name}");
        assert!(exists(engine, kind, &other.name(name)), "{kind} {name} of a bystander");
    }
    assert_eq!(item(&report, "container", &world.name("running")), ("kept".into(), "live".into()));
    assert!(exists(engine, "container", &world.name("running")));
}

#[test]
fn what_is_young_stays() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    exited(engine, &world.name("exited"), &["--label", &world.label()]);
    created(engine, &world.name("created"), &["--label", &world.label()]);
    let report = prune(engine, &world, &["--created-older-than", "0s"], 0);
    assert_eq!(item(&report, "container", &world.name("exited")), ("kept".into(), "young".into()));
    assert_eq!(item(&report, "container", &world.name("created")), ("removed".into(), "old".into()));
}

#[test]
fn running_containers_are_stopped_on_request() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    running(engine, &world.name("running"), &["--label", &world.label(), "--restart", "always"]);
    running(engine, &world.name("paused"), &["--label", &world.label()]);
    engine.docker(&["pause", &world.name("paused")]);
    let report = prune(engine, &world, &["--older-than", "0s", "--include-running", "--grace", "1s"], 0);
    for name in ["running", "paused"] {
        assert_eq!(item(&report, "container", &world.name(name)), ("removed".into(), "old".into()));
    }
}

#[test]
fn a_resource_in_use_stays() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let other = World::new(engine);
    engine.docker(&["network", "create", "--label", &world.label(), &world.name("net")]);
    engine.docker(&["volume", "create", "--label", &world.label(), &world.name("vol")]);
    let volume = format!("{}:/data", world.name("vol"));
    // It never started, so the engine itself would let its network go.
    let args = ["--label", &other.label(), "--network", &world.name("net"), "-v", &volume];
    created(engine, &other.name("created"), &args);
    let report = prune(engine, &world, &["--older-than", "0s", "--volumes"], 0);
    assert_eq!(report["verdict"], "nothing");
    assert_eq!(item(&report, "network", &world.name("net")), ("kept".into(), "in_use".into()));
    assert_eq!(item(&report, "volume", &world.name("vol")), ("kept".into(), "in_use".into()));
    engine.docker(&["rm", &other.name("created")]);
}

#[test]
fn anonymous_volumes_go_with_the_last_of_their_containers() {
    let Some(engine) = engine() else { return };
    let (world, other) = (World::new(engine), World::new(engine));
    let anonymous = |container: &str| {
        let format = "{{range .Mounts}}{{.Name}}{{end}}";
        engine.docker(&["inspect", "-f", format, container]).trim().to_owned()
    };
    exited(engine, &world.name("exited"), &["--label", &world.label(), "-v", "/data"]);
    created(engine, &world.name("created"), &["--label", &world.label(), "-v", "/data"]);
    created(engine, &world.name("shared"), &["--label", &world.label(), "-v", "/data"]);
    let [exited, own, shared] = ["exited", "created", "shared"].map(|name| anonymous(&world.name(name)));
    created(engine, &other.name("user"), &["--label", &other.label(), "-v", &format!("{shared}:/data")]);
    let named = world.name("named");
    engine.docker(&["volume", "create", "--label", &other.label(), &named]);
    created(engine, &world.name("names"), &["--label", &world.label(), "-v", &format!("{named}:/data")]);

    // The volumes are as young as their containers; of those, the age limit spares only the one that ended.
    let args = ["--created-older-than", "0s", "--volumes"];
    let planned = prune(engine, &world, &[&args[..], &["--dry-run"]].concat(), 0);
    let report = prune(engine, &world, &args, 0);
    assert_eq!(item(&planned, "volume", &own), ("planned".into(), "with_container".into()));
    assert_eq!(item(&report, "volume", &own), ("removed".into(), "with_container".into()));
    let reason = format!("anonymous volume of container {}", world.name("created"));
    assert!(
        report["items"].as_array().unwrap().iter().any(|item| item["reason"] == reason.as_str()),
        "{report}"
    );
    assert_eq!(item(&report, "volume", &exited), ("kept".into(), "in_use".into()));
    assert!(!exists(engine, "volume", &own));
    for kept in [&exited, &shared, &named] {
        assert!(exists(engine, "volume", kept), "{kept}");
    }

    prune(engine, &world, &["--older-than", "0s", "--volumes"], 0);
    assert!(!exists(engine, "volume", &exited));
    assert!(exists(engine, "volume", &shared), "another container has it");
    engine.docker(&["rm", &other.name("user")]);
    engine.docker(&["volume", "rm", &shared]);
}

#[test]
fn a_plan_holds_anonymous_volumes_too() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    created(engine, &world.name("one"), &["--label", &world.label(), "-v", "/data"]);
    let format = "{{range .Mounts}}{{.Name}}{{end}}";
    let volume = engine.docker(&["inspect", "-f", format, &world.name("one")]).trim().to_owned();
    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    let label = world.label();
    let plan = ["--label", &label, "--json", "--older-than", "0s", "--volumes", "--plan", file];
    let planned = prune_at(&engine.host, &home, &plan, 0);
    assert_eq!(item(&planned, "volume", &volume), ("planned".into(), "with_container".into()));
    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(item(&report, "volume", &volume), ("removed".into(), "in_plan".into()), "{report}");
    assert!(!exists(engine, "volume", &volume));
}

#[test]
fn a_table_explains_it() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    exited(engine, &world.name("one"), &["--label", &world.label()]);
    let output = dockprune(&engine.host, &Home::new(), &["--label", &world.label(), "-n"]).output().unwrap();
    let said = text(&output.stdout);
    assert!(said.starts_with("ACTION  KIND"), "{said}");
    assert!(said.contains("limit 1h"), "{said}");
    assert!(said.contains("1 kept"), "{said}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn nothing_in_scope_is_fine() {
    let Some(engine) = engine() else { return };
    let report = prune_at(&engine.host, &Home::new(), &["--label", "evenkeel.test=none", "--json"], 0);
    assert_eq!(report["verdict"], "nothing");
}

#[test]
fn bad_arguments() {
    let home = Home::new();
    for args in [
        &[][..],
        &["--older-than", "1h"],
        &["--label", "key"],
        &["--label", "=value"],
        &["--label", "key="],
        &["--label", ""],
        &["--project", ""],
        &["--name", "*"],
        &["--label", "a=b", "--yes-by-name"],
        &["--label", "a=b", "--older-than", "3600 fortnights"],
        &["--label", "a=b", "--max-containers", "many"],
        &["--label", "a=b", "--keep", "app-[1"],
        &["--label", "a=b", "--deadline", "0s"],
        &["--label", "a=b", "--apply", "plan.json"],
        &["--orphans", "--volumes"],
    ] {
        let output = dockprune("unix:///nonexistent", &home, args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_compose_project_is_a_scope() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    for (name, project) in [("one", "mine"), ("two", "mine-too")] {
        let project = format!("com.docker.compose.project={}", world.name(project));
        created(engine, &world.name(name), &["--label", &world.label(), "--label", &project]);
    }
    let args = ["--project", &world.name("mine"), "--older-than", "0s", "--json"];
    let report = prune_at(&engine.host, &Home::new(), &args, 0);
    assert_eq!(report["counts"]["in_scope"], 1);
    assert!(exists(engine, "container", &world.name("two")));
}

#[test]
fn a_name_is_a_scope_when_that_is_confirmed() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    for name in ["one", "two"] {
        created(engine, &world.name(name), &["--label", &world.label()]);
    }
    let glob = format!("{}-o*", world.id());
    let args = ["--name", &glob, "--yes-by-name", "--older-than", "0s", "--json"];
    let report = prune_at(&engine.host, &Home::new(), &args, 0);
    assert_eq!(item(&report, "container", &world.name("one")).0, "removed");
    assert!(exists(engine, "container", &world.name("two")));
}

#[test]
fn networks_of_the_engine_are_never_removed() {
    let Some(engine) = engine() else { return };
    let args = ["--name", "{bridge,host,none}", "--yes-by-name", "--older-than", "0s", "--json"];
    let report = prune_at(&engine.host, &Home::new(), &args, 0);
    let listed = engine.docker(&["network", "ls", "--format", "{{.Name}}"]);
    // Podman has only the first one.
    let own: Vec<&str> =
        ["bridge", "host", "none"].into_iter().filter(|name| listed.contains(name)).collect();
    assert!(own.contains(&"bridge"), "{listed}");
    for name in own {
        assert_eq!(item(&report, "network", name), ("kept".into(), "built_in".into()));
    }
}

#[test]
fn images_go_by_their_own_label() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let [key, value] = ["evenkeel.test", world.id()];
    let home = Home::new();
    let files = home.join("files.tar");
    let files = files.to_str().unwrap();
    created(engine, &world.name("source"), &["--label", &world.label()]);
    engine.docker(&["export", "-o", files, &world.name("source")]);
    engine.docker(&["rm", &world.name("source")]);
    let import = |name: &str, label: &str| {
        let (number, label) = (format!("LABEL number={name}"), format!("LABEL {label}"));
        engine.docker(&["import", "--change", &number, "--change", &label, files, &world.name(name)]);
    };
    for name in ["unused", "used", "twice"] {
        import(name, &format!("{key}={value}"));
    }
    import("other", &format!("{key}={value}-other"));
    engine.docker(&["tag", &world.name("twice"), &world.name("twice-too")]);
    // A container has its image's labels unless it is given others.
    let label = format!("{key}={value}-other");
    let user = ["create", "--name", &world.name("user"), "--label", &label];
    engine.docker(&[&user[..], &[&world.name("used"), "true"]].concat());

    // Podman puts the name of a registry in front.
    let tag =
        |name: &str| engine.docker(&["image", "inspect", "-f", "{{index .RepoTags 0}}", &world.name(name)]);
    let [of_unused, of_used] = ["unused", "used"].map(tag);
    let young = prune(engine, &world, &["--images"], 0);
    assert_eq!(item(&young, "image", &of_unused), ("kept".into(), "young".into()));
    // Not 0s: the listing alone does not say how old an image is.
    let report = prune(engine, &world, &["--images", "--older-than", "1ms"], 0);
    assert_eq!(item(&report, "image", &of_unused), ("removed".into(), "old".into()));
    assert_eq!(item(&report, "image", &of_used), ("kept".into(), "in_use".into()));
    assert!(report["bytes_freed"].as_u64().unwrap() > 0);
    assert!(exists(engine, "image", &world.name("other")));
    assert!(exists(engine, "image", &world.name("twice")));
    engine.docker(&["rm", &world.name("user")]);
    engine.docker(&["image", "rm", &world.name("other"), &world.name("twice"), &world.name("twice-too")]);
}

#[test]
fn an_image_of_a_plan_goes_unless_it_has_another_name_by_now() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let label = format!("LABEL {}", world.label());
    for name in ["gone", "renamed"] {
        image(engine, &world.name(name), &[&label, &format!("LABEL number={name}")]);
    }
    let home = Home::new();
    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    let planned = prune(engine, &world, &["--images", "--older-than", "1ms", "--plan", file], 0);
    assert_eq!(planned["counts"]["planned"], 2, "{planned}");
    engine.docker(&["tag", &world.name("renamed"), &world.name("renamed-too")]);
    let report = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(report["counts"]["removed"], 1, "{report}");
    assert!(!exists(engine, "image", &world.name("gone")));
    assert!(exists(engine, "image", &world.name("renamed")));
    engine.docker(&["image", "rm", &world.name("renamed"), &world.name("renamed-too")]);
}
