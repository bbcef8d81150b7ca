//! State directories that cannot be used: read-only, somebody else's, on a full disk. Nothing is restarted, removed or run.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::process::Command;

use evenkeel_tests::{BUSYBOX, Home, World, built, engine, skip};

/// How to make the directory `$NETRA_HOME` so, as root in a mount namespace of its own, and what the tools say of it.
const FAULTS: [(&str, &str, &str); 3] = [
    (
        "read-only",
        "mount --bind \"$NETRA_HOME\" \"$NETRA_HOME\" && mount -o remount,ro,bind \"$NETRA_HOME\"",
        "Read-only file system",
    ),
    (
        "foreign",
        "mount -t tmpfs none \"$NETRA_HOME\" && chown 65534 \"$NETRA_HOME\"",
        "it belongs to user 65534, not to you",
    ),
    (
        "full",
        "mount -t tmpfs -o size=64k none \"$NETRA_HOME\" && ! cat /dev/zero >\"$NETRA_HOME/zero\" 2>/dev/null",
        "No space left on device",
    ),
];

/// Runs a tool with such a directory: its exit code, and what it says on both streams. `None` without root.
fn run(fault: &str, host: &str, tool: &str, args: &[&str]) -> Option<(i32, String)> {
    let home = Home::new();
    let mut command = Command::new("unshare");
    let script = format!("{{ {fault}; }} || exit 99; exec \"$@\"");
    command.args(["-m", "sh", "-c", &script, "sh"]).arg(built(tool)).args(args);
    let output = command.env("NETRA_HOME", &*home).env("DOCKER_HOST", host).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.code() == Some(99) || text.starts_with("unshare:") {
        skip("it needs root, to mount file systems");
        return None;
    }
    Some((output.status.code().unwrap(), text))
}

#[test]
fn a_wrapper_fails_with_125_and_runs_no_command() {
    for (name, fault, cause) in FAULTS {
        for (tool, args) in [
            ("envlock", &["test", "--", "echo", "it ran"][..]),
            ("restartgate", &["job", "--", "echo", "it ran"]),
        ] {
            let Some((code, said)) = run(fault, "unix:///nonexistent", tool, args) else { return };
            assert_eq!(code, 125, "{tool}, {name}: {said}");
            assert!(said.contains(cause) && !said.contains("it ran"), "{tool}, {name}: {said}");
        }
    }
}

/// A record that cannot be kept must not cost the command its run or its code; a directory that is refused from the start
/// is a mistake in the set-up.
#[test]
fn a_recorder_keeps_the_commands_code_on_a_full_disk() {
    for (name, fault, cause) in FAULTS {
        let args = ["record", "--", "sh", "-c", "echo it ran; exit 7"];
        let Some((code, said)) = run(fault, "unix:///nonexistent", "dockwatch", &args) else { return };
        assert!(said.contains(cause), "{name}: {said}");
        assert_eq!(
            (code, said.contains("it ran")),
            if name == "full" { (7, true) } else { (125, false) },
            "{said}"
        );
    }
}

#[test]
fn nothing_is_restarted() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let name = world.name("web");
    engine.docker(&["run", "-d", "--name", &name, "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let started = || engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]);
    let before = started();
    for (fault_name, fault, cause) in FAULTS {
        let args = [&name, "--even-if-healthy"];
        let Some((code, said)) = run(fault, &engine.host, "restartgate", &args) else { return };
        assert_eq!(code, 3, "{fault_name}: {said}");
        assert!(said.contains(cause), "{fault_name}: {said}");
        assert_eq!(started(), before, "{fault_name}");
    }
}

/// A full disk is no reason to keep what takes its space: locks are empty files.
#[test]
fn nothing_is_removed_without_locks() {
    let Some(engine) = engine() else { return };
    for (name, fault, cause) in FAULTS {
        let world = World::new(engine);
        let volume = world.name("data");
        engine.docker(&["volume", "create", "--label", &world.label(), &volume]);
        let args = ["--label", &world.label(), "--older-than", "0s", "--volumes"];
        let Some((code, said)) = run(fault, &engine.host, "dockprune", &args) else { return };
        let is_there = engine.try_docker(&["volume", "inspect", &volume]).status.success();
        if name == "full" {
            assert_eq!((code, is_there), (0, false), "{said}");
        } else {
            assert_eq!((code, is_there), (3, true), "{name}: {said}");
            assert!(said.contains(cause), "{name}: {said}");
        }
    }
}
