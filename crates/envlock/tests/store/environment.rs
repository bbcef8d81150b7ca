//! Set-up and take-down over a store: the first one in, the last one out, and deaths in between. On a cluster of three.

use std::process::Child;
use std::sync::OnceLock;
use std::time::Duration;

use evenkeel_tests::Etcd;

use crate::{Done, Holder, World, find_keeper, is_running, keeper_of, send, until};

/// A cluster of three members for all tests that do it no harm.
pub(crate) fn cluster() -> Option<&'static Etcd> {
    static ETCD: OnceLock<Option<Etcd>> = OnceLock::new();
    let etcd = ETCD.get_or_init(|| Etcd::start(3));
    if etcd.is_none() {
        evenkeel_tests::skip("etcd cannot be had here");
    }
    etcd.as_ref()
}

/// A prefix, and a set-up and a take-down that log what they do.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) setup: String,
    pub(crate) teardown: String,
}

impl Site {
    pub(crate) fn new(etcd: &Etcd) -> Self {
        let world = World::new(etcd);
        let log = world.file("log").display().to_string();
        Self { setup: format!("echo setup >> {log}"), teardown: format!("echo teardown >> {log}"), world }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.world.file("log")).unwrap_or_default().replace('\n', " ")
    }

    pub(crate) fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let first = ["-w", "60s", "--setup", &self.setup, "--teardown", &self.teardown];
        [&first[..], more].concat()
    }

    pub(crate) fn run(&self, more: &[&str]) -> Done {
        self.world.run(&self.args(more))
    }

    pub(crate) fn hold(&self, more: &[&str]) -> Holder {
        self.world.hold(&self.args(more))
    }

    pub(crate) fn state(&self) -> String {
        let environment = &self.world.status("test")["environment"];
        environment["state"].as_str().unwrap_or("down").to_owned()
    }

    /// Starts a holder that stays in a step, which logs that it began, and returns when it is there.
    fn stay_in(&self, step: &str, more: &[&str]) -> Child {
        let forever = format!("echo {step} >> {}; exec sleep 1000", self.world.file("log").display());
        let child = match step {
            "setup" => self.world.start(
                &[more, &["--setup", &forever, "--teardown", &self.teardown, "test", "--", "true"]].concat(),
            ),
            "teardown" => self.world.start(
                &[more, &["--setup", &self.setup, "--teardown", &forever, "test", "--", "true"]].concat(),
            ),
            _ => self.world.start(&[more, &self.args(&["test", "--", "sh", "-c", &forever])].concat()),
        };
        until("it is in its step", || self.log().split(' ').any(|word| word == step));
        child
    }
}

const MODES: [&[&str]; 3] = [&["--shared"], &["--slots", "3"], &[]];

#[test]
fn the_first_sets_up_and_the_last_takes_down() {
    let Some(etcd) = cluster() else { return };
    for modes in [[["--shared"].as_slice(), &["--shared"]], [&["--slots", "2"], &["--shared"]]] {
        let site = Site::new(etcd);
        let first = site.hold(&[modes[0], &["test"]].concat());
        let second = site.hold(&[modes[1], &["test"]].concat());
        assert_eq!((&*site.log(), &*site.state()), ("setup ", "in_use"));
        assert_eq!(first.let_go().code(), 0);
        assert_eq!(site.log(), "setup ");
        assert_eq!(second.let_go().code(), 0);
        assert_eq!(site.log(), "setup teardown ");
        let done = site.run(&["test", "--", "true"]);
        assert_eq!((done.code(), &*done.stderr()), (0, ""));
        assert_eq!((&*site.log(), &*site.state()), ("setup teardown setup teardown ", "down"));
    }
}

#[test]
fn nobody_enters_while_somebody_sets_up_or_takes_down() {
    let Some(etcd) = cluster() else { return };
    for phase in ["setup", "teardown"] {
        let site = Site::new(etcd);
        let go = site.world.file("go");
        assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
        let (slow, flag) = (format!("read line < {}", go.display()), format!("--{phase}"));
        let first = site.world.start(&["--shared", &flag, &slow, "test", "--", "true"]);
        let holders = || site.world.status("test")["holders"].clone();
        until("it is at it", || holders().as_array().unwrap().iter().any(|holder| holder["phase"] == phase));
        for more in [&["--shared"][..], &["--shared", "--setup", "true"], &["--slots", "3"], &[]] {
            let refused = site.world.run(&[more, &["-n", "test", "--", "true"]].concat());
            assert_eq!(refused.code(), 75, "{phase} {more:?}: {refused:?}");
        }
        let waiter = site.world.queue("test", &["--shared", "--setup", "true", "test", "--", "true"]);
        std::fs::write(&go, "\n").unwrap();
        assert_eq!(Done(first.wait_with_output().unwrap()).code(), 0);
        assert_eq!(Done(waiter.wait_with_output().unwrap()).code(), 0);
    }
}

