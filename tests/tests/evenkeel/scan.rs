//! A key or a signal at any moment of a run: the environment is gone afterwards, and the code tells why the run ended.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
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
/// Ends by either signal at once, else when its file exists.
const COMMAND: &str =
    r#"trap "exit 130" INT; trap "exit 143" TERM; echo up; until [ -e "$1" ]; do sleep 0.05; done"#;
const COMMAND_LASTS: Duration = Duration::from_millis(500);

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
    keys: ChildStdin,
    lines: Receiver<String>,
    printed: Vec<String>,
    /// Makes the command end.
    end: PathBuf,
}

/// Why [`Run::read_until`] returned.
#[derive(PartialEq, Eq)]
enum Read {
    Up,
    Time,
    Ended,
}

impl Run {
    fn start(stack: &Stack<'_>, interruption: Interruption) -> Self {
        let end = stack.home.join("end");
        let evenkeel = stack.evenkeel(&["--", "sh", "-c", COMMAND, "sh", end.to_str().unwrap()]);
        let words: Vec<_> = std::iter::once(evenkeel.get_program()).chain(evenkeel.get_args()).collect();
        let words = words.iter().map(|word| format!("'{}'", word.to_str().unwrap())).collect::<Vec<_>>();
        let line = format!("echo $$; exec {} 2>&1", words.join(" "));
        let mut command = Command::new(match interruption {
            WithoutTerminal(..) => "setsid",
            _ => "script",
        });
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
        Self { child, pid, keys, lines, printed: Vec::new(), end }
    }

    /// Reads until the command says that it runs, until that time, or to the end.
    fn read_until(&mut self, time: Instant) -> Read {
        loop {
            match self.lines.recv_timeout(time.saturating_duration_since(Instant::now())) {
                Ok(line) => self.printed.push(line),
                Err(RecvTimeoutError::Timeout) => return Read::Time,
                Err(RecvTimeoutError::Disconnected) => return Read::Ended,
            }
            if self.printed.last().is_some_and(|line| line == "up") {
                return Read::Up;
            }
        }
    }

    fn end_command(&self) {
        std::fs::write(&self.end, "").unwrap();
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
    let time = Instant::now() + at;
    let was_up = run.read_until(time) == Read::Up;
    if was_up
        && run.read_until(time.min(Instant::now() + COMMAND_LASTS)) == Read::Time
        && Instant::now() < time
    {
        run.end_command();
        run.read_until(time);
    }
    run.interrupt(interruption);
    for _ in 1..interruption.times() {
        run.read_until(Instant::now() + BETWEEN_TWO);
        run.interrupt(interruption);
    }
    // Only where it was seen to run: else a signal that was lost would not show.
    if was_up {
        run.end_command();
    }
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut ended = false;
    while !ended && Instant::now() < deadline {
        ended = run.read_until(deadline) == Read::Ended;
    }
    if !ended {
        run.interrupt(WithoutTerminal("KILL", 1));
    }
    let status = run.child.wait().unwrap();
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    let left = stack.left();
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
