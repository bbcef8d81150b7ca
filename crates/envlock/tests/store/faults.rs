//! Holders, keepers, members that are killed and stopped: the command never runs without the lock, and the lock is free
//! again in bounded time.

use std::time::{Duration, Instant};

use evenkeel_tests::Etcd;
use rustix::process::Signal;
use serde_json::Value;

use crate::{Done, World, is_running, keeper_of, send, shared, until};

/// The shortest lease time, so that a test does not wait long.
const TTL: [&str; 2] = ["--ttl", "5s"];

#[test]
fn a_killed_holder_takes_its_command_along_and_the_next_one_need_not_wait_for_the_lease() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["--ttl", "5m", "test"]);
    let waiter = world.queue("test", &["test", "--", "true"]);
    let command = holder.command;
    let started = Instant::now();
    send("-9", holder.pid());
    assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0);
    assert!(!is_running(command));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let history: Value = serde_json::from_str(&world.run(&["history", "test", "--json"]).stdout()).unwrap();
    let ends: Vec<&Value> = history["last"].as_array().unwrap().iter().map(|hold| &hold["end"]).collect();
    assert_eq!(ends, ["died", "done"]);
}

#[test]
fn a_command_that_ignores_sigterm_is_killed_with_its_envlock() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let pids = world.file("pids");
    // One in the command's group, and one in a group of its own.
    let script = format!(
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' & echo $$ $! > {0}.new; mv {0}.new {0}; \
         while :; do sleep 0.1; done",
        pids.display()
    );
    let mut child = world.start(&[&TTL[..], &["test", "--", "sh", "-c", &script]].concat());
    until("it is inside", || pids.exists());
    send("-9", child.id());
    child.wait().unwrap();
    assert_eq!(world.run(&["test", "--", "true"]).code(), 0);
    let pids = std::fs::read_to_string(pids).unwrap();
    assert!(pids.split_whitespace().all(|pid| !is_running(pid.parse().unwrap())), "{pids}");
}

#[test]
fn a_killed_waiter_is_in_nobodys_way() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["test"]);
    let mut first = world.queue("test", &["--ttl", "5m", "test", "--", "true"]);
    let second = world.queue("test", &["test", "--", "true"]);
    send("-9", first.id());
    first.wait().unwrap();
    until("its ticket is gone", || world.waiting("test") == 1);
    assert_eq!(holder.let_go().code(), 0);
    assert_eq!(Done(second.wait_with_output().unwrap()).code(), 0);
}

#[test]
fn a_stopped_envlock_keeps_the_lock_because_its_keeper_renews_it() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&[&TTL[..], &["test"]].concat());
    send("-STOP", holder.pid());
    // Longer than the lease.
    assert_eq!(world.run(&["-w", "8s", "test", "--", "true"]).code(), 75);
    send("-CONT", holder.pid());
    assert_eq!(holder.let_go().code(), 0);
}

#[test]
fn a_killed_or_stopped_keeper_costs_the_lock_and_envlock_ends_the_command_in_time() {
    for signal in ["-9", "-STOP"] {
        let Some(etcd) = shared() else { return };
        let world = World::new(etcd);
        let holder = world.hold(&[&TTL[..], &["test"]].concat());
        let (command, keeper) = (holder.command, keeper_of(holder.pid()));
        let waiter = world.queue("test", &["test", "--", "true"]);
        send(signal, keeper);
        let done = holder.ended();
        assert!(!is_running(command));
        assert_eq!(done.code(), 125, "{done:?}");
        assert!(done.stderr().contains("the lock test was lost"), "{}", done.stderr());
        assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0);
        if signal == "-STOP" {
            send("-9", keeper);
        }
    }
}

#[test]
fn where_the_ticket_is_deleted_the_command_is_ended_before_anybody_else_is_in() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let report = world.file("report");
    let holder = world.hold(&[&TTL[..], &["--report", report.to_str().unwrap(), "test"]].concat());
    let command = holder.command;
    let prefix = world.url.rsplit('/').next().unwrap();
    let key = |end: &str| crate::base64(&format!("{prefix}/envlock/1/test/q{end}"));
    let body = format!(r#"{{"key":"{}","range_end":"{}"}}"#, key("/"), key("0"));
    etcd.ask("kv/deleterange", &body).unwrap();
    let script = format!("kill -0 {command} && echo overlap; true");
    let next = world.run(&["test", "--", "sh", "-c", &script]);
    assert_eq!((next.code(), &*next.stdout()), (0, ""), "{next:?}");
    let done = holder.ended();
    assert_eq!(done.code(), 125);
    assert!(done.stderr().contains("its ticket is gone"), "{}", done.stderr());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!((&report["verdict"], &report["exit_code"]), (&"lost".into(), &125.into()));
}

#[test]
fn without_the_store_the_command_is_ended_and_the_lock_is_free_when_it_is_back() {
    let Some(etcd) = Etcd::start(1) else { return };
    let world = World::new(&etcd);
    let holder = world.hold(&[&TTL[..], &["test"]].concat());
    let command = holder.command;
    etcd.signal(0, Signal::STOP);
    until("the command was ended", || !is_running(command));
    let done = holder.ended();
    etcd.signal(0, Signal::CONT);
    assert_eq!(done.code(), 125, "{done:?}");
    let said = done.stderr();
    assert!(said.contains("the lock test was lost: it could not be renewed for"), "{said}");
    assert_eq!(world.run(&["test", "--", "true"]).code(), 0);
}

#[test]
fn a_command_that_ends_while_the_store_is_away_keeps_its_result() {
    let Some(etcd) = Etcd::start(1) else { return };
    let world = World::new(&etcd);
    let holder = world.hold(&["--ttl", "60s", "test"]);
    etcd.signal(0, Signal::STOP);
    let done = holder.let_go();
    etcd.signal(0, Signal::CONT);
    assert_eq!(done.code(), 0);
    assert!(done.stderr().contains("test was not given back"), "{}", done.stderr());
}

#[test]
fn a_new_leader_costs_nobody_the_lock() {
    let Some(etcd) = Etcd::start(3) else { return };
    let world = World::new(&etcd);
    for signal in [Signal::STOP, Signal::KILL] {
        let holder = world.hold(&["test"]);
        let waiter = world.queue("test", &["test", "--", "true"]);
        let mut leader = None;
        until("there is a leader", || {
            leader = etcd.leader();
            leader.is_some()
        });
        etcd.signal(leader.unwrap(), signal);
        // Two thirds of the lease time.
        std::thread::sleep(Duration::from_secs(10));
        let done = holder.let_go();
        assert_eq!(done.code(), 0, "{signal:?}: {done:?}");
        assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0, "{signal:?}");
        etcd.signal(leader.unwrap(), Signal::CONT);
    }
}