#[test]
fn a_failing_set_up_gives_its_code_and_blocks_nobody() {
    let Some(etcd) = cluster() else { return };
    for mode in MODES {
        let site = Site::new(etcd);
        let failing = ["--setup", "exit 41", "--teardown", &site.teardown, "test", "--", "echo", "never"];
        let done = site.world.run(&[mode, &failing].concat());
        assert_eq!((done.code(), &*done.stdout()), (41, ""), "{done:?}");
        assert!(done.stderr().contains("the set-up failed with 41"), "{}", done.stderr());
        assert_eq!((&*site.log(), &*site.state()), ("teardown ", "down"));
        assert_eq!(site.run(&[mode, &["test", "--", "true"]].concat()).code(), 0);
        assert_eq!(site.log(), "teardown setup teardown ");
    }
}

#[test]
fn a_failing_take_down_shows_and_is_made_up_for() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    assert_eq!(site.world.run(&["--teardown", "exit 42", "test", "--", "true"]).code(), 42);
    assert_eq!(
        (&*site.state(), &site.world.status("test")["dirty_reason"]),
        ("dirty", &"teardown_failed".into())
    );
    let done = site.run(&["test", "--", "true"]);
    assert_eq!(done.code(), 0);
    assert!(done.stderr().contains("taking test down and setting it up anew"), "{}", done.stderr());
    assert_eq!(site.log(), "teardown setup teardown ");
}

/// Kills envlock, its keeper, or the whole host.
fn kill(victim: &str, envlock: &mut Child) {
    let keeper = keeper_of(envlock.id());
    match victim {
        "envlock" => send("-9", envlock.id()),
        "keeper" => send("-9", keeper),
        _ => {
            // Nothing of a host survives.
            let all = format!("kill -9 {} {keeper} $(pgrep -P {})", envlock.id(), envlock.id());
            assert!(std::process::Command::new("sh").args(["-c", &all]).status().unwrap().success());
        }
    }
}

#[test]
fn whoever_comes_after_a_death_takes_down_first_and_sets_up_again() {
    let Some(etcd) = cluster() else { return };
    std::thread::scope(|scope| {
        for (mode, victim) in [
            (&["--shared"][..], "envlock"),
            (&[], "envlock"),
            (&["--shared"], "keeper"),
            (&["--slots", "2"], "host"),
        ] {
            for step in ["setup", "command", "teardown"] {
                scope.spawn(move || die_in(etcd, step, mode, victim));
            }
        }
    });
}

fn die_in(etcd: &Etcd, step: &str, mode: &[&str], victim: &str) {
    let site = Site::new(etcd);
    let mut holder = site.stay_in(step, &[&["--ttl", "5s"], mode].concat());
    kill(victim, &mut holder);
    let before = site.log();
    // Who shares the lock comes in beside a dead user, as long as the store still has its ticket.
    let next: &[&str] = if step == "command" { &[] } else { mode };
    let done = site.run(&[next, &["test", "--", "true"]].concat());
    assert_eq!(done.code(), 0, "{victim} in {step}, {mode:?}: {done:?}");
    assert!(
        done.stderr().contains("taking test down and setting it up anew"),
        "{victim} in {step}: {done:?}"
    );
    assert_eq!(site.log(), before + "teardown setup teardown ", "{victim} in {step}, {mode:?}");
    let _ = holder.wait_with_output();
}

#[test]
fn a_sharer_that_dies_does_not_take_the_environment_from_the_others() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let first = site.hold(&["--shared", "test"]);
    let second = site.hold(&["--shared", "test"]);
    send("-9", first.pid());
    let third = site.run(&["--shared", "test", "--", "true"]);
    assert_eq!((third.code(), &*site.log()), (0, "setup "));
    // Until its keeper has given the lock back, it counts as a user.
    let holders = || site.world.status("test")["holders"].as_array().unwrap().len();
    until("the dead user is gone", || holders() == 1);
    assert_eq!(second.let_go().code(), 0);
    assert_eq!(site.log(), "setup teardown ");
}

