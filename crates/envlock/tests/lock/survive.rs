//! Crashes, full disks, planted links, damaged files: a clear error or a counted skip, never two holders.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::skip;

use crate::{Done, Home, Moment, is_running, scan_moments, send, until};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A process that runs until this is dropped.
struct Sleeper(std::process::Child);

impl Sleeper {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn ticket_file(home: &Home, name: &str) -> PathBuf {
    home.path().join("locks/test.d").join(name)
}

/// Writes a stale ticket, made from the record of a real one.
fn record(home: &Home, ticket: u64, change: impl FnOnce(&mut serde_json::Value)) {
    let mut holder = home.hold(&["test"]);
    let number = home.status("test")["holders"][0]["ticket"].as_u64().unwrap();
    let text = std::fs::read_to_string(ticket_file(home, &format!("{number}.x"))).unwrap();
    holder.let_go();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["ticket"] = ticket.into();
    change(&mut value);
    std::fs::write(ticket_file(home, &format!("{ticket}.x")), value.to_string()).unwrap();
}

#[test]
fn what_a_killed_holders_command_left_is_ended_before_the_next_one_starts() {
    for script in [
        // A child of the command that dies with envlock.
        "sleep 1000 & echo $! > PIDS; wait",
        // One that has left the process group and closed all inherited files.
        "setsid sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; echo $$ > PIDS; exec sleep 1000' & wait",
        // One with an empty environment.
        "env -i sleep 1000 & echo $! > PIDS; wait",
        // One that ignores SIGTERM.
        "trap '' TERM; (echo $$ > PIDS; while :; do sleep 0.01; done)",
    ] {
        let home = Home::new();
        let pids = home.file("pids");
        let script = script.replace("PIDS", &format!("{0}.new; mv {0}.new {0}", pids.display()));
        let mut holder = home.envlock(&["test", "--", "sh", "-c", &script]).spawn().unwrap();
        until("the command runs", || pids.exists());
        holder.kill().unwrap();
        holder.wait().unwrap();
        let left: i32 = std::fs::read_to_string(&pids).unwrap().trim().parse().unwrap();
        // A zombie has ended; its new parent may not have fetched its exit status yet.
        let check = format!("grep -qs ') [^ZX] ' /proc/{left}/stat && echo two at once");
        let next = home.run(&["--timeout", "30s", "test", "--", "sh", "-c", &check]);
        assert_eq!(next.stdout(), "", "{script}");
        assert!(!is_running(left), "{script}");
    }
}

/// In a pid namespace /proc/locks does not name a locker that has died.
#[test]
fn in_a_container_too() {
    let home = Home::new();
    let script = r#"
        "$1" test -- sh -c 'env -i sleep 1000 & echo $! >"$0"; wait' "$2" &
        until [ -s "$2" ]; do sleep 0.01; done
        kill -9 $!
        "$1" --timeout 20s test -- sh -c '! grep -qs ") [^ZX] " /proc/$(cat "$0")/stat' "$2"
    "#;
    let envlock = home.envlock(&[]);
    let mut inside = Command::new("unshare");
    inside.args(["-p", "-f", "--mount-proc", "sh", "-c", script, "sh"]);
    inside.arg(envlock.get_program()).arg(home.file("pid")).env("NETRA_HOME", home.path());
    let done = Done(inside.output().unwrap());
    if done.stderr().starts_with("unshare:") {
        return skip("it needs root, for a pid namespace of its own");
    }
    assert_eq!(done.code(), 0, "{}", done.stderr());
}

#[test]
fn a_dead_owners_pid_may_belong_to_somebody_else_by_now() {
    let home = Home::new();
    let stranger = Sleeper::new();
    record(&home, 90, |record| record["process"]["pid"] = stranger.0.id().into());
    assert_eq!(home.status("test")["verdict"], "free");
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 0);
    assert!(is_running(stranger.0.id().cast_signed()));
    assert!(!ticket_file(&home, "90.x").exists());
    assert_eq!(home.status("test")["dirty"], true);
}

