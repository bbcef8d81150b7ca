//! Environments that stay up between users: who joins them, who replaces them, who waits for whom.

use std::process::Child;

use crate::environment::Site;
use crate::{Done, until};

const DURABLE: [&str; 2] = ["--setup-key", "files=1 profile=durable"];
const FAST: [&str; 2] = ["--setup-key", "profile=fast files=1"];
const DIFFERENCE: &str = "test was started from something else: profile=durable, not fast";

impl Site {
    /// Runs a command that logs its name.
    fn log_run(&self, more: &[&str], name: &str) -> Done {
        let command = self.says(name);
        self.home.run(&self.args(&[more, &["test", "--", "sh", "-c", &command]].concat()))
    }

    /// Starts a sharer that logs its name, and returns when it waits in the queue.
    fn queue(&self, more: &[&str], name: &str) -> Child {
        let command = self.says(name);
        let args = [more, &["--shared", "test", "--", "sh", "-c", &command]].concat();
        self.home.queue("test", &self.args(&args))
    }

    fn says(&self, word: &str) -> String {
        format!("echo {word} >> {}", self.home.file("log").display())
    }

    fn state(&self) -> String {
        let environment = &self.home.status("test")["environment"];
        environment["state"].as_str().unwrap_or("down").to_owned()
    }
}

#[test]
fn what_is_kept_is_joined_without_a_set_up_until_the_last_one_takes_it_down() {
    for mode in [&["--shared"][..], &[]] {
        let site = Site::new();
        let keeping = [mode, &["--keep-for", "1h"]].concat();
        assert_eq!(site.log_run(&keeping, "one").code(), 0);
        assert_eq!((site.state().as_str(), site.log().as_str()), ("kept", "setup one "), "{mode:?}");
        let joined = site.log_run(&keeping, "two");
        assert!(
            joined.stderr().contains("joining test without a set-up: kept since 20"),
            "{}",
            joined.stderr()
        );
        assert!(joined.stderr().contains("by alice"), "{}", joined.stderr());
        assert_eq!(site.log_run(mode, "three").code(), 0);
        assert_eq!((site.state().as_str(), site.log().as_str()), ("down", "setup one two three teardown "));
        assert!(!site.home.path().join("locks/test.d/environment.json").exists());
    }
}

#[test]
fn what_is_kept_until_told_stays_when_others_leave() {
    let site = Site::new();
    site.log_run(&["--keep"], "one");
    for more in [&[][..], &["--keep-for", "0s"], &["--shared"]] {
        assert_eq!(site.log_run(more, "two").code(), 0);
        assert_eq!(site.state(), "kept", "{more:?}");
    }
    assert_eq!(site.log(), "setup one two two two ");
    // Also when whoever wants to keep it is not the last one to leave.
    let site = Site::new();
    let mut keeper = site.home.hold(&site.args(&["--shared", "--keep", "test"]));
    let mut other = site.home.hold(&site.args(&["--shared", "test"]));
    keeper.let_go();
    other.let_go();
    assert_eq!((site.state().as_str(), site.log().as_str()), ("kept", "setup "));
}

#[test]
fn a_plain_holder_that_died_beside_the_users_does_not_make_what_they_keep_dirty() {
    let site = Site::new();
    let mut user = site.home.hold(&site.args(&["--shared", "--keep-for", "1h", "test"]));
    let mut plain = site.home.hold(&["--shared", "test"]);
    plain.signal("-KILL");
    plain.child.wait().unwrap();
    assert_eq!(site.run(&["--shared", "test", "--", "true"]), 0);
    assert!(site.home.path().join("locks/test.d/dirty").exists());
    user.let_go();
    assert_eq!((site.state().as_str(), site.log().as_str()), ("kept", "setup "));
    // Beside an environment that nobody uses it does: it may have used it all the same.
    let mut plain = site.home.hold(&["--shared", "test"]);
    plain.signal("-KILL");
    plain.child.wait().unwrap();
    assert_eq!(site.state(), "dirty");
    assert_eq!(site.home.status("test")["dirty_reason"], "holder_died");
    assert_eq!(site.run(&["test", "--", "true"]), 0);
    assert_eq!(site.log(), "setup teardown setup teardown ");
}

