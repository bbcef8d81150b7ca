//! A key or a signal at any moment of a run: the environment is gone afterwards, and the code tells why the run ended.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use evenkeel_tests::Terminal;

use super::{Command, Engine, Stack, engine, on_terminal, signal};

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

const INTERRUPTIONS: [Interruption; 7] = [
    Key(1),
    WithoutTerminal("INT", 1),
    Key(2),
    WithoutTerminal("TERM", 2),
    OnTerminal("TERM", 2),
    WithoutTerminal("INT", 2),
    // The terminal is closed.
    OnTerminal("HUP", 1),
];
/// Every other run has an environment of its own.
const ENVIRONMENTS: [&str; 2] = ["--shared", "--dedicated"];
/// Longer than a run lasts on an idle machine.
const LIFE: Duration = Duration::from_millis(4_800);
const BETWEEN_TWO: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 8;
/// Ends by either signal at once, else when a file of its own name is there.
const COMMAND: &str = r#"trap "exit 130" INT; trap "exit 143" TERM; trap "exit 129" HUP; : >"$1/up"; until [ -e "$1/end" ]; do sleep 0.05; done"#;
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
            OnTerminal("HUP", _) => 129,
            _ => 130,
        }
    }
}

/// A run that is going on.
struct Run<'a> {
    stack: &'a Stack<'a>,
    process: Process,
}

enum Process {
    OnTerminal(Terminal),
    WithoutTerminal(Child),
}

impl<'a> Run<'a> {
    fn start(stack: &'a Stack<'a>, environment: &str, interruption: Interruption) -> Self {
        let evenkeel =
            stack.evenkeel(&[environment, "--", "sh", "-c", COMMAND, "sh", stack.home.to_str().unwrap()]);
        let process = if let WithoutTerminal(..) = interruption {
            let mut session = Command::new("setsid");
            session.arg(evenkeel.get_program()).args(evenkeel.get_args());
            let log =
                || std::fs::File::options().append(true).create(true).open(stack.home.join("log")).unwrap();
            let session = stack.environment(&mut session).stdin(Stdio::null()).stdout(log()).stderr(log());
            Process::WithoutTerminal(session.spawn().unwrap())
        } else {
            Process::OnTerminal(on_terminal(stack, &evenkeel))
        };
        Self { stack, process }
    }

    /// Neither program forks, so this is evenkeel itself.
    fn child(&mut self) -> &mut Child {
        match &mut self.process {
            Process::OnTerminal(terminal) => &mut terminal.child,
            Process::WithoutTerminal(child) => child,
        }
    }

    fn interrupt(&mut self, interruption: Interruption) {
        match (&mut self.process, interruption) {
            (Process::OnTerminal(terminal), Key(_)) => terminal.press("\x03"),
            (_, OnTerminal(name, _) | WithoutTerminal(name, _)) => signal(self.child(), name),
            (Process::WithoutTerminal(_), Key(_)) => unreachable!("it has no terminal"),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.stack.home.join(name)
    }

    /// Waits until the command runs, but not beyond that time.
    fn is_up_by(&self, time: Instant) -> bool {
        while !self.file("up").exists() {
            if Instant::now() >= time {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    fn end_command(&self) {
        std::fs::write(self.file("end"), "").unwrap();
    }

    fn ends_by(&mut self, time: Instant) -> Option<ExitStatus> {
        loop {
            match self.child().try_wait().unwrap() {
                None if Instant::now() < time => std::thread::sleep(Duration::from_millis(5)),
                status => return status,
            }
        }
    }

    fn printed(&self) -> String {
        match &self.process {
            Process::OnTerminal(terminal) => terminal.wait_for(""),
            Process::WithoutTerminal(_) => std::fs::read_to_string(self.file("log")).unwrap(),
        }
    }
}

fn sleep_until(time: Instant) {
    std::thread::sleep(time.saturating_duration_since(Instant::now()));
}

/// Interrupts a run at a moment of its life, and says what is wrong afterwards.
fn try_at(
    engine: &Engine,
    at: Duration,
    environment: &str,
    interruption: Interruption,
) -> Result<(), String> {
    let stack = Stack::new(engine);
    let mut run = Run::start(&stack, environment, interruption);
    let time = Instant::now() + at;
    let was_up = run.is_up_by(time);
    let end = Instant::now() + COMMAND_LASTS;
    if was_up && end < time {
        sleep_until(end);
        run.end_command();
    }
    sleep_until(time);
    run.interrupt(interruption);
    for _ in 1..interruption.times() {
        std::thread::sleep(BETWEEN_TWO);
        run.interrupt(interruption);
    }
    // Only where it was seen to run: else a signal that was lost would not show.
    if was_up {
        run.end_command();
    }
    let status = run.ends_by(Instant::now() + Duration::from_mins(2));
    let code = status.and_then(|status| status.code().or(status.signal().map(|signal| 128 + signal)));
    let left = stack.left();
    let expected = code == Some(interruption.code()) || was_up && code == Some(0);
    if expected && left.is_empty() {
        return Ok(());
    }
    signal(run.child(), "KILL");
    let _ = stack.evenkeel(&["clean"]).output();
    let _ = stack.evenkeel(&["clean", "--slot", "1"]).output();
    Err(format!(
        "{interruption:?} {environment} at {at:?}: exit code {code:?}, left {left:?}:\n{}\n",
        run.printed()
    ))
}

/// `EVENKEEL_SCAN_STEP_MS` makes the steps smaller or larger.
#[test]
fn an_interruption_at_any_moment_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let step = std::env::var("EVENKEEL_SCAN_STEP_MS").map_or(100, |step| step.parse().unwrap());
    let moments = (0..).map(|count| Duration::from_millis(count * step)).take_while(|at| *at < LIFE);
    let tries =
        Mutex::new(moments.zip(INTERRUPTIONS.into_iter().cycle()).zip(ENVIRONMENTS.into_iter().cycle()));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(((at, interruption), environment)) = tries.lock().unwrap().next() else {
                        return;
                    };
                    if let Err(what) = try_at(engine, at, environment, interruption) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
