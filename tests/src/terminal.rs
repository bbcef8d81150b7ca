//! A terminal for a test: a program runs on it in a session of its own, as in a person's shell.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Longest wait for something on the screen.
const LIMIT: Duration = Duration::from_mins(2);

/// A terminal with a program running on it. What the program prints just before it ends may be lost: the kernel hangs
/// the terminal up when the first process of a session ends.
#[derive(Debug)]
pub struct Terminal {
    keys: File,
    screen: Arc<(Mutex<String>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    /// `setsid`, which ends with the program's exit code.
    pub child: Child,
}

impl Terminal {
    /// Runs a program, with its arguments and environment, on a new terminal.
    ///
    /// # Panics
    /// Where the system has no terminal or no `setsid` or GNU `env` for it.
    pub fn run(program: &Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("a name").into_string().expect("in ASCII");
        let slave = File::options().read(true).write(true).open(name).expect("its other side opens");
        let side = || Stdio::from(slave.try_clone().expect("a copy"));
        // As a login does: tests may run in the background, where a shell has them ignore these signals.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=HUP,INT,QUIT", "setsid", "--ctty", "--wait"])
            .arg(program.get_program())
            .args(program.get_args())
            .env_clear();
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("setsid starts");
        let keys = File::from(master);
        let screen = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let (mut output, shared) = (keys.try_clone().expect("a copy"), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]);
                shared.0.lock().expect("nobody panicked").push_str(&text);
                shared.1.notify_all();
            }
        });
        Self { keys, screen, reader: Some(reader), child }
    }

    /// Presses keys, such as `"\x03"` for Ctrl-C.
    ///
    /// # Panics
    /// Where the terminal is gone.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until the screen has shown this text, and returns all that it has shown.
    ///
    /// # Panics
    /// Where that takes longer than two minutes.
    pub fn wait_for(&self, text: &str) -> String {
        let screen = self.screen.0.lock().expect("nobody panicked");
        let waiting = self.screen.1.wait_timeout_while(screen, LIMIT, |shown| !shown.contains(text));
        let (shown, timeout) = waiting.expect("nobody panicked");
        assert!(!timeout.timed_out(), "the screen does not show {text:?}: {shown:?}");
        shown.clone()
    }

    /// All that the screen has shown so far.
    ///
    /// # Panics
    /// Where the thread that reads it has panicked.
    pub fn screen(&self) -> String {
        self.screen.0.lock().expect("nobody panicked").clone()
    }

    /// Waits until the program and all others on the terminal have ended, so that the screen is complete.
    ///
    /// # Panics
    /// Where that cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("setsid is a child");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("nobody panicked");
        }
        status
    }
}