#[test]
fn a_recorded_take_down_without_a_limit_gets_that_of_the_next_user() {
    let site = Site::new();
    let hanging = "exec env --default-signal=TERM sleep 1000";
    let kept = site.home.run(&["--setup", "true", "--teardown", hanging, "--keep", "test", "--", "true"]);
    assert_eq!(kept.code(), 0);
    let done = site.home.run(&site.args(&["--teardown-timeout", "50ms", "--replace", "test", "--", "true"]));
    assert_eq!(done.code(), 0, "{}", done.stderr());
    assert!(done.stderr().contains("the take-down took too long"), "{}", done.stderr());
    assert_eq!(site.log(), "teardown setup teardown ");
}

#[test]
fn a_failed_set_up_is_not_kept_and_a_failed_command_is() {
    let site = Site::new();
    let failing = ["--setup", "exit 41", "--teardown", &site.teardown, "--keep", "test", "--", "true"];
    assert_eq!(site.home.run(&failing).code(), 41);
    assert_eq!((site.state().as_str(), site.log().as_str()), ("down", "teardown "));
    assert_eq!(site.run(&["--keep", "test", "--", "sh", "-c", "exit 7"]), 7);
    assert_eq!(site.state(), "kept");
}

#[test]
fn what_was_kept_too_long_is_set_up_anew_by_the_next_user() {
    let site = Site::new();
    site.log_run(&["--keep-for", "10ms"], "one");
    until("its time is over", || site.state() == "expired");
    let done = site.log_run(&[], "two");
    assert!(done.stderr().contains("taking test down and setting it up anew: the 10ms"), "{}", done.stderr());
    assert_eq!(site.log(), "setup one teardown setup two teardown ");
}

#[test]
fn what_was_started_from_something_else_is_replaced_or_refused() {
    for mode in [&["--shared"][..], &[]] {
        let site = Site::new();
        site.log_run(&[mode, &["--keep-for", "1h"], &DURABLE].concat(), "one");
        let done = site.log_run(&[mode, &["--keep"], &FAST].concat(), "two");
        assert!(done.stderr().contains("it was started from something else: profile=durable, not fast"));
        assert_eq!(site.log(), "setup one teardown setup two ");
        let refused = site.log_run(&[mode, &DURABLE].concat(), "three");
        assert_eq!(refused.code(), 75, "{}", refused.stderr());
        let said = "envlock: test was started from something else: profile=fast, not durable; it is kept until it \
                    is taken down\nhint: take it down with --replace, or with: envlock down test\n";
        assert_eq!(refused.stderr(), said);
        assert_eq!(site.log_run(mode, "keyless").code(), 0);
        let replaced = site.log_run(&[mode, &["--replace"], &DURABLE].concat(), "four");
        assert_eq!(replaced.code(), 0, "{}", replaced.stderr());
        assert_eq!(site.log(), "setup one teardown setup two keyless teardown setup four teardown ");
    }
}

#[test]
fn replace_sets_up_anew_what_is_the_same_but_not_while_others_are_inside() {
    let site = Site::new();
    site.log_run(&["--keep"], "one");
    site.log_run(&["--replace", "--keep-for", "1h"], "two");
    assert_eq!(site.log(), "setup one teardown setup two ");
    let mut inside = site.home.hold(&site.args(&["--shared", "test"]));
    assert_eq!(site.log_run(&["--shared", "--replace"], "three").code(), 0);
    assert_eq!(site.log(), "setup one teardown setup two three ");
    inside.let_go();
}

#[test]
fn whoever_needs_another_environment_waits_for_those_inside_and_is_not_overtaken() {
    let site = Site::new();
    let mut inside = site.home.hold(&site.args(&[&["--shared"], &DURABLE[..], &["test"]].concat()));
    let args = ["-n", "--shared", "--setup", "true", FAST[0], FAST[1], "test", "--", "true"];
    let told = site.home.run(&args);
    assert_eq!(told.code(), 75);
    assert!(
        told.stderr().contains(DIFFERENCE) && told.stderr().contains("held by alice"),
        "{}",
        told.stderr()
    );
    let other = site.queue(&FAST, "other");
    let late = site.queue(&DURABLE, "late");
    assert_eq!(site.log(), "setup ", "the one of the same key stands behind");
    inside.let_go();
    for waiter in [other, late] {
        let done = Done(waiter.wait_with_output().unwrap());
        assert_eq!(done.code(), 0, "{}", done.stderr());
    }
    assert_eq!(site.log(), "setup teardown setup other teardown setup late teardown ");
}