#[test]
fn tickets_of_an_earlier_boot_are_cleared_away() {
    let home = Home::new();
    record(&home, 90, |record| record["process"]["boot_id"] = "earlier".into());
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 0);
    assert!(!ticket_file(&home, "90.x").exists());
    let history = home.run(&["history", "test"]).stdout();
    assert!(history.contains("died"), "{history}");
}

#[test]
fn a_dead_waiter_does_not_block_the_queue() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let waiters: Vec<_> = (0..3).map(|_| home.queue("test", &["test", "--", "true"])).collect();
    send("-KILL", waiters[1].id());
    holder.let_go();
    let codes = waiters.into_iter().map(|waiter| waiter.wait_with_output().unwrap().status.code());
    assert_eq!(codes.collect::<Vec<_>>(), [Some(0), None, Some(0)]);
    assert_eq!(home.status("test")["dirty"], false, "who died in the queue has touched nothing");
}

#[test]
fn a_stopped_holder_stays_a_holder() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    holder.signal("-STOP");
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75);
    assert_eq!(home.status("test")["holders"].as_array().unwrap().len(), 1);
    holder.signal("-CONT");
    assert_eq!(holder.let_go(), 0);
}

#[test]
fn a_clock_set_back_changes_nothing() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let number = home.status("test")["holders"][0]["ticket"].as_u64().unwrap();
    let file = ticket_file(&home, &format!("{number}.x"));
    // As if the clock had been set back by years since the record was written.
    let text = std::fs::read_to_string(&file).unwrap().replace("_at\":\"20", "_at\":\"21");
    std::fs::write(&file, text).unwrap();
    let refused = home.run(&["--timeout", "50ms", "test", "--", "true"]);
    assert_eq!(refused.code(), 75);
    assert!(refused.stderr().contains("exclusive for 0s"), "{}", refused.stderr());
    let waiter = home.queue("test", &["test", "--", "true"]);
    holder.let_go();
    assert!(waiter.wait_with_output().unwrap().status.success());
}

#[test]
fn torn_and_foreign_files_are_survived() {
    let home = Home::new();
    assert_eq!(home.run(&["test", "--", "true"]).code(), 0);
    for (name, text) in [
        ("seq", "\u{fffd}not a number"),
        ("6.x", ""),
        ("7.x", "{\"ticket\":7,\"mo"),
        ("8.s", "rubbish"),
        ("9.n", ""),
        ("notes.txt", "hello"),
        ("99999999999999999999999.x", ""),
    ] {
        std::fs::write(ticket_file(&home, name), text).unwrap();
    }
    std::fs::write(ticket_file(&home, "history.jsonl"), "{\"at\":\"torn\n\n{}\n").unwrap();
    let ticket = home.run(&["-n", "test", "--", "sh", "-c", "echo ${ENVLOCK_HELD#*:*:}"]);
    assert_eq!(ticket.code(), 0, "{}", ticket.stderr());
    assert!(ticket.stdout().starts_with("10:"), "a number above all others: {}", ticket.stdout());
    let history: serde_json::Value =
        serde_json::from_str(&home.run(&["history", "test", "--json"]).stdout()).unwrap();
    assert_eq!((&history["holds"], &history["skipped"]), (&1.into(), &2.into()));
    for name in ["6.x", "7.x", "8.s", "9.n"] {
        assert!(!ticket_file(&home, name).exists(), "{name}");
    }
}

#[test]
fn an_illegible_record_does_not_free_a_lock() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let number = home.status("test")["holders"][0]["ticket"].as_u64().unwrap();
    std::fs::write(ticket_file(&home, &format!("{number}.x")), "torn").unwrap();
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75);
    assert_eq!(home.status("test")["verdict"], "held");
    holder.let_go();
}

