//! What every tool does when its surroundings are broken: no Docker, a hung engine, bad names, unreadable files.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, Proxy, built, engine, tool};

/// The tools that need an engine, each with a command line that talks to it.
const NEED_DOCKER: [(&str, &[&str]); 4] = [
    ("dockprune", &["--label", "netra.env=test", "--older-than", "1h"]),
    ("dockwatch", &[]),
    ("dockwatch", &["check"]),
    ("restartgate", &["redis"]),
];

fn run(name: &str, args: &[&str], host: &str) -> Output {
    let home = Home::new();
    let mut command = tool("timeout", &home);
    // Without a deadline of its own a tool would wait for a hung engine for ever: it is ended, with another code.
    command.arg("60").arg(built(name)).args(args).env("DOCKER_HOST", host).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn says_so_and_exits_4(host: &str) {
    for (name, args) in NEED_DOCKER {
        let output = run(name, args, host);
        let words = stderr(&output);
        assert_eq!(output.status.code(), Some(4), "{name} {args:?}: {words}");
        assert!(words.starts_with(&format!("{name}: cannot ")), "{name} {args:?}: {words}");
        assert!(words.contains("\nhint: "), "{name} {args:?}: {words}");
    }
}

#[test]
fn no_docker() {
    says_so_and_exits_4("unix:///nonexistent/docker.sock");
    says_so_and_exits_4("tcp://127.0.0.1:1");
}

#[test]
fn a_socket_that_accepts_and_never_answers() {
    let Some(engine) = engine() else { return };
    says_so_and_exits_4(&Proxy::holding(&engine.host, "/").host);
}

#[test]
fn an_engine_that_is_stopped_and_goes_on() {
    let Some(engine) = OwnEngine::start() else { return };
    engine.signal("STOP");
    says_so_and_exits_4(&engine.host);
    engine.signal("CONT");
    for (name, args) in &NEED_DOCKER[..3] {
        let output = run(name, args, &engine.host);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
    }
}

/// Stopped most of the time it is slow, not dead, and neither is what runs on it sick.
#[test]
fn an_engine_that_is_slow_in_bursts() {
    let Some(engine) = OwnEngine::start() else { return };
    engine.docker(&["run", "-d", "--name", "web", BUSYBOX, "sleep", "600"]);
    let restart = [
        "web",
        "--even-if-healthy",
        "--stop-timeout",
        "0s",
        "--health-timeout",
        "60s",
        "--call-timeout",
        "20s",
    ];
    for (name, args) in [("dockwatch", &["--call-timeout", "20s"][..]), ("restartgate", &restart)] {
        let mut run = tool(built(name), &Home::new());
        run.args(args).env("DOCKER_HOST", &engine.host).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = run.spawn().unwrap();
        while run.try_wait().unwrap().is_none() {
            engine.signal("STOP");
            std::thread::sleep(Duration::from_millis(700));
            engine.signal("CONT");
            std::thread::sleep(Duration::from_millis(100));
        }
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
    }
}

/// A socket that answers every client with these bytes, one at a time, and then does what `end` does.
fn socket_that_answers(answer: &'static [u8], end: fn(UnixStream)) -> (Home, String) {
    let dir = Home::new();
    let path = dir.join("docker.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = client.read(&mut [0; 1024]);
                for byte in answer {
                    if client.write_all(&[*byte]).is_err() {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                end(client);
            });
        }
    });
    (dir, format!("unix://{}", path.display()))
}

#[test]
fn a_socket_that_closes_drips_or_answers_something_else() {
    let drip = |mut client: UnixStream| {
        while client.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    for (answer, end) in [
        (&b""[..], drop as fn(UnixStream)),
        (b"HTTP/1.1 200 OK\r\n", drop),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[", drip),
        (b"HTTP/1.1 200 OK\r\nX: ", drip),
        (b"SSH-2.0-OpenSSH_9.2\r\n", drop),
        (b"\0\xff\xfe\x01", drop),
    ] {
        let (_dir, host) = socket_that_answers(answer, end);
        says_so_and_exits_4(&host);
    }
}

#[test]
fn two_tools_need_no_docker() {
    let home = Home::new();
    let none = "unix:///nonexistent/docker.sock";
    let lock =
        tool(built("envlock"), &home).env("DOCKER_HOST", none).args(["test", "--", "true"]).output().unwrap();
    assert_eq!(lock.status.code(), Some(0), "{}", stderr(&lock));
    let stack = evenkeel_tests::root().join("tests/stack");
    let check = tool(built("composecheck"), &home)
        .env("DOCKER_HOST", none)
        .current_dir(stack)
        .args(["-f", "compose.base.yml", "-f", "compose.test.yml"])
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
}

#[test]
fn names_that_would_leave_the_directory() {
    for name in ["a/b", "..", "../x", ".hidden", ""] {
        let output = run("envlock", &[name, "--", "true"], "");
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
    }
}

#[test]
fn an_unreadable_compose_file_is_named_with_its_position() {
    let home = Home::new();
    let broken = home.join("broken.yml");
    std::fs::write(&broken, "services:\n  a: [1\n").unwrap();
    for path in [broken.as_path(), Path::new("/nonexistent.yml"), &home] {
        let output = tool(built("composecheck"), &home).arg("-f").arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(&*path.to_string_lossy()), "{}", stderr(&output));
    }
    let output = tool(built("composecheck"), &home).arg("-f").arg(&broken).output().unwrap();
    assert!(stderr(&output).contains("broken.yml:"), "{}", stderr(&output));
}
