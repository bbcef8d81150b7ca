//! The state directory that users share: their restarts count together, and one of them who is hostile stops nobody.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenkeel_common::state::lock_file::LockMode;
use evenkeel_common::state::shared::open_guard;
use evenkeel_tests::{SharedState, World, engine};

use crate::{report, start, wire};

/// Numbers that no user of the machine has.
const ALICE: u32 = 64_111;
const BOB: u32 = 64_112;
const ROOT: u32 = 0;

/// A shared state directory, and restartgate where all users can run it.
struct Machine(SharedState);

impl Machine {
    /// None where this test does not run as root.
    fn new() -> Option<Self> {
        SharedState::new(&[Path::new(env!("CARGO_BIN_EXE_restartgate"))]).map(Self)
    }

    fn restarts(&self) -> PathBuf {
        self.0.path().join("restarts")
    }

    /// A command of a user who may use the engine: its socket belongs to root's group.
    fn gate(&self, user: u32, args: &[&str]) -> Command {
        self.0.command(user, "0", &[&[self.0.tool("restartgate").as_str()], args].concat())
    }

    fn run(&self, user: u32, args: &[&str]) -> (i32, String) {
        let output = self.gate(user, args).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    fn status(&self, user: u32) -> wire::Status {
        let output = self.gate(user, &["status", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
    }

    /// The directory that restartgate made for a user.
    fn records_of(&self, user: u32) -> PathBuf {
        assert_eq!(self.run(user, &["status"]).0, 0);
        self.restarts().join(user.to_string())
    }

    /// Runs a shell script as a user, in the directory of restarts.
    fn shell(&self, user: u32, script: &str) {
        let mut command = self.0.command(user, "", &["sh", "-ec", script]);
        let output = command.current_dir(self.restarts()).output().unwrap();
        assert!(output.status.success(), "{script}: {output:?}");
    }

    /// Bob records what he likes.
    fn forge(&self, records: &str) {
        let file = self.records_of(BOB).join("history.jsonl");
        let mut command =
            self.0.command(BOB, "", &["sh", "-c", r#"umask 022; printf '%s\n' "$0" >"$1""#, records]);
        assert!(command.arg(file).status().unwrap().success());
    }
}

/// A line of the history about the job of that name.
fn record(name: &str, action: &str, boot_ms: u64) -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    format!(
        r#"{{"v":1,"action":"{action}","host":"command","project":null,"name":"{name}","at":"2026-01-01T00:00:00Z","boot_id":"{}","boot_ms":{boot_ms},"attempt":1,"pid":1,"user":"nobody","healthy":null,"took_ms":null,"reason":"forged","forced":false}}"#,
        boot.trim()
    )
}

fn since_boot_ms() -> u64 {
    evenkeel_common::BootTimestamp::now().boot_ms
}

#[test]
fn two_users_restart_one_service_and_share_one_budget() {
    let (Some(engine), Some(machine)) = (engine(), Machine::new()) else { return };
    if !engine.is_docker_or_skip("its socket is root's alone") {
        return;
    }
    let world = World::new(engine);
    let name = start(engine, &world, "web", "true", "exec sleep 600");
    let args = [&name, "--host", &engine.host, "--json", "--even-if-healthy", "--stop-timeout", "0s"];
    let ask = |user| -> Output { machine.gate(user, &args).output().unwrap() };
    assert_eq!(report(&ask(ALICE)).verdict, "restarted");
    for user in [BOB, ROOT] {
        let said = report(&ask(user));
        assert_eq!((said.verdict.as_str(), said.rule.as_deref()), ("refused", Some("cooldown")), "{said:?}");
        assert_eq!((said.attempts_used, said.shared), (1, true));
        assert_eq!(said.state_directory, machine.0.path().to_str().unwrap());
    }
    // A trip by one opens the breaker for all; so does a reset close it.
    assert_eq!(machine.run(BOB, &["trip", &name, "--host", &engine.host, "--reason", "broken"]).0, 0);
    assert_eq!(ask(ALICE).status.code(), Some(69));
    assert_eq!(machine.run(ALICE, &["reset", &name, "--host", &engine.host, "--reason", "mended"]).0, 0);
    assert_eq!(report(&ask(ROOT)).verdict, "restarted");
    let (_, history) = machine.run(ALICE, &["history"]);
    for (action, user) in [("tripped", BOB), ("reset", ALICE), ("healthy", ROOT)] {
        let is_row = |line: &str| line.contains(action) && (user == ROOT || line.contains(&user.to_string()));
        assert!(history.lines().any(is_row), "{action} by {user}: {history}");
    }
    assert!(history.ends_with("/restarts, shared by all users\n"), "{history}");
}

/// All come at once, to services of their own: the machine's budget is counted by the commands that ran.
#[test]
fn a_storm_of_three_users_stays_within_the_machines_budget() {
    let Some(machine) = Machine::new() else { return };
    let room = machine.0.directory().join("room");
    fs::create_dir(&room).unwrap();
    machine.shell(ROOT, &format!("chmod 777 {}", room.display()));
    let mut all = Vec::new();
    for number in 0..30 {
        let (job, mark) = (format!("job-{number}"), room.join(number.to_string()));
        let limits = ["--cooldown", "0s", "--max-attempts", "100", "--per-minute", "5"];
        let command = ["--", "touch", mark.to_str().unwrap()];
        let args = [&[job.as_str()], &limits[..], &command].concat();
        all.push(machine.gate([ALICE, BOB, ROOT][number % 3], &args).spawn().unwrap());
    }
    let codes: Vec<i32> = all.into_iter().map(|mut gate| gate.wait().unwrap().code().unwrap()).collect();
    let ran = codes.iter().filter(|code| **code == 0).count();
    assert_eq!((ran, room.read_dir().unwrap().count()), (5, 5), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 75].contains(code)), "{codes:?}");
}

#[test]
fn hostile_files_stop_nobody() {
    let Some(machine) = Machine::new() else { return };
    let secret = machine.0.directory().join("secret");
    fs::write(&secret, record("job", "trip", since_boot_ms())).unwrap();
    let own = machine.records_of(BOB);
    let in_own = |script: &str| format!("umask 022; cd {} && rm -rf ./* && {script}", own.display());
    let long = format!(r"printf '%s\n' '{}' >history.jsonl", record(&"x".repeat(10_000), "begin", 1));
    for script in [
        // What was there before the others came.
        format!("mkfifo {ALICE} && ln -s /etc {ROOT}"),
        in_own("head -c 20000000 /dev/urandom >history.jsonl"),
        in_own("truncate -s 100G history.jsonl"),
        in_own("yes '{' | head -c 3000000 >history.jsonl.1"),
        in_own("mkfifo history.jsonl history.jsonl.1"),
        in_own("mkdir history.jsonl"),
        in_own(&format!("ln -s {} history.jsonl", secret.display())),
        in_own(&long),
        in_own(&format!("printf '%s\\n' '{}' >history.jsonl", record("job", "begin", u64::MAX))),
        format!("chmod 0 {}", own.display()),
        format!("chmod 755 {0} && rm -rf {0} && ln -s /root {0}", own.display()),
    ] {
        machine.shell(BOB, &script);
        for user in [ALICE, ROOT] {
            let (code, said) = machine.run(
                user,
                &["job", "--cooldown", "0s", "--max-attempts", "100", "--per-minute", "100", "--", "true"],
            );
            assert_eq!(code, 0, "{script}: {said}");
            let status = machine.status(user);
            let names: Vec<&str> = status.services.iter().map(|row| row.service.name.as_str()).collect();
            assert_eq!(names, ["job"], "{script}");
        }
    }
}

/// What the man page says that he can do, and no more.
#[test]
fn a_hostile_user_can_use_up_the_limits_and_forge_nobody_elses_records() {
    let Some(machine) = Machine::new() else { return };
    let ask = |job| machine.run(ALICE, &[job, "--cooldown", "0s", "--per-minute", "100", "--", "true"]).0;
    assert_eq!(ask("job"), 0);
    let now = since_boot_ms();
    let begins: Vec<String> = (0..3).map(|_| record("job", "begin", now)).collect();
    machine.forge(&begins.join("\n"));
    assert_eq!(ask("job"), 69, "three that never were, and her own, trip the breaker");
    machine.forge(&record("job", "reset", since_boot_ms()));
    assert_eq!(ask("job"), 0);
    // He says who he likes, and is named all the same; the end of her attempt is not his to tell.
    let (_, history) = machine.run(ROOT, &["history", "--json"]);
    let history: wire::History = serde_json::from_str(&history).unwrap();
    let resets = history.records.iter().filter(|record| record.action == "reset");
    assert_eq!(resets.map(|record| record.user.clone()).collect::<Vec<_>>(), [BOB.to_string()]);
    let attempt =
        fs::read_to_string(machine.restarts().join(ALICE.to_string()).join("history.jsonl")).unwrap();
    let attempt: serde_json::Value =
        serde_json::from_str(attempt.trim_end().lines().last().unwrap()).unwrap();
    let forged = record("job", "end", since_boot_ms())
        .replace(r#""attempt":1"#, &format!(r#""attempt":{}"#, attempt["attempt"]));
    machine.forge(&forged.replace(r#""healthy":null"#, r#""healthy":false"#));
    assert_eq!(machine.status(ALICE).services[0].failures, 0);
    // Files of others are closed to him.
    for file in [ALICE.to_string() + "/history.jsonl", ".guard".to_owned(), ALICE.to_string()] {
        let path = machine.restarts().join(&file);
        let mut remove = machine.0.command(BOB, "", &["rm", "-rf", path.to_str().unwrap()]);
        assert!(!remove.output().unwrap().status.success() && path.exists(), "{file}");
    }
    // Root takes away what he wrote.
    machine.forge(&record("other", "trip", since_boot_ms()));
    assert_eq!(ask("other"), 69);
    fs::remove_dir_all(machine.restarts().join(BOB.to_string())).unwrap();
    assert_eq!(ask("other"), 0);
}

#[test]
fn who_keeps_the_turn_stops_decisions_and_no_queries() {
    let Some(machine) = Machine::new() else { return };
    assert_eq!(machine.run(ALICE, &["job", "--", "true"]).0, 0);
    let turn = open_guard(&machine.restarts(), OsStr::new("turn")).unwrap();
    assert!(turn.try_lock(LockMode::Exclusive).unwrap());
    std::thread::scope(|scope| {
        let status = scope.spawn(|| machine.status(BOB).services.len());
        let (code, said) = machine.run(ALICE, &["job", "--", "true"]);
        assert_eq!(code, 125, "{said}");
        assert!(said.contains("another process has held them for 10 s") && said.contains("fuser"), "{said}");
        assert_eq!(status.join().unwrap(), 1);
    });
    drop(turn);
    assert_eq!(machine.run(ALICE, &["job", "--", "true"]).0, 75);
}

#[test]
fn records_from_before_are_still_read_and_an_older_set_up_changes_nothing() {
    let Some(machine) = Machine::new() else { return };
    let own = machine.0.home(ALICE).join(".netra");
    let job = ["job", "--", "true"];
    assert_eq!(machine.gate(ALICE, &job).env("NETRA_HOME", &own).status().unwrap().code(), Some(0));
    assert_eq!(machine.run(ALICE, &job).0, 75, "her own restart counts for her");
    assert!(machine.run(ALICE, &["history"]).1.contains("healthy"));
    assert!(machine.status(BOB).services.is_empty());

    fs::remove_dir_all(machine.restarts()).unwrap();
    let status = machine.status(ALICE);
    assert_eq!((status.shared, status.state_directory.as_str()), (false, own.to_str().unwrap()));
    assert_eq!(status.services.len(), 1);
}
