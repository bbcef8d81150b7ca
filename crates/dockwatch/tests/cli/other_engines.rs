//! Engines that answer differently: an engine behind a relay that rewrites its answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;

use evenkeel_tests::{BUSYBOX, Engine, Home, World, engine};

use crate::json::Snapshot;
use crate::{dockwatch, run};

/// Passes on what an engine answers, with a text replaced by one of the same length. Returns where it listens; its threads
/// end with the test's process.
fn rewriting(engine: &Engine, text: &'static str, by: &'static str) -> String {
    assert_eq!(text.len(), by.len(), "the engine has said how long its answer is");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("tcp://{}", listener.local_addr().unwrap());
    let socket = engine.host.strip_prefix("unix://").unwrap().to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (mut question, mut to_engine) =
                (client.try_clone().unwrap(), UnixStream::connect(&socket).unwrap());
            let (mut answer, mut to_client) = (to_engine.try_clone().unwrap(), client);
            std::thread::spawn(move || std::io::copy(&mut question, &mut to_engine));
            std::thread::spawn(move || {
                let mut buffer = vec![0; 1 << 20];
                while let Ok(count @ 1..) = answer.read(&mut buffer) {
                    let piece = String::from_utf8_lossy(&buffer[..count]).replace(text, by);
                    if to_client.write_all(piece.as_bytes()).is_err() {
                        break;
                    }
                }
                to_client.shutdown(Shutdown::Both)
            });
        }
    });
    host
}

fn start(engine: &Engine, world: &World<'_>) {
    engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
}

fn look(host: &str, home: &Home, label: &str) -> Snapshot {
    let args = ["--json", "--call-timeout", "10s", "--label", label];
    let (stdout, _) = run(&mut dockwatch(host, home), &args, 0);
    serde_json::from_str(&stdout).unwrap()
}

/// A container in a state that nobody knows yet is counted, because its inspect says that it runs.
#[test]
fn an_unknown_state() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its memory is unknown where its cgroups are not seen") {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    start(engine, &world);
    let host = rewriting(engine, "\"State\":\"running\"", "\"State\":\"hovers!\"");
    let found = look(&host, &home, &world.label());
    assert_eq!((found.containers[0].state.as_str(), found.totals.containers_running), ("hovers!", Some(1)));
    assert!(found.totals.memory_working_set_bytes.unwrap() > 0);
    assert_eq!(found.verdict, "safe");
}

/// As from Podman 4: without it the memory cannot be told, which is not safe.
#[test]
fn statistics_without_page_cache() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    start(engine, &world);
    let host = rewriting(engine, "inactive_file\"", "inactive_****\"");
    let found = look(&host, &home, &world.label());
    let container = &found.containers[0];
    assert!(container.memory_usage_bytes.unwrap() > 0, "{container:?}");
    assert_eq!((container.memory_working_set_bytes, found.totals.memory_working_set_bytes), (None, None));
    assert_eq!((found.verdict.as_str(), found.levels[0].level.as_deref()), ("unknown", None));
    assert_eq!(found.reasons, ["memory: unknown of 4.0 GiB"]);
    let check = ["check", "--call-timeout", "10s", "--label", &world.label()];
    let (stdout, _) = run(&mut dockwatch(&host, &home), &check, 3);
    assert_eq!(stdout, "unknown: memory: unknown of 4.0 GiB\n");
    let (stdout, _) = run(&mut dockwatch(&host, &home), &check[1..], 0);
    assert!(stdout.starts_with("UNKNOWN  memory: unknown of 4.0 GiB"), "{stdout}");
}

/// A rootless engine without cgroups shows the machine's use for each container.
#[test]
fn an_engine_without_cgroups() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    start(engine, &world);
    let host = rewriting(engine, "\"CgroupDriver\":\"cgroupfs\"", "\"CgroupDriver\":\"none\"    ");
    let found = look(&host, &home, &world.label());
    let container = &found.containers[0];
    assert_eq!((container.memory_usage_bytes, container.cpu_pct, container.pids), (None, None, None));
    assert_eq!(found.verdict, "unknown");
    let wanted = format!("{host}: the engine has no cgroups, so that what its containers use is unknown");
    assert_eq!(found.errors, [wanted]);
}
