//! `evenkeel doctor`: says what is wrong with the machine, and ends, whatever hangs or is missing.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_tests::{OwnEngine, SharedState, libfaketime, skip, tool};
use serde::Deserialize;

use super::{Command, Home, Output, built, engine, root, stand_in, text};

/// `evenkeel.doctor/1`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    schema: String,
    tool_version: Option<String>,
    at: String,
    verdict: String,
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    name: String,
    level: String,
    text: String,
    hint: Option<String>,
}

impl Report {
    fn of(output: &Output) -> Self {
        let report: Self =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(output)));
        let has = |level: &str| report.checks.iter().any(|check| check.level == level);
        let verdict = match (has("failure"), has("warning")) {
            (true, _) => "failed",
            (false, true) => "warnings",
            (false, false) => "ok",
        };
        assert_eq!(report.verdict, verdict, "{}", text(output));
        assert_eq!(output.status.code(), Some(i32::from(verdict == "failed")), "{}", text(output));
        for check in &report.checks {
            assert!(check.level == "ok" || check.hint.is_some(), "{check:?}");
        }
        report
    }

    fn check(&self, name: &str) -> (&str, &str) {
        let check = self.checks.iter().find(|check| check.name == name).unwrap();
        (&check.level, &check.text)
    }
}

fn directory_of_tools() -> &'static Path {
    Box::leak(built("envlock").into_boxed_path()).parent().unwrap()
}

/// With the tools in PATH, and nothing else of this process.
fn doctor(home: &Home, host: &str) -> Command {
    let mut command = tool(root().join("scripts/evenkeel"), home);
    let path = format!("{}:{}", directory_of_tools().display(), std::env::var("PATH").unwrap());
    command.args(["doctor", "--json"]).env("PATH", path).env("DOCKER_HOST", host);
    command.env("EVENKEEL_BIN", directory_of_tools());
    command
}

fn report(command: &mut Command) -> Report {
    Report::of(&command.output().unwrap())
}

const NOWHERE: &str = "unix:///nonexistent/docker.sock";

#[test]
fn a_machine_in_order_has_no_failure_and_every_check_is_documented() {
    let Some(engine) = engine() else { return };
    let home = Home::new();
    let found = report(&mut doctor(&home, &engine.host));
    assert_ne!(found.verdict, "failed", "{found:?}");
    assert_eq!(found.schema, "evenkeel.doctor/1");
    assert!(found.at.ends_with('Z') && found.tool_version.as_deref() == Some(env!("CARGO_PKG_VERSION")));
    let (level, said) = found.check("engine");
    let kind = if engine.is_podman() { "Podman " } else { "Docker " };
    assert!(level == "ok" && said.contains(kind) && said.contains(", API 1."), "{said}");
    assert!(said.ends_with(&format!("{} (DOCKER_HOST)", engine.host)), "{said}");
    for name in ["tools", "PATH", "docker", "clock", "compose", "state", "locks"] {
        assert_eq!(found.check(name).0, "ok", "{found:?}");
    }
    let names: Vec<_> = found.checks.iter().map(|check| check.name.as_str()).collect();
    let page = fs::read_to_string(root().join("man/evenkeel.1")).unwrap();
    let documented = page.split("One line a check").nth(1).unwrap();
    let places: Vec<_> =
        names.iter().map(|name| documented.find(name).unwrap_or_else(|| panic!("{name}"))).collect();
    assert!(places.is_sorted(), "{names:?}");

    let mut plain = tool(root().join("scripts/evenkeel"), &home);
    plain.arg("doctor").env("DOCKER_HOST", &engine.host).env("EVENKEEL_BIN", directory_of_tools());
    let output = plain.output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // One page of a terminal.
    assert!(said.lines().count() <= 24 && said.contains("\nok    engine    "), "{said}");
}

