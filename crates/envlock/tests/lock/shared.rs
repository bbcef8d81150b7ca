//! The state directory that users share: they exclude each other, and one of them who is hostile gains nothing.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use evenkeel_tests::{SharedState, root};
use serde_json::Value;

use crate::{Done, is_running, send, until};

/// Numbers that no user of the machine has.
const ALICE: u32 = 64_101;
const BOB: u32 = 64_102;
const ROOT: u32 = 0;

/// A shared state directory, and envlock where all users can run it.
struct Machine(SharedState);

impl Machine {
    /// None where this test does not run as root.
    fn new() -> Option<Self> {
        SharedState::new(&[Path::new(env!("CARGO_BIN_EXE_envlock"))]).map(Self)
    }

    fn state(&self) -> PathBuf {
        self.0.path()
    }

    fn lock_dir(&self) -> PathBuf {
        self.state().join("locks")
    }

    fn home(&self, user: u32) -> PathBuf {
        self.0.home(user)
    }

    fn command(&self, user: u32, words: &[&str]) -> Command {
        self.0.command(user, "", words)
    }

    fn envlock(&self, user: u32, args: &[&str]) -> Command {
        self.command(user, &[&[self.0.tool("envlock").as_str()], args].concat())
    }

    fn run(&self, user: u32, args: &[&str]) -> Done {
        Done(self.envlock(user, args).output().unwrap())
    }

    /// Runs a shell script as a user, in the directory of the locks.
    fn shell(&self, user: u32, script: &str) -> Done {
        Done(self.command(user, &["sh", "-c", script]).current_dir(self.lock_dir()).output().unwrap())
    }

    /// Starts envlock around a command that runs until its file `go` is there, and returns when that runs.
    fn hold(&self, user: u32, args: &[&str]) -> Holder<'_> {
        let home = self.home(user);
        let _ = fs::remove_file(home.join("go"));
        let script =
            "echo $$ >inside.new; mv inside.new inside; while ! [ -e go ]; do sleep 0.01; done; rm inside";
        let child = self.envlock(user, &[args, &["--", "sh", "-c", script]].concat()).spawn().unwrap();
        until("the holder is inside", || home.join("inside").exists());
        let command = fs::read_to_string(home.join("inside")).unwrap().trim().parse().unwrap();
        Holder { machine: self, user, child, command }
    }

    fn status(&self, user: u32, name: &str) -> Value {
        let done = self.run(user, &["status", name, "--json"]);
        assert_eq!(done.code(), 0, "{done:?}");
        let mut status: Value = serde_json::from_str(&done.stdout()).unwrap();
        assert_eq!(
            (status["shared"].as_bool(), status["state_directory"].as_str()),
            (Some(true), self.state().to_str())
        );
        status["locks"][0].take()
    }

    fn waiting(&self, name: &str) -> usize {
        self.status(ROOT, name)["queue"].as_array().unwrap().len()
    }
}

struct Holder<'a> {
    machine: &'a Machine,
    user: u32,
    child: Child,
    command: i32,
}

