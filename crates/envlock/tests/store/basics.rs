//! What envlock promises of the locks of one machine holds over a store.

use serde_json::Value;

use crate::{Done, ENVLOCK, World, is_running, send, shared, until};

#[test]
fn runs_the_command_and_passes_on_its_code() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let script = "echo $ENVLOCK_FENCE $ENVLOCK_VIA $ENVLOCK_HELD; exit 7";
    let done = world.run(&["test", "--", "sh", "-c", script]);
    assert_eq!((done.code(), &*done.stderr()), (7, ""));
    let words: Vec<String> = done.stdout().split_whitespace().map(str::to_owned).collect();
    assert_eq!(words[1], world.url);
    assert!(words[2].starts_with(&format!("test:x:{}:", words[0])), "{words:?}");
    assert_eq!(world.run(&["test", "--", "no-such-program"]).code(), 127);
    assert_eq!(world.run(&["test", "--", "sh", "-c", "kill -9 $$"]).code(), 137);
    assert_eq!(world.status("test")["verdict"], "free");
    // What was run left nothing but the history, in the store and here.
    assert!(!world.file("locks").exists());
    let last = world.last_end("test");
    assert_eq!((&last["end"], &last["exit_code"]), (&"done".into(), &137.into()));
}

#[test]
fn the_fence_rises_with_every_hold() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let fence =
        || world.run(&["test", "--", "sh", "-c", "echo $ENVLOCK_FENCE"]).stdout().trim().parse::<u64>();
    let (first, second) = (fence().unwrap(), fence().unwrap());
    assert!(first < second);
}

#[test]
fn first_come_first_served_for_readers_and_writers() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["test"]);
    let log = world.file("log");
    let mut waiting = Vec::new();
    for (i, mode) in
        ["-s", "-s", "--wait-forever", "-s", "--wait-forever", "--wait-forever"].into_iter().enumerate()
    {
        // Readers are inside together: each waits for the other.
        let script = format!("echo {i} >> {}; sleep 0.1", log.display());
        waiting.push(world.queue("test", &[mode, "test", "--", "sh", "-c", &script]));
    }
    assert_eq!(holder.let_go().code(), 0);
    for child in waiting {
        assert_eq!(Done(child.wait_with_output().unwrap()).code(), 0);
    }
    let order = std::fs::read_to_string(log).unwrap().replace('\n', "");
    assert!(matches!(&*order, "012345" | "102345"), "{order}");
}

#[test]
fn readers_are_inside_together_and_a_writer_is_not() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let (one, two) = (world.hold(&["-s", "test"]), world.hold(&["-s", "test"]));
    assert_eq!(world.run(&["-n", "test", "--", "true"]).code(), 75);
    let writer = world.queue("test", &["test", "--", "true"]);
    // A reader that comes later does not overtake it.
    assert_eq!(world.run(&["-s", "-n", "test", "--", "true"]).code(), 75);
    assert_eq!((one.let_go().code(), two.let_go().code()), (0, 0));
    assert_eq!(Done(writer.wait_with_output().unwrap()).code(), 0);
}

#[test]
fn slots_are_numbered_and_the_next_in_the_queue_gets_the_one_that_is_free() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holders = [world.hold(&["--slots", "2", "test"]), world.hold(&["--slots", "2", "test"])];
    let slot = |at: usize| world.status("test")["holders"][at]["slot"].clone();
    assert_eq!((slot(0), slot(1)), (0.into(), 1.into()));
    assert_eq!(world.run(&["--slots", "2", "-n", "test", "--", "true"]).code(), 75);
    assert_eq!(world.run(&["-n", "test", "--", "true"]).code(), 75);
    let script = "echo slot $ENVLOCK_SLOT";
    let third = world.queue("test", &["--slots", "2", "test", "--", "sh", "-c", script]);
    let fourth = world.queue("test", &["--slots", "2", "test", "--", "sh", "-c", script]);
    let [first, second] = holders;
    assert_eq!(second.let_go().code(), 0);
    assert_eq!(Done(third.wait_with_output().unwrap()).stdout(), "slot 1\n");
    assert_eq!(Done(fourth.wait_with_output().unwrap()).stdout(), "slot 1\n");
    assert_eq!(first.let_go().code(), 0);
}

#[test]
fn says_who_holds_the_lock_and_gives_up() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["-p", "nightly", "test"]);
    let waiter = world.queue("test", &["test", "--", "true"]);
    let report = world.file("report");
    let done = world.run(&["-w", "100ms", "--report", report.to_str().unwrap(), "test", "--", "true"]);
    assert_eq!(done.code(), 75);
    let said = done.stderr();
    for part in ["test is busy, gave up after", "held by alice@", "(nightly)", "waiting: 1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(report["verdict"], "busy");
    assert_eq!(world.run(&["-n", "-E", "9", "test", "--", "true"]).code(), 9);
    until("those that gave up have left the queue", || world.waiting("test") == 1);
    assert_eq!(holder.let_go().code(), 0);
    assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0);
}

