//! `scripts/docker-shim`: nothing goes around the lock and the gate, and all else passes.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use evenkeel_tests::{BUSYBOX, Engine, Home, Proxy, World, built, engine, root};

struct Shim<'a> {
    engine: &'a Engine,
    world: World<'a>,
    home: Home,
}

impl<'a> Shim<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, world: World::new(engine), home: Home::new() }
    }

    /// A program that finds the shim as `docker`, on the test's engine.
    fn prepare(&self, program: &str, args: &[&str]) -> Command {
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
            // Refused however long the test takes.
            .env("DOCKER_RESTART_COOLDOWN", "1h")
            .env_remove("ENVLOCK_HELD")
            .arg(program)
            .args(args);
        command
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        self.prepare(program, args).output().unwrap()
    }

    /// Under the environment's lock.
    fn locked(&self, args: &[&str]) -> Command {
        self.prepare("envlock", &[&[self.world.id(), "--", "docker"], args].concat())
    }

    fn container(&self, labels: &[&str]) -> String {
        let name = self.world.name(&format!("c{}", labels.len()));
        let own = self.world.label();
        let mut args = vec!["run", "-d", "--name", &name, "--label", &own];
        for label in labels {
            args.extend(["--label", label]);
        }
        // Without a health check restartgate watches for 10 s whether a container stays up.
        args.extend(["--health-cmd", "true", "--health-interval", "1s", BUSYBOX, "sleep", "600"]);
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
    let stopped = shim.locked(&["stop", "-t", "0", &name]).output().unwrap();
    assert!(stopped.status.success(), "{}", text(&stopped));
    assert_eq!(engine.docker(&["inspect", "-f", "{{.State.Running}}", &name]), "false");
}

#[test]
fn with_a_store_it_is_the_lock_of_the_store_that_counts() {
    let (Some(engine), Some(etcd)) = (engine(), evenkeel_tests::Etcd::start(1)) else { return };
    let shim = Shim::new(engine);
    let via = etcd.url("engine");
    let name = shim.container(&[&format!("netra.env={}", shim.world.id())]);
    let stop = ["stop", "-t", "0", &name];
    // The lock of this machine is another one.
    let local = [&["--via", "local", shim.world.id(), "--", "docker"], &stop[..]].concat();
    let refused = shim.prepare("envlock", &local).env("ENVLOCK_VIA", &via).output().unwrap();
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    let stopped = shim.locked(&stop).env("ENVLOCK_VIA", &via).output().unwrap();
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
    let refused = shim.locked(&["rm", "-f", &name]).output().unwrap();
    assert_eq!(refused.status.code(), Some(125), "{}", text(&refused));
}

#[test]
fn protected_things_and_prunes_are_refused_and_restarts_meet_the_gate() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let label = format!("netra.env={}", shim.world.id());
    let name = shim.container(&[&label, "evenkeel.protect=true"]);
    let refused = shim.locked(&["rm", "-f", &name]).output().unwrap();
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
    let passed = shim.locked(&["restart", "-t", "1", &name]).output().unwrap();
    assert!(passed.status.success(), "{}", text(&passed));
    let after = started();
    assert_ne!(before, after);
    let cooling = shim.locked(&["restart", &name]).output().unwrap();
    assert_eq!(cooling.status.code(), Some(75), "{}", text(&cooling));
    assert_eq!(started(), after);
}

#[test]
fn a_restart_reaches_the_engine_that_is_named() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let name = shim.container(&[]);
    let started = || engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]);
    let config = shim.home.join("docker");
    let config = config.to_str().unwrap();
    let absent = "unix:///nonexistent/docker.sock";
    for (context, host) in [("here", engine.host.as_str()), ("absent", absent)] {
        let host = format!("host={host}");
        engine.docker(&["--config", config, "context", "create", context, "--docker", &host]);
    }
    let before = started();
    for options in [
        &["-H", absent][..],
        &[&format!("-H{absent}")],
        &[&format!("--host={absent}")],
        &["--config", config, "--context", "absent"],
        &[&format!("--config={config}"), "-c", "absent"],
    ] {
        let failed = shim.command("docker", &[options, &["restart", &name]].concat());
        assert_eq!(failed.status.code(), Some(1), "{options:?}: {}", text(&failed));
        assert!(text(&failed).contains(absent), "{options:?}: {}", text(&failed));
    }
    assert_eq!(started(), before);
    for options in [&["-H", &engine.host][..], &["--config", config, "--context", "here"]] {
        let before = started();
        let home = Home::new();
        let mut restart = shim.prepare("docker", &[options, &["restart", "-t0", &name]].concat());
        let passed = restart.env("DOCKER_HOST", absent).env("NETRA_HOME", home.as_os_str()).output().unwrap();
        assert!(passed.status.success(), "{options:?}: {}", text(&passed));
        assert_ne!(started(), before, "{options:?}: {}", text(&passed));
    }
}

/// Whether the engine was asked to restart a container that may stop for a second.
fn asked_with_a_second(proxy: &Proxy) -> bool {
    proxy.requests().iter().any(|request| request.contains("/restart?t=1 "))
}