impl Holder<'_> {
    fn let_go(&mut self) -> i32 {
        fs::write(self.machine.home(self.user).join("go"), "").unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.machine.home(self.user).join("go"), "");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn users_with_different_umasks_exclude_and_see_each_other() {
    let Some(machine) = Machine::new() else { return };
    let mut holder = machine.hold(ALICE, &["--purpose", "nightly", "test"]);
    for user in [BOB, ROOT] {
        let refused = machine.run(user, &["-n", "test", "--", "true"]);
        assert_eq!(refused.code(), 75, "{refused:?}");
        assert!(
            refused.stderr().contains(&format!("{ALICE}@")) && refused.stderr().contains("nightly"),
            "{refused:?}"
        );
    }
    let waiter = machine.envlock(BOB, &["test", "--", "true"]).spawn().unwrap();
    until("bob waits", || machine.waiting("test") == 1);
    let last = machine.envlock(ROOT, &["test", "--", "true"]).spawn().unwrap();
    until("root waits", || machine.waiting("test") == 2);
    assert_eq!(holder.let_go(), 0);
    for mut waiter in [waiter, last] {
        assert!(waiter.wait().unwrap().success());
    }
    let history = machine.run(BOB, &["history", "test", "--json"]).stdout();
    assert_eq!(history.matches("nightly").count(), 1, "{history}");
    let words = machine.run(BOB, &["status"]).stdout();
    assert!(
        words.ends_with(&format!("locks in {}, shared by all users\n", machine.lock_dir().display())),
        "{words}"
    );
    // Shared by both, and slots.
    let _one = machine.hold(ALICE, &["--slots", "2", "test"]);
    let _two = machine.hold(BOB, &["--slots", "2", "test"]);
    assert_eq!(machine.run(ROOT, &["-n", "--slots", "2", "test", "--", "true"]).code(), 75);
    assert_eq!(machine.run(ROOT, &["-n", "--shared", "test", "--", "true"]).code(), 0);
}

