//! Whoever waits and loses its ticket takes another one and goes on waiting.

use std::time::{Duration, Instant};

use evenkeel_tests::{Etcd, Link};
use rustix::process::Signal;

use crate::{Done, World, keeper_of, send, shared, until};

/// The holder's lease outlasts all that is done to the others.
const HOLDER: [&str; 3] = ["--ttl", "5m", "test"];
const WAITER: [&str; 3] = ["--ttl", "5s", "--wait-forever"];

fn wait_for(script: &str) -> Vec<&str> {
    [&WAITER[..], &["test", "--", "sh", "-c", script]].concat()
}

#[test]
fn a_waiter_that_was_stopped_for_longer_than_its_lease_queues_again_and_runs_once() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&HOLDER);
    let log = world.file("log");
    let note = |who: &str| format!("echo {who} >> {}", log.display());
    let (first, second) = (note("first"), note("second"));
    let stopped = world.queue("test", &wait_for(&first));
    let other = world.queue("test", &wait_for(&second));
    let keeper = keeper_of(stopped.id());
    for pid in [stopped.id(), keeper] {
        send("-STOP", pid);
    }
    until("its ticket is gone", || world.waiting("test") == 1);
    for pid in [stopped.id(), keeper] {
        send("-CONT", pid);
    }
    until("it has another ticket", || world.waiting("test") == 2);
    // Not one more.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(world.waiting("test"), 2);
    assert_eq!(holder.let_go().code(), 0);
    for child in [stopped, other] {
        assert_eq!(Done(child.wait_with_output().unwrap()).code(), 0);
    }
    assert_eq!(std::fs::read_to_string(log).unwrap(), "second\nfirst\n");
}

#[test]
fn a_waiter_that_was_stopped_as_its_turn_came_does_not_enter_with_what_it_knew() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&HOLDER);
    let stopped = world.queue("test", &wait_for("echo ran"));
    let keeper = keeper_of(stopped.id());
    for pid in [stopped.id(), keeper] {
        send("-STOP", pid);
    }
    // It gets the event when it goes on.
    assert_eq!(holder.let_go().code(), 0);
    let next = world.hold(&HOLDER);
    for pid in [stopped.id(), keeper] {
        send("-CONT", pid);
    }
    until("it waits again", || world.waiting("test") == 1);
    assert_eq!(next.let_go().code(), 0);
    assert_eq!(Done(stopped.wait_with_output().unwrap()).stdout(), "ran\n");
}

#[test]
fn a_waiter_outlasts_a_store_that_is_away_for_longer_than_its_lease() {
    let Some(etcd) = Etcd::start(1) else { return };
    let world = World::new(&etcd);
    let holder = world.hold(&HOLDER);
    let waiter = world.queue("test", &wait_for("echo ran"));
    etcd.signal(0, Signal::STOP);
    std::thread::sleep(Duration::from_secs(12));
    etcd.signal(0, Signal::CONT);
    until("it waits again", || world.waiting("test") == 1);
    assert_eq!(holder.let_go().code(), 0);
    assert_eq!(Done(waiter.wait_with_output().unwrap()).stdout(), "ran\n");
}

#[test]
fn a_waiter_that_was_cut_off_queues_again_and_one_that_stays_cut_off_gives_up_in_time() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&HOLDER);
    let link = Link::to(etcd.address(0));
    let url = world.url.replace(etcd.address(0), &link.address.to_string());
    let start = |limit: &str| {
        let mut envlock =
            world.envlock(&["--via", &url, "--ttl", "5s", "-w", limit, "test", "--", "echo", "ran"]);
        envlock.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let patient = start("60s");
    until("the first waits", || world.waiting("test") == 1);
    let impatient = start("8s");
    until("both wait", || world.waiting("test") == 2);
    link.cut();
    let cut = Instant::now();
    until("their tickets are gone", || world.waiting("test") == 0);
    let done = Done(impatient.wait_with_output().unwrap());
    assert_eq!((done.code(), &*done.stdout()), (125, ""), "{done:?}");
    assert!(done.stderr().contains("cannot reach the store"), "{done:?}");
    assert!(cut.elapsed() < Duration::from_secs(20), "{:?}", cut.elapsed());
    link.mend();
    until("it waits again", || world.waiting("test") == 1);
    assert_eq!(holder.let_go().code(), 0);
    assert_eq!(Done(patient.wait_with_output().unwrap()).stdout(), "ran\n");
}