#[test]
fn an_engine_that_hangs_is_a_failure_within_a_bounded_time() {
    let Some(own) = OwnEngine::start() else { return };
    let home = Home::new();
    own.signal("STOP");
    let begun = Instant::now();
    let output = doctor(&home, &own.host).output().unwrap();
    let took = begun.elapsed();
    own.signal("CONT");
    let found = Report::of(&output);
    let (level, said) = found.check("engine");
    assert!(level == "failure" && (said.contains("hangs") || said.contains("no answer")), "{said}");
    assert_eq!(found.check("state").0, "ok");
    // Twelve seconds, where the machine is not busy with something else.
    assert!(took < Duration::from_mins(1), "{took:?}");
}

#[test]
fn without_an_engine_the_rest_is_looked_at() {
    let home = Home::new();
    let found = report(&mut doctor(&home, NOWHERE));
    let (level, said) = found.check("engine");
    assert!(level == "failure" && said.contains("there is no socket"), "{said}");
    for name in ["tools", "state", "locks"] {
        assert_eq!(found.check(name).0, "ok", "{found:?}");
    }
    assert_eq!((found.check("clock").0, found.check("cgroups").0), ("warning", "warning"));

    // Nor an etcd: nothing listens on port 1.
    let found = report(doctor(&home, NOWHERE).env("ENVLOCK_VIA", "etcd://127.0.0.1:1/locks"));
    let (level, said) = found.check("locks");
    assert!(level == "failure" && said.contains("cannot reach the store"), "{said}");
}

#[test]
fn a_state_directory_that_cannot_be_used_is_a_failure() {
    let is_mounted = |home: &Home, fault: &str| {
        let script = format!("{{ {fault}; }} || exit 99; exec \"$@\"");
        let doctor = doctor(home, NOWHERE);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script, "sh"]).arg(doctor.get_program()).args(doctor.get_args());
        command.env_clear().envs(doctor.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().unwrap();
        let has_mounted = output.status.code() != Some(99) && !text(&output).starts_with("unshare:");
        has_mounted.then(|| Report::of(&output))
    };
    for (fault, cause) in [
        ("mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\"", "Read-only file system"),
        ("mount -t tmpfs none \"$HOME\" && chown 65534 \"$HOME\"", "belongs to user 65534, not to you"),
        (
            "mount -t tmpfs -o size=64k,nr_inodes=2 none \"$HOME\" && touch \"$HOME/one\"",
            "No space left on device",
        ),
    ] {
        let home = Home::new();
        let Some(found) = is_mounted(&home, fault) else {
            skip("it needs root, to mount file systems");
            return;
        };
        let (level, said) = found.check("state");
        assert!(level == "failure" && said.contains(cause), "{fault}: {said}");
    }
}

#[test]
fn a_file_in_the_place_of_the_state_directory_is_a_failure() {
    let home = Home::new();
    let file = home.join("state");
    fs::write(&file, "").unwrap();
    let found = report(doctor(&home, NOWHERE).env("NETRA_HOME", &file));
    let (level, said) = found.check("state");
    assert!(level == "failure" && said.contains("is no directory"), "{said}");
}

#[test]
fn another_user_sees_his_own_state_and_the_locks_of_all() {
    let tools = ["envlock", "dockwatch", "dockprune", "restartgate", "composecheck"].map(built);
    let Some(shared) = SharedState::new(&tools.each_ref().map(std::path::PathBuf::as_path)) else { return };
    let copied =
        Command::new("cp").args(["-r", "-L"]).arg(root().join("scripts")).arg(shared.directory()).status();
    assert!(copied.unwrap().success());
    let evenkeel = shared.tool("scripts/evenkeel");
    let mut command = shared.command(65_533, "", &[&evenkeel, "doctor", "--json"]);
    command.env("EVENKEEL_BIN", shared.directory()).env("DOCKER_HOST", NOWHERE);
    let found = report(&mut command);
    assert_eq!(found.check("place").1.split(", ").nth(1).unwrap().split(':').next(), Some("as user 65533"));
    let (level, said) = found.check("locks");
    assert!(level == "ok" && said.ends_with("mode 1777, of root: shared by all users"), "{said}");
    let (level, said) = found.check("state");
    assert!(level == "ok" && said.contains("home-65533/.netra"), "{said}");
    assert_eq!(found.check("tools").0, "ok");
}