/// All come at once to a lock that nobody has used before, and some are killed.
#[test]
fn a_storm_of_two_users_is_never_two_at_once() {
    let Some(machine) = Machine::new() else { return };
    let room = machine.0.directory().join("room");
    fs::create_dir(&room).unwrap();
    fs::set_permissions(&room, fs::Permissions::from_mode(0o777)).unwrap();
    // flock(1) cannot be used here as witness: it is what is tested. A directory is made by one alone. What a killed
    // envlock leaves running dies before it removes it, so those that are killed do not make it.
    let script = format!("mkdir {0}/inside || exit 99; sleep 0.01; rmdir {0}/inside", room.display());
    let start = |user: u32, script: &str| {
        machine.envlock(user, &["-w", "1m", "test", "--", "sh", "-c", script]).spawn().unwrap()
    };
    let mut all = Vec::new();
    for number in 0..30 {
        let user = [ALICE, BOB, ROOT][number % 3];
        if number % 5 == 4 {
            let mut killed = start(user, "sleep 0.01");
            std::thread::sleep(std::time::Duration::from_millis(5 * (number as u64 % 7)));
            killed.kill().unwrap();
            killed.wait().unwrap();
        }
        all.push(start(user, &script));
    }
    for mut envlock in all {
        assert_eq!(envlock.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn the_lock_of_another_users_dead_envlock_lasts_as_long_as_its_command() {
    let Some(machine) = Machine::new() else { return };
    let mut holder = machine.hold(ALICE, &["test"]);
    // Not the shell that became envlock, but envlock: setpriv and sh were replaced by it. Its command ignores SIGTERM.
    let script =
        "trap '' TERM; echo $$ >stubborn.new; mv stubborn.new stubborn; while :; do sleep 0.01; done";
    holder.let_go();
    let mut stubborn = machine.envlock(ALICE, &["test", "--", "sh", "-c", script]).spawn().unwrap();
    let file = machine.home(ALICE).join("stubborn");
    until("the command runs", || file.exists());
    let command: i32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    stubborn.kill().unwrap();
    stubborn.wait().unwrap();
    // Bob may end nothing of Alice's.
    assert_eq!(machine.run(BOB, &["-w", "300ms", "test", "--", "true"]).code(), 75);
    assert!(is_running(command));
    send("-KILL", command.cast_unsigned());
    assert_eq!(machine.run(BOB, &["-w", "30s", "test", "--", "true"]).code(), 0);
    // Her ticket stays, is cleared up after once, and does not make the environment dirty for ever.
    let status = machine.status(BOB, "test");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &true.into()));
    let both = ["--setup", "echo up >>steps", "--teardown", "echo down >>steps", "test", "--", "true"];
    for _ in 0..2 {
        assert_eq!(machine.run(BOB, &both).code(), 0);
    }
    assert_eq!(fs::read_to_string(machine.home(BOB).join("steps")).unwrap(), "down\nup\ndown\nup\ndown\n");
    assert_eq!(machine.run(BOB, &["history", "test"]).stdout().matches("died").count(), 1);
    let tickets =
        || fs::read_dir(machine.lock_dir()).unwrap().filter(|file| is_ticket(file.as_ref().unwrap())).count();
    assert_eq!(tickets(), 1);
    assert_eq!(machine.run(ROOT, &["test", "--", "true"]).code(), 0);
    assert_eq!(tickets(), 0, "root clears it away");
}

fn is_ticket(file: &fs::DirEntry) -> bool {
    Path::new(&file.file_name()).extension().is_some_and(|mode| mode == "x")
}

#[test]
fn root_ends_what_another_users_dead_envlock_left() {
    let Some(machine) = Machine::new() else { return };
    let mut holder = machine.hold(ALICE, &["test"]);
    holder.child.kill().unwrap();
    holder.child.wait().unwrap();
    let command = holder.command;
    assert_eq!(machine.run(ROOT, &["-w", "30s", "test", "--", "true"]).code(), 0);
    assert!(!is_running(command));
}

#[test]
fn a_stopped_holder_of_another_user_stays_a_holder_and_only_root_breaks_it() {
    let Some(machine) = Machine::new() else { return };
    let holder = machine.hold(ALICE, &["test"]);
    send("-STOP", holder.child.id());
    assert_eq!(machine.run(BOB, &["-n", "test", "--", "true"]).code(), 75);
    let refused = machine.run(BOB, &["break", "test", "--reason", "mine"]);
    assert_eq!(refused.code(), 3, "{refused:?}");
    assert!(refused.stderr().contains(&format!("it belongs to {ALICE} (user {ALICE})")), "{refused:?}");
    let broken = machine.run(ROOT, &["break", "test", "--reason", "hangs"]);
    assert_eq!(broken.code(), 0, "{broken:?}");
    assert_eq!(machine.run(BOB, &["-n", "test", "--", "true"]).code(), 0);
}

#[test]
fn a_private_run_shows_neither_command_nor_purpose() {
    let Some(machine) = Machine::new() else { return };
    let mut holder = machine.hold(ALICE, &["--private", "--purpose", "merger", "test"]);
    let shown = machine.shell(BOB, "grep -rs merger . ; grep -rs inside.new . ; true").stdout();
    assert_eq!(shown, "");
    assert_eq!(machine.status(BOB, "test")["holders"][0]["purpose"], Value::Null);
    holder.let_go();
    let history = machine.run(BOB, &["history", "test", "--json"]).stdout();
    assert!(history.contains("(private)") && !history.contains("merger"), "{history}");
}

#[test]
fn nobody_runs_the_recorded_take_down_of_another_user() {
    let Some(machine) = Machine::new() else { return };
    let steps = |user: u32| {
        ["setup", "teardown"].map(|step| format!("echo {step} {user} $(id -u) >>\"$HOME/steps\""))
    };
    let run = |user: u32, more: &[&str]| {
        let [setup, teardown] = steps(user);
        machine
            .run(
                user,
                &[&["--setup", &setup, "--teardown", &teardown], more, &["test", "--", "true"]].concat(),
            )
            .code()
    };
    let log = |user: u32| fs::read_to_string(machine.home(user).join("steps")).unwrap_or_default();
    assert_eq!(run(ALICE, &["--keep-for", "1ms"]), 0);
    for user in [BOB, ROOT] {
        let swept = machine.run(user, &["sweep", "--json"]);
        assert!(swept.stdout().contains("\"action\":\"skipped\""), "{swept:?}");
        let down = machine.run(user, &["down", "test"]);
        assert_eq!(down.code(), 125, "{down:?}");
        assert!(down.stderr().contains(&format!("{ALICE} (user {ALICE}) set it up")), "{down:?}");
        let without = machine.run(user, &["--setup", "true", "test", "--", "true"]);
        assert_eq!(without.code(), 125, "{without:?}");
        assert_eq!(log(user), "");
    }
    // His own take-down is his to run.
    assert_eq!(run(BOB, &["--keep"]), 0);
    assert_eq!(log(BOB), format!("teardown {BOB} {BOB}\nsetup {BOB} {BOB}\n"));
    assert_eq!(log(ALICE), format!("setup {ALICE} {ALICE}\n"));
    assert_eq!(machine.run(ALICE, &["down", "test"]).code(), 125);
    assert_eq!(machine.run(BOB, &["down", "test"]).code(), 0);
    assert_eq!(machine.status(ALICE, "test")["environment"], Value::Null, "her record does not count again");
    assert_eq!(run(ALICE, &[]), 0);
    assert_eq!(
        log(ALICE),
        format!("setup {ALICE} {ALICE}\nsetup {ALICE} {ALICE}\nteardown {ALICE} {ALICE}\n")
    );
}

/// Alice is hostile. She made the lock files, so she may remove them; the guard is not hers.
#[test]
fn who_owns_the_lock_files_cannot_make_two_enter() {
    let Some(machine) = Machine::new() else { return };
    for args in [
        &["test"][..],
        &["--shared", "--setup", "true", "--teardown", "true", "test"],
        &["--slots", "1", "test"],
    ] {
        assert_eq!(machine.run(ALICE, &[args, &["--", "true"]].concat()).code(), 0);
    }
    for args in [&["test"][..], &["--slots", "1", "test"]] {
        let mut holder = machine.hold(BOB, args);
        let attack = "rm -f test.lock test@seq test@gate test@slot.0 test@mark; rm -f .guard test@*.[xsn]; mv .guard moved; true";
        machine.shell(ALICE, attack);
        assert!(machine.lock_dir().join(".guard").exists() && !machine.lock_dir().join("test.lock").exists());
        assert_eq!(machine.run(ROOT, &[&["-n"], args, &["--", "true"]].concat()).code(), 75);
        // Not even with all tickets gone, as root could do it.
        clear(&machine.lock_dir());
        assert_eq!(machine.run(ROOT, &[&["-w", "300ms"], args, &["--", "true"]].concat()).code(), 75);
        assert_eq!(holder.let_go(), 0);
        assert_eq!(machine.run(ROOT, &[&["-n"], args, &["--", "true"]].concat()).code(), 0);
        clear(&machine.lock_dir());
        assert_eq!(machine.run(ALICE, &[args, &["--", "true"]].concat()).code(), 0);
    }
}

/// What stands under a name that root is about to use.
#[test]
fn planted_files_are_not_followed_and_do_not_hang() {
    let Some(machine) = Machine::new() else { return };
    let (victim, envlock) = (machine.0.directory().join("victim"), machine.0.directory().join("envlock"));
    let names = [
        "test.lock",
        "test@seq",
        "test@mark",
        "test@1.x",
        "test@history.0.jsonl",
        "test@history.0.jsonl.lock",
        "test@environment.0.json",
        "test@slot.0",
        "test@1.break",
        "test@1.turn",
    ];
    let planted = [
        format!("ln -s {} NAME", victim.display()),
        "mkfifo NAME".to_owned(),
        "mkdir NAME".to_owned(),
        // Sparse: larger than any memory.
        "truncate -s 1T NAME; chmod 666 NAME".to_owned(),
        "ln /etc/passwd NAME".to_owned(),
    ];
    for plant in &planted {
        for name in names {
            machine.shell(ALICE, &plant.replace("NAME", name));
            for args in [
                &["-w", "2s", "--setup", "true", "--teardown", "true", "test", "--", "true"][..],
                &["-w", "2s", "--slots", "1", "test", "--", "true"],
                &["status", "test"],
                &["history", "test"],
                &["sweep"],
            ] {
                let args = [&["timeout", "20", envlock.to_str().unwrap()], args].concat();
                let done = Done(machine.command(ROOT, &args).output().unwrap());
                assert!([0, 3, 125].contains(&done.code()), "{plant} {name} {args:?}: {done:?}");
                assert!(!done.stderr().contains("panicked"), "{done:?}");
            }
            assert!(!victim.exists(), "{plant} {name}");
            clear(&machine.lock_dir());
        }
    }
    assert_eq!(machine.run(ROOT, &["test", "--", "true"]).code(), 0);
}

fn clear(locks: &Path) {
    for file in fs::read_dir(locks).unwrap().map(Result::unwrap).filter(|file| file.file_name() != ".guard") {
        if file.file_type().unwrap().is_dir() {
            fs::remove_dir(file.path()).unwrap();
        } else {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

/// Tickets that say more than their owner may: root ends nobody's processes for them.
#[test]
fn a_forged_ticket_ends_nobody() {
    let Some(machine) = Machine::new() else { return };
    let holder = machine.hold(BOB, &["other"]);
    // A real ticket, left by a killed envlock, with Bob's process in it.
    let mut own = machine.hold(ALICE, &["test"]);
    own.child.kill().unwrap();
    own.child.wait().unwrap();
    send("-KILL", own.command.cast_unsigned());
    let forge = format!("sed -i 's/\"pid\":{}/\"pid\":{}/' test@1.x", own.child.id(), holder.child.id());
    // sed writes a new file, which is hers too.
    let forged = machine.shell(ALICE, &forge);
    assert_eq!(forged.code(), 0, "{forged:?}");
    // And one that is held, as if Bob's process held the lock.
    let ticket = machine.lock_dir().join("test@1.x");
    let held = File::open(&ticket).unwrap();
    held.lock().unwrap();
    // Where it believes the ticket it waits for the end of its owner.
    let envlock = machine.0.directory().join("envlock");
    let words =
        ["timeout", "20", envlock.to_str().unwrap(), "break", "test", "--reason", "hangs", "--grace", "1s"];
    let broken = Done(machine.command(ROOT, &words).output().unwrap());
    assert_eq!(broken.code(), 3, "{broken:?}");
    assert!(broken.stderr().contains("which is not its owner's"), "{broken:?}");
    drop(held);
    assert_eq!(machine.run(ROOT, &["-w", "10s", "test", "--", "true"]).code(), 0);
    assert!(is_running(holder.child.id().cast_signed()) && is_running(holder.command));
}

#[test]
fn a_directory_that_others_could_replace_is_refused() {
    let Some(machine) = Machine::new() else { return };
    let refused = |why: &str| {
        let done = machine.run(BOB, &["test", "--", "true"]);
        assert_eq!(done.code(), 125, "{why}: {done:?}");
        assert!(done.stderr().contains(why) && done.stderr().contains("hint: "), "{done:?}");
    };
    let locks = machine.lock_dir();
    let own = |path: &Path, user: u32| std::os::unix::fs::chown(path, Some(user), None).unwrap();
    own(&locks, ALICE);
    refused("belongs to user 64101, not to root");
    own(&locks, ROOT);
    own(&machine.state(), ALICE);
    refused("belongs to user 64101, not to root");
    own(&machine.state(), ROOT);
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o777)).unwrap();
    refused("has no sticky bit");
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o755)).unwrap();
    // As with --group, for those who are not in it.
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o750)).unwrap();
    refused("Permission denied");
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o755)).unwrap();
    own(&locks.join(".guard"), ALICE);
    refused("belongs to user 64101, not to root");
    fs::remove_file(locks.join(".guard")).unwrap();
    refused("run evenkeel-setup as root");
    let again = Command::new(root().join("scripts/evenkeel-setup")).arg(machine.state()).status().unwrap();
    assert!(again.success());
    assert_eq!(machine.run(BOB, &["test", "--", "true"]).code(), 0);
    let facts = locks.join("test.lock").metadata().unwrap();
    assert_eq!((facts.mode() & 0o7777, facts.uid()), (0o666, BOB));
    symlink("/etc", locks.join("linked.lock")).unwrap();
    assert_eq!(machine.run(BOB, &["linked", "--", "true"]).code(), 125);
}
