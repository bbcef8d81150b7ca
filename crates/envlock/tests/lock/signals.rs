//! Signals and keys at any moment: the environment is taken down, and the lock is clean.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::terminal::{ENVLOCK, on_terminal};
use crate::{Done, Home, Moment, scan_moments, send, until};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Which signal a scan sends, how many times at most, and how far apart.
#[derive(Clone, Copy, Debug)]
struct Presses {
    signal: Signal,
    most: usize,
    apart: Duration,
}

const PATTERNS: [Presses; 4] = [
    Presses { signal: Signal::INT, most: 1, apart: ms(0) },
    Presses { signal: Signal::INT, most: 2, apart: ms(30) },
    Presses { signal: Signal::INT, most: usize::MAX, apart: ms(100) },
    Presses { signal: Signal::TERM, most: 2, apart: ms(30) },
];

/// Whether the environment is kept, and whether there is something to do after the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Plain,
    KeptWithAfter,
}

/// Sends signals to runs, the first one at every moment. `start` starts a run, `press` sends it a signal, `ended` returns its
/// output when it has ended.
fn scan<R>(
    start: impl Fn(&Home, &[&str]) -> R + Sync,
    press: impl Fn(&mut R, Signal) + Sync,
    ended: impl Fn(&mut R) -> Option<String> + Sync,
) {
    std::thread::scope(|scope| {
        for presses in PATTERNS {
            let (start, press, ended) = (&start, &press, &ended);
            scope.spawn(move || {
                for ends in [Ends::Plain, Ends::KeptWithAfter] {
                    let what = format!("{ends:?} {presses:?}");
                    scan_moments(&what, |first| run_pressed(ends, presses, first, start, press, ended));
                }
            });
        }
    });
}

/// One run of a scan; returns what became of its first signal.
fn run_pressed<R>(
    ends: Ends,
    presses: Presses,
    first: Duration,
    start: impl Fn(&Home, &[&str]) -> R,
    press: impl Fn(&mut R, Signal),
    ended: impl Fn(&mut R) -> Option<String>,
) -> Moment {
    let home = Home::new();
    let up = home.file("up");
    let setup = format!(": > {}; sleep 0.02", up.display());
    let log_file = home.file("log").display().to_string();
    let after = format!("echo begun >> {log_file}; sleep 0.02; echo done >> {log_file}");
    let ending: &[&str] = match ends {
        Ends::Plain => &[],
        Ends::KeptWithAfter => &["--keep-for", "1h", "--after", &after],
    };
    let teardown = format!("sleep 0.02; rm -f {}; sleep 0.02", up.display());
    let mode = if first.as_millis().is_multiple_of(20) { "--shared" } else { "--wait-forever" };
    let args = [mode, "--setup", &setup, "--teardown", &teardown];
    let mut run = start(&home, &[&args, ending, &["test", "--", "sleep", "0.02"]].concat());
    let started = Instant::now();
    let (mut count, mut next) = (0, first);
    let (said, lasted) = loop {
        if let Some(said) = ended(&mut run) {
            break (said, started.elapsed());
        }
        assert!(started.elapsed() < ms(120_000), "{presses:?} from {first:?} on: it does not end");
        if started.elapsed() >= next && count < presses.most {
            press(&mut run, presses.signal);
            count += 1;
            next = started.elapsed() + presses.apart;
        }
        std::thread::sleep(ms(1));
    };
    let context = format!("{ends:?} {presses:?} from {first:?} on: {said}");
    assert!(!said.contains("take-down failed") && !said.contains("command failed"), "{context}");
    let status = home.status("test");
    assert_eq!(status["environment"]["state"] == "kept", up.exists(), "left behind: {context}");
    assert!(ends == Ends::KeptWithAfter || !up.exists(), "left behind: {context}");
    // What is to be done after the command was done to its end, where there was a set-up, and once.
    assert!(matches!(&*log(&home), "" | "begun done "), "{}: {context}", log(&home));
    assert!(ends == Ends::Plain || !up.exists() || !log(&home).is_empty(), "{context}");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &false.into()), "{context}");
    if count > 0 { Moment::Met } else { Moment::of_ended(lasted, first) }
}