#[test]
fn a_tool_of_another_version_is_found() {
    let home = Home::new();
    let old = home.join("old");
    fs::create_dir(&old).unwrap();
    stand_in(&old, "dockprune", "echo dockprune 0.0.1");
    let with_old = format!("{}:{}", old.display(), std::env::var("PATH").unwrap());

    // In front of this installation, in PATH: evenkeel does not use it, but the user does.
    let path = format!("{with_old}:{}", directory_of_tools().display());
    let found = report(doctor(&home, NOWHERE).env("PATH", &path));
    assert_eq!(found.check("tools").0, "ok");
    let (level, said) = found.check("PATH");
    assert!(level == "warning" && said.contains(&format!("{} 0.0.1", old.display())), "{said}");

    // Among the tools that evenkeel uses.
    for name in ["envlock", "dockwatch", "restartgate", "composecheck"] {
        std::os::unix::fs::symlink(built(name), old.join(name)).unwrap();
    }
    let found = report(doctor(&home, NOWHERE).env("EVENKEEL_BIN", &old));
    let (level, said) = found.check("tools");
    assert!(level == "failure" && said.contains("dockprune is 0.0.1"), "{said}");

    fs::remove_file(old.join("dockprune")).unwrap();
    let found = report(doctor(&home, NOWHERE).env("EVENKEEL_BIN", &old).env("PATH", &with_old));
    let (level, said) = found.check("tools");
    assert!(level == "failure" && said.contains("missing, or not to be run: dockprune"), "{said}");
}

#[test]
fn without_any_tool_it_still_says_what_is_missing() {
    let home = Home::new();
    let copied = Command::new("cp").args(["-r", "-L"]).arg(root().join("scripts")).arg(&*home).status();
    assert!(copied.unwrap().success());
    let found = report(tool(home.join("scripts/evenkeel"), &home).args(["doctor", "--json"]));
    let (level, said) = found.check("tools");
    assert!(level == "failure" && said.contains("envlock dockwatch dockprune"), "{said}");
    assert_eq!((found.check("PATH").0, found.tool_version.as_deref()), ("warning", None));
}

#[test]
fn a_clock_that_is_apart_is_a_failure() {
    let Some(engine) = engine() else { return };
    let Some(library) = libfaketime() else { return };
    let home = Home::new();
    let mut command = doctor(&home, &engine.host);
    let found = report(command.env("LD_PRELOAD", library).env("FAKETIME", "+1h"));
    let (level, said) = found.check("clock");
    assert!(level == "failure" && said.contains(" s behind"), "{said}");
}

#[test]
fn it_says_whether_it_is_in_a_container_and_whether_docker_is_wrapped() {
    let home = Home::new();
    let found = report(doctor(&home, NOWHERE).env("container", "lxc"));
    assert!(found.check("place").1.starts_with("in a container (lxc), as "), "{found:?}");

    let shim = root().join("scripts/docker-shim");
    let before =
        format!("{}:{}:{}", shim.display(), directory_of_tools().display(), std::env::var("PATH").unwrap());
    let found = report(doctor(&home, NOWHERE).env("PATH", before));
    assert!(found.check("docker").1.contains(", wrapped by "), "{found:?}");
    let behind =
        format!("{}:{}:{}", directory_of_tools().display(), std::env::var("PATH").unwrap(), shim.display());
    let found = report(doctor(&home, NOWHERE).env("PATH", behind));
    assert_eq!(found.check("docker").0, "warning", "{found:?}");
}

#[test]
fn other_arguments_are_refused() {
    let home = Home::new();
    for args in [&["doctor", "now"][..], &["doctor", "--", "true"], &["--json", "status"]] {
        let mut command = tool(root().join("scripts/evenkeel"), &home);
        let output = command.args(args).env("EVENKEEL_BIN", directory_of_tools()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains("hint: "), "{}", text(&output));
    }
    // Any order of the words.
    let mut command = tool(root().join("scripts/evenkeel"), &home);
    command.args(["--json", "doctor"]).env("EVENKEEL_BIN", directory_of_tools()).env("DOCKER_HOST", NOWHERE);
    assert_eq!(report(&mut command).check("engine").0, "failure");
}
