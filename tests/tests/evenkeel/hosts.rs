//! Several hosts that use one engine, with their locks in a store.

use super::{Child, Command, Home, Stack, Stdio, engine, start_until_up, text};
use evenkeel_tests::Etcd;

/// evenkeel as another host runs it: with a name, and a state directory, of its own.
fn on_host(stack: &Stack<'_>, host: &str, home: &Home, via: &str, args: &[&str]) -> Command {
    let evenkeel = stack.evenkeel(args);
    let mut command = Command::new("unshare");
    command.args(["--uts", "sh", "-c", &format!("hostname {host} && exec \"$0\" \"$@\"")]);
    command.arg(evenkeel.get_program()).args(evenkeel.get_args());
    stack.environment(&mut command).env("NETRA_HOME", home.as_os_str()).env("ENVLOCK_VIA", via);
    command
}

/// The containers of the environment.
fn containers(stack: &Stack<'_>) -> String {
    let filter = format!("label=netra.env={}", stack.world.id());
    stack.engine.docker(&["ps", "-q", "--no-trunc", "--filter", &filter])
}

fn end(mut child: Child) -> String {
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    text(&output)
}

/// A command that says when it runs, and ends when its stdin does.
const UNTIL_TOLD: [&str; 4] = ["--", "sh", "-c", "echo up; cat"];

#[test]
fn the_first_host_sets_up_and_the_last_one_takes_down() {
    let (Some(engine), Some(etcd)) = (engine(), Etcd::start(1)) else { return };
    let stack = Stack::new(engine);
    let (via, a, b) = (etcd.url("engine"), Home::new(), Home::new());
    let start =
        |host, home| start_until_up(on_host(&stack, host, home, &via, &UNTIL_TOLD).stdin(Stdio::piped()));
    let first = start("host-a", &a);
    let set_up = containers(&stack);
    assert_ne!(set_up, "");
    let second = start("host-b", &b);
    assert_eq!(containers(&stack), set_up, "there was a second set-up");
    let status =
        stack.tool("envlock").args(["status", &stack.lock()]).env("ENVLOCK_VIA", &via).output().unwrap();
    for host in ["@host-a", "@host-b"] {
        assert!(text(&status).contains(host), "{host}: {}", text(&status));
    }
    end(first);
    assert_eq!(containers(&stack), set_up, "the first host took it down under the second one");
    let said = end(second);
    assert!(said.contains("was set up by another host: its ports are not known here"), "{said}");
    assert_eq!(stack.left(), "");
    // Nothing is locked on either host.
    assert!([a, b].iter().all(|home| !home.join("locks").join(format!("{}.lock", stack.lock())).exists()));
}

#[test]
fn what_a_host_keeps_another_one_takes_down() {
    let (Some(engine), Some(etcd)) = (engine(), Etcd::start(1)) else { return };
    let stack = Stack::new(engine);
    let (via, a, b) = (etcd.url("engine"), Home::new(), Home::new());
    let up = on_host(&stack, "host-a", &a, &via, &["up"]).output().unwrap();
    assert_eq!(up.status.code(), Some(0), "{}", text(&up));
    assert_ne!(stack.left(), "");
    let down = on_host(&stack, "host-b", &b, &via, &["down"]).output().unwrap();
    assert_eq!(down.status.code(), Some(0), "{}", text(&down));
    assert_eq!(stack.left(), "");
}

#[test]
fn a_store_without_a_name_for_the_engine_is_refused() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    for via in ["etcd://127.0.0.1:1", "etcd://127.0.0.1:1/"] {
        let output = stack.evenkeel(&["--", "true"]).env("ENVLOCK_VIA", via).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("etcd://HOST:PORT/ENGINE"), "{}", text(&output));
    }
    // A store that does not answer is not replaced by the locks of this machine.
    let output = stack.evenkeel(&["--", "true"]).env("ENVLOCK_VIA", "etcd://127.0.0.1:1/e").output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", text(&output));
    assert_eq!(stack.left(), "");
}