#[test]
fn keys_at_any_moment_leave_nothing_behind() {
    scan(
        |home, args| on_terminal(home, &[&[ENVLOCK], args].concat()),
        |terminal, signal| {
            if signal == Signal::INT {
                terminal.press("\x03");
            } else {
                let _ = kill_process(pid(terminal.child.id()), signal);
            }
        },
        |terminal| {
            terminal.child.try_wait().unwrap()?;
            Some(format!("{}: {}", terminal.wait(), terminal.screen()))
        },
    );
}

#[test]
fn signals_at_any_moment_leave_nothing_behind() {
    scan(
        |home, args| {
            let mut command = evenkeel_tests::tool("setsid", home.path());
            command.args([&[ENVLOCK], args].concat()).stdin(Stdio::null());
            let stderr = std::fs::File::create(home.file("stderr")).unwrap();
            (home.file("stderr"), command.stderr(stderr).spawn().unwrap())
        },
        |(_, child), signal| {
            let _ = kill_process(pid(child.id()), signal);
        },
        |(stderr, child)| {
            let status = child.try_wait().unwrap()?;
            Some(format!("{status}: {}", std::fs::read_to_string(stderr).unwrap()))
        },
    );
}

fn pid(pid: u32) -> Pid {
    Pid::from_raw(pid.cast_signed()).unwrap()
}

/// A script that creates `begun`, logs each signal without ending, and ends when `go` exists.
fn patient_set_up(home: &Home, signal: &str) -> String {
    format!(
        "cd {}; trap 'echo got >> log' {signal}; : > begun; until [ -e go ]; do sleep 0.01; done; echo setup >> log",
        home.path().display()
    )
}

fn log(home: &Home) -> String {
    std::fs::read_to_string(home.file("log")).unwrap_or_default().replace('\n', " ")
}

#[test]
fn a_set_up_gets_a_signal_once_and_the_command_is_not_run() {
    let home = Home::new();
    let (setup, log_file) = (patient_set_up(&home, "TERM"), home.file("log").display().to_string());
    let (teardown, command) = (format!("echo teardown >> {log_file}"), format!("echo command >> {log_file}"));
    let args = ["--setup", &setup, "--teardown", &teardown, "test", "--", "sh", "-c", &command];
    let mut child = home.envlock(&args).spawn().unwrap();
    until("the set-up runs", || home.file("begun").exists());
    send("-TERM", child.id());
    until("the set-up got it", || log(&home) == "got ");
    std::fs::write(home.file("go"), "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(log(&home), "got setup teardown ");
    let status = home.status("test");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &false.into()));
}

#[test]
fn a_set_up_on_a_terminal_gets_keys_and_signals_to_the_group_once() {
    for key in [true, false] {
        let home = Home::new();
        let setup = patient_set_up(&home, "INT");
        let mut terminal =
            on_terminal(&home, &[ENVLOCK, "--setup", &setup, "test", "--", "sh", "-c", "echo command"]);
        until("the set-up runs", || home.file("begun").exists());
        if key {
            terminal.press("\x03");
        } else {
            kill_process_group(pid(terminal.child.id()), Signal::INT).unwrap();
        }
        until("the set-up got it", || log(&home).starts_with("got "));
        std::fs::write(home.file("go"), "").unwrap();
        terminal.wait();
        assert_eq!(log(&home), "got setup ", "key: {key}");
        assert!(!terminal.screen().contains("command\r\n"), "key: {key}: {}", terminal.screen());
    }
}