#[test]
fn a_plain_holder_that_died_makes_it_dirty() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let plain = site.world.hold(&["--shared", "test"]);
    send("-9", plain.pid());
    until("its keeper has given the lock back", || site.world.status("test")["verdict"] == "free");
    assert_eq!(site.world.status("test")["dirty_reason"], "holder_died");
    assert_eq!(site.run(&["--shared", "test", "--", "true"]).code(), 0);
    assert_eq!(
        (&*site.log(), &site.world.status("test")["dirty"]),
        ("teardown setup teardown ", &false.into())
    );
}

#[test]
fn whoever_shares_the_lock_without_the_environment_makes_way_for_the_set_up() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let plain = site.world.hold(&["--shared", "test"]);
    let user = site.world.queue("test", &site.args(&["--shared", "test", "--", "true"]));
    assert_eq!(site.log(), "");
    assert_eq!(plain.let_go().code(), 0);
    assert_eq!(Done(user.wait_with_output().unwrap()).code(), 0);
    assert_eq!(site.log(), "setup teardown ");
}

#[test]
fn a_set_up_that_outlives_its_lease_is_ended_before_another_one_starts() {
    let Some(etcd) = cluster() else { return };
    // The lease ends because nobody renews it, or while its owner still trusts it.
    for is_deleted in [false, true] {
        let site = Site::new(etcd);
        let pid = site.world.file("pid");
        // It ignores SIGTERM.
        let slow = format!(
            "trap '' TERM; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 0.1; done",
            pid.display()
        );
        let args = ["--ttl", "5s", "--shared", "--setup", &slow, "test", "--", "true"];
        let first = site.world.start(&args);
        until("it sets up", || pid.exists());
        let running = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let keeper = keeper_of(first.id());
        if is_deleted {
            delete_lease(etcd, &site.world);
        } else {
            send("-STOP", keeper);
        }
        let check =
            format!("kill -0 {running} && echo overlap >> {}; true", site.world.file("log").display());
        let steps = ["--setup", &check, "--teardown", &check, "test", "--", "true"];
        let second = site.world.run(&[&["-w", "60s", "--shared"][..], &steps].concat());
        assert_eq!((second.code(), &*site.log()), (0, ""), "{second:?}");
        assert!(!is_running(running));
        if !is_deleted {
            send("-9", keeper);
        }
        let first = Done(first.wait_with_output().unwrap());
        assert_eq!(first.code(), 125, "{first:?}");
        assert!(first.stderr().contains("the lock test was lost"), "{}", first.stderr());
    }
}

/// Deletes what the end of a lease deletes.
fn delete_lease(etcd: &Etcd, world: &World) {
    let prefix = world.url.rsplit('/').next().unwrap();
    for kind in ["q", "gate"] {
        let key = |end: &str| crate::base64(&format!("{prefix}/envlock/1/test/{kind}{end}"));
        let body = format!(r#"{{"key":"{}","range_end":"{}"}}"#, key("/"), key("0"));
        etcd.ask("kv/deleterange", &body).unwrap();
    }
}

#[test]
fn no_signal_reaches_a_take_down() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let (go, begun) = (site.world.file("go"), site.world.file("begun"));
    assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
    let slow = format!(": > {}; read line < {}; {}", begun.display(), go.display(), site.teardown);
    let child = site.world.start(&["--shared", "--teardown", &slow, "test", "--", "true"]);
    until("it takes down", || begun.exists());
    send("-TERM", child.id());
    send("-INT", child.id());
    std::thread::sleep(Duration::from_millis(100));
    std::fs::write(&go, "\n").unwrap();
    let done = Done(child.wait_with_output().unwrap());
    assert_eq!((done.code(), &*site.log()), (0, "teardown "), "{done:?}");
}

#[test]
fn after_a_break_the_next_one_takes_down() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let holder = site.hold(&["--shared", "test"]);
    assert_eq!(site.world.run(&["break", "test", "--reason", "x"]).code(), 0);
    let done = holder.ended();
    assert_eq!(done.code(), 143, "{done:?}");
    assert_eq!((&*site.log(), &*site.state()), ("setup ", "dirty"));
    assert_eq!(site.run(&["--shared", "test", "--", "true"]).code(), 0);
    assert_eq!(site.log(), "setup teardown setup teardown ");
}

