//! `scripts/lifecycle`: whatever happens to the command, the environment is taken down and its code comes through.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::process::{Command, Stdio};

use drydock_tests::{BUSYBOX, Engine, Home, World, built, engine, root};

/// A stack of one busybox that is healthy at once.
fn stack(home: &Home) -> std::path::PathBuf {
    let path = home.join("compose.yml");
    let text = format!(
        r#"
x-labels: &labels {{ netra.env: "${{NETRA_ENV:-test}}", drydock.env: "${{DRYDOCK_ENV:-test}}" }}
services:
  web:
    image: {BUSYBOX}
    command: ["sleep", "600"]
    stop_grace_period: 1s
    mem_limit: 32m
    mem_reservation: 16m
    cpus: 0.25
    restart: "no"
    labels: *labels
    logging: {{ driver: json-file, options: {{ max-size: 10m, max-file: "3" }} }}
    healthcheck: {{ test: ["CMD", "true"], interval: 10s, timeout: 5s, retries: 5, start_period: 20s }}
    volumes: ["data:/data"]
networks: {{ default: {{ labels: *labels }} }}
volumes: {{ data: {{ labels: *labels }} }}
"#
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn lifecycle(engine: &Engine, world: &World, home: &Home, command: &[&str]) -> Command {
    let mut lifecycle = Command::new(root().join("scripts/lifecycle"));
    lifecycle
        .env("DOCKER_HOST", &engine.host)
        .env("NETRA_HOME", home.as_os_str())
        .env("DRYDOCK_BIN", built("envlock").parent().unwrap())
        .args(["-e", world.id(), "-p", world.id(), "-f"])
        .arg(stack(home))
        .arg("--")
        .args(command);
    lifecycle
}

fn assert_nothing_left(engine: &Engine, world: &World) {
    let filter = format!("label=netra.env={}", world.id());
    for list in [["ps", "-a"], ["network", "ls"], ["volume", "ls"]] {
        let left = engine.docker(&[&list[..], &["-q", "--filter", &filter]].concat());
        assert_eq!(left, "", "left by {list:?}");
    }
}

#[test]
fn the_commands_code_comes_through_and_nothing_is_left() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    for code in [0, 7] {
        let script =
            format!("docker ps -q --filter label=netra.env={} | grep -q . && exit {code}", world.id());
        let output = lifecycle(engine, &world, &home, &["sh", "-c", &script]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        assert_nothing_left(engine, &world);
    }
}

#[test]
fn a_signal_takes_the_environment_down() {
    let Some(engine) = engine() else { return };
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (world, home) = (World::new(engine), Home::new());
        let mut child = lifecycle(engine, &world, &home, &["sh", "-c", "echo up; exec sleep 600"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
            .unwrap();
        assert_eq!(line, "up\n");
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal}: {}", String::from_utf8_lossy(&output.stderr));
        assert_nothing_left(engine, &world);
    }
}

#[test]
fn a_stack_that_does_not_start_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let mut run = lifecycle(engine, &world, &home, &["true"]);
    let path = stack(&home);
    let text = std::fs::read_to_string(&path).unwrap().replace(BUSYBOX, "drydock-absent:1");
    std::fs::write(&path, text).unwrap();
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_nothing_left(engine, &world);
}
