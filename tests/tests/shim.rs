//! `scripts/docker-shim`: nothing goes around the lock and the gate, and all else passes.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::process::{Command, Output};

use evenkeel_tests::{BUSYBOX, Engine, Home, World, built, engine, root};

struct Shim<'a> {
    engine: &'a Engine,
    world: World<'a>,
    home: Home,
}

impl<'a> Shim<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, world: World::new(engine), home: Home::new() }
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        let tools = built("envlock");
        let path = format!(
            "{}:{}:{}",
            root().join("scripts/docker-shim").display(),
            tools.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new("env");
        command
            .env("PATH", path)
            .env("DOCKER_HOST", &self.engine.host)
            .env("NETRA_HOME", self.home.as_os_str())
            .env_remove("ENVLOCK_HELD")
            .arg(program)
            .args(args);
        command.output().unwrap()
    }

    /// Under the environment's lock.
    fn locked(&self, args: &[&str]) -> Output {
        self.command("envlock", &[&[self.world.id(), "--", "docker"], args].concat())
    }

    fn container(&self, labels: &[&str]) -> String {
        let name = self.world.name(&format!("c{}", labels.len()));
        let own = self.world.label();
        let mut args = vec!["run", "-d", "--name", &name, "--label", &own];
        for label in labels {
            args.extend(["--label", label]);
        }
        args.extend([BUSYBOX, "sleep", "600"]);
        self.engine.docker(&args);
        name
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_environment_changes_under_its_lock_only() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let label = format!("netra.env={}", shim.world.id());
    let name = shim.container(&[&label]);
    for words in [
        &["stop", "-t", "0", &name][..],
        &["container", "stop", "--time=0", &name],
        &["rm", "-f", &name],
        &["container", "kill", &name],
    ] {
        let refused = shim.command("docker", words);
        assert_eq!(refused.status.code(), Some(75), "{words:?}: {}", text(&refused));
        assert!(text(&refused).contains(&format!("hint: envlock {} -- docker", shim.world.id())));
    }
    assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Running}}", &name]), "true");
    assert!(shim.command("docker", &["exec", &name, "true"]).status.success());
    let stopped = shim.locked(&["stop", "-t", "0", &name]);
    assert!(stopped.status.success(), "{}", text(&stopped));
    assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Running}}", &name]), "false");
}

#[test]
fn strangers_pass_and_a_forged_lock_does_not() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let free = shim.container(&[]);
    let stopped = shim.command("docker", &["stop", "-t", "0", &free]);
    assert!(stopped.status.success(), "{}", text(&stopped));
    let label = format!("evenkeel.env={}", shim.world.id());
    let name = shim.container(&[&label]);
    let forged = format!("ENVLOCK_HELD={}:x:1:4194303-1", shim.world.id());
    let refused = shim.command("env", &[&forged, "docker", "kill", &name]);
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    assert_eq!(shim.command("docker", &["version", "-f", "{{.Nonsense}}"]).status.code(), Some(1));
}

#[test]
fn labels_of_the_suites_former_name_still_guard() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let name = shim.container(&[&format!("drydock.env={}", shim.world.id()), "drydock.protect=true"]);
    let refused = shim.command("docker", &["kill", &name]);
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    let refused = shim.locked(&["rm", "-f", &name]);
    assert_eq!(refused.status.code(), Some(125), "{}", text(&refused));
}

#[test]
fn protected_things_and_prunes_are_refused_and_restarts_meet_the_gate() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let label = format!("netra.env={}", shim.world.id());
    let name = shim.container(&[&label, "evenkeel.protect=true"]);
    let refused = shim.locked(&["rm", "-f", &name]);
    assert_eq!(refused.status.code(), Some(125), "{}", text(&refused));
    for words in
        [&["system", "prune", "-f"][..], &["volume", "prune", "-f"], &["--debug", "container", "prune"]]
    {
        let refused = shim.command("docker", words);
        assert_eq!(refused.status.code(), Some(125), "{words:?}: {}", text(&refused));
    }
    let started = || engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]);
    let before = started();
    assert_eq!(shim.command("docker", &["restart", &name]).status.code(), Some(75));
    let passed = shim.locked(&["restart", "-t", "1", &name]);
    assert!(passed.status.success(), "{}", text(&passed));
    let after = started();
    assert_ne!(before, after);
    let cooling = shim.locked(&["restart", &name]);
    assert_eq!(cooling.status.code(), Some(75), "{}", text(&cooling));
    assert_eq!(started(), after);
}

#[test]
fn compose_needs_the_lock_of_the_files_environment() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let file = shim.home.join("compose.yml");
    let id = shim.world.id();
    let labels = format!("{{ netra.env: {id}, {} }}", shim.world.label().replace('=', ": "));
    std::fs::write(
        &file,
        format!(
            "services:\n  web:\n    image: {BUSYBOX}\n    command: [sleep, \"600\"]\n    stop_grace_period: 1s\n    \
             labels: {labels}\nnetworks: {{ default: {{ labels: {labels} }} }}\n"
        ),
    )
    .unwrap();
    let up = ["compose", "-f", file.to_str().unwrap(), "-p", id, "up", "-d"];
    let down = ["compose", "-f", file.to_str().unwrap(), "-p", id, "down"];
    let refused = shim.command("docker", &up);
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    let started = shim.locked(&up);
    assert!(started.status.success(), "{}", text(&started));
    assert!(shim.command("docker", &["compose", "-p", id, "ps"]).status.success());
    assert_eq!(shim.command("docker", &down).status.code(), Some(75));
    assert!(shim.locked(&down).status.success());
    assert_eq!(engine.docker(&["ps", "-aq", "--filter", &format!("label=netra.env={id}")]), "");
}
