//! On a terminal: keys have the same effect as without envlock.

use evenkeel_tests::Terminal;

use crate::{Home, until};

/// Runs a program on a terminal, as the leader of a session.
pub(crate) fn on_terminal(home: &Home, program: &[&str]) -> Terminal {
    let mut command = evenkeel_tests::tool(program[0], home.path());
    command.args(&program[1..]).env("USER", "alice").env("PS1", "$ ");
    Terminal::run(&command)
}

fn shows(terminal: &Terminal, text: &str) {
    until(&format!("the screen shows {text:?}"), || terminal.screen().contains(text));
}

pub(crate) const ENVLOCK: &str = env!("CARGO_BIN_EXE_envlock");

#[test]
fn the_command_reads_the_terminal() {
    let home = Home::new();
    let mut terminal =
        on_terminal(&home, &[ENVLOCK, "test", "--", "sh", "-c", "echo ready; read line; echo got $line"]);
    shows(&terminal, "ready");
    terminal.press("hello\n");
    shows(&terminal, "got hello");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn ctrl_c_ends_the_command_and_then_envlock_once() {
    let home = Home::new();
    let count = "trap 'echo one interrupt; exit 9' INT; echo ready; while :; do sleep 0.01; done";
    let mut terminal = on_terminal(&home, &[ENVLOCK, "test", "--", "sh", "-c", count]);
    shows(&terminal, "ready");
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(9));
    assert_eq!(terminal.screen().matches("one interrupt").count(), 1);
}

#[test]
fn a_script_that_calls_envlock_ends_at_ctrl_c_too() {
    let home = Home::new();
    // Not sh, which can miss a Ctrl-C that comes while it starts a process.
    let script = format!("{ENVLOCK} test -- cat; echo went on");
    let mut terminal = on_terminal(&home, &["bash", "-c", &script]);
    terminal.press("ready\n");
    shows(&terminal, "ready\r\nready");
    terminal.press("\x03");
    terminal.wait();
    assert!(!terminal.screen().contains("went on"));
    assert_eq!(home.status("test")["verdict"], "free");
}

#[test]
fn ctrl_z_stops_the_job_and_fg_goes_on() {
    let home = Home::new();
    let mut terminal = on_terminal(&home, &["bash", "--norc", "-i"]);
    terminal.press(&format!("{ENVLOCK} test -- sh -c 'echo rea''dy; read line; echo got $line'\n"));
    shows(&terminal, "ready");
    terminal.press("\x1a");
    shows(&terminal, "Stopped");
    assert_eq!(home.run(&["-n", "test", "--", "true"]).code(), 75, "a stopped job keeps its lock");
    terminal.press("fg\n");
    terminal.press("hello\n");
    shows(&terminal, "got hello");
    terminal.press("exit\n");
    terminal.wait();
}

#[test]
fn a_person_who_waits_is_told_for_what() {
    let home = Home::new();
    let mut holder = home.hold(&["--purpose", "nightly", "test"]);
    let mut terminal = on_terminal(&home, &[ENVLOCK, "test", "--", "echo", "my turn"]);
    shows(&terminal, "envlock: waiting for test");
    shows(&terminal, "held by alice@");
    shows(&terminal, "(nightly)");
    shows(&terminal, "place in the queue: 1");
    holder.let_go();
    shows(&terminal, "my turn");
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn ctrl_c_ends_a_waiter() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let mut terminal = on_terminal(&home, &[ENVLOCK, "test", "--", "true"]);
    until("it waits", || home.waiting("test") == 1);
    terminal.press("\x03");
    terminal.wait();
    assert_eq!(home.waiting("test"), 0);
    holder.let_go();
}
