//! A store that has reached its quota: no lock, said in words; who is inside keeps its lock and gives it back.

use evenkeel_tests::Etcd;

use crate::{Done, World, base64, until};

const PUT: &str = "kv/put";

#[test]
fn a_full_store_gives_no_locks_and_takes_those_that_are_held_back() {
    let Some(etcd) = Etcd::start_with(1, &["--quota-backend-bytes=400000"]) else { return };
    let world = World::new(&etcd);
    let holder = world.hold(&["--ttl", "5s", "test"]);
    let waiter = world.queue("test", &["--ttl", "5s", "test", "--", "echo", "ran"]);
    let value = base64(&"x".repeat(30_000));
    until("the store is full", || {
        let answer = etcd.ask(PUT, &format!(r#"{{"key":"eA==","value":"{value}"}}"#));
        answer.is_some_and(|answer| {
            answer["error"].as_str().is_some_and(|error| error.contains("space exceeded"))
        })
    });
    let done = world.run(&["-n", "other", "--", "echo", "ran"]);
    assert_eq!((done.code(), &*done.stdout()), (125, ""), "{done:?}");
    let said = done.stderr();
    assert!(said.contains("space exceeded") && said.contains("hint: compact and defragment it"), "{said}");
    let doctor = world.run(&["doctor"]);
    assert_eq!(doctor.code(), 1, "{doctor:?}");
    assert!(doctor.stdout().contains("it has the alarm NOSPACE"), "{doctor:?}");
    // Longer than the lease.
    std::thread::sleep(std::time::Duration::from_secs(6));
    let done = holder.let_go();
    assert_eq!((done.code(), &*done.stderr()), (0, ""), "{done:?}");
    assert_eq!(world.status("test")["holders"], serde_json::json!([]));
    // Its turn has come, but it cannot enter.
    let done = Done(waiter.wait_with_output().unwrap());
    assert_eq!((done.code(), &*done.stdout()), (125, ""), "{done:?}");
    assert!(done.stderr().contains("space exceeded"), "{done:?}");
}