fn assert_refused(done: &Done, cause: &str) {
    assert_eq!(done.code(), 125, "{done:?}");
    assert_eq!(done.stdout(), "", "the command was run");
    let said = done.stderr();
    assert!(said.starts_with("envlock: cannot ") && said.contains(cause), "{said}");
}

#[test]
fn planted_links_are_refused() {
    let home = Home::new();
    let victim = home.file("victim");
    std::fs::write(&victim, "precious").unwrap();
    for planted in ["locks/test.d/seq", "locks/test.lock"] {
        std::fs::create_dir_all(home.path().join("locks/test.d")).unwrap();
        symlink(&victim, home.path().join(planted)).unwrap();
        assert_refused(&home.run(&["test", "--", "echo", "ran"]), "symbolic link");
        std::fs::remove_file(home.path().join(planted)).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(home.run(&["test", "--", "true"]).code(), 0);
}

#[test]
fn a_directory_in_place_of_the_lock_file_is_refused() {
    let home = Home::new();
    std::fs::create_dir_all(home.lock_file("test")).unwrap();
    assert_refused(&home.run(&["test", "--", "echo", "ran"]), "test.lock");
}

#[test]
fn a_lock_directory_of_somebody_else_is_refused() {
    if !is_root() {
        return skip("only root can give a directory away");
    }
    let home = Home::new();
    let locks = home.path().join("locks");
    std::fs::create_dir(&locks).unwrap();
    std::os::unix::fs::chown(&locks, Some(4242), None).unwrap();
    assert_refused(&home.run(&["test", "--", "echo", "ran"]), "belongs to user 4242");
}

/// Runs envlock with its state on a small file system of its own, prepared by `script` after a first run.
fn on_small_disk(home: &Home, script: &str) -> Done {
    let envlock = env!("CARGO_BIN_EXE_envlock");
    let disk = home.path().display();
    let script = format!(
        "mount -t tmpfs -o size=64k,mode=700 none {disk} && {envlock} test -- true && {script} && \
         {envlock} test -- echo ran"
    );
    let mut command = evenkeel_tests::tool("unshare", home.path());
    Done(command.args(["--mount", "sh", "-c", &script]).output().unwrap())
}

#[test]
fn a_full_disk_is_a_clear_error() {
    if !is_root() {
        return skip("only root can mount a small disk");
    }
    let home = Home::new();
    let fill = format!("{{ cat /dev/zero > {0}/fill 2>/dev/null; true; }}", home.path().display());
    assert_refused(&on_small_disk(&home, &fill), "No space left on device");
}

#[test]
fn a_read_only_directory_is_a_clear_error() {
    if !is_root() {
        return skip("only root can mount a disk read-only");
    }
    let home = Home::new();
    let freeze = format!("mount -o remount,ro {}", home.path().display());
    assert_refused(&on_small_disk(&home, &freeze), "Read-only file system");
}

#[test]
fn a_home_that_cannot_be_made_is_a_clear_error() {
    let home = Home::new();
    std::fs::write(home.file("file"), "").unwrap();
    let mut command = home.envlock(&["test", "--", "echo", "ran"]);
    let done = Done(command.env("NETRA_HOME", home.file("file/below")).output().unwrap());
    assert_refused(&done, "state directory");
    assert!(done.stderr().contains("hint: set NETRA_HOME"), "{}", done.stderr());
}

#[test]
fn a_careless_parent_that_ignores_sigchld_loses_no_code() {
    let home = Home::new();
    let envlock = env!("CARGO_BIN_EXE_envlock");
    let script = format!("trap '' CHLD; exec {envlock} test -- sh -c 'exit 7'");
    let mut command = evenkeel_tests::tool("sh", home.path());
    assert_eq!(command.args(["-c", &script]).status().unwrap().code(), Some(7));
}

#[test]
fn what_starts_something_else_when_it_is_ended_does_not_keep_the_lock() {
    for mode in [&["--shared"][..], &[]] {
        let home = Home::new();
        let (pids, log) = (home.file("pids"), home.file("log").display().to_string());
        // Not the direct child of envlock, which gets SIGTERM when envlock dies.
        let forker = format!(
            "(trap 'sleep 1000 & echo $! > {0}.late; exit' TERM; echo ready > {0}; while :; do sleep 0.01; done) & wait",
            pids.display()
        );
        let (setup, teardown) = (format!("echo setup >> {log}"), format!("echo teardown >> {log}"));
        let args = ["--setup", &setup, "--teardown", &teardown, "test", "--", "sh", "-c"];
        let args = [mode, &args].concat();
        let mut holder = home.envlock(&[&args[..], &[&forker]].concat()).spawn().unwrap();
        until("the command runs", || pids.exists());
        holder.kill().unwrap();
        holder.wait().unwrap();
        let next = home.run(&[&["--timeout", "20s"], &args[..args.len() - 2], &["true"]].concat());
        assert_eq!(next.code(), 0, "{mode:?}: {}", next.stderr());
        assert_eq!(
            std::fs::read_to_string(&log).unwrap(),
            "setup\nteardown\nsetup\nteardown\n",
            "{mode:?}: {}",
            next.stderr()
        );
        let late = std::fs::read_to_string(pids.with_extension("late")).unwrap();
        assert!(!is_running(late.trim().parse().unwrap()), "{mode:?}");
    }
}

/// A run that is killed at some moment, after what `before` prepared.
struct KillScan {
    before: &'static [&'static str],
    killed: &'static [&'static str],
}

