//! The state directory that the users and containers of one machine share, across tools.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, SharedState, World, built, engine, tool};
use serde_json::Value;

/// Becomes a user that the machine does not have.
const AS_ALICE: [&str; 4] = ["setpriv", "--reuid=64103", "--regid=64103", "--clear-groups"];
const IN_OWN_PID_NAMESPACE: [&str; 4] = ["unshare", "--pid", "--mount-proc", "--kill-child=KILL"];

/// A shared state directory, and the tools where all users can run them.
struct Machine(SharedState);

impl Machine {
    /// None where this does not run as root.
    fn new() -> Option<Self> {
        SharedState::new(&[&built("envlock"), &built("dockprune")]).map(Self)
    }

    fn state(&self) -> PathBuf {
        self.0.path()
    }

    fn envlock(&self) -> String {
        self.0.tool("envlock")
    }

    /// A command that finds the shared state.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = tool(words[0], self.0.directory());
        command.args(&words[1..]).env("NETRA_HOME", self.state()).stdin(Stdio::null());
        command
    }

    /// Starts an envlock that holds a lock until this is dropped; `wrapper` starts it.
    fn hold(&self, wrapper: &[&str], name: &str) -> Holder {
        let envlock = self.envlock();
        let words = [wrapper, &[&envlock, name, "--", "sleep", "1000"]].concat();
        let holder = Holder(self.command(&words).spawn().unwrap());
        self.until_held(name, true);
        holder
    }

    /// How an envlock ends that does not wait; `wrapper` starts it.
    fn try_hold(&self, wrapper: &[&str], name: &str) -> Option<i32> {
        let envlock = self.envlock();
        let words = [wrapper, &[&envlock, "-n", name, "--", "true"]].concat();
        self.command(&words).output().unwrap().status.code()
    }

    fn until_held(&self, name: &str, held: bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while (self.status(name)["verdict"] == "held") != held {
            assert!(Instant::now() < deadline, "waited 30 s until {name} is held: {held}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn status(&self, name: &str) -> Value {
        let output = self.command(&[&self.envlock(), "status", name, "--json"]).output().unwrap();
        let mut status: Value = serde_json::from_slice(&output.stdout).unwrap();
        status["locks"][0].take()
    }

    fn dockprune(&self, host: &str, label: &str) -> Output {
        let dockprune = self.0.tool("dockprune");
        let args = [dockprune.as_str(), "--label", label, "--older-than", "0s"];
        self.command(&args).env("DOCKER_HOST", host).output().unwrap()
    }
}

struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn roots_dockprune_leaves_an_environment_that_a_user_holds() {
    let (Some(engine), Some(machine)) = (engine(), Machine::new()) else { return };
    let world = World::new(engine);
    engine.docker(&["create", "--name", &world.name("of-alice"), "--label", &world.label(), BUSYBOX, "true"]);
    let is_there =
        || !engine.docker(&["ps", "-aq", "--filter", &format!("label={}", world.label())]).is_empty();

    let holder = machine.hold(&AS_ALICE, world.id());
    let pruned = machine.dockprune(&engine.host, &world.label());
    assert!(pruned.status.success() && is_there(), "{pruned:?}");
    let said = String::from_utf8_lossy(&pruned.stdout).into_owned();
    assert!(said.contains("locked by 64103 (pid ") && said.contains("sleep 1000"), "{said}");
    drop(holder);
    machine.until_held(world.id(), false);
    let pruned = machine.dockprune(&engine.host, &world.label());
    assert!(pruned.status.success() && !is_there(), "{pruned:?}");
}

#[test]
fn a_lock_holds_across_pid_namespaces() {
    let Some(machine) = Machine::new() else { return };
    for (holder, other) in [
        (&IN_OWN_PID_NAMESPACE[..], &[][..]),
        (&[], &IN_OWN_PID_NAMESPACE),
        (&IN_OWN_PID_NAMESPACE, &IN_OWN_PID_NAMESPACE),
    ] {
        let held = machine.hold(holder, "test");
        // Twice: the first must not have taken the ticket for that of a dead one.
        for _ in 0..2 {
            assert_eq!(machine.try_hold(other, "test"), Some(75), "{holder:?} {other:?}");
        }
        assert_eq!(machine.status("test")["holders"].as_array().unwrap().len(), 1);
        drop(held);
        machine.until_held("test", false);
        assert_eq!(machine.try_hold(other, "test"), Some(0), "{holder:?} {other:?}");
    }
}

#[test]
fn a_lock_holds_from_inside_a_container() {
    let (Some(engine), Some(machine)) = (engine(), Machine::new()) else { return };
    let world = World::new(engine);
    let name = world.name("job");
    let (state, envlock) = (machine.state(), machine.envlock());
    let mounts = [format!("{0}:{0}", state.display()), format!("{envlock}:{envlock}:ro")];
    let home = format!("NETRA_HOME={}", state.display());
    // The image is empty but for busybox, and envlock may be linked to the libraries of this machine.
    let libraries = ["/lib:/lib:ro", "/lib64:/lib64:ro", "/usr/lib:/usr/lib:ro"];
    let mut run = vec!["run", "--label", world.label().leak(), "-e", &home];
    run.extend(mounts.iter().map(String::as_str).chain(libraries).flat_map(|mount| ["-v", mount]));
    let job = [&run[..], &["-d", "--name", &name, BUSYBOX, &envlock, "test", "--", "sleep", "1000"]].concat();
    engine.docker(&job);
    machine.until_held("test", true);
    for _ in 0..2 {
        assert_eq!(machine.try_hold(&[], "test"), Some(75));
    }
    assert_eq!(machine.try_hold(&AS_ALICE, "test"), Some(75));
    engine.docker(&["kill", &name]);
    machine.until_held("test", false);

    let _held = machine.hold(&AS_ALICE, "test");
    let from_inside =
        engine.try_docker(&[&run[..], &["--rm", BUSYBOX, &envlock, "-n", "test", "--", "true"]].concat());
    assert_eq!(from_inside.status.code(), Some(75), "{from_inside:?}");
}
