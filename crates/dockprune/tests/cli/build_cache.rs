//! `--build-cache` on a build cache that BuildKit made.

use std::process::Command;
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, OwnEngine};
use serde_json::Value;

use crate::kit::{item, prune_at};

/// Two images with a layer of their own, of 4 and of 2 MiB. The builds are asked for without the docker command, which
/// needs a plugin for them: the engine fetches their files from a container in its own network.
fn build_two(engine: &OwnEngine) {
    let home = Home::new();
    engine.docker(&[
        "run",
        "-d",
        "--name",
        "files",
        "--network",
        "host",
        BUSYBOX,
        "httpd",
        "-f",
        "-p",
        "18080",
        "-h",
        "/",
    ]);
    for (name, size) in [("first", 4), ("second", 2)] {
        let dockerfile = format!("FROM {BUSYBOX}\nRUN dd if=/dev/urandom of=/{name} bs=1M count={size}\n");
        std::fs::write(home.join("Dockerfile"), dockerfile).unwrap();
        let tar = format!("{}/{name}.tar", home.display());
        let status =
            Command::new("tar").args(["-C", home.to_str().unwrap(), "-cf", &tar, "Dockerfile"]).status();
        assert!(status.unwrap().success());
        engine.docker(&["cp", &tar, "files:/"]);
        let remote = format!("http://127.0.0.1:18080/{name}.tar");
        let built = post(engine, &format!("/build?version=2&t={name}&remote={remote}"));
        assert!(built.contains("moby.image.id"), "{built}");
    }
    engine.docker(&["rm", "-f", "files"]);
}

fn post(engine: &OwnEngine, path: &str) -> String {
    let socket = engine.host.strip_prefix("unix://").unwrap();
    let mut curl = Command::new("curl");
    curl.args(["-sgm", "120", "-X", "POST", "--unix-socket", socket]).arg(format!("http://engine{path}"));
    String::from_utf8_lossy(&curl.output().unwrap().stdout).into_owned()
}

/// The name of the record that this step left.
fn step(report: &Value, name: &str) -> String {
    let items = report["items"].as_array().unwrap();
    let found = items
        .iter()
        .filter_map(|item| item["name"].as_str())
        .find(|found| found.contains(&format!("of=/{name} ")));
    found.unwrap_or_else(|| panic!("no {name} in {report}")).to_owned()
}

/// The engine leaves a record out of its list for a moment after the build that made it.
fn await_both(list: impl Fn() -> Value) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let listed = list().to_string();
        if ["of=/first ", "of=/second "].iter().all(|name| listed.contains(name)) {
            return;
        }
        assert!(Instant::now() < deadline, "{listed}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn size_of_cache(report: &Value) -> u64 {
    let own = report["items"].as_array().unwrap().iter().filter(|item| item["rule"] != "shared");
    own.map(|item| item["bytes"].as_u64().unwrap()).sum()
}

#[test]
fn the_least_recently_used_goes_by_plan_and_apply_and_images_keep_theirs() {
    let Some(engine) = OwnEngine::start() else { return };
    if !engine.is_docker_or_skip("it has no build cache of this kind") {
        return;
    }
    build_two(&engine);
    let home = Home::new();
    let prune =
        |args: &[&str]| prune_at(&engine.host, &home, &[&["--build-cache", "--json"], args].concat(), 0);
    let of = |report: &Value, name: &str| item(report, "build_cache", &step(report, name));
    let outcome = |outcome: &str, rule: &str| (outcome.to_owned(), rule.to_owned());

    let shared = prune(&["--older-than", "1ms"]);
    assert_eq!(of(&shared, "first"), outcome("kept", "shared"));
    engine.docker(&["image", "rm", "first", "second"]);
    await_both(|| prune(&["--dry-run"]));
    assert_eq!(of(&prune(&[]), "first"), outcome("kept", "young"));

    let file = home.join("plan.json");
    let file = file.to_str().unwrap();
    // Less than the first build added, whatever else the engine counts.
    let keep = (size_of_cache(&prune(&["--older-than", "1ms", "--dry-run"])) - (3 << 20)).to_string();
    let size = ["--older-than", "1ms", "--keep-storage", &keep];
    let planned = prune(&[&size[..], &["--plan", file]].concat());
    assert_eq!(of(&planned, "first"), outcome("planned", "least_used"));
    assert_eq!(of(&planned, "second"), outcome("kept", "within_size"));
    let applied = prune_at(&engine.host, &home, &["--apply", file, "--json"], 0);
    assert_eq!(of(&applied, "first"), outcome("removed", "in_plan"));
    assert!(applied["bytes_freed"].as_u64().unwrap() >= 4 << 20, "{applied}");

    assert_eq!(of(&prune(&size), "second"), outcome("kept", "within_size"));
    let all = prune(&["--older-than", "1ms"]);
    assert_eq!(of(&all, "second"), outcome("removed", "least_used"));
    assert_eq!((&all["verdict"], &all["counts"]["failed"]), (&"removed".into(), &0.into()), "{all}");
}