#[test]
fn a_signal_that_a_recovery_survives_keeps_set_up_and_command_from_running() {
    let home = Home::new();
    assert_eq!(home.run(&["--teardown", "exit 1", "test", "--", "true"]).code(), 1);
    let teardown = patient_set_up(&home, "TERM");
    let setup = format!("echo up >> {}", home.file("log").display());
    let args = ["--setup", &setup, "--teardown", &teardown, "test", "--", "echo", "command"];
    let child = home.envlock(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the recovery runs", || home.file("begun").exists());
    send("-TERM", child.id());
    std::fs::write(home.file("go"), "").unwrap();
    let done = Done(child.wait_with_output().unwrap());
    assert_eq!((done.code(), &*done.stdout()), (143, ""), "{}", done.stderr());
    assert_eq!(log(&home), "setup ", "the take-down ran once and got no signal, the set-up did not run");
    assert_eq!(home.status("test")["dirty"], false);
}

#[test]
fn what_the_caller_has_us_ignore_cancels_nothing() {
    let home = Home::new();
    let setup = patient_set_up(&home, "USR1");
    let script =
        format!("trap '' HUP; exec {ENVLOCK} --setup '{}' test -- echo command", setup.replace('\'', "\""));
    let mut shell = evenkeel_tests::tool("sh", home.path());
    let child = shell.args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    until("the set-up runs", || home.file("begun").exists());
    send("-HUP", child.id());
    send("-USR1", child.id());
    until("the set-up got what came later", || log(&home) == "got ");
    std::fs::write(home.file("go"), "").unwrap();
    let done = Done(child.wait_with_output().unwrap());
    assert_eq!((done.code(), &*done.stdout()), (0, "command\n"));
}

#[test]
fn no_signal_reaches_a_take_down_and_it_is_not_reported_as_failed() {
    for signal in ["-INT", "-QUIT", "-TERM", "-HUP"] {
        let home = Home::new();
        let teardown = patient_set_up(&home, "USR1");
        let args = ["--teardown", &teardown, "test", "--", "true"];
        let child = home.envlock(&args).stderr(Stdio::piped()).spawn().unwrap();
        until("the take-down runs", || home.file("begun").exists());
        let shell = home.status("test")["holders"][0]["pid"].as_u64().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let shell: u32 = children.trim().parse().unwrap();
        send(signal, child.id());
        send(signal, shell);
        std::fs::write(home.file("go"), "").unwrap();
        let done = Done(child.wait_with_output().unwrap());
        assert_eq!(done.code(), 0, "{signal}: {}", done.stderr());
        assert_eq!(log(&home), "setup ", "{signal}");
        assert_eq!(home.status("test")["dirty"], false, "{signal}");
        assert!(done.stderr().contains("signals do not reach the take-down"), "{}", done.stderr());
    }
}

#[test]
fn a_take_down_past_its_time_is_ended_and_leaves_the_lock_dirty() {
    // One that ends at SIGTERM; one that has to be killed, with a process in another group.
    for (script, code) in
        [("exec env --default-signal=TERM sleep 1000", 143), ("setsid sleep 1000; sleep 1000", 137)]
    {
        let home = Home::new();
        let teardown = format!("echo $$ > {}; {script}", home.file("pid").display());
        let done = home.run(&["--teardown-timeout", "100ms", "--teardown", &teardown, "test", "--", "true"]);
        assert_eq!(done.code(), code, "{}", done.stderr());
        assert!(done.stderr().contains("the take-down took too long"), "{}", done.stderr());
        let status = home.status("test");
        assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &true.into()));
        let pid = std::fs::read_to_string(home.file("pid")).unwrap().trim().parse().unwrap();
        assert!(!crate::is_running(pid));
    }
}

#[test]
fn three_signals_within_a_second_tell_when_and_how_a_take_down_is_ended() {
    let home = Home::new();
    let teardown = patient_set_up(&home, "USR1");
    let child = home
        .envlock(&["--teardown", &teardown, "test", "--", "true"])
        .stderr(std::fs::File::create(home.file("stderr")).unwrap())
        .spawn()
        .unwrap();
    until("the take-down runs", || home.file("begun").exists());
    let said = || std::fs::read_to_string(home.file("stderr")).unwrap();
    let mut last = Instant::now();
    until("it says so", || {
        if last.elapsed() > ms(50) {
            send("-TERM", child.id());
            last = Instant::now();
        }
        said().contains("will be ended")
    });
    assert!(said().contains("hint: envlock break test --reason TEXT"), "{}", said());
    std::fs::write(home.file("go"), "").unwrap();
    let done = { child }.wait().unwrap();
    assert_eq!((done.code(), done.signal()), (Some(0), None), "it ended in time by itself: {}", said());
    assert_eq!(home.status("test")["dirty"], false);
}
