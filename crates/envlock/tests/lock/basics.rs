//! The main job: one holder at a time, exact exit codes, clear messages when the lock is busy.

use std::process::Command;

use crate::{Home, until};

#[test]
fn passes_the_commands_output_and_code_through() {
    let home = Home::new();
    let done = home.run(&["test", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!((done.code(), &*done.stdout(), &*done.stderr()), (7, "out\n", "err\n"));
    for (command, code) in
        [("true", 0), ("false", 1), ("exit 42", 42), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
    {
        assert_eq!(home.run(&["test", "--", "sh", "-c", command]).code(), code, "{command}");
    }
}

#[test]
fn has_the_shells_codes_for_commands_that_cannot_run() {
    let home = Home::new();
    let missing = home.run(&["test", "--", "no-such-command"]);
    assert_eq!(missing.code(), 127);
    assert_eq!(
        missing.stderr(),
        "envlock: cannot run no-such-command: No such file or directory (os error 2)\n"
    );
    assert_eq!(home.run(&["test", "--", "/"]).code(), 126);
    assert_eq!(home.status("test")["verdict"], "free");
}

#[test]
fn refuses_wrong_arguments_with_2() {
    let home = Home::new();
    for args in [
        &["a/b", "--", "true"][..],
        &["..", "--", "true"],
        &["", "--", "true"],
        &["test"],
        &["test", "true"],
        &["test", "--"],
        &["--timeout", "5x", "test", "--", "true"],
        &["--slots", "0", "test", "--", "true"],
        &["--shared", "--slots", "2", "test", "--", "true"],
        &["--no-wait", "--timeout", "1s", "test", "--", "true"],
        &["status", "a/b"],
        &[],
    ] {
        assert_eq!(home.run(args).code(), 2, "{args:?}");
    }
}

#[test]
fn says_who_is_inside_when_it_gives_up() {
    let home = Home::new();
    let mut holder = home.hold(&["--purpose", "nightly", "test"]);
    for args in [
        &["--no-wait", "test", "--", "true"][..],
        &["--timeout", "50ms", "test", "--", "true"],
        &["--timeout", "0.05", "test", "--", "true"],
    ] {
        let done = home.run(args);
        assert_eq!(done.code(), 75);
        let said = done.stderr();
        assert!(said.starts_with("envlock: test is busy, gave up"), "{said}");
        assert!(said.contains("alice@") && said.contains("sh -c") && said.contains("(nightly)"), "{said}");
    }
    assert_eq!(home.run(&["-n", "-E", "9", "test", "--", "true"]).code(), 9);
    assert_eq!(holder.let_go(), 0);
    assert_eq!(home.run(&["--no-wait", "test", "--", "true"]).code(), 0);
}

#[test]
fn readers_share_and_writers_do_not() {
    let home = Home::new();
    let mut first = home.hold(&["--shared", "test"]);
    let mut second = home.hold(&["--shared", "test"]);
    assert_eq!(home.status("test")["holders"].as_array().unwrap().len(), 2);
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75);
    first.let_go();
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75);
    second.let_go();
    let mut writer = home.hold(&["test"]);
    assert_eq!(home.run(&["-n", "--shared", "test", "--", "true"]).code(), 75);
    writer.let_go();
}

#[test]
fn a_waiting_writer_is_not_overtaken_by_readers() {
    let home = Home::new();
    let mut reader = home.hold(&["--shared", "test"]);
    let writer = home.queue("test", &["test", "--", "echo", "writer"]);
    assert_eq!(home.run(&["-n", "--shared", "test", "--", "true"]).code(), 75);
    reader.let_go();
    assert!(writer.wait_with_output().unwrap().status.success());
}

#[test]
fn slots_let_n_in_and_number_them() {
    let home = Home::new();
    let mut first = home.hold(&["--slots", "2", "test"]);
    let mut second = home.hold(&["--slots", "2", "test"]);
    let slots = |name| -> Vec<u64> {
        let status = home.status(name);
        status["holders"].as_array().unwrap().iter().map(|holder| holder["slot"].as_u64().unwrap()).collect()
    };
    assert_eq!(slots("test"), [0, 1]);
    assert_eq!(home.run(&["-n", "--slots", "2", "test", "--", "true"]).code(), 75);
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75);
    let third = home.queue("test", &["--slots", "2", "test", "--", "sh", "-c", "echo $ENVLOCK_SLOT"]);
    first.let_go();
    assert_eq!(third.wait_with_output().unwrap().stdout, b"0\n");
    second.let_go();
}

#[test]
fn plain_flock_excludes_and_is_excluded() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let flock =
        |args: &[&str]| Command::new("flock").args(args).arg(home.lock_file("test")).arg("true").status();
    assert_eq!(flock(&["-n", "-E", "9"]).unwrap().code(), Some(9));
    holder.let_go();
    assert_eq!(flock(&["-n"]).unwrap().code(), Some(0));

    let mut outsider =
        Command::new("flock").arg(home.lock_file("test")).args(["sleep", "1000"]).spawn().unwrap();
    until("flock has the lock", || home.status("test")["verdict"] == "held");
    let done = home.run(&["-n", "test", "--", "true"]);
    assert_eq!(done.code(), 75);
    assert!(
        done.stderr().contains("outside by pid") && done.stderr().contains("sleep 1000"),
        "{}",
        done.stderr()
    );
    let seen = home.status("test")["outsiders"][0]["pid"].as_i64().unwrap();
    assert_eq!(seen, i64::from(outsider.id()));
    // Ending flock does not end its command, which keeps the lock: end both.
    let command = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", outsider.id())).unwrap();
    crate::send("-KILL", command.trim().parse().unwrap());
    outsider.wait().unwrap();
    assert_eq!(home.run(&["test", "--", "true"]).code(), 0);
}