/// A first user; one who joins and takes down; one who replaces what is kept; one who joins what is kept until told.
const KILL_SCANS: [KillScan; 4] = [
    KillScan { before: &[], killed: &["--keep-for", "1h"] },
    KillScan { before: &["--keep-for", "1h"], killed: &["--shared"] },
    KillScan { before: &["--keep-for", "1h"], killed: &["--setup-key", "k=2", "--keep-for", "1h"] },
    KillScan { before: &["--keep"], killed: &["--shared"] },
];

/// The options of all runs of a kill scan. The environment is a file.
fn scan_args(home: &Home) -> Vec<String> {
    let up = home.file("up").display().to_string();
    let options = [
        ("--setup", format!(": > {up}; sleep 0.02")),
        ("--teardown", format!("sleep 0.02; rm -f {up}; sleep 0.02")),
        ("--reuse", format!("sleep 0.02; [ -e {up} ]")),
        ("--after", String::from("sleep 0.02")),
    ];
    options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}

/// Kills a run after `time`, and has what it left cleared by a sweep or by the next user.
fn kill_and_clear(scan: &KillScan, time: Duration) -> Moment {
    let home = Home::new();
    let shared = scan_args(&home);
    let all = |more: &'static [&'static str]| -> Vec<&str> {
        let key = if more.contains(&"--setup-key") { &[][..] } else { &["--setup-key", "k=1"] };
        let mut args: Vec<&str> = shared.iter().map(String::as_str).collect();
        args.extend(more.iter().chain(key).chain(&["test", "--", "sleep", "0.02"]));
        args
    };
    if !scan.before.is_empty() {
        assert_eq!(home.run(&all(scan.before)).code(), 0);
    }
    let mut run = home.envlock(&all(scan.killed)).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    let killed = loop {
        if run.try_wait().unwrap().is_some() {
            break Moment::of_ended(started.elapsed(), time);
        }
        if started.elapsed() >= time {
            run.kill().unwrap();
            run.wait().unwrap();
            break Moment::Met;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let mut status = home.status("test");
    // A child that it was just starting has a copy of its ticket until it becomes the step.
    until("its ticket is stale", || {
        status = home.status("test");
        status["environment"]["state"] != "in_use"
    });
    let state = status["environment"]["state"].as_str().unwrap_or("down").to_owned();
    let context = format!("{:?} killed after {time:?}: {state}", scan.killed);
    assert!(matches!(&*state, "kept" | "dirty" | "down"), "{context}");
    assert!(state != "kept" || home.file("up").exists(), "{context}");
    assert_eq!(status["dirty"], state == "dirty", "{context}");
    let is_told = status["environment"]["kept"] == "until_told";
    if time.as_millis().is_multiple_of(20) && !is_told {
        let swept = home.run(&["sweep", "--idle"]);
        assert_eq!(swept.code(), 0, "{context}: {swept:?}");
    } else {
        let next = home.run(&all(&["--replace", "--setup-key", "k=3"]));
        assert_eq!(next.code(), 0, "{context}: {}", next.stderr());
    }
    assert!(!home.file("up").exists(), "left behind: {context}");
    let status = home.status("test");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &false.into()), "{context}");
    assert_eq!(status["environment"], serde_json::Value::Null, "{context}");
    killed
}