#[test]
fn what_is_kept_is_joined_until_it_is_replaced_or_taken_down() {
    let Some(etcd) = cluster() else { return };
    for mode in MODES {
        let site = Site::new(etcd);
        let run = |more: &[&str]| site.run(&[mode, more, &["test", "--", "true"]].concat());
        assert_eq!(run(&["--keep-for", "1h"]).code(), 0);
        assert_eq!((&*site.state(), &*site.log()), ("kept", "setup "));
        let joined = run(&["--keep", "--reuse", "true"]);
        assert!(joined.stderr().contains("joining test without a set-up: kept since 20"), "{joined:?}");
        assert_eq!(run(&[]).code(), 0);
        assert_eq!((&*site.state(), &*site.log()), ("kept", "setup "));
        assert_eq!(run(&["--replace"]).code(), 0);
        assert_eq!((&*site.state(), &*site.log()), ("down", "setup teardown setup teardown "));
        assert_eq!(run(&["--keep"]).code(), 0);
        assert_eq!(run(&["--reuse", "false"]).code(), 0);
        assert_eq!(site.log(), "setup teardown setup teardown setup teardown setup teardown ");
    }
}

#[test]
fn down_runs_the_take_down_that_it_is_given() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let down = |more: &[&str]| site.world.run(&[&["down", "test"], more].concat());
    assert_eq!(down(&["--teardown", &site.teardown]).stdout(), "test: nothing is up\n");
    assert_eq!(site.run(&["--keep", "test", "--", "true"]).code(), 0);
    let refused = down(&[]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("no command is taken from a store"), "{}", refused.stderr());
    assert_eq!(down(&["--teardown", "exit 7"]).code(), 7);
    assert_eq!(site.state(), "dirty");
    assert_eq!(down(&["--teardown", &site.teardown]).stdout(), "test: taken down\n");
    assert_eq!((&*site.state(), &*site.log()), ("down", "setup teardown "));
    let under = site.world.run(&["test", "--", crate::ENVLOCK, "down", "test", "--teardown", "true"]);
    assert_eq!(under.code(), 125);
    assert!(under.stderr().contains("this command runs under its lock"), "{}", under.stderr());
}

#[test]
fn no_command_is_taken_from_the_store() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    assert_eq!(site.run(&["--keep", "test", "--", "true"]).code(), 0);
    let refused = site.world.run(&["--setup", "true", "test", "--", "echo", "never"]);
    assert_eq!((refused.code(), &*refused.stdout()), (125, ""));
    assert!(refused.stderr().contains("no command is taken from a store"), "{}", refused.stderr());
    let own = format!("echo own >> {}", site.world.file("log").display());
    let done = site.world.run(&["--setup", "true", "--teardown", &own, "--replace", "test", "--", "true"]);
    assert_eq!((done.code(), &*site.log()), (0, "setup own own "));
    // Who gives none at all, and finds none, shares what is there.
    assert_eq!(site.world.run(&["--setup", "true", "--keep", "test", "--", "true"]).code(), 0);
    assert_eq!(site.world.run(&["--setup", "false", "test", "--", "true"]).code(), 0);
}

#[test]
fn whoever_needs_another_environment_waits_for_those_inside_and_then_shares_its_own() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let (one, two) = (["--setup-key", "k=1"], ["--setup-key", "k=2"]);
    let first = site.hold(&[&one[..], &["--shared", "test"]].concat());
    let log = |word: &str| format!("echo {word} >> {}", site.world.file("log").display());
    let (second, third) = (log("second"), log("third"));
    let other = site
        .world
        .queue("test", &site.args(&[&two[..], &["--shared", "test", "--", "sh", "-c", &second]].concat()));
    // It came to share, found another environment, and queued again to be alone.
    until("it waits to be alone", || site.world.status("test")["queue"][0]["mode"] == "exclusive");
    // Not overtaken by one that could share.
    let late = site
        .world
        .queue("test", &site.args(&[&one[..], &["--slots", "2", "test", "--", "sh", "-c", &third]].concat()));
    assert_eq!(first.let_go().code(), 0);
    let [other, late] = [other, late].map(|child| Done(child.wait_with_output().unwrap()));
    assert_eq!((other.code(), late.code()), (0, 0));
    let all = "setup teardown setup second teardown setup third teardown ";
    assert_eq!(site.log(), all, "{other:?} {late:?}");
    // Who replaced it shares it.
    let first = site.hold(&[&one[..], &["--shared", "test"]].concat());
    let other = site.args(&[&two[..], &["--shared", "test"]].concat());
    let waiter = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| site.world.hold(&other));
        until("it waits", || site.world.waiting("test") == 1);
        assert_eq!(first.let_go().code(), 0);
        waiter.join().unwrap()
    });
    let beside = ["-n", "--setup", "false", "--teardown", "false", "--slots", "4", "test", "--", "sh", "-c"];
    let beside = site.world.run(&[&two[..], &beside, &["exit $ENVLOCK_SLOT"]].concat());
    assert_eq!(beside.code(), 0, "{beside:?}");
    assert_eq!(waiter.let_go().code(), 0);
}

