//! Two users of one machine and of one engine, each with a run of his own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use evenkeel_tests::{SharedState, skip};

use super::{
    Child, Command, Output, Stack, Stdio, UNTIL_ENDED, built, engine, root, signal, start_until_up, text,
};

/// The number of a user that one test alone has: all of a user's processes can be ended.
fn new_user() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    100_000_000 + std::process::id() * 10 + COUNT.fetch_add(1, Ordering::Relaxed)
}

/// The scripts and the tools where all users can run them, and a checkout that all can read.
struct Machine<'a> {
    stack: &'a Stack<'a>,
    shared: SharedState,
}

impl<'a> Machine<'a> {
    /// None where this test does not run as root, or the engine is closed to its group.
    fn new(stack: &'a Stack<'a>) -> Option<Self> {
        let tools = ["envlock", "dockwatch", "dockprune", "restartgate", "composecheck"].map(built);
        let shared = SharedState::new(&tools.each_ref().map(PathBuf::as_path))?;
        let copied = Command::new("cp")
            .args(["-r", "-L"])
            .arg(root().join("scripts"))
            .arg(shared.directory())
            .status();
        assert!(copied.unwrap().success());
        let machine = Self { stack, shared };
        machine.check_out(&machine.checkout());
        if !machine.command(new_user(), &["docker", "version"]).output().unwrap().status.success() {
            skip("the group of root may not use this engine");
            return None;
        }
        Some(machine)
    }

    /// Readable by all.
    fn checkout(&self) -> PathBuf {
        self.shared.directory().join("checkout")
    }

    fn check_out(&self, directory: &Path) {
        fs::create_dir(directory).unwrap();
        fs::copy(self.stack.file(), directory.join("compose.yml")).unwrap();
        fs::set_permissions(directory.join("compose.yml"), Permissions::from_mode(0o644)).unwrap();
    }

    /// A command of a user who may use the engine.
    fn command(&self, user: u32, words: &[&str]) -> Command {
        let mut command = self.shared.command(user, "0", words);
        command.env("DOCKER_HOST", &self.stack.engine.host).env("EVENKEEL_BIN", self.shared.directory());
        command
    }

    /// `evenkeel` in the checkout of all.
    fn evenkeel(&self, user: u32, args: &[&str]) -> Command {
        let (evenkeel, id) = (self.shared.tool("scripts/evenkeel"), self.stack.world.id());
        let scope = [evenkeel.as_str(), "-e", id, "-p", id];
        let mut command = self.command(user, &[&scope[..], args].concat());
        command.current_dir(self.checkout());
        command
    }

    fn containers(&self) -> String {
        let filter = format!("label=netra.env={}", self.stack.world.id());
        self.stack.engine.docker(&["ps", "-q", "--no-trunc", "--filter", &filter])
    }

    fn roots_dockprune(&self) -> Output {
        let label = format!("netra.env={}", self.stack.world.id());
        let dockprune = self.shared.tool("dockprune");
        let args =
            [dockprune.as_str(), "--label", &label, "--older-than", "0s", "--include-running", "--volumes"];
        self.command(0, &args).output().unwrap()
    }

    fn waiter(&self, user: u32) -> Child {
        self.waiting(&mut self.evenkeel(user, &BOBS_TURN))
    }

    /// Starts a run, and returns when it waits for the lock.
    fn waiting(&self, run: &mut Command) -> Child {
        let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.until_one_waits();
        child
    }

    fn until_one_waits(&self) {
        let envlock = self.shared.tool("envlock");
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let output =
                self.command(0, &[&envlock, "status", &self.stack.lock(), "--json"]).output().unwrap();
            let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            if status["locks"][0]["queue"].as_array().is_some_and(|queue| queue.len() == 1) {
                return;
            }
            assert!(Instant::now() < deadline, "{status}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Ends whatever a user runs, at once.
fn kill_all_of(user: u32, child: Child) {
    let killed = Command::new("pkill").args(["-9", "-U", &user.to_string()]).status().unwrap();
    assert!(killed.success());
    child.wait_with_output().unwrap();
}

const BOBS_TURN: [&str; 3] = ["--", "echo", "bob's turn"];

fn turn_of(bob: Child) -> (Option<i32>, String) {
    let output = bob.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn end(child: Child) -> (Option<i32>, String) {
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output))
}

/// Even from one checkout: what one user has set up only he takes down, so the next one sets up anew. Root's dockprune
/// leaves what he is using.
#[test]
fn two_users_of_one_checkout_take_turns() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let Some(machine) = Machine::new(&stack) else { return };
    let [alice_id, bob_id] = [new_user(), new_user()];
    let alice = start_until_up(&mut machine.evenkeel(alice_id, &UNTIL_ENDED));
    let started = machine.containers();
    let bob = machine.waiter(bob_id);

    let pruned = machine.roots_dockprune();
    let said = text(&pruned);
    assert!(pruned.status.success() && machine.containers() == started, "{said}");
    assert!(said.contains(&format!("locked by {alice_id} (pid ")), "{said}");
    assert!(said.ends_with("/locks, shared by all users\n"), "{said}");

    let (code, said) = end(alice);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(turn_of(bob), (Some(0), "bob's turn\n".to_owned()));
    assert_eq!(stack.left(), "");
}

/// One is killed with all that he runs: the other, who waits, starts clean and leaves nothing.
#[test]
fn a_users_run_that_is_killed_costs_the_other_nothing() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let Some(machine) = Machine::new(&stack) else { return };
    let [alice_id, bob_id] = [new_user(), new_user()];
    let alice = start_until_up(&mut machine.evenkeel(alice_id, &UNTIL_ENDED));
    let bob = machine.waiter(bob_id);
    kill_all_of(alice_id, alice);
    assert_eq!(turn_of(bob), (Some(0), "bob's turn\n".to_owned()));
    assert_eq!(stack.left(), "");
}

/// With checkouts of their own under one name the second waits; under the names that evenkeel gives them both run.
#[test]
fn users_with_checkouts_of_their_own_wait_for_a_name_and_not_for_each_other() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let Some(machine) = Machine::new(&stack) else { return };
    let [alice_id, bob_id] = [new_user(), new_user()];
    for id in [alice_id, bob_id] {
        machine.check_out(&machine.shared.home(id).join(stack.world.id()));
    }
    let own = |id: u32, args: &[&str]| {
        let evenkeel = machine.shared.tool("scripts/evenkeel");
        let words = [&[evenkeel.as_str(), "-e", stack.world.id()], args].concat();
        let mut command = machine.command(id, &words);
        command.current_dir(machine.shared.home(id).join(stack.world.id()));
        command
    };
    let both = [alice_id, bob_id].map(|id| start_until_up(&mut own(id, &UNTIL_ENDED)));
    assert_eq!(machine.containers().lines().count(), 2);
    for child in both {
        let (code, said) = end(child);
        assert_eq!(code, Some(130), "{said}");
    }
    assert_eq!(stack.left(), "");

    let named = ["-p", stack.world.id()];
    let alice = start_until_up(&mut own(alice_id, &[&named[..], &UNTIL_ENDED].concat()));
    let bob = machine.waiting(&mut own(bob_id, &[&named[..], &BOBS_TURN].concat()));
    let (code, said) = end(alice);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(turn_of(bob), (Some(0), "bob's turn\n".to_owned()));
    assert_eq!(stack.left(), "");
}
