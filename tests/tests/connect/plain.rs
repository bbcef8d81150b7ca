//! Sockets, plaintext TCP and the names of both.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use evenkeel_tests::{Home, Relay, World, built, engine, skip};

use crate::{How, TOOLS, docker, here, start, words};

#[test]
fn urls_and_contexts() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    start(engine, &world);
    let port = Relay::to(engine).port;
    let (tcp, http, bare) =
        (format!("tcp://127.0.0.1:{port}"), format!("http://localhost:{port}/"), format!("127.0.0.1:{port}"));
    let config = Home::new();
    docker(&config, &["context", "create", "local", "--docker", &format!("host={}", engine.host)]);
    docker(&config, &["context", "create", "relay", "--docker", &format!("host={tcp}")]);
    let config = config.to_str().unwrap();
    let reaches = |variables: &[(&str, &str)], arguments: &[&str]| {
        let variables = [&[("DOCKER_CONFIG", config)], variables].concat();
        How { variables: &variables, arguments }.reaches(world.id(), here);
    };
    for host in [&engine.host, &tcp, &http, &bare] {
        reaches(&[("DOCKER_HOST", host)], &[]);
    }
    reaches(&[], &["--context", "local"]);
    reaches(&[("DOCKER_CONTEXT", "relay")], &[]);
    // TLS is for TCP: a socket is reached as ever.
    reaches(&[("DOCKER_HOST", &engine.host), ("DOCKER_TLS_VERIFY", "1")], &[]);
}

#[test]
fn what_names_no_engine_is_an_argument_to_correct() {
    let home = Home::new();
    let (host, context) = (["--host", "ftp://h"], ["--context", "unknown"]);
    for arguments in [&host[..], &context, &[host, context].concat(), &["--host", ""], &["--context", ""]] {
        for (name, command) in (How { variables: &[], arguments }).tools(&home, "any") {
            let output = here(&command).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {}", words(&output));
        }
    }
}

#[test]
fn a_socket_that_is_not_there() {
    let home = Home::new();
    let path = home.join("docker.sock");
    let host = ("DOCKER_HOST", &*format!("unix://{}", path.display()));
    let cause = format!("there is no socket at {}", path.display());
    How { variables: &[host], arguments: &[] }.fails(&cause, "start Docker", here);
    // A user's own engine is named, and not used unasked.
    let runtime = Home::new();
    std::fs::write(runtime.join("docker.sock"), "").unwrap();
    let rootless = format!("--host unix://{}/docker.sock", runtime.display());
    let variables = [host, ("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    How { variables: &variables, arguments: &[] }.fails(&cause, &rootless, here);
}

#[test]
fn a_socket_that_this_user_may_not_use() {
    let Some(engine) = engine() else { return };
    if !std::fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t") {
        return skip("it takes root to become somebody else");
    }
    // Where nobody may run it.
    let dir = Home::new();
    std::fs::set_permissions(&*dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let link = dir.join("docker.sock");
    symlink(engine.host.strip_prefix("unix://").unwrap(), &link).unwrap();
    for (name, _) in TOOLS {
        std::fs::copy(built(name), dir.join(name)).unwrap();
    }
    let as_nobody = |command: &Command| {
        let name = command.get_program();
        let mut nobody = Command::new(dir.join(std::path::Path::new(name).file_name().unwrap()));
        nobody.args(command.get_args()).env_clear().env("DOCKER_HOST", format!("unix://{}", link.display()));
        nobody.uid(65534).gid(65534);
        nobody
    };
    How::default().fails("no permission to use the socket", "docker", as_nobody);
}

#[test]
fn a_port_where_nobody_listens_or_something_else_does() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("tcp://{free}");
    How { variables: &[("DOCKER_HOST", &nobody)], arguments: &[] }.fails(
        "Connection refused",
        "--host",
        here,
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = format!("tcp://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = client.read(&mut [0; 1024]);
            let _ = client.write_all(b"500 what?\r\n");
        }
    });
    let cause = "the answer is not HTTP";
    How { variables: &[("DOCKER_HOST", &other)], arguments: &[] }.fails(cause, "--tlsverify", here);
}