#[test]
fn those_that_need_the_same_other_environment_share_it() {
    for mode in [&["--shared"][..], &["--slots", "2"]] {
        let site = Site::new();
        let mut inside = site.home.hold(&site.args(&[mode, &DURABLE[..], &["test"]].concat()));
        // Each of the two waits until the other is inside.
        let meet = |own: &str, other: &str| {
            let dir = site.home.path().display();
            let script = format!(
                "echo ${{ENVLOCK_SLOT:--}} > {dir}/{own}; until [ -e {dir}/{other} ]; do sleep 0.01; done"
            );
            site.home
                .queue("test", &site.args(&[mode, &FAST[..], &["test", "--", "sh", "-c", &script]].concat()))
        };
        let both = [meet("a", "b"), meet("b", "a")];
        inside.let_go();
        for waiter in both {
            let done = Done(waiter.wait_with_output().unwrap());
            assert_eq!(done.code(), 0, "{}", done.stderr());
        }
        assert_eq!(site.log(), "setup teardown setup teardown ", "{mode:?}");
        let slots = ["a", "b"].map(|name| std::fs::read_to_string(site.home.file(name)).unwrap());
        assert_eq!(slots[0] == slots[1], mode == ["--shared"], "{slots:?}");
        assert_eq!(site.home.status("test")["verdict"], "free");
    }
}

#[test]
fn a_kept_environment_is_reused_or_else_set_up_anew() {
    let site = Site::new();
    let reuse = site.says("reuse");
    assert_eq!(site.log_run(&["--keep", "--reuse", &reuse], "one").code(), 0);
    assert_eq!(site.log_run(&["--keep", "--reuse", &reuse], "two").code(), 0);
    assert_eq!(site.log(), "setup one reuse two ");
    let done = site.log_run(&["--reuse", "exit 9"], "three");
    assert_eq!(done.code(), 0);
    let said = "the --reuse command failed with 9: exit 9\nenvlock: test cannot be reused: taking it down and \
                setting it up anew\n";
    assert!(done.stderr().ends_with(said), "{}", done.stderr());
    assert_eq!(site.log(), "setup one reuse two teardown setup three teardown ");
}

#[test]
fn a_signal_during_reuse_ends_it_and_the_environment_is_taken_down() {
    let site = Site::new();
    site.log_run(&["--keep"], "one");
    let begun = site.home.file("begun");
    let reuse = format!("echo > {}; exec sleep 1000", begun.display());
    let args = site.args(&["--reuse", &reuse, "test", "--", "true"]);
    let child = site.home.envlock(&args).stderr(std::process::Stdio::piped()).spawn().unwrap();
    until("it is reused", || begun.exists());
    crate::send("-TERM", child.id());
    let done = Done(child.wait_with_output().unwrap());
    assert_eq!((done.code(), site.state().as_str()), (143, "down"), "{}", done.stderr());
    assert_eq!(site.log(), "setup one teardown ");
}

#[test]
fn the_record_is_there_before_the_set_up() {
    let site = Site::new();
    let record = site.home.path().join("locks/test.d/environment.json").display().to_string();
    let setup = format!("cat {record}");
    let args = ["--setup", &setup, "--teardown", "exit 1", DURABLE[0], DURABLE[1], "test", "--", "true"];
    let done = site.home.run(&args);
    let said = done.stderr();
    let json: serde_json::Value = serde_json::from_str(&said[..=said.find("}envlock").unwrap()]).unwrap();
    assert_eq!((&json["schema"], &json["phase"]), (&"envlock.environment/1".into(), &"setup".into()));
    assert_eq!((&json["key"], &json["user"]), (&"files=1 profile=durable".into(), &"alice".into()));
    assert_eq!((&json["teardown"]["command"], &json["kept"]), (&"exit 1".into(), &"no".into()));
}

