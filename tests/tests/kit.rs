//! The kit keeps its own promises.

use std::time::Duration;

use evenkeel_tests::{BUSYBOX, OwnEngine, Proxy, World, engine};

#[test]
fn a_world_leaves_nothing_behind() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let (label, name) = (world.label(), world.name("c"));
    engine.docker(&["run", "-d", "--name", &name, "--label", &label, BUSYBOX, "sleep", "60"]);
    engine.docker(&["network", "create", "--label", &label, &world.name("n")]);
    engine.docker(&["volume", "create", "--label", &label, &world.name("v")]);
    drop(world);
    let filter = format!("label={label}");
    for list in [["ps", "-aq"], ["network", "ls"], ["volume", "ls"]] {
        let left = engine.docker(&[&list[..], &["--filter", &filter, "--format", "{{.}}"]].concat());
        assert_eq!(left, "", "left by {list:?}");
    }
}

#[test]
fn an_own_engine_survives_a_crash_and_ends_with_the_test() {
    let Some(own) = OwnEngine::start() else { return };
    own.docker(&["run", "--rm", BUSYBOX, "true"]);
    own.kill9();
    assert!(!own.try_docker(&["ps"]).status.success());
    own.restart();
    own.docker(&["volume", "create", "kept"]);
    let socket = own.host.strip_prefix("unix://").unwrap().to_owned();
    drop(own);
    assert!(!std::path::Path::new(&socket).parent().unwrap().exists());
}

#[test]
fn a_proxy_holds_what_it_should() {
    use std::io::{Read, Write};
    let Some(engine) = engine() else { return };
    let ask = |proxy: &Proxy, patience: Duration| {
        let mut stream =
            std::os::unix::net::UnixStream::connect(proxy.host.strip_prefix("unix://").unwrap()).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n").unwrap();
        stream.read(&mut [0; 64]).is_ok()
    };
    let proxy = Proxy::holding(&engine.host, "/networks");
    assert!(ask(&proxy, Duration::from_mins(1)));
    assert_eq!(proxy.requests(), ["GET /_ping HTTP/1.1"]);
    assert!(!ask(&Proxy::holding(&engine.host, "/_ping"), Duration::from_millis(200)));
}
