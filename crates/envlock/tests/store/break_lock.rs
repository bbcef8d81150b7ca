//! `envlock break` reaches a holder wherever it is.

use crate::{Done, World, is_running, shared};

#[test]
fn ends_the_command_and_says_who_and_why() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    assert_eq!(world.run(&["break", "test", "--reason", "x"]).code(), 1);
    let holder = world.hold(&["test"]);
    let command = holder.command;
    let waiter = world.queue("test", &["test", "--", "true"]);
    let done = world.run(&["break", "test", "--reason", "hangs since noon"]);
    assert_eq!(done.code(), 0, "{done:?}");
    assert!(done.stdout().contains("broke test, held by alice@"), "{}", done.stdout());
    let broken = holder.ended();
    assert_eq!(broken.code(), 143);
    assert!(broken.stderr().contains("alice broke the lock test: hangs since noon"), "{}", broken.stderr());
    assert!(!is_running(command));
    assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0);
    let history = world.run(&["history", "test"]).stdout();
    assert!(history.contains("(broken by alice: hangs since noon)"), "{history}");
}

#[test]
fn a_command_that_ignores_sigterm_is_killed_after_the_grace() {
    let Some(etcd) = shared() else { return };
    let world = World::new(etcd);
    let ready = world.file("ready");
    let script = format!("trap '' TERM; : > {}; while :; do sleep 0.1; done", ready.display());
    let child = world.start(&["test", "--", "sh", "-c", &script]);
    crate::until("it is inside", || ready.exists());
    let done = world.run(&["break", "test", "--reason", "x", "--grace", "300ms"]);
    assert!(done.stdout().contains("it had to be killed"), "{done:?}");
    assert_eq!(Done(child.wait_with_output().unwrap()).code(), 137);
    assert_eq!(world.status("test")["verdict"], "free");
}