#[test]
fn a_nested_envlock_passes_through_and_never_waits_for_itself() {
    let home = Home::new();
    let envlock = env!("CARGO_BIN_EXE_envlock");
    let nested = home.run(&["test", "--", envlock, "-s", "test", "--", envlock, "test", "--", "echo", "in"]);
    assert_eq!((nested.code(), &*nested.stdout()), (0, "in\n"));
    let more = home.run(&["--shared", "test", "--", envlock, "test", "--", "echo", "in"]);
    assert_eq!((more.code(), &*more.stdout()), (3, ""));
    assert!(more.stderr().contains("hint: take the stronger lock in the outer envlock"), "{}", more.stderr());
}

#[test]
fn a_stale_or_forged_variable_opens_nothing() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let ticket = home.status("test")["holders"][0]["ticket"].as_u64().unwrap();
    let forged = format!("test:x:{ticket}:{}-1", holder.child.id());
    let done = home.envlock(&["-n", "test", "--", "true"]).env("ENVLOCK_HELD", forged).output().unwrap();
    assert_eq!(done.status.code(), Some(75));
    // The holder's own entry, but in a process that is not its descendant.
    let environment = std::fs::read(format!("/proc/{}/environ", holder.command)).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let token = environment.split('\0').find_map(|one| one.strip_prefix("ENVLOCK_HELD=")).unwrap();
    let done = home.envlock(&["-n", "test", "--", "true"]).env("ENVLOCK_HELD", token).output().unwrap();
    assert_eq!(done.status.code(), Some(75));
    holder.let_go();
}

#[test]
fn a_killed_holder_takes_its_command_with_it_and_frees_the_lock() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    holder.signal("-KILL");
    holder.child.wait().unwrap();
    let done = home.run(&["--timeout", "20s", "test", "--", "echo", "next"]);
    assert_eq!((done.code(), &*done.stdout()), (0, "next\n"), "{}", done.stderr());
    assert!(!crate::is_running(holder.command));
}

#[test]
fn background_children_do_not_keep_the_lock_unless_asked_for() {
    let home = Home::new();
    let pids = home.file("pids");
    let script = format!("sleep 1000 >/dev/null 2>&1 & echo $! >> {}", pids.display());
    assert_eq!(home.run(&["test", "--", "sh", "-c", &script]).code(), 0);
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 0);
    assert_eq!(home.run(&["--inherit", "test", "--", "sh", "-c", &script]).code(), 0);
    let done = home.run(&["-n", "test", "--", "true"]);
    assert_eq!(done.code(), 75);
    for pid in std::fs::read_to_string(&pids).unwrap().lines() {
        crate::send("-KILL", pid.parse().unwrap());
    }
    assert_eq!(home.run(&["test", "--", "true"]).code(), 0);
}

#[test]
fn signals_reach_the_command() {
    for (signal, code) in
        [("-TERM", 143), ("-HUP", 129), ("-USR1", 138), ("-USR2", 140), ("-QUIT", 131), ("-INT", 130)]
    {
        let home = Home::new();
        let mut holder = home.hold(&["test"]);
        holder.signal(signal);
        assert_eq!(holder.child.wait().unwrap().code(), Some(code), "{signal}");
        assert!(!crate::is_running(holder.command));
        assert_eq!(home.status("test")["verdict"], "free");
    }
}

#[test]
fn held_tells_whether_an_ancestor_holds_the_lock() {
    let home = Home::new();
    let envlock = env!("CARGO_BIN_EXE_envlock");
    assert_eq!(home.run(&["held", "test"]).code(), 1);
    for mode in ["--shared", "--wait-forever"] {
        let under = home.run(&[mode, "test", "--", envlock, "held", "test"]);
        assert_eq!((under.code(), &*under.stdout(), &*under.stderr()), (0, "", ""), "{mode}");
    }
    let script = format!("{envlock} held test && {envlock} held dev");
    assert_eq!(home.run(&["--with", "dev", "test", "--", "sh", "-c", &script]).code(), 0);
    assert_eq!(home.run(&["test", "--", envlock, "held", "other"]).code(), 1);
    assert_eq!(home.run(&["held", "a/b"]).code(), 2);
    // An entry whose lock was released, and one in a process that is not a descendant of the holder.
    let entry = home.run(&["test", "--", "sh", "-c", "echo $ENVLOCK_HELD"]).stdout();
    let stale = home.envlock(&["held", "test"]).env("ENVLOCK_HELD", entry.trim()).status().unwrap();
    assert_eq!(stale.code(), Some(1));
    let mut holder = home.hold(&["test"]);
    let environment = std::fs::read(format!("/proc/{}/environ", holder.command)).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let entry = environment.split('\0').find_map(|one| one.strip_prefix("ENVLOCK_HELD=")).unwrap();
    let stranger = home.envlock(&["held", "test"]).env("ENVLOCK_HELD", entry).status().unwrap();
    assert_eq!(stranger.code(), Some(1));
    holder.let_go();
}

#[test]
fn says_where_the_separator_is_missing() {
    let home = Home::new();
    let refused = home.run(&["test", "-n", "make", "-j2"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("envlock test -n -- make ..."), "{}", refused.stderr());
    let other = home.run(&["status", "test", "more"]);
    assert!(!other.stderr().contains("--  more"), "{}", other.stderr());
}
