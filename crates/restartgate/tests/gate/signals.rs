//! Signals that reach restartgate while it runs a command.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use evenkeel_tests::{Home, Terminal, tool};

/// Counts interrupts, prints each, and prints their number on USR1. A shell runs its traps between commands only, so it
/// sleeps in short steps; it ends by itself where a signal gets lost.
const COUNTING: &str = "n=0; trap 'n=$((n+1)); echo interrupted' INT; trap 'echo counted $n' USR1; \
    trap 'exit 9' TERM; echo ready $PPID; i=0; while [ $i -lt 1000 ]; do i=$((i+1)); sleep 0.01; done";

struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits for a line that contains this text.
    fn line(&mut self, text: &str) -> String {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended before it printed '{text}'");
        }
        line
    }

    /// The pid of restartgate, which is the parent of the command.
    fn gate(&mut self) -> String {
        self.line("ready").split_whitespace().last().unwrap().to_owned()
    }
}

/// Sends a signal, such as `-TERM`.
pub(crate) fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

fn gated(home: &Home, script: &str) -> Command {
    let mut command = tool(env!("CARGO_BIN_EXE_restartgate"), home);
    command.args(["job", "--", "sh", "-c", script]);
    command
}

#[test]
fn an_interrupt_sent_to_restartgate_alone_reaches_the_command() {
    let home = Home::new();
    let mut running = Running::start(gated(&home, COUNTING));
    let gate = running.gate();
    kill("-INT", &gate);
    running.line("interrupted");
    kill("-USR1", &gate);
    assert_eq!(running.line("counted").trim(), "counted 1");
    kill("-TERM", &gate);
    assert_eq!(running.child.wait().unwrap().code(), Some(9));
}

#[test]
fn an_interrupt_typed_at_the_terminal_reaches_the_command_once() {
    let home = Home::new();
    let mut terminal = Terminal::run(&gated(&home, COUNTING));
    let shown = terminal.wait_for("\n");
    let gate = shown.split_whitespace().last().unwrap();
    // It sees the key only after the command has: what it forwards would count as one more.
    kill("-STOP", gate);
    terminal.press("\x03");
    terminal.wait_for("interrupted");
    kill("-CONT", gate);
    // Signals are forwarded in their order: another interrupt would come before this one.
    kill("-USR1", gate);
    let shown = terminal.wait_for("counted ");
    assert!(shown.contains("counted 1"), "{shown}");
    kill("-TERM", gate);
    assert_eq!(terminal.child.wait().unwrap().code(), Some(9));
}

#[test]
fn a_signal_that_was_ignored_stays_ignored_for_the_command() {
    let home = Home::new();
    let plain = gated(&home, "kill -HUP $$; exit 3");
    let mut ignoring = tool("sh", &home);
    ignoring.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(plain.get_program()).args(plain.get_args());
    assert_eq!(ignoring.status().unwrap().code(), Some(3));
}