#[test]
fn an_envlock_below_does_not_wait_for_the_lock_above() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let under =
        |outer: &[&str], inner: &[&str]| world.run(&[outer, &["test", "--", ENVLOCK], inner].concat());
    assert_eq!(under(&["-w", "5s"], &["-n", "test", "--", "echo", "in"]).stdout(), "in\n");
    assert_eq!(under(&["-w", "5s"], &["-n", "-s", "test", "--", "true"]).code(), 0);
    let lesser = under(&["-s"], &["-n", "test", "--", "true"]);
    assert_eq!(lesser.code(), 3);
    assert!(lesser.stderr().contains("the shared lock that this command runs under"), "{}", lesser.stderr());
    assert_eq!(under(&["-s"], &["held", "test"]).code(), 0);
    assert_eq!(under(&["-s"], &["held", "other"]).code(), 1);
    assert_eq!(world.run(&["held", "test"]).code(), 1);
    // The lock of the same name on this machine is another one.
    assert_eq!(
        under(&["-w", "5s"], &["--via", "local", "-n", "test", "--", ENVLOCK, "held", "test"]).code(),
        0
    );
    let local =
        world.envlock(&["-n", "--via", "local", "test", "--", ENVLOCK, "held", "test"]).status().unwrap();
    assert_eq!(local.code(), Some(1));
    // An entry that was kept proves nothing.
    let entry = world.run(&["test", "--", "sh", "-c", "echo $ENVLOCK_HELD"]).stdout();
    let stale = world.envlock(&["held", "test"]).env("ENVLOCK_HELD", entry.trim()).status().unwrap();
    assert_eq!(stale.code(), Some(1));
}

#[test]
fn what_is_not_there_over_a_store_is_refused() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let done = world.run(&["--inherit", "test", "--", "echo", "ran"]);
    assert_eq!((done.code(), &*done.stdout()), (2, ""));
    assert!(done.stderr().contains("--inherit"), "{}", done.stderr());
    let done = world.run(&["sweep"]);
    assert_eq!(done.code(), 2);
    assert!(done.stderr().contains("ENVLOCK_VIA=local"), "{}", done.stderr());
    let local =
        world.envlock(&["--ttl", "9s", "test", "--", "true"]).env_remove("ENVLOCK_VIA").output().unwrap();
    assert_eq!(local.status.code(), Some(2));
    assert_eq!(world.run(&["--ttl", "1s", "test", "--", "true"]).code(), 2);
    let wrong = world.envlock(&["test", "--", "true"]).env("ENVLOCK_VIA", "http://x").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    // Said so, the lock of this machine is used.
    assert_eq!(world.run(&["--via", "local", "test", "--", "true"]).code(), 0);
    assert!(world.file("locks/test.lock").exists());
}

#[test]
fn several_locks_are_taken_together_and_given_back_together() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["--with", "dev:shared", "--with", "db", "test"]);
    assert_eq!(world.run(&["-n", "db", "--", "true"]).code(), 75);
    assert_eq!(world.run(&["-n", "test", "--", "true"]).code(), 75);
    assert_eq!(world.run(&["-n", "--shared", "dev", "--", "true"]).code(), 0);
    assert_eq!(world.run(&["-n", "--with", "db", "a", "--", "true"]).code(), 75);
    assert_eq!(world.status("a")["verdict"], "free");
    assert_eq!(holder.let_go().code(), 0);
    let names = ["db", "dev", "test"];
    assert!(names.iter().all(|name| world.run(&["-n", name, "--", "true"]).code() == 0));
    let twice = world.run(&["--with", "test", "test", "--", "true"]);
    assert_eq!(twice.code(), 2);
    // Under one of them only the others are waited for.
    let script = format!("{ENVLOCK} -n --with db test -- {ENVLOCK} held db");
    assert_eq!(world.run(&["test", "--", "sh", "-c", &script]).code(), 0);
}

#[test]
fn a_killed_holder_of_several_locks_gives_all_back() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let holder = world.hold(&["--ttl", "5m", "--with", "db", "test"]);
    send("-9", holder.pid());
    for name in ["db", "test"] {
        assert_eq!(world.run(&["-w", "20s", name, "--", "true"]).code(), 0);
    }
    assert!(!is_running(holder.command));
}

#[test]
fn crosswise_wishes_do_not_wait_for_each_other() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    std::thread::scope(|scope| {
        for (with, name) in [("b", "a"), ("a", "b"), ("c", "b"), ("a", "c")] {
            let world = &world;
            scope.spawn(move || {
                for _ in 0..5 {
                    let done = world.run(&["--with", with, name, "--", "true"]);
                    assert_eq!(done.code(), 0, "{with} {name}: {done:?}");
                }
            });
        }
    });
}

#[test]
fn status_lists_all_locks_of_the_prefix() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    assert_eq!(world.run(&["status"]).stdout(), "no environment has been locked yet\n");
    for name in ["b", "a", "a.b"] {
        assert_eq!(world.run(&[name, "--", "true"]).code(), 0);
    }
    let holder = world.hold(&["b"]);
    let text = world.run(&["status"]).stdout();
    let names: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(names, ["a: free", "a.b: free", "b: held"], "{text}");
    assert_eq!(holder.let_go().code(), 0);
}
