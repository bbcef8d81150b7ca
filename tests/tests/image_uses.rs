//! `dockprune --images --unused-for` by what dockwatch has noted, on a real engine.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, built, tool};
use serde_json::Value;

/// How long images must have been unused here.
const UNUSED: &str = "5s";

fn run(name: &str, home: &Home, engine: &OwnEngine, args: &[&str]) -> String {
    let output = tool(built(name), home).env("DOCKER_HOST", &engine.host).args(args).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name} {args:?}: {}{}", said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}

/// Notes the uses, then decides; the outcome and the rule of an image.
fn look(home: &Home, engine: &OwnEngine, args: &[&str], image: &str) -> (String, String) {
    run("dockwatch", home, engine, &["record"]);
    decide(home, engine, args, image)
}

fn decide(home: &Home, engine: &OwnEngine, args: &[&str], image: &str) -> (String, String) {
    let args = [&["--images", "--keep", BUSYBOX, "--json"], args].concat();
    let report: Value = serde_json::from_str(&run("dockprune", home, engine, &args)).unwrap();
    let items = report["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == image).unwrap_or_else(|| panic!("{image}: {report}"));
    let word = |key: &str| item[key].as_str().unwrap().to_owned();
    (word("outcome"), word("rule"))
}

fn outcome(outcome: &str, rule: &str) -> (String, String) {
    (outcome.into(), rule.into())
}

#[test]
fn an_image_goes_when_it_was_seen_to_be_unused_and_never_on_a_guess() {
    let Some(engine) = OwnEngine::start() else { return };
    if !engine.is_docker_or_skip("it keeps no events") {
        return;
    }
    let home = Home::new();
    for name in ["idle:1", "used:1"] {
        engine.docker(&["create", "--name", "seed", BUSYBOX, "true"]);
        engine.docker(&["commit", "-c", &format!("LABEL of={name}"), "seed", name]);
        engine.docker(&["rm", "seed"]);
    }
    let week = ["--unused-for", "7d"];
    assert_eq!(decide(&home, &engine, &week, "idle:1"), outcome("kept", "unknown_use"), "nothing was noted");
    assert_eq!(look(&home, &engine, &week, "idle:1"), outcome("kept", "young"), "it was just seen first");

    // A container comes and goes between two looks, again and again; the other image has none.
    let args = ["--unused-for", UNUSED];
    let give_up_at = Instant::now() + Duration::from_mins(2);
    loop {
        engine.docker(&["run", "--rm", "used:1", "true"]);
        let idle = look(&home, &engine, &args, "idle:1");
        if idle == outcome("removed", "unused") {
            break;
        }
        assert_eq!(idle.0, "kept");
        assert!(Instant::now() < give_up_at, "it stays: {idle:?}");
    }
    assert_eq!(look(&home, &engine, &args, "used:1"), outcome("kept", "young"));

    // While the engine is down and when it comes back, nobody sees what is used.
    engine.kill9();
    engine.restart();
    engine.docker(&["run", "-d", "--name", "holder", "used:1", "sleep", "600"]);
    assert_eq!(look(&home, &engine, &week, "used:1"), outcome("kept", "in_use"));
    let files = std::fs::read_dir(home.join("history")).unwrap().map(|entry| entry.unwrap().path());
    let is_note = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("images-") && name.ends_with(".json")
    };
    let file = files.into_iter().find(is_note);
    let noted: Value = serde_json::from_slice(&std::fs::read(file.unwrap()).unwrap()).unwrap();
    assert_eq!(
        (&noted["schema"], &noted["host"]),
        (&"dockwatch.image_uses/1".into(), &engine.host.clone().into())
    );
    assert_eq!(noted["watched_since"], noted["at"], "the watch began anew: {noted}");
}
