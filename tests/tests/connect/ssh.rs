//! ssh: a real sshd whose sessions reach an engine.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use evenkeel_tests::{BUSYBOX, Engine, Home, Sshd, World, built, engine, tool};

use crate::{How, docker, here, start, words};

/// Where sessions find docker(1).
const REMOTE_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

#[test]
fn urls_and_contexts() {
    let Some(engine) = engine() else { return };
    let Some(sshd) = Sshd::start(engine, REMOTE_PATH) else { return };
    let world = World::new(engine);
    start(engine, &world);
    let (path, url) = (sshd.path(), sshd.url());
    let config = Home::new();
    docker(&config, &["context", "create", "far", "--docker", &format!("host={url}")]);
    let config = config.to_str().unwrap();
    let reaches = |variables: &[(&str, &str)], arguments: &[&str]| {
        let variables = [&[("PATH", &*path), ("DOCKER_CONFIG", config)], variables].concat();
        How { variables: &variables, arguments }.reaches(world.id(), here);
    };
    reaches(&[("DOCKER_HOST", &url)], &[]);
    reaches(&[], &["--context", "far"]);
    // TLS is for TCP.
    reaches(&[("DOCKER_CONTEXT", "far"), ("DOCKER_TLS_VERIFY", "1")], &[]);
}

#[test]
fn a_url_may_name_the_socket() {
    let Some(engine) = engine() else { return };
    // By themselves, its sessions find no engine.
    let Some(sshd) = Sshd::start(&Engine { host: "unix:///nowhere".into() }, REMOTE_PATH) else { return };
    let world = World::new(engine);
    start(engine, &world);
    let url = format!("{}{}", sshd.url(), engine.host.strip_prefix("unix://").unwrap());
    let variables = [("PATH", &*sshd.path()), ("DOCKER_HOST", &url)];
    How { variables: &variables, arguments: &[] }.reaches(world.id(), here);
}

#[test]
fn one_connection_serves_many_calls() {
    let Some(engine) = engine() else { return };
    let Some(sshd) = Sshd::start(engine, REMOTE_PATH) else { return };
    let world = World::new(engine);
    start(engine, &world);
    let home = Home::new();
    let mut restart = tool(built("restartgate"), &home);
    restart.args([world.id(), "--even-if-healthy"]).env("PATH", sshd.path()).env("DOCKER_HOST", sshd.url());
    let output = restart.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let made = sshd.log().iter().filter(|line| line.starts_with("Accepted publickey")).count();
    // It pings, lists, inspects, restarts, and inspects until the container is healthy.
    assert_eq!(made, 1, "{:?}", sshd.log());
}

#[test]
fn many_calls_at_once_are_all_let_in() {
    let Some(engine) = engine() else { return };
    let Some(sshd) = Sshd::start(engine, REMOTE_PATH) else { return };
    let world = World::new(engine);
    for number in 0..14 {
        engine.docker(&[
            "create",
            "--name",
            &world.name(&number.to_string()),
            "--label",
            &world.label(),
            BUSYBOX,
        ]);
    }
    let home = Home::new();
    let mut prune = tool(built("dockprune"), &home);
    prune.args(["--label", &world.label(), "--older-than", "0s", "--json"]);
    prune.env("PATH", sshd.path()).env("DOCKER_HOST", sshd.url());
    let output = prune.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let filter = format!("label={}", world.label());
    assert_eq!(engine.docker(&["ps", "-aq", "--filter", &filter]), "");
}

#[test]
fn what_ssh_says_is_the_cause() {
    let Some(engine) = engine() else { return };
    let Some(sshd) = Sshd::start(engine, REMOTE_PATH) else { return };
    let (path, url) = (sshd.path(), sshd.url());
    let fails = |url: &str, cause: &str, hint: &str| {
        How { variables: &[("PATH", &path), ("DOCKER_HOST", url)], arguments: &[] }.fails(cause, hint, here);
    };
    let stranger = url.replace("ssh://", "ssh://no-");
    fails(&stranger, "Permission denied (publickey)", "ssh -l no-");
    fails(&format!("{url}/nowhere.sock"), "/nowhere.sock", "docker version");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = url.replace(&sshd.port.to_string(), &nobody.to_string());
    fails(&closed, "Connection refused", &format!("-p {nobody} -- 127.0.0.1"));

    let known_hosts = sshd.file("known_hosts");
    let known = std::fs::read_to_string(&known_hosts).unwrap();
    let other_key = std::fs::read_to_string(sshd.file("client_key.pub")).unwrap();
    let (name, _) = known.split_once(' ').unwrap();
    std::fs::write(&known_hosts, format!("{name} {other_key}")).unwrap();
    fails(&url, "the host key of 127.0.0.1 has changed", "known_hosts");
    std::fs::write(&known_hosts, "").unwrap();
    fails(&url, "the host key of 127.0.0.1 is unknown", "log in once");
}

#[test]
fn a_host_without_docker() {
    let Some(engine) = engine() else { return };
    let Some(sshd) = Sshd::start(engine, "/nowhere") else { return };
    let variables = [("PATH", &*sshd.path()), ("DOCKER_HOST", &*sshd.url())];
    How { variables: &variables, arguments: &[] }.fails(
        "has no docker command",
        "install docker there",
        here,
    );
}

fn write_ssh(dir: &Path, script: &str) {
    let path = dir.join("ssh");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_ssh_that_is_missing_or_does_not_get_through() {
    let dir = Home::new();
    let path = dir.to_str().unwrap().to_owned();
    let fails = |cause: &str, hint: &str| {
        let variables = [("PATH", &*path), ("DOCKER_HOST", "ssh://far.example")];
        How { variables: &variables, arguments: &["--call-timeout", "1s"] }.fails(cause, hint, here);
    };
    fails("the ssh program was not found", "OpenSSH");
    write_ssh(&dir, "echo Welcome; exec /bin/sleep 60");
    fails("far.example sent 'Welcome'", "print nothing");
    write_ssh(&dir, "echo of no use >&2; exit 3");
    fails("of no use", "this must work first: ssh -- far.example");
    write_ssh(&dir, "exec /bin/sleep 60");
    fails("no connection over ssh within 10s", "this must work first");
}

#[test]
fn ctrl_c_does_not_reach_ssh() {
    let dir = Home::new();
    // A process group of its own: its number is its process's.
    write_ssh(&dir, "ps -o pid=,pgid= -p $$ >&2; exit 3");
    let path = format!("{}:/usr/bin:/bin", dir.display());
    let home = Home::new();
    let mut prune = tool(built("dockprune"), &home);
    prune.args(["--label", "a=b", "--older-than", "1h"]);
    let output = prune.env("PATH", path).env("DOCKER_HOST", "ssh://far.example").output().unwrap();
    let words = words(&output);
    let numbers: Vec<&str> =
        words.lines().next().unwrap().rsplit(": ").next().unwrap().split_whitespace().collect();
    assert_eq!(numbers[0], numbers[1], "{words}");
}