#[test]
fn what_is_kept_until_told_is_refused_to_those_that_need_another_one() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    assert_eq!(site.run(&["--setup-key", "k=1", "--keep", "test", "--", "true"]).code(), 0);
    let refused = site.run(&["--setup-key", "k=2", "--shared", "test", "--", "true"]);
    assert_eq!(refused.code(), 75);
    assert!(
        refused.stderr().contains("test was started from something else: k=1, not 2"),
        "{}",
        refused.stderr()
    );
    let changed = site.run(&["--setup-key", "k=2", "--replace=changed", "--shared", "test", "--", "true"]);
    assert_eq!((changed.code(), &*site.log()), (0, "setup teardown setup teardown "));
    assert_eq!(site.world.status("test")["verdict"], "free");
}

#[test]
fn after_runs_under_the_lock_with_the_commands_code() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let after = format!(
        "{} held test && echo after $ENVLOCK_EXIT >> {}",
        crate::ENVLOCK,
        site.world.file("log").display()
    );
    let done = site.run(&["--shared", "--after", &after, "test", "--", "sh", "-c", "exit 7"]);
    assert_eq!((done.code(), &*site.log()), (7, "setup after 7 teardown "));
    let done = site.world.run(&["--after", &after, "test", "--", "true"]);
    assert_eq!((done.code(), &*site.log()), (0, "setup after 7 teardown after 0 "), "{done:?}");
}

#[test]
fn status_tells_of_the_environment_as_on_one_machine() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let mut texts = Vec::new();
    for via in [&site.world.url, "local"] {
        let envlock = |args: &[&str]| {
            let done = Done(site.world.envlock(args).env("ENVLOCK_VIA", via).output().unwrap());
            assert_eq!(done.code(), 0, "{done:?}");
            done.stdout()
        };
        envlock(&site.args(&["--setup-key", "k=1", "--keep", "test", "--", "true"]));
        let text = envlock(&["status", "test"]);
        let same = text
            .lines()
            .filter(|line| !line.starts_with("locks"))
            .map(|line| line.split(" since ").next().unwrap().to_owned());
        texts.push(same.collect::<Vec<_>>());
    }
    assert!(texts[0].len() > 1, "{texts:?}");
    assert_eq!(texts[0], texts[1][..texts[0].len()]);
}

/// Workers come and go with all modes and two keys, some keep what they have set up. The environment is a directory that knows its
/// key and that only one can make, so that a second set-up, or a take-down under somebody's feet, fails.
#[test]
fn a_mix_of_users_of_two_keys_never_meets_and_nobody_sets_up_twice() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let up = site.world.file("up").display().to_string();
    let teardown = format!("rm {up}/key && rmdir {up}");
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (site, up, teardown) = (&site, &up, &teardown);
            scope.spawn(move || {
                for round in 0..rounds(6) {
                    let key = format!("k={}", (worker + round) % 2);
                    let setup = format!("mkdir {up} && echo {key} > {up}/key");
                    let inside = format!("mkdir {up}/$$ && [ \"$(cat {up}/key)\" = {key} ] && rmdir {up}/$$");
                    let mode: &[&str] = match worker % 4 {
                        0 => &["--wait-forever"],
                        1 => &["--wait-forever", "--slots", "2", "--keep-for", "1h"],
                        2 => &["--wait-forever", "--shared", "--keep-for", "0s"],
                        _ => &["--wait-forever", "--shared", "--reuse", "true", "--keep-for", "1h"],
                    };
                    let environment = ["--setup", &setup, "--teardown", teardown, "--setup-key", &key];
                    let command = ["test", "--", "sh", "-c", &inside];
                    let done = site.world.run(&[mode, &environment, &command].concat());
                    assert_eq!(done.code(), 0, "{worker} in round {round}: {}", done.stderr());
                }
            });
        }
    });
    site.world.run(&["down", "test", "--teardown", &teardown]);
    assert!(!std::path::Path::new(&up).exists());
    let status = site.world.status("test");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &false.into()));
}

