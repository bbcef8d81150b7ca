//! `envlock down` and `envlock sweep`: environments that nobody uses are taken down as is recorded.

use std::os::unix::fs::chown;

use evenkeel_tests::skip;

use crate::environment::Site;
use crate::{Home, until};

/// Starts an environment, and leaves it as the options say.
fn leave(home: &Home, name: &str, more: &[&str]) {
    let log = home.file("log").display().to_string();
    let teardown = format!("echo {name} >> {log}");
    let args = [&["--setup", "true", "--teardown", &teardown][..], more, &[name, "--", "true"]].concat();
    assert_eq!(home.run(&args).code(), 0);
}

/// Starts an environment and kills its user.
fn die(home: &Home, name: &str, more: &[&str]) {
    let log = home.file("log").display().to_string();
    let teardown = format!("echo {name} >> {log}");
    let args = [&["--setup", "true", "--teardown", &teardown][..], more, &[name]].concat();
    let mut holder = home.hold(&args);
    holder.signal("-KILL");
    holder.child.wait().unwrap();
}

fn log(home: &Home) -> String {
    std::fs::read_to_string(home.file("log")).unwrap_or_default().replace('\n', " ")
}

/// `name action` of each environment.
fn swept(home: &Home, args: &[&str]) -> Vec<String> {
    let done = home.run(&[&["sweep", "--json"], args].concat());
    assert_eq!(done.code(), 0, "{done:?}");
    let report: serde_json::Value = serde_json::from_str(&done.stdout()).unwrap();
    let all = report["environments"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    all.iter().map(|one| format!("{} {}", text(&one["name"]), text(&one["action"]))).collect()
}

#[test]
fn down_takes_down_what_is_recorded() {
    let home = Home::new();
    leave(&home, "test", &["--keep"]);
    let done = home.run(&["down", "test"]);
    assert_eq!((done.code(), &*done.stdout()), (0, "test: taken down\n"), "{}", done.stderr());
    let again = home.run(&["down", "test"]);
    assert_eq!((again.code(), &*again.stdout()), (0, "test: nothing is up\n"));
    assert_eq!(home.run(&["down", "never-locked"]).code(), 0);
    die(&home, "test", &[]);
    assert_eq!(home.run(&["down", "test"]).code(), 0);
    assert_eq!(log(&home), "test test ");
    assert_eq!(home.status("test")["dirty"], false);
}

#[test]
fn down_waits_for_those_inside_and_not_for_ever() {
    let site = Site::new();
    let mut inside = site.home.hold(&site.args(&["--shared", "--keep", "test"]));
    let busy = site.home.run(&["down", "test", "-w", "20ms"]);
    assert_eq!(busy.code(), 75);
    assert!(busy.stderr().contains("test is busy, gave up after") && busy.stderr().contains("held by alice"));
    let waiter = site.home.queue("test", &["down", "test"]);
    inside.let_go();
    assert!(waiter.wait_with_output().unwrap().status.success());
    assert_eq!(site.log(), "setup teardown ");
}

#[test]
fn down_ends_as_a_failing_take_down_does_and_leaves_it_dirty() {
    let home = Home::new();
    let args = ["--setup", "true", "--teardown", "exit 9", "--keep", "test", "--", "true"];
    assert_eq!(home.run(&args).code(), 0);
    assert_eq!(home.run(&["down", "test"]).code(), 9);
    assert_eq!(home.status("test")["dirty"], true);
    // It is no longer kept on purpose.
    assert_eq!(home.run(&["sweep"]).code(), 5);
}

#[test]
fn down_under_the_lock_is_refused() {
    let site = Site::new();
    let envlock = env!("CARGO_BIN_EXE_envlock");
    assert_eq!(site.run(&["test", "--", envlock, "down", "test"]), 125);
}

#[test]
fn a_recorded_take_down_runs_in_its_directory_or_in_the_root() {
    for (gone, place) in [(false, "place"), (true, "/")] {
        let home = Home::new();
        let place = if gone { place.to_owned() } else { home.file(place).display().to_string() };
        std::fs::create_dir(home.file("place")).unwrap();
        let teardown = format!("pwd > {}", home.file("log").display());
        let args = ["--setup", "true", "--teardown", &teardown, "--keep", "test", "--", "true"];
        assert!(home.envlock(&args).current_dir(home.file("place")).status().unwrap().success());
        if gone {
            std::fs::remove_dir(home.file("place")).unwrap();
        }
        assert_eq!(home.run(&["down", "test"]).code(), 0);
        assert_eq!(log(&home).trim(), place);
    }
}

#[test]
fn the_recorded_take_down_comes_before_that_of_the_caller() {
    let site = Site::new();
    die(&site.home, "test", &[]);
    assert_eq!(site.run(&["test", "--", "true"]), 0);
    assert_eq!(site.log(), "test setup teardown ");
}

#[test]
fn sweep_takes_down_what_is_over_or_left_behind_and_nothing_else() {
    let home = Home::new();
    leave(&home, "a-told", &["--keep"]);
    leave(&home, "b-kept", &["--keep-for", "1h"]);
    leave(&home, "c-over", &["--keep-for", "1ms"]);
    die(&home, "d-dead", &[]);
    leave(&home, "e-down", &[]);
    // One who uses what is kept until told dies: it stays kept.
    die(&home, "a-told", &[]);
    std::fs::remove_file(home.file("log")).unwrap();
    until("its time is over", || home.status("c-over")["environment"]["state"] == "expired");
    let before = ["a-told kept", "b-kept kept", "c-over would_take_down", "d-dead would_take_down"];
    assert_eq!(swept(&home, &["--dry-run"]), before);
    assert_eq!(log(&home), "");
    let after = ["a-told kept", "b-kept kept", "c-over taken_down", "d-dead taken_down"];
    assert_eq!(swept(&home, &[]), after);
    assert_eq!(log(&home), "c-over d-dead ");
    assert_eq!(swept(&home, &["--idle", "b-kept", "e-down"]), ["b-kept taken_down", "e-down nothing_up"]);
    assert_eq!(swept(&home, &["--idle"]), ["a-told kept"]);
    assert_eq!(home.run(&["sweep"]).stdout(), "a-told: kept until it is taken down\n");
}

#[test]
fn sweep_never_waits_for_a_lock() {
    let site = Site::new();
    let mut inside = site.home.hold(&site.args(&["--shared", "test"]));
    let waiter = site.home.queue("test", &site.args(&["test", "--", "true"]));
    assert_eq!(swept(&site.home, &["--idle"]), ["test in_use"]);
    inside.let_go();
    waiter.wait_with_output().unwrap();
    // A plain holder of the lock of an environment that is over.
    leave(&site.home, "plain", &["--keep-for", "1ms"]);
    let mut holder = site.home.hold(&["--shared", "plain"]);
    until("its time is over", || site.home.status("plain")["environment"]["state"] == "expired");
    assert_eq!(swept(&site.home, &[]), ["plain in_use"]);
    holder.let_go();
    assert_eq!(swept(&site.home, &[]), ["plain taken_down"]);
}

#[test]
fn sweep_ends_what_the_dead_left_running() {
    let home = Home::new();
    let ready = home.file("ready");
    let stubborn =
        format!("(trap '' TERM; echo $$ > {}; while :; do sleep 0.01; done) & wait", ready.display());
    let args = ["--setup", "true", "--teardown", "true", "test", "--", "sh", "-c", &stubborn];
    let mut holder = home.envlock(&args).spawn().unwrap();
    until("the command runs", || ready.exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(swept(&home, &[]), ["test taken_down"]);
}

#[test]
fn nobody_runs_the_take_down_of_another_user() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can give a file away");
    }
    let home = Home::new();
    leave(&home, "test", &["--keep-for", "1ms"]);
    let record = home.path().join("locks/test.d/environment.json");
    chown(&record, Some(4242), None).unwrap();
    let done = home.run(&["sweep", "--json"]);
    assert!(done.stdout().contains("\"action\":\"skipped\""), "{done:?}");
    assert!(done.stdout().contains("belongs to user 4242"), "{done:?}");
    for args in [&["down", "test"][..], &["--setup", "true", "test", "--", "true"]] {
        let refused = home.run(args);
        assert_eq!(refused.code(), 125, "{refused:?}");
        assert!(refused.stderr().contains("belongs to user 4242"), "{refused:?}");
    }
    assert_eq!(log(&home), "");
    chown(&record, Some(0), None).unwrap();
    assert_eq!(home.run(&["sweep"]).code(), 0);
    assert_eq!(log(&home), "test ");
}

#[test]
fn a_record_that_is_torn_is_cleared_by_the_next_user() {
    let site = Site::new();
    leave(&site.home, "test", &["--keep"]);
    let record = site.home.path().join("locks/test.d/environment.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, &text[..text.len() / 2]).unwrap();
    assert_eq!(site.home.status("test")["dirty_reason"], "record_unreadable");
    assert_eq!(swept(&site.home, &[]), ["test skipped"]);
    assert_eq!(site.home.run(&["down", "test"]).code(), 125);
    assert_eq!(site.run(&["test", "--", "true"]), 0);
    assert_eq!(site.log(), "teardown setup teardown ");
}
