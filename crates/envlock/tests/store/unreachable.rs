//! A store that does not answer, or is none: 125 in bounded time, and never a lock of this machine instead.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::{Done, World, base64, shared};

/// Runs envlock with another store.
fn run_via(world: &World, url: &str, args: &[&str]) -> (Done, Duration) {
    let started = Instant::now();
    let done = Done(world.envlock(args).env("ENVLOCK_VIA", url).output().unwrap());
    (done, started.elapsed())
}

fn check_refused(world: &World, done: &Done, says: &str) {
    assert_eq!((done.code(), &*done.stdout()), (125, ""), "{done:?}");
    let said = done.stderr();
    assert!(said.contains(says) && said.contains("hint:"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(!world.file("locks").exists());
}

#[test]
fn nobody_listens() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let (done, _) = run_via(&world, "etcd://127.0.0.1:1,127.0.0.1:2/x", &["-n", "test", "--", "echo", "ran"]);
    check_refused(&world, &done, "127.0.0.1:2: io: Connection refused");
    assert!(
        done.stderr().contains("cannot reach the store etcd://127.0.0.1:1,127.0.0.1:2/x"),
        "{}",
        done.stderr()
    );
    let (done, _) = run_via(&world, "etcd://no-such-host.invalid:1/x", &["-n", "test", "--", "true"]);
    check_refused(&world, &done, "no-such-host.invalid:1");
    let (done, _) = run_via(&world, "etcd://127.0.0.1:1/x", &["status", "test"]);
    assert_eq!(done.code(), 3);
}

#[test]
fn somebody_accepts_and_never_answers() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("etcd://{}/x", silent.local_addr().unwrap());
    let (done, took) = run_via(&world, &url, &["-w", "1s", "test", "--", "true"]);
    check_refused(&world, &done, "timeout");
    assert!(took < Duration::from_secs(30), "{took:?}");
    // Another member that answers is enough.
    let both = format!("etcd://{},{}/{}", silent.local_addr().unwrap(), etcd.address(0), "t-silent");
    assert_eq!(run_via(&world, &both, &["test", "--", "echo", "in"]).0.stdout(), "in\n");
}

#[test]
fn somebody_else_answers() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    for (answer, says) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "its answer is not etcd's"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", "HTTP status 404: none"),
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 60\r\n\r\n{\"error\":\"etcdserver: user name is empty\",\"code\":3}         ",
            "user name is empty",
        ),
        (
            "HTTP/1.1 429 X\r\nContent-Length: 60\r\n\r\n{\"error\":\"etcdserver: mvcc: database space exceeded\",\"code\":8}",
            "database space exceeded",
        ),
        ("SSH-2.0-OpenSSH\r\n", "cannot reach the store"),
    ] {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("etcd://{}/x", other.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in other.incoming().flatten() {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        let (done, _) = run_via(&world, &url, &["-n", "test", "--", "true"]);
        check_refused(&world, &done, says);
    }
}

#[test]
fn a_foreign_key_among_the_tickets_is_named() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    // t/envlock/1/test/in/backup
    let prefix = world.url.rsplit('/').next().unwrap();
    let key = base64(&format!("{prefix}/envlock/1/test/in/backup"));
    etcd.ask("kv/put", &format!(r#"{{"key":"{key}","value":"eA=="}}"#)).unwrap();
    let done = world.run(&["-n", "test", "--", "true"]);
    check_refused(&world, &done, "in/backup");
}