/// As on one machine: the last one out takes down, and nobody is inside then.
#[test]
fn the_last_one_out_takes_down_and_nobody_is_inside() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let up = site.world.file("up");
    let (setup, teardown) = (format!("mkdir {}", up.display()), format!("rmdir {}", up.display()));
    let inside = format!("mkdir {0}/$$ && rmdir {0}/$$", up.display());
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (site, setup, teardown, inside) = (&site, &setup, &teardown, &inside);
            let mode: &[&str] = if worker % 3 == 0 { &["--slots", "3"] } else { &["--shared"] };
            scope.spawn(move || {
                for round in 0..rounds(10) {
                    let environment = ["--wait-forever", "--setup", setup, "--teardown", teardown];
                    let command = ["test", "--", "sh", "-c", inside];
                    let done = site.world.run(&[mode, &environment, &command].concat());
                    assert_eq!((done.code(), &*done.stderr()), (0, ""), "{worker} in round {round}");
                }
            });
        }
    });
    assert!(!up.exists(), "the last one out did not take down");
}

/// Users of one environment, of which some are killed, with their keepers or without, at any moment: no two set-ups or take-downs at
/// once, nobody inside meanwhile, and the one who comes last finds everything taken down.
#[test]
fn deaths_at_random_moments_never_let_two_set_up_at_once() {
    let Some(etcd) = cluster() else { return };
    let site = Site::new(etcd);
    let dir = site.world.path().display().to_string();
    // Each step proves by a lock of its own, which its death gives back, that no other one runs.
    let alone = |what: &str| {
        format!("exec flock -n {dir}/witness sh -c '{what}; sleep 0.05' || echo overlap >> {dir}/overlap")
    };
    let (setup, teardown) = (alone(&format!("echo up > {dir}/up")), alone(&format!("rm -f {dir}/up")));
    let inside = format!(
        "exec flock -n -s {dir}/witness sh -c 'sleep 0.1; cat {dir}/up' || echo overlap >> {dir}/overlap"
    );
    let args = [
        "--ttl",
        "5s",
        "-w",
        "120s",
        "--shared",
        "--setup",
        &setup,
        "--teardown",
        &teardown,
        "test",
        "--",
        "sh",
        "-c",
        &inside,
    ];
    std::thread::scope(|scope| {
        for worker in 0..6_u64 {
            let (site, args) = (&site, &args);
            scope.spawn(move || {
                for round in 0..rounds(4) as u64 {
                    let mut child = site.world.start(args);
                    let is_victim = (worker + round).is_multiple_of(3);
                    if is_victim {
                        kill_at_some_moment(&mut child, worker, round);
                    }
                    let done = Done(child.wait_with_output().unwrap());
                    assert!(is_victim || done.code() == 0, "{worker} in round {round}: {done:?}");
                }
            });
        }
    });
    // Whoever shares the lock may come in beside a dead user; who wants it alone does not.
    let last = ["-w", "60s", "--setup", &setup, "--teardown", &teardown, "test", "--", "true"];
    assert_eq!(site.world.run(&last).code(), 0);
    assert!(!site.world.file("overlap").exists(), "two at once");
    assert!(!site.world.file("up").exists());
}

/// Kills envlock or its keeper, at a moment that differs from victim to victim.
fn kill_at_some_moment(envlock: &mut Child, worker: u64, round: u64) {
    std::thread::sleep(Duration::from_millis((worker * 97 + round * 61) % 400));
    match find_keeper(envlock.id()).filter(|_| worker.is_multiple_of(2)) {
        // It may have ended.
        Some(keeper) => {
            let mut kill = std::process::Command::new("kill");
            kill.args(["-9", &keeper.to_string()]).stderr(std::process::Stdio::null()).status().unwrap();
        }
        None => envlock.kill().unwrap(),
    }
}

/// `ENVLOCK_STORM=N` repeats storms N times as often as that.
fn rounds(few: usize) -> usize {
    let given = std::env::var("ENVLOCK_STORM").ok().and_then(|text| text.parse().ok());
    given.unwrap_or(few)
}