#[test]
fn whoever_is_killed_at_any_moment_leaves_what_is_known_to_be_kept_or_dirty() {
    std::thread::scope(|scope| {
        for scan in &KILL_SCANS {
            scope.spawn(move || {
                scan_moments(&format!("{:?}", scan.killed), |time| kill_and_clear(scan, time));
            });
        }
    });
}

/// What runs under a killed envlock has its lock: it must not wait for itself.
#[test]
fn whoever_runs_under_a_dead_envlock_is_refused_at_once() {
    for (scrub, options) in [
        ("", &[][..]),
        // In a step, the second variable tells.
        ("unset ENVLOCK_HELD;", &["--setup", "true"]),
        // Somebody cleared the ticket away.
        ("rm -f \"$NETRA_HOME\"/locks/test.d/*.x;", &[]),
    ] {
        let home = Home::new();
        let envlock = home.envlock(&[]).get_program().to_str().unwrap().to_owned();
        let script = format!(
            "trap '' TERM; echo $PPID >pid.new; mv pid.new pid; while kill -0 $PPID 2>/dev/null; do sleep 0.01; done; {scrub}
             {envlock} --wait-forever test -- true 2>said; echo $? >hold
             {envlock} down -w 1h test 2>>said; echo $? >down
             {envlock} sweep test >>said 2>&1
             {envlock} --wait-forever other -- true; echo $? >other.new; mv other.new other"
        );
        let args = [options, &["test", "--", "sh", "-c", &script]].concat();
        let mut holder = home.envlock(&args).current_dir(home.path()).spawn().unwrap();
        until("the command runs", || home.file("pid").exists());
        holder.kill().unwrap();
        holder.wait().unwrap();
        until("it has asked", || home.file("other").exists());
        let read = |name: &str| std::fs::read_to_string(home.file(name)).unwrap();
        assert_eq!((read("hold").trim(), read("down").trim(), read("other").trim()), ("125", "125", "0"));
        let said = format!(
            "envlock: cannot lock test: the envlock that this runs under (pid {}) has died\nhint:",
            holder.id()
        );
        assert!(read("said").starts_with(&said), "{}", read("said"));
    }
}

/// A process that outlives an envlock that ended as it should has a copy of its lock too, but not the lock.
#[test]
fn what_outlived_its_envlock_takes_the_lock_like_anybody() {
    let home = Home::new();
    let envlock = home.envlock(&[]).get_program().to_str().unwrap().to_owned();
    let script =
        format!("(read line <go; {envlock} -n test -- true; echo $? >code.new; mv code.new code) & ");
    assert!(Command::new("mkfifo").arg(home.file("go")).status().unwrap().success());
    let mut holder = home.envlock(&["test", "--", "sh", "-c", &script]);
    assert!(holder.current_dir(home.path()).status().unwrap().success());
    std::fs::write(home.file("go"), "\n").unwrap();
    until("it has asked", || home.file("code").exists());
    assert_eq!(std::fs::read_to_string(home.file("code")).unwrap().trim(), "0");
}
