//! `envlock break`.

use crate::{Home, is_running};

#[test]
fn ends_the_command_and_the_lock_falls_free() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let done = home.run(&["break", "test", "--reason", "stuck"]);
    assert_eq!(done.code(), 0, "{}", done.stderr());
    assert!(done.stdout().starts_with("broke test, held by alice@"), "{}", done.stdout());
    assert_eq!(holder.child.wait().unwrap().code(), Some(143));
    assert!(!is_running(holder.command));
    assert!(home.lock_file("test").exists());
    let history = home.run(&["history", "test"]).stdout();
    assert!(history.contains("broken by alice: stuck"), "{history}");
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 0);
}

#[test]
fn kills_what_does_not_obey_and_still_lets_it_take_down() {
    let home = Home::new();
    let log = home.file("log").display().to_string();
    let teardown = format!("echo teardown >> {log}");
    let script = format!("trap '' TERM; echo inside > {log}; while :; do sleep 0.01; done");
    let mut holder =
        home.envlock(&["--teardown", &teardown, "test", "--", "sh", "-c", &script]).spawn().unwrap();
    crate::until("it is inside", || std::path::Path::new(&log).exists());
    let done = home.run(&["break", "test", "--reason", "stuck", "--grace", "200ms"]);
    assert_eq!(done.code(), 0, "{}", done.stderr());
    assert!(done.stdout().contains("had to be killed"), "{}", done.stdout());
    assert_eq!(holder.wait().unwrap().code(), Some(137));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "inside\nteardown\n");
}

#[test]
fn frees_a_lock_whose_envlock_was_stopped() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    holder.signal("-STOP");
    assert_eq!(home.run(&["break", "test", "--reason", "stuck"]).code(), 0);
    holder.child.wait().unwrap();
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 0);
}

#[test]
fn asks_which_of_several_and_breaks_only_that_one() {
    let home = Home::new();
    let mut first = home.hold(&["--shared", "test"]);
    let mut second = home.hold(&["--shared", "test"]);
    let unclear = home.run(&["break", "test", "--reason", "stuck"]);
    assert_eq!(unclear.code(), 2);
    assert!(unclear.stderr().contains("choose with --ticket one of"), "{}", unclear.stderr());
    let tickets = home.status("test")["holders"].clone();
    let of = |pid: u32| {
        tickets.as_array().unwrap().iter().find(|one| one["pid"] == pid).unwrap()["ticket"].to_string()
    };
    let ticket = of(second.child.id());
    assert_eq!(home.run(&["break", "test", "--ticket", &ticket, "--reason", "stuck"]).code(), 0);
    second.child.wait().unwrap();
    assert!(is_running(first.command));
    assert_eq!(home.run(&["break", "test", "--ticket", "999", "--reason", "stuck"]).code(), 3);
    first.let_go();
}

#[test]
fn says_when_there_is_nothing_to_break() {
    let home = Home::new();
    assert_eq!(home.run(&["break", "test", "--reason", "stuck"]).code(), 1);
    assert_eq!(home.run(&["test", "--", "true"]).code(), 0);
    let free = home.run(&["break", "test", "--reason", "stuck", "--json"]);
    assert_eq!(free.code(), 1);
    assert!(free.stdout().contains(r#""verdict":"free""#), "{}", free.stdout());
    assert_eq!(home.run(&["break", "test"]).code(), 2, "a reason is asked for");
}

#[test]
fn refuses_on_another_host() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let ticket = home.status("test")["holders"][0]["ticket"].as_u64().unwrap();
    let record = home.path().join(format!("locks/test.d/{ticket}.x"));
    let text = std::fs::read_to_string(&record).unwrap();
    let host = home.status("test")["holders"][0]["host"].as_str().unwrap().to_owned();
    std::fs::write(&record, text.replace(&format!("\"host\":\"{host}\""), "\"host\":\"elsewhere\"")).unwrap();
    let refused = home.run(&["break", "test", "--reason", "stuck"]);
    assert_eq!(refused.code(), 3);
    assert!(refused.stderr().contains("its holder runs on elsewhere"), "{}", refused.stderr());
    assert!(is_running(holder.command));
    holder.let_go();
}
