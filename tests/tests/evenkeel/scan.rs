//! A key or a signal at any moment of a run: the environment is gone afterwards, and the code tells why the run ended.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::{Command, Engine, Stack, engine};

/// How a run is interrupted.
#[derive(Clone, Copy, Debug)]
enum Interruption {
    /// Ctrl-C on the run's terminal, that many times.
    Key(u32),
    /// A signal to a run on a terminal.
    OnTerminal(&'static str, u32),
    /// A signal to a run without a terminal.
    WithoutTerminal(&'static str, u32),
}
use Interruption::{Key, OnTerminal, WithoutTerminal};

const INTERRUPTIONS: [Interruption; 6] = [
    Key(1),
    WithoutTerminal("INT", 1),
    Key(2),
    WithoutTerminal("TERM", 2),
    OnTerminal("TERM", 2),
    WithoutTerminal("INT", 2),
];
/// Longer than a run lasts on an idle machine.
const LIFE: Duration = Duration::from_millis(4_800);
const BETWEEN_TWO: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 8;
/// Ends by either signal at once, else after half a second.
const COMMAND: &str =
    r#"trap "exit 130" INT; trap "exit 143" TERM; echo up; for i in 1 2 3 4 5; do sleep 0.1; done"#;

impl Interruption {
    const fn times(self) -> u32 {
        match self {
            Key(times) | OnTerminal(_, times) | WithoutTerminal(_, times) => times,
        }
    }

    fn code(self) -> i32 {
        match self {
            OnTerminal("TERM", _) | WithoutTerminal("TERM", _) => 143,
            _ => 130,
        }
    }
}

/// A run with its process, what it prints, and the keyboard of its terminal.
struct Run {
    child: Child,
    pid: String,
    lines: Receiver<String>,
    keys: ChildStdin,
    printed: Vec<String>,
}

impl Run {
    fn start(stack: &Stack<'_>, interruption: Interruption) -> Self {
        let evenkeel = stack.evenkeel(&["--", "sh", "-c", COMMAND]);
        let words: Vec<_> = std::iter::once(evenkeel.get_program()).chain(evenkeel.get_args()).collect();
        let words = words.iter().map(|word| format!("'{}'", word.to_str().unwrap())).collect::<Vec<_>>();
        let line = format!("echo $$; exec {} 2>&1", words.join(" "));
        let mut command = match interruption {
            WithoutTerminal(..) => Command::new("setsid"),
            _ => Command::new("script"),
        };
        match interruption {
            WithoutTerminal(..) => command.args(["sh", "-c", &line]),
            _ => command.args(["-qefc", &line, "/dev/null"]),
        };
        let mut child =
            stack.environment(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // Nobody may listen any more.
                let _ = sender.send(line.trim_end().to_owned());
            }
        });
        let keys = child.stdin.take().unwrap();
        let pid = lines.recv().unwrap();
        Self { child, pid, lines, keys, printed: Vec::new() }
    }

    /// Reads for a while, or until the run has ended.
    fn read_for(&mut self, time: Duration) -> Result<(), RecvTimeoutError> {
        let until = Instant::now() + time;
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
            self.printed.push(line);
        }
    }

    fn is_up(&self) -> bool {
        self.printed.iter().any(|line| line == "up")
    }

    /// Both fail where the run has ended.
    fn interrupt(&mut self, interruption: Interruption) {
        match interruption {
            Key(_) => {
                let _ = self.keys.write_all(b"\x03");
            }
            OnTerminal(signal, _) | WithoutTerminal(signal, _) => {
                let mut kill = Command::new("kill");
                kill.args(["-s", signal, &self.pid]).stderr(Stdio::null()).status().unwrap();
            }
        }
    }
}

/// Interrupts a run at a moment of its life, and says what is wrong afterwards.
fn try_at(engine: &Engine, at: Duration, interruption: Interruption) -> Result<(), String> {
    let stack = Stack::new(engine);
    let mut run = Run::start(&stack, interruption);
    let _ = run.read_for(at);
    let was_up = run.is_up();
    run.interrupt(interruption);
    for _ in 1..interruption.times() {
        let _ = run.read_for(BETWEEN_TWO);
        run.interrupt(interruption);
    }
    let ended = run.read_for(Duration::from_mins(2)) == Err(RecvTimeoutError::Disconnected);
    if !ended {
        run.interrupt(WithoutTerminal("KILL", 1));
    }
    let status = run.child.wait().unwrap();
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    let left = stack.left();
    // Before the command began nothing but the signal can have ended the run.
    let expected = code == Some(interruption.code()) || was_up && code == Some(0);
    if ended && expected && left.is_empty() {
        return Ok(());
    }
    let _ = stack.evenkeel(&["clean"]).output();
    Err(format!(
        "{interruption:?} at {at:?}: ended {ended}, exit code {code:?}, left {left:?}:\n{}\n",
        run.printed.join("\n")
    ))
}

/// `EVENKEEL_SCAN_STEP_MS` makes the steps smaller or larger.
#[test]
fn an_interruption_at_any_moment_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let step = std::env::var("EVENKEEL_SCAN_STEP_MS").map_or(100, |step| step.parse().unwrap());
    let moments = (0..).map(|count| Duration::from_millis(count * step)).take_while(|at| *at < LIFE);
    let tries = Mutex::new(moments.zip(INTERRUPTIONS.into_iter().cycle()));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some((at, interruption)) = tries.lock().unwrap().next() else { return };
                    if let Err(what) = try_at(engine, at, interruption) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