#[test]
fn a_restart_passes_the_stop_time_out_on() {
    let Some(engine) = engine() else { return };
    for option in ["-t 1", "-t1", "--time=1"] {
        let shim = Shim::new(engine);
        let (name, proxy) = (shim.container(&[]), Proxy::recording(&engine.host));
        let words: Vec<&str> = ["restart"].into_iter().chain(option.split(' ')).chain([&*name]).collect();
        let passed = shim.prepare("docker", &words).env("DOCKER_HOST", &proxy.host).output().unwrap();
        assert!(passed.status.success(), "{option}: {}", text(&passed));
        assert!(asked_with_a_second(&proxy), "{option}: {:?}", proxy.requests());
    }
    let shim = Shim::new(engine);
    let refused = shim.command("docker", &["restart", "--signal", "INT", &shim.container(&[])]);
    assert_eq!(refused.status.code(), Some(125), "{}", text(&refused));
}

/// docker and restartgate are stand-ins: one names the container, the other shows its arguments.
#[test]
fn the_options_of_tls_reach_restartgate() {
    let home = Home::new();
    let names = r#"case "$*" in *"{{.Name}}"*) echo /web shop ;; *) echo - - - - - ;; esac"#;
    for (name, script) in [("docker", names), ("restartgate", "echo \"$@\"")] {
        let file = home.join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let shim = root().join("scripts/docker-shim");
    let path = format!("{}:{}:{}", shim.display(), home.display(), std::env::var("PATH").unwrap());
    let words =
        ["--tlsverify", "--tlscacert=/ca", "--tlscert", "/cert", "--tlskey=/key", "-Htcp://there:2376"];
    let mut docker = Command::new("env");
    docker.env("PATH", path).arg("docker").args(words).args(["restart", "-t", "7", "web"]);
    let shown = text(&docker.output().unwrap());
    let expected = "web --project shop --even-if-healthy --tlsverify --tlscacert=/ca --tlscert=/cert --tlskey=/key \
                    --host=tcp://there:2376 --stop-timeout 7s\n";
    assert_eq!(shown, expected);
}

#[test]
fn a_restart_takes_ids_and_names_what_it_cannot_find() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let name = shim.container(&[&format!("com.docker.compose.project={}", shim.world.id())]);
    let id = engine.docker(&["inspect", "-f", "{{.Id}}", &name]);
    let started = || engine.docker(&["inspect", "-f", "{{.State.StartedAt}}", &name]);
    let before = started();
    let words = ["restart", "-t", "0", "evenkeel-absent", &id[..12]];
    let output = shim.command("docker", &words);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("No such container: evenkeel-absent"), "{}", text(&output));
    assert_ne!(started(), before, "{}", text(&output));
    assert_eq!(shim.command("docker", &["restart"]).status.code(), Some(1));
    assert!(text(&shim.command("docker", &["restart", "--help"])).contains("Usage:"));
}

#[test]
fn a_compose_file_that_cannot_be_read_is_named_with_composes_own_code() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let file = shim.home.join("compose.yml");
    std::fs::write(&file, "services:\n  web: { image: [] }\n").unwrap();
    let words = ["compose", "-f", file.to_str().unwrap(), "up", "-d"];
    let plain = engine.try_docker(&words);
    let shown = shim.command("docker", &words);
    assert_eq!(shown.status.code(), plain.status.code(), "{}", text(&shown));
    assert_eq!(text(&shown), text(&plain));
    assert!(text(&shown).contains("services.web.image"), "{}", text(&shown));
}

#[test]
fn compose_restarts_each_service_through_the_gate() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let file = compose_file(&shim);
    let proxy = Proxy::recording(&engine.host);
    let compose = |words: &[&str]| {
        let words = [&["compose", "-f", &file, "-p", shim.world.id()], words].concat();
        shim.locked(&words).env("DOCKER_HOST", &proxy.host).output().unwrap()
    };
    assert!(compose(&["up", "-d"]).status.success());
    let passed = compose(&["restart", "-t", "1"]);
    assert!(passed.status.success(), "{}", text(&passed));
    assert!(asked_with_a_second(&proxy), "{:?}", proxy.requests());
    let cooling = compose(&["restart", "web"]);
    assert_eq!(cooling.status.code(), Some(75), "{}", text(&cooling));
    assert!(compose(&["down", "-t", "0"]).status.success());
}

/// A project of one service, in an environment of its own.
fn compose_file(shim: &Shim<'_>) -> String {
    let file = shim.home.join("compose.yml");
    let labels = format!("{{ netra.env: {}, {} }}", shim.world.id(), shim.world.label().replace('=', ": "));
    let text = format!(
        "services:\n  web:\n    image: {BUSYBOX}\n    command: [sleep, \"600\"]\n    stop_grace_period: 1s\n    \
         healthcheck: {{ test: [CMD, \"true\"], interval: 1s }}\n    labels: {labels}\nnetworks: {{ default: {{ labels: {labels} }} }}\n"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn compose_needs_the_lock_of_the_files_environment() {
    let Some(engine) = engine() else { return };
    let shim = Shim::new(engine);
    let (file, id) = (compose_file(&shim), shim.world.id());
    let up = ["compose", "-f", &file, "-p", id, "up", "-d"];
    let down = ["compose", "-f", &file, "-p", id, "down"];
    let refused = shim.command("docker", &up);
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    let started = shim.locked(&up).output().unwrap();
    assert!(started.status.success(), "{}", text(&started));
    assert!(shim.command("docker", &["compose", "-p", id, "ps"]).status.success());
    assert_eq!(shim.command("docker", &down).status.code(), Some(75));
    assert!(shim.locked(&down).output().unwrap().status.success());
    assert_eq!(engine.docker(&["ps", "-aq", "--filter", &format!("label=netra.env={id}")]), "");
}