#[test]
fn keys_that_are_none_are_refused() {
    let site = Site::new();
    for key in ["", "word", "a=1 a=2", "=1"] {
        let done = site.home.run(&["--setup", "true", "--setup-key", key, "test", "--", "true"]);
        assert_eq!(done.code(), 2, "{key}: {}", done.stderr());
    }
    assert_eq!(site.home.run(&["--setup-key", "a=1", "test", "--", "true"]).code(), 2);
    assert_eq!(
        site.home.run(&["--setup", "true", "--keep", "--keep-for", "1s", "test", "--", "true"]).code(),
        2
    );
}

#[test]
fn after_runs_under_the_lock_with_the_commands_code_and_changes_none() {
    let site = Site::new();
    let status = format!("{} status test --json", env!("CARGO_BIN_EXE_envlock"));
    let after = format!("echo after $ENVLOCK_EXIT >> {}; {status}; exit 3", site.home.file("log").display());
    for (command, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let done = site.home.run(&["--after", &after, "test", "--", "sh", "-c", command]);
        assert_eq!((done.code(), &*done.stdout()), (code, ""), "{}", done.stderr());
        assert!(done.stderr().contains("the --after command failed with 3"), "{}", done.stderr());
        assert!(done.stderr().contains("\"verdict\":\"held\""), "{}", done.stderr());
    }
    assert_eq!(site.log(), "after 0 after 7 after 137 ");
    let missing = site.home.run(&["--after", &after, "test", "--", "no-such-command"]);
    assert_eq!((missing.code(), site.log().as_str()), (127, "after 0 after 7 after 137 after 127 "));
}

#[test]
fn after_comes_before_the_take_down_and_also_after_a_failed_set_up() {
    let site = Site::new();
    let after = format!("echo after $ENVLOCK_EXIT >> {}", site.home.file("log").display());
    let mut args =
        ["--setup", &site.setup, "--teardown", &site.teardown, "--after", &after, "test", "--", "true"];
    assert_eq!(site.home.run(&args).code(), 0);
    assert_eq!(site.log(), "setup after 0 teardown ");
    args[1] = "exit 41";
    assert_eq!(site.home.run(&args).code(), 41);
    assert_eq!(site.log(), "setup after 0 teardown after 41 teardown ");
}

#[test]
fn after_is_not_run_where_the_environment_could_not_be_tried() {
    let site = Site::new();
    assert_eq!(site.home.run(&["--teardown", "exit 42", "test", "--", "true"]).code(), 42);
    let args = ["--teardown", "exit 42", "--after", &site.says("after"), "test", "--", "true"];
    assert_eq!((site.home.run(&args).code(), site.log().as_str()), (42, ""));
}

#[test]
fn after_is_shielded_from_signals_and_has_the_limit_of_a_take_down() {
    let site = Site::new();
    let begun = site.home.file("begun");
    let after = format!(
        "echo > {}; until [ -e {} ]; do sleep 0.01; done; {}",
        begun.display(),
        site.home.file("go").display(),
        site.says("after")
    );
    let args = ["--after", &after, "test", "--", "true"];
    let child = site.home.envlock(&args).stderr(std::process::Stdio::piped()).spawn().unwrap();
    until("it runs", || begun.exists());
    crate::send("-TERM", child.id());
    crate::send("-INT", child.id());
    std::fs::write(site.home.file("go"), "").unwrap();
    let done = Done(child.wait_with_output().unwrap());
    assert_eq!((done.code(), site.log().as_str()), (0, "after "), "{}", done.stderr());
    assert!(done.stderr().contains("signals do not reach the --after command"), "{}", done.stderr());
    let args = ["--teardown-timeout", "50ms", "--after", "sleep 1000", "test", "--", "true"];
    let done = site.home.run(&args);
    assert_eq!(done.code(), 0, "{}", done.stderr());
    assert!(done.stderr().contains("the --after command took too long"), "{}", done.stderr());
}
